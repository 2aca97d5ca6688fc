"""Masks, boxes, keypoints and labels follow effects; an operation never knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from augplug import coords
from augplug._backends import fields, sampling
from augplug._backends.base import Backend
from augplug._sample.targets import Targets, clip
from augplug.effects import Blend, Effect, Field, Opaque, Paint, Region, Warp
from augplug.errors import TargetError
from augplug.types import Image, Points

Mover: TypeAlias = Callable[[Targets], None]
"""Moves targets in place."""


def prepare_follow(effects: Sequence[Effect], _shape: tuple[int, ...], backend: Backend) -> tuple[Mover, ...]:
    """Return what moves the targets of images of this shape by effects, in order."""
    moving = [effect for effect in effects if isinstance(effect, Warp | Paint | Blend)]
    return (partial(_follow_all, moving, backend),) if moving else ()


def _follow_all(effects: Sequence[Effect], backend: Backend, targets: Targets) -> None:
    follow(targets, effects, backend)


def follow(targets: Targets, effects: Sequence[Effect], backend: Backend) -> None:
    """Move targets by effects, in order. Raises TargetError for what cannot be moved."""
    for effect in effects:
        if isinstance(effect, Warp):
            _follow_warp(targets, effect, backend)
        elif isinstance(effect, Paint) and effect.mask_value is not None:
            targets.masks = [_painted(mask, effect.regions, effect.mask_value) for mask in targets.masks]
        elif isinstance(effect, Blend) and any(_moves(chain) for chain in effect.chains) and targets.names():
            raise TargetError(
                f"a blend of images that moved differently has no {' and no '.join(targets.names())}; use a policy "
                "whose chains only change values, such as augmix-tones, or leave these targets out"
            )


def _moves(chain: Sequence[Effect]) -> bool:
    return any(
        isinstance(effect, Warp | Opaque) or (isinstance(effect, Blend) and any(map(_moves, effect.chains)))
        for effect in chain
    )


def _follow_warp(targets: Targets, effect: Warp, backend: Backend) -> None:
    targets.masks = [warp_mask(mask, effect, backend) for mask in targets.masks]
    targets.corners = _pushed(effect, targets.corners.reshape(-1, 2)).reshape(-1, 4, 2)
    targets.points = _pushed(effect, targets.points)
    if targets.swap and _mirrors(effect):
        order = np.arange(len(targets.points))
        for one, other in targets.swap:
            order[[one, other]] = other, one
        targets.points, targets.visible = targets.points[order], targets.visible[order]
    clip(targets, effect.size)


def _pushed(effect: Warp, points: Points) -> Points:
    if len(points) == 0:
        return points
    if isinstance(effect.motion, Field):
        return fields.push_points(effect.motion, points, effect.size)
    return coords.apply(effect.motion, points)


def _mirrors(effect: Warp) -> bool:
    if isinstance(effect.motion, Field):
        return False
    (a, b, _), (d, e, _), _ = effect.motion
    return a * e - b * d < 0


def warp_mask(mask: Image, effect: Warp, backend: Backend) -> Image:
    """Return a mask moved: integers and booleans by nearest neighbour, floats by the image's interpolation.

    Outside stands `mask_fill` as it is, in the mask's own values.
    """
    fill = np.full(mask.shape[2] if mask.ndim == 3 else 1, effect.mask_fill).astype(mask.dtype)
    if mask.dtype == np.uint8:
        nearest = Warp(motion=effect.motion, size=effect.size, fill=float(fill[0]))
        return backend.prepare(nearest, mask.shape, mask.dtype)(mask)
    if mask.dtype.kind == "f":
        xs, ys, pull = _real_points(effect)
        if effect.interpolation == "area" and pull is not None:
            return sampling.area(mask, pull, effect.size, fill)
        return sampling.sample(mask, xs, ys, effect.interpolation, fill)
    if isinstance(effect.motion, Field):
        return sampling.sample(mask, *fields.pull_points(effect.motion, effect.size), "nearest", fill)
    return sampling.gather(mask, *sampling.nearest_points(coords.inverse(effect.motion), effect.size), fill)


def _real_points(effect: Warp) -> tuple[Any, Any, Any]:
    if isinstance(effect.motion, Field):
        return *fields.pull_points(effect.motion, effect.size), None
    pull = coords.inverse(effect.motion)
    return *sampling.matrix_points(pull, effect.size), pull


def _painted(mask: Image, regions: Sequence[Region], value: float) -> Image:
    painted = mask.copy()
    for region in regions:
        painted[region.top : region.bottom, region.left : region.right] = value
    return painted
