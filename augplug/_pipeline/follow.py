"""Masks, boxes, keypoints and labels follow effects; an operation never knows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends import fields
from augplug._backends.base import Backend, ImageFunction
from augplug._pipeline.masks import mask_kernel, mask_value
from augplug._sample.outlines import sampled
from augplug._sample.targets import Targets, clip, lose_painted
from augplug.effects import Blend, DisplacementField, Effect, Opaque, Paint, Region, Warp
from augplug.errors import TargetError
from augplug.shapes import shape_after
from augplug.types import Image, MaskInterpolation, Points

Mover: TypeAlias = Callable[[Targets], None]
"""Moves targets in place, as one effect moves the image. Several threads may use it at once."""
_FOR_BOXES = 16
"""Iterations that find where a field moves the outline of a box, within 0.05 pixels: it has many points."""
_KERNELS = 8
"""How many mask kernels a mover keeps: one for each shape and dtype."""


class Follow:
    """Moves targets in place, as effects move the image.

    What does not depend on the targets is prepared once, when the first targets come: an image alone, drawn anew every
    time, does not pay for it.
    """

    __slots__ = ("_backend", "_effects", "_masks_by", "_movers", "_shape")

    def __init__(
        self,
        effects: Sequence[Effect],
        backend: Backend,
        shape: tuple[int, ...],
        masks_by: MaskInterpolation | None = None,
    ) -> None:
        """Prepare nothing yet; `shape` is the image's before the effects, `masks_by` the interpolation of masks."""
        self._effects, self._backend, self._shape, self._masks_by = effects, backend, shape, masks_by
        self._movers: tuple[Mover, ...] | None = None

    def __call__(self, targets: Targets) -> None:
        """Move targets by the effects, in order. Raises TargetError for what cannot be moved."""
        if self._movers is None:
            self._movers = prepare_follow(self._effects, self._backend, self._shape, self._masks_by)
        for move in self._movers:
            move(targets)


def prepare_follow(
    effects: Sequence[Effect], backend: Backend, shape: tuple[int, ...], masks_by: MaskInterpolation | None = None
) -> tuple[Mover, ...]:
    """Return what moves targets as the effects move an image of a shape, in order: nothing where nothing moves."""
    movers: list[Mover] = []
    for effect in effects:
        if isinstance(effect, Warp):
            movers.append(_WarpMover(effect, backend, shape, masks_by))
        elif isinstance(effect, Paint):
            movers.append(_PaintMover(effect.regions, effect.mask_value, shape))
        elif isinstance(effect, Blend) and any(map(_moves, effect.chains)):
            movers.append(_refuse)
        shape = shape_after(effect, shape)
    return tuple(movers)


def _moves(chain: Sequence[Effect]) -> bool:
    return any(
        isinstance(effect, Warp | Opaque) or (isinstance(effect, Blend) and any(map(_moves, effect.chains)))
        for effect in chain
    )


def _refuse(targets: Targets) -> None:
    names = targets.names()
    if names:
        raise TargetError(
            f"a blend of images that moved differently has no {' and no '.join(names)}; use a policy "
            "whose chains only change values, such as augmix-tones, or leave these targets out"
        )


class _PaintMover:
    """Paints the regions of masks, and takes them from boxes that count them as lost."""

    __slots__ = ("_places", "_size", "_value")

    def __init__(self, regions: Sequence[Region], value: float | None, shape: tuple[int, ...]) -> None:
        self._places = [np.s_[region.top : region.bottom, region.left : region.right] for region in regions]
        self._value, self._size = value, shape[:2]

    def __call__(self, targets: Targets) -> None:
        if self._value is not None:
            targets.masks = [self._painted(mask, self._value) for mask in targets.masks]
        if targets.counts_painted and len(targets.tags):
            lose_painted(targets, self._marked(np.zeros(self._size, np.bool_), value=True))

    def _painted(self, mask: Image, value: float) -> Image:
        return self._marked(mask.copy(), value=mask_value(value, mask.dtype, "mask_value"))

    def _marked(self, array: npt.NDArray[Any], *, value: Any) -> npt.NDArray[Any]:
        for place in self._places:
            array[place] = value
        return array


def _straight(field: DisplacementField) -> float:
    """Return how far apart points of a line may be, in pixels, so that it bends by about 0.25 pixels between them.

    The second derivative of a field is at most four amplitudes a squared spacing; a line bends by an eighth of it.
    """
    return max(field.spacing * math.sqrt(0.5 / max(abs(field.amplitude), 1e-6)), 1.0)


def _without_channels(size: tuple[int, int], mask: Image) -> Image:
    return np.zeros((*size, *mask.shape[2:]), mask.dtype)


class _WarpMover:
    """Moves masks, boxes and keypoints by a warp; keeps the kernels of masks."""

    __slots__ = ("_backend", "_effect", "_kernels", "_masks_by", "_mirrors")

    def __init__(
        self, effect: Warp, backend: Backend, shape: tuple[int, ...], masks_by: MaskInterpolation | None
    ) -> None:
        self._effect, self._backend, self._masks_by = effect, backend, masks_by
        self._kernels: dict[tuple[tuple[int, ...], np.dtype[Any]], ImageFunction] = {}
        self._mirrors = not isinstance(effect.transform, DisplacementField) and coords.mirrors(
            effect.transform, shape[0], shape[1]
        )

    def __call__(self, targets: Targets) -> None:
        if targets.masks:
            targets.masks = [self._kernel(mask)(mask) for mask in targets.masks]
        transform, size = self._effect.transform, self._effect.size
        if not isinstance(transform, DisplacementField) and transform[2] == (0.0, 0.0, 1.0):
            targets.push(transform, size, mirrors=self._mirrors)
        else:
            self._push_arrays(targets)

    def _kernel(self, mask: Image) -> ImageFunction:
        key = (mask.shape, mask.dtype)
        kernel = self._kernels.get(key)
        if kernel is None:
            if mask.size == 0:
                return partial(_without_channels, self._effect.size)
            kernel = mask_kernel(self._effect, mask.shape, mask.dtype, self._backend, self._masks_by)
            if len(self._kernels) >= _KERNELS:
                self._kernels.clear()
            self._kernels[key] = kernel
        return kernel

    def _push_arrays(self, targets: Targets) -> None:
        """Move boxes and keypoints by a perspective or a field, which have no plain floats."""
        corners, transform = targets.corners, self._effect.transform
        if len(corners):
            if isinstance(transform, DisplacementField):
                corners = sampled(corners, _straight(transform))
            targets.corners = self._pushed(corners.reshape(-1, 2), _FOR_BOXES).reshape(corners.shape)
        if len(targets.points):
            targets.points = self._pushed(targets.points, fields.ITERATIONS)
            if self._mirrors:
                targets.swap_sides()
        clip(targets, self._effect.size)

    def _pushed(self, points: Points, iterations: int) -> Points:
        transform = self._effect.transform
        if isinstance(transform, DisplacementField):
            return fields.push_points(transform, points, self._effect.size, iterations)
        return coords.apply(transform, points)
