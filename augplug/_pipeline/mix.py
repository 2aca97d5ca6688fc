"""Mix: images with their partners, and what that does to targets.

A raw partner is an image of the batch before any augmentation: its mix is a step like any other. A finished partner has
been through its own draw: its mix is the last step, after all images of a batch have been rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._backends.base import Backend, ImageFunction
from augplug._sample.outlines import padded
from augplug._sample.targets import Flags, Targets, clip, corners_of, edges_of
from augplug.coords import crop_resize
from augplug.effects import Effect, Mix, MixPart, Region, Warp
from augplug.errors import TargetError
from augplug.types import Image, Points

Partner: TypeAlias = tuple[Image, Targets]
"""A finished image of a batch and its targets."""
_NO_TARGETS = Targets()


class Partners(NamedTuple):
    """The images of a batch before augmentation with their alphas, and the position of the one that is rendered."""

    raw: Sequence[Image]
    position: int
    alphas: Sequence[Image | None] = ()


def split_last_mix(effects: Sequence[Effect]) -> tuple[Sequence[Effect], Mix | None]:
    """Return the effects without the mix with finished partners, which comes last, and that mix. Raises TargetError."""
    finishing = [place for place, effect in enumerate(effects) if isinstance(effect, Mix) and not _is_raw(effect)]
    if not finishing:
        return effects, None
    if finishing != [len(effects) - 1]:
        raise TargetError("a mix sees finished images, so there is one, and nothing comes after it; put it last")
    mix_effect = effects[-1]
    return effects[:-1], mix_effect if isinstance(mix_effect, Mix) else None


def _is_raw(effect: Mix) -> bool:
    return all(part.raw for part in effect.parts)


class RawMix:
    """The parts of raw partners mixed into an image; its targets stay."""

    def __init__(self, effect: Mix, backend: Backend) -> None:
        """Keep no resized partner's kernel yet."""
        self._parts, self._backend = effect.parts, backend
        self._kept: dict[Any, ImageFunction] = {}

    def __call__(self, image: Image, targets: Targets | None, partners: Partners | None) -> Image:
        """Return the mixed image. A partner of another size is resized to the image's. Raises TargetError."""
        assert partners is not None  # noqa: S101  # a program that mixes runs with partners only
        own = _NO_TARGETS if targets is None else targets
        for part in self._parts:
            place = partner_of(part.partner, partners.position, len(partners.raw))
            partner = self._resized(partners.raw[place], image.shape)
            check_alike(image, partner)
            image, _ = mix(image, own, part, partner, _NO_TARGETS, self._backend)
            if own.alpha is not None:
                theirs = partners.alphas[place]
                theirs = None if theirs is None else self._resized(theirs, image.shape)
                own.alpha = _mixed_alpha(own.alpha, theirs, part, self._backend)
        return image

    def _resized(self, partner: Image, shape: tuple[int, ...]) -> Image:
        if partner.shape[:2] == shape[:2]:
            return partner
        return self._resizing(partner, (shape[0], shape[1]))(partner)

    def _resizing(self, partner: Image, size: tuple[int, int]) -> ImageFunction:
        key = (partner.shape, partner.dtype)
        if key not in self._kept:
            if len(self._kept) >= _MOST_RESIZES:
                self._kept.clear()
            height, width = partner.shape[:2]
            resize = Warp(transform=crop_resize((0, 0, width, height), *size), size=size, interpolation="area")
            self._kept[key] = self._backend.prepare(resize, *key)
        return self._kept[key]


_MOST_RESIZES = 8
NO_PARTNER = (
    "this policy mixes images, and one image alone has no partner; use augment.batch(images, ...) or "
    "augment(image=..., partner=...)"
)


