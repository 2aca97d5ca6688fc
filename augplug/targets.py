"""Masks, boxes, keypoints and labels follow effects; an operation never knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends import fields, sampling
from augplug._backends.base import Backend
from augplug.effects import Blend, Effect, Field, Opaque, Paint, Region, Warp
from augplug.errors import TargetError
from augplug.types import Image, Points

_TINY = 1e-9
# Empty arrays are shared: nothing can be written into them, and five new ones take longer than a small kernel.
_NO_CORNERS, _NO_POINTS, _NO_SHOWN = np.zeros((0, 4, 2)), np.zeros((0, 2)), np.zeros(0)
_NO_TAGS, _NO_VISIBLE = np.zeros(0, dtype=object), np.zeros(0, dtype=bool)


@dataclass
class Targets:
    """The targets of one image on their way. `corners` `(N, 4, 2)` and `points` `(K, 2)` count from pixel centres.

    `shown` `(N,)` is the part of each box's area that is still in the image, `tags` `(N,)` its label; `visible` `(K,)`
    says which points are in the image. `label` is a row of class weights `(L,)`.
    """

    masks: list[Image] = field(default_factory=list)
    corners: Points = field(default_factory=lambda: _NO_CORNERS)
    shown: npt.NDArray[np.float64] = field(default_factory=lambda: _NO_SHOWN)
    tags: npt.NDArray[np.object_] = field(default_factory=lambda: _NO_TAGS)
    points: Points = field(default_factory=lambda: _NO_POINTS)
    visible: npt.NDArray[np.bool_] = field(default_factory=lambda: _NO_VISIBLE)
    swap: tuple[tuple[int, int], ...] = ()
    label: npt.NDArray[np.float64] | None = None

    def names(self) -> list[str]:
        """Return which spatial targets there are."""
        there = (("masks", self.masks), ("boxes", self.tags), ("keypoints", self.visible))
        return [name for name, values in there if len(values) > 0]


def corners_of(edges: npt.NDArray[np.float64]) -> Points:
    """Return the corners `(N, 4, 2)`, counted from pixel centres, of edges `(N, 4)`."""
    return edges[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) - 0.5


def edges_of(corners: Points) -> npt.NDArray[np.float64]:
    """Return the edges `(N, 4)` of the boxes around corners."""
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1) + 0.5


def clip(targets: Targets, size: tuple[int, int]) -> None:
    """Cut what lies outside a canvas off boxes, and mark points outside it."""
    if not (len(targets.corners) or len(targets.points)):
        return
    height, width = size
    edges = edges_of(targets.corners)
    inside = np.clip(edges, 0, [width, height, width, height])
    cut = (inside != edges).any(axis=1)
    if cut.any():
        before, after = areas_of(edges), areas_of(inside)
        targets.shown = np.where(cut, targets.shown * after / np.maximum(before, _TINY), targets.shown)
        targets.corners = np.where(cut[:, None, None], corners_of(inside), targets.corners)
    x, y = targets.points.T
    targets.visible = targets.visible & (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)


def areas_of(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the areas `(N,)` of edges `(N, 4)`, in pixels."""
    sides = np.maximum(edges[:, 2:] - edges[:, :2], 0)
    areas: npt.NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return areas


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
