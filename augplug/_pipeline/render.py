"""An image and its targets through effects, in stages: what kernels of one image cannot do.

Another library's function sees the whole sample, and a mix sees a partner, so they cut the effects into runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from augplug._backends.base import Backend
from augplug._pipeline.describe import describe
from augplug._pipeline.draw import Item
from augplug._pipeline.follow import follow
from augplug._pipeline.mix import Partner, check_alike, mix, partner_of, raw_partner
from augplug._pipeline.program import check_opaque, kernels_of, run
from augplug._sample.image import canvas_of
from augplug._sample.targets import Targets, clip, corners_of, edges_of
from augplug.effects import Effect, Mix, Opaque, shape_after
from augplug.errors import OperationError, TargetError
from augplug.types import FuseLevel, Image

_NO_TARGETS = Targets()


def last_mix(effects: tuple[Effect, ...]) -> tuple[tuple[Effect, ...], Mix | None]:
    """Part the mix with finished partners, which comes last, from the effects before it. Raises TargetError."""
    finishing = [place for place, effect in enumerate(effects) if isinstance(effect, Mix) and not _is_raw(effect)]
    if not finishing:
        return effects, None
    if finishing != [len(effects) - 1]:
        raise TargetError("a mix sees finished images, so there is one, and nothing comes after it; put it last")
    mixed = effects[-1]
    return effects[:-1], mixed if isinstance(mixed, Mix) else None


def _is_raw(effect: Mix) -> bool:
    return all(share.raw for share in effect.shares)


def render(
    effects: Sequence[Effect],
    image: Image,
    targets: Targets,
    *,
    fuse: FuseLevel,
    backend: Backend,
    raw: Sequence[Image] = (),
    position: int = 0,
) -> Image:
    """Return the image after the effects, the image itself if there is none, and move its targets.

    `raw` are the images of the batch before augmentation, `position` says which of them this is. Raises TargetError.
    """
    pending: list[Effect] = []
    for effect in effects:
        if not isinstance(effect, Mix | Opaque):
            pending.append(effect)
            continue
        image = _flush(pending, image, targets, fuse, backend)
        if isinstance(effect, Opaque):
            image = _opaque(effect, image, targets)
        else:
            image = _mix_raw(effect, image, targets, raw, position, backend)
    return _flush(pending, image, targets, fuse, backend)


def _flush(pending: list[Effect], image: Image, targets: Targets, fuse: FuseLevel, backend: Backend) -> Image:
    if not pending:
        return image
    image = run(kernels_of(pending, image, fuse, backend), image)
    follow(targets, pending, backend)
    pending.clear()
    return image


def _mix_raw(
    effect: Mix, image: Image, targets: Targets, raw: Sequence[Image], position: int, backend: Backend
) -> Image:
    for share in effect.shares:
        partner = raw[partner_of(share.partner, position, len(raw))]
        partner = raw_partner(partner, (image.shape[0], image.shape[1]), backend)
        check_alike(image, partner)
        image, _ = mix(image, targets, share, partner, _NO_TARGETS, backend)
    return image


def finish(
    effect: Mix | None, finished: Sequence[Partner], position: int, backend: Backend, into: Image | None = None
) -> Partner:
    """Return an image of a batch, in `into` if that fits, and its targets, with the partners of a mix, if there is one.

    Raises TargetError.
    """
    image, targets = finished[position]
    for share in effect.shares if effect is not None else ():
        partner, theirs = finished[partner_of(share.partner, position, len(finished))]
        check_alike(image, partner)
        image, targets = mix(image, targets, share, partner, theirs, backend, into)
    return image, targets


def replay(items: Sequence[Item], image: Image, partner: Image | None, fuse: FuseLevel, backend: Backend) -> Image:
    """Return the image after drawn operations, mixed with a partner where they mix. Raises TargetError."""
    effects, last = last_mix(describe(items, canvas_of(image)))
    if partner is None and (last or any(isinstance(effect, Mix) for effect in effects)):
        raise TargetError("this draw mixes another image in: give it as partner=")
    raw = [] if partner is None else [image, partner]
    targets = Targets()
    made = render(effects, image, targets, fuse=fuse, backend=backend, raw=raw)
    if last is not None and partner is not None:
        made, _ = finish(last, [(made, targets), (partner, _NO_TARGETS)], 0, backend)
    return made.copy() if made is image else made


def digest_of(image: Image) -> str:
    """Return the SHA-256 of an image's dtype, shape and values, as hexadecimal digits."""
    return hashlib.sha256(f"{image.dtype.name} {image.shape}\n".encode() + image.tobytes()).hexdigest()


def _opaque(effect: Opaque, image: Image, targets: Targets) -> Image:
    refused = [name for name in targets.names() if name not in effect.targets]
    if refused:
        raise TargetError(
            f"{effect.function.__qualname__} moves no {' and no '.join(refused)}; leave these targets out, or this step"
        )
    sample: dict[str, Any] = {"image": image.copy()}
    if targets.masks:
        sample["masks"] = [mask.copy() for mask in targets.masks]
    if len(targets.tags):
        sample |= {"boxes": edges_of(targets.corners), "labels": list(targets.tags)}
    if len(targets.visible):
        sample["keypoints"] = targets.points.copy()
    made = effect.function(sample, effect.key, *effect.arguments)
    _take(made, targets, effect)
    rendered = check_opaque(made["image"], image, effect)
    clip(targets, (rendered.shape[0], rendered.shape[1]))
    return rendered


def _take(made: dict[str, Any], targets: Targets, effect: Opaque) -> None:
    """Take an opaque function's targets."""
    name = effect.function.__qualname__
    if targets.masks:
        masks = [np.ascontiguousarray(mask) for mask in made["masks"]]
        expected = [(shape_after(effect, mask.shape), mask.dtype) for mask in targets.masks]
        if [(mask.shape, mask.dtype) for mask in masks] != expected:
            raise OperationError(f"{name} made masks of another number, shape or dtype than {expected}")
        targets.masks = masks
    if len(targets.tags):
        edges = np.asarray(made["boxes"], dtype=np.float64).reshape(-1, 4)
        if len(edges) != len(made["labels"]):
            raise OperationError(f"{name} made {len(edges)} boxes and {len(made['labels'])} labels")
        if len(edges) != len(targets.tags):
            targets.shown = np.ones(len(edges))  # which of the boxes are left, only the function knows
        targets.corners, targets.tags = corners_of(edges), np.array([*made["labels"], None], dtype=object)[:-1]
    if len(targets.visible):
        points = np.asarray(made["keypoints"], dtype=np.float64)
        if points.shape != targets.points.shape:
            raise OperationError(
                f"{name} made {points.shape} of keypoints {targets.points.shape}; as many must come back"
            )
        targets.points = points
