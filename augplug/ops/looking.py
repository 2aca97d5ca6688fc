"""Crops that look at boxes or masks, and keep in view what they are about.

Each draws numbers only; where the crop lies is decided when the targets are on its canvas, in one step that cannot
fail, and kept in a field of its own, so that a plan replays it without them. An image alone, or without such a target,
is cropped anywhere.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Self

import numpy as np

from augplug import coords
from augplug.distributions import LogUniform, Uniform
from augplug.effects import Effect, Warp
from augplug.errors import OperationError
from augplug.ops.base import Operation, operation
from augplug.ops.crops import SIDE, cut, place
from augplug.ops.parameters import Filled, parameter, resampling
from augplug.types import Canvas, CanvasTargets, Image, Interpolation


def around(low: int, high: int, side: int, extent: int, fraction: float) -> int:
    """Return where `side` pixels of an axis of `extent` pixels begin so that they hold those from `low` to `high`.

    `fraction` draws one of the places, each as likely. A range that is longer than `side` holds them instead; where
    they are longer than the axis, it stands in their middle.
    """
    room = extent - side
    if room < 0:
        return place(fraction, room)
    first, last = sorted((high - side, low))
    first, last = max(first, 0), min(last, room)
    return first + place(fraction, last - first)


@operation(
    source="the crop of Albumentations' RandomSizedBBoxSafeCrop, without its redraws; scale and ratio as inception"
)
class BoxSafeCrop(Operation):
    """Keep a part of the image that holds every box, and resize it to `height` x `width`.

    The part has `scale` of the image's area in the aspect `ratio`, and grows where the boxes need more. `region` is
    what was decided: its left, top, right and bottom.
    """

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")
    scale: float = parameter(low=1e-6, high=1, unit="fraction of the area", draw=Uniform(0.08, 1.0))
    ratio: float = parameter(low=1e-3, high=1e3, unit="width / height", draw=LogUniform(3 / 4, 4 / 3))
    x: float = parameter(low=0, high=1, unit="fraction of the places to the right", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the places below", draw=Uniform(0.0, 1.0))
    region: tuple[int, int, int, int] | None = parameter(low=0, high=SIDE, unit="pixels, as decided", default=None)
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        left, top, right, bottom = self._region(canvas, None) if self.region is None else tuple(self.region)
        if not (left < right <= canvas.width and top < bottom <= canvas.height):
            raise OperationError(
                f"BoxSafeCrop decided on columns {left} to {right} and rows {top} to {bottom}, but the image is "
                f"{canvas.width} pixels wide and {canvas.height} high; replay the plan on an image of its own size"
            )
        transform = coords.crop_resize((left, top, right, bottom), self.height, self.width)
        return [Warp(transform=transform, size=(self.height, self.width), interpolation=self.interpolation)]

    def decide(self, canvas: Canvas, targets: CanvasTargets) -> Operation:
        """Decide on a region that holds all boxes."""
        if self.region is not None or len(targets.boxes) == 0:
            return self
        edges = targets.boxes
        low, high = np.floor(edges[:, :2].min(axis=0)), np.ceil(edges[:, 2:].max(axis=0))
        held = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        return dataclasses.replace(self, region=self._region(canvas, held))

    def _region(self, canvas: Canvas, held: tuple[int, int, int, int] | None) -> tuple[int, int, int, int]:
        area = self.scale * canvas.height * canvas.width
        width = min(max(round(math.sqrt(area * self.ratio)), 1), canvas.width)
        height = min(max(round(math.sqrt(area / self.ratio)), 1), canvas.height)
        if held is None:
            left, top = place(self.x, canvas.width - width), place(self.y, canvas.height - height)
        else:
            width, height = max(width, held[2] - held[0]), max(height, held[3] - held[1])
            left = around(held[0], held[2], width, canvas.width, self.x)
            top = around(held[1], held[3], height, canvas.height, self.y)
        return left, top, left + width, top + height


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Placed(Filled):
    """What crops of a size of their own share: where they lie, and how they cut."""

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")
    x: float = parameter(low=0, high=1, unit="fraction of the places to the right", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the places below", draw=Uniform(0.0, 1.0))
    corner: tuple[int, int] | None = parameter(low=-SIDE, high=SIDE, unit="pixels, as decided", default=None)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        drawn = place(self.x, canvas.width - self.width), place(self.y, canvas.height - self.height)
        left, top = self.corner or drawn
        return cut(top, left, self.height, self.width, self.fill, self.mask_fill, self.border)

    def around(self, canvas: Canvas, held: tuple[int, int, int, int]) -> Self:
        """Return the crop decided: around the left, top, right and bottom of what it holds."""
        left = around(held[0], held[2], self.width, canvas.width, self.x)
        top = around(held[1], held[3], self.height, canvas.height, self.y)
        return dataclasses.replace(self, corner=(left, top))


@operation(source="the crop of Albumentations' AtLeastOneBBoxRandomCrop, of a size of its own")
class BoxCrop(_Placed, Operation):
    """Keep `height` x `width` pixels around one of the boxes, each box as likely.

    The crop holds all of the box, or lies within it. `corner` is what was decided: the crop's left and top.
    """

    box: float = parameter(low=0, high=1, unit="fraction of the boxes", draw=Uniform(0.0, 1.0))

    def decide(self, canvas: Canvas, targets: CanvasTargets) -> Operation:
        """Decide on a place around one of the boxes."""
        if self.corner is not None or len(targets.boxes) == 0:
            return self
        left, top, right, bottom = targets.boxes[place(self.box, len(targets.boxes) - 1)].tolist()
        return self.around(canvas, (math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)))


@operation(source="the crop of Albumentations' CropNonEmptyMaskIfExists, for one class")
class MaskCrop(_Placed, Operation):
    """Keep `height` x `width` pixels that hold a pixel of a class of the first mask, each of its pixels as likely.

    `value` is the class; without it, every pixel counts that is not 0. Where the class is not in the mask, the crop
    lies anywhere. `corner` is what was decided: the crop's left and top.
    """

    value: int | None = parameter(low=-(2**31), high=2**32, unit="mask value", default=None)
    pixel: float = parameter(low=0, high=1, unit="fraction of the class' pixels", draw=Uniform(0.0, 1.0))

    def decide(self, canvas: Canvas, targets: CanvasTargets) -> Operation:
        """Decide on a place around one of the pixels."""
        if self.corner is not None or not targets.masks:
            return self
        places = np.flatnonzero(_is_class(targets.masks[0], self.value))
        if len(places) == 0:
            return self
        row, column = divmod(int(places[place(self.pixel, len(places) - 1)]), canvas.width)
        return self.around(canvas, (column, row, column + 1, row + 1))


def _is_class(mask: Image, value: int | None) -> Any:
    found = mask != 0 if value is None else mask == value
    return found.any(axis=2) if found.ndim == 3 else found
