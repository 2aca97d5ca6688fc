"""The last step of a batch: images mixed with their partners, and what that does to targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._backends.base import Backend
from augplug._backends.tables import from_units, to_units
from augplug.coords import crop_resize
from augplug.effects import Region, Share, Warp
from augplug.errors import TargetError
from augplug.targets import Targets, clip, corners_of, edges_of
from augplug.types import Image

Partner: TypeAlias = tuple[Image, Targets]
"""A finished image of a batch and its targets."""


def partner_of(key: int, position: int, count: int) -> int:
    """Return which of `count` images is the partner of the one at `position`: never itself, if there is another."""
    return (position + 1 + key % (count - 1)) % count if count > 1 else position


def mix(image: Image, targets: Targets, share: Share, partner: Image, theirs: Targets) -> tuple[Image, Targets]:
    """Return an image and its targets with a partner's share mixed in. Raises TargetError for what cannot be mixed."""
    if share.region is not None:
        return _paste(image, targets, share.region, partner, theirs)
    refused = [name for name in targets.names() if name in ("masks", "keypoints")]
    if refused and not share.raw:
        raise TargetError(
            f"two images added have no {' and no '.join(refused)}; use CutMix, or leave these targets out"
        )
    weight = share.weight or 0.0
    mixed = _weighed(image, partner, weight)
    if share.raw:
        return mixed, targets
    together = replace(
        targets,
        corners=np.concatenate([targets.corners, theirs.corners]),
        shown=np.concatenate([targets.shown, theirs.shown]),
        tags=np.concatenate([targets.tags, theirs.tags]),
        label=_label(targets, theirs, weight),
    )
    return mixed, together


def _weighed(image: Image, partner: Image, weight: float) -> Image:
    if image.dtype != np.uint8:
        units = (1 - weight) * to_units(image, image.dtype) + weight * to_units(partner, partner.dtype)
        return from_units(units, image.dtype)
    real: Any = np.float32 if _is_exact_in_float32(weight) else np.float64
    mixed, mine, theirs = np.empty_like(image), np.ravel(image), np.ravel(partner)
    # A piece after the other, so that the reals stay in the cache.
    own, other = (np.empty(min(_PIECE, image.size), dtype=real) for _ in range(2))
    for start in range(0, image.size, _PIECE):
        end = min(start + _PIECE, image.size)
        total, part = own[: end - start], other[: end - start]
        np.multiply(mine[start:end], real(1 - weight), out=total)
        np.multiply(theirs[start:end], real(weight), out=part)
        total += part
        total += real(0.5)
        mixed.reshape(-1)[start:end] = total  # nothing lies outside 0..255.5, so truncating rounds
    return mixed


_PIECE = 1 << 15
_MARGIN = 2.0**-13
"""Sums of 8-bit values in float32 are off by less than half of this."""


def _is_exact_in_float32(weight: float) -> bool:
    """Whether no weighted difference of two 8-bit values is so near to a half that float32 may round it elsewhere."""
    if float(256 * weight).is_integer():  # every product is a float32
        return True
    return bool((np.abs(weight * np.arange(256) % 1 - 0.5) > _MARGIN).all())


def raw_partner(partner: Image, size: tuple[int, int], backend: Backend) -> Image:
    """Return a partner resized to an image's size, for a share that takes it raw."""
    height, width = partner.shape[:2]
    if (height, width) == size:
        return partner
    resize = Warp(motion=crop_resize((0, 0, width, height), *size), size=size, interpolation="area")
    return backend.prepare(resize, partner.shape, partner.dtype)(partner)


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


def _paste(image: Image, targets: Targets, region: Region, partner: Image, theirs: Targets) -> tuple[Image, Targets]:
    place = np.s_[region.top : region.bottom, region.left : region.right]
    mixed = image.copy()
    mixed[place] = partner[place]
    masks = _paste_masks(targets.masks, theirs.masks, place)
    pasted = (region.bottom - region.top) * (region.right - region.left) / (image.shape[0] * image.shape[1])
    kept = _outside(targets, region)
    given = _inside(theirs, region)
    mine_in, theirs_in = _holds(region, targets.points), _holds(region, theirs.points)
    return mixed, Targets(
        masks=masks,
        corners=np.concatenate([kept.corners, given.corners]),
        shown=np.concatenate([kept.shown, given.shown]),
        tags=np.concatenate([kept.tags, given.tags]),
        points=np.concatenate([targets.points[~mine_in], theirs.points[theirs_in]]),
        visible=np.concatenate([targets.visible[~mine_in], theirs.visible[theirs_in]]),
        label=_label(targets, theirs, pasted),
    )


def _paste_masks(masks: list[Image], theirs: list[Image], place: Any) -> list[Image]:
    if [(mask.shape, mask.dtype) for mask in masks] != [(mask.shape, mask.dtype) for mask in theirs]:
        raise TargetError("an image and its partner need masks of the same number, shapes and dtypes")
    pasted = [mask.copy() for mask in masks]
    for mask, other in zip(pasted, theirs, strict=True):
        mask[place] = other[place]
    return pasted


def _holds(region: Region, points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    x, y = points.T + 0.5
    held: npt.NDArray[np.bool_] = (x >= region.left) & (x < region.right) & (y >= region.top) & (y < region.bottom)
    return held


def _inside(targets: Targets, region: Region) -> Targets:
    """Return the boxes cut to a region."""
    if len(targets.corners) == 0:
        return targets
    origin = np.array([region.left, region.top], dtype=np.float64)
    moved = replace(targets, corners=targets.corners - origin, points=targets.points[:0], visible=targets.visible[:0])
    clip(moved, (region.bottom - region.top, region.right - region.left))
    return replace(moved, corners=moved.corners + origin)


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
    return replace(targets, corners=corners_of(trimmed), shown=targets.shown * (1 - covered / area))