def mix_finished(
    effect: Mix | None, finished: Sequence[Partner], position: int, backend: Backend, out: Image | None = None
) -> Partner:
    """Return the image at a position of a batch with its partners' parts mixed in, and its targets.

    `finished` holds every image after its own draw; without `effect` the image stays. The result may be written to
    `out`. Raises TargetError.
    """
    image, targets = finished[position]
    for part in effect.parts if effect is not None else ():
        partner, theirs = finished[partner_of(part.partner, position, len(finished))]
        check_alike(image, partner)
        alpha = None if targets.alpha is None else _mixed_alpha(targets.alpha, theirs.alpha, part, backend)
        image, targets = mix(image, targets, part, partner, theirs, backend, out)
        if alpha is not None:
            targets = targets.replaced(alpha=alpha)
    return image, targets


def partner_of(key: int, position: int, count: int) -> int:
    """Return which of `count` images is the partner of the one at `position`: never itself, if there is another."""
    return (position + 1 + key % (count - 1)) % count if count > 1 else position


def mix(
    image: Image,
    targets: Targets,
    part: MixPart,
    partner: Image,
    theirs: Targets,
    backend: Backend,
    out: Image | None = None,
) -> Partner:
    """Return an image and its targets with a partner's part mixed in. Raises TargetError for what cannot be mixed.

    The image may be written into the array `out`, if that has its shape and dtype.
    """
    if out is not None and (out.shape, out.dtype) != (image.shape, image.dtype):
        out = None
    if part.region is not None:
        together = _pasted(targets, theirs, part.region, (image.shape[0], image.shape[1]))
        return _paste(image, part.region, partner, out), together
    weight = part.weight or 0.0
    if part.raw:
        return backend.weighted_sum(image, partner, weight, out), targets
    _check_addable(targets)
    return backend.weighted_sum(image, partner, weight, out), Targets(
        masks=[
            ((1 - weight) * mask + weight * other).astype(mask.dtype)
            for mask, other in (_masks_of_both(targets.masks, theirs.masks) if targets.masks else ())
        ],
        corners=_outlines(targets.corners, theirs.corners),
        shown=_joined(targets.shown, theirs.shown),
        tags=_joined(targets.tags, theirs.tags),
        label=_label(targets, theirs, weight),
    )


def _mixed_alpha(alpha: Image, theirs: Image | None, part: MixPart, backend: Backend) -> Image:
    """Return an alpha with a part of a partner mixed in, as the image is; a partner without alpha is opaque."""
    if theirs is None:
        theirs = np.full_like(alpha, 1 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max)
    if part.region is not None:
        return _paste(alpha, part.region, theirs)
    return backend.weighted_sum(alpha, theirs, part.weight or 0.0)


def _joined(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([mine, theirs]) if len(theirs) else mine


def _joined_visibility(mine: Flags, theirs: Flags) -> Flags:
    """Return both in the form of the first: where one holds flags and one COCO's v, True is 2, visible."""
    if mine.dtype.kind == "b" != theirs.dtype.kind:
        theirs = theirs == 2
    elif theirs.dtype.kind == "b" != mine.dtype.kind:
        theirs = theirs * np.array(2, mine.dtype)
    return _joined(mine, theirs)


def _outlines(mine: Points, theirs: Points) -> Points:
    most = max(mine.shape[1], theirs.shape[1])
    return _joined(padded(mine, most), padded(theirs, most))


def check_alike(image: Image, partner: Image) -> None:
    """Refuse a partner of another shape or dtype."""
    if (image.shape, image.dtype) != (partner.shape, partner.dtype):
        raise TargetError(
            f"an image of shape {image.shape} {image.dtype} cannot be mixed with a partner of shape {partner.shape} "
            f"{partner.dtype}; end the policy with a crop or a resize before the mix"
        )


def _label(targets: Targets, theirs: Targets, weight: float) -> npt.NDArray[np.float64] | None:
    if targets.label is None and theirs.label is None:
        return None
    if targets.label is None or theirs.label is None or targets.label.shape != theirs.label.shape:
        raise TargetError("an image and its partner need label= both, or neither, with weights of as many classes")
    return (1 - weight) * targets.label + weight * theirs.label


def _paste(image: Image, region: Region, partner: Image, out: Image | None = None) -> Image:
    place = np.s_[region.top : region.bottom, region.left : region.right]
    mixed = np.empty_like(image) if out is None else out
    mixed[...] = image
    mixed[place] = partner[place]
    return mixed


def _pasted(targets: Targets, theirs: Targets, region: Region, size: tuple[int, int]) -> Targets:
    """Return what becomes of targets where a region of a canvas is pasted."""
    pasted = (region.bottom - region.top) * (region.right - region.left) / (size[0] * size[1])
    label = _label(targets, theirs, pasted)
    if not (targets.names() or theirs.names()):
        return Targets(label=label)
    masks = [_paste(mask, region, other) for mask, other in _masks_of_both(targets.masks, theirs.masks)]
    kept = _outside(targets, region)
    given = _inside(theirs, region)
    mine, other = _points(targets, region, inside=False), _points(theirs, region, inside=True)
    return Targets(
        masks=masks,
        corners=_outlines(kept.corners, given.corners),
        shown=_joined(kept.shown, given.shown),
        tags=_joined(kept.tags, given.tags),
        points=_joined(mine.points, other.points),
        visible=_joined_visibility(mine.visible, other.visible),
        label=label,
    )


def _check_addable(targets: Targets) -> None:
    """Refuse targets that two images added cannot have: keypoints, and masks that hold classes."""
    refused = ["masks of integers"] if any(mask.dtype.kind != "f" for mask in targets.masks) else []
    if "keypoints" in targets.names():
        refused.append("keypoints")
    if refused:
        raise TargetError(
            f"two images added have no {' and no '.join(refused)}; use CutMix, leave these targets out, or give masks "
            "of floats, one channel a class, which are added as the images are"
        )


def _masks_of_both(masks: list[Image], theirs: list[Image]) -> Iterator[tuple[Image, Image]]:
    if [(mask.shape, mask.dtype) for mask in masks] != [(mask.shape, mask.dtype) for mask in theirs]:
        raise TargetError("an image and its partner need masks of the same number, shapes and dtypes")
    return zip(masks, theirs, strict=True)


def _points(targets: Targets, region: Region, *, inside: bool) -> Targets:
    """Return the points that lie in a region, or those that do not."""
    if len(targets.points) == 0:
        return targets
    x, y = targets.points.T + 0.5
    held = (x >= region.left) & (x < region.right) & (y >= region.top) & (y < region.bottom)
    kept = held == inside
    return targets.replaced(points=targets.points[kept], visible=targets.visible[kept])


def _inside(targets: Targets, region: Region) -> Targets:
    """Return the boxes cut to a region."""
    if len(targets.corners) == 0:
        return targets
    origin = np.array([region.left, region.top], dtype=np.float64)
    moved = targets.replaced(corners=targets.corners - origin, points=targets.points[:0], visible=targets.visible[:0])
    clip(moved, (region.bottom - region.top, region.right - region.left))
    return moved.replaced(corners=moved.corners + origin)


def _outside(targets: Targets, region: Region) -> Targets:
    """Return the boxes without what a region covers: cut where it covers a whole side, else as they are."""
    if len(targets.corners) == 0:
        return targets
    edges = edges_of(targets.corners)
    left, top, right, bottom = edges.T.copy()
    wide = np.minimum(right, region.right) - np.maximum(left, region.left)
    high = np.minimum(bottom, region.bottom) - np.maximum(top, region.top)
    covered = np.maximum(wide, 0) * np.maximum(high, 0)
    area = np.maximum((right - left) * (bottom - top), 1e-9)
    across = (covered > 0) & (region.top <= top) & (region.bottom >= bottom)
    down = (covered > 0) & (region.left <= left) & (region.right >= right)
    new_left = np.where(across & (region.left <= left), np.minimum(region.right, right), left)
    new_right = np.where(across & (region.right >= right), np.maximum(region.left, left), right)
    new_top = np.where(down & (region.top <= top), np.minimum(region.bottom, bottom), top)
    new_bottom = np.where(down & (region.bottom >= bottom), np.maximum(region.top, top), bottom)
    trimmed = np.stack([new_left, new_top, np.maximum(new_right, new_left), np.maximum(new_bottom, new_top)], axis=1)
    return targets.replaced(corners=corners_of(trimmed), shown=targets.shown * (1 - covered / area))
