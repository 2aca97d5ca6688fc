"""Operations that paint over regions. Masks and labels stay as they are unless `mask_value` is given."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from augplug.distributions import LogUniform, Uniform
from augplug.effect_batch import EffectBatch, columns
from augplug.effects import Effect, Paint, Region
from augplug.ops import parameters
from augplug.ops.base import Operation, operation
from augplug.ops.former import FormerField
from augplug.ops.parameters import parameter
from augplug.rng import Stream
from augplug.types import Canvas, Fill

_MASK_VALUE = FormerField({-1.0: None}, none_below=0.0)
_PAINTED = {"noise": FormerField({0: False, 1: True}), "mask_value": _MASK_VALUE}
"""How these fields were written before there were flags and None: 0 or 1, and a negative mask value."""


def clipped(top: int, left: int, height: int, width: int, canvas: Canvas) -> Region | None:
    """Return what of a rectangle lies on the canvas, or None."""
    region = Region(max(top, 0), max(left, 0), min(top + height, canvas.height), min(left + width, canvas.width))
    return region if region.top < region.bottom and region.left < region.right else None


_CUTOUT = "Cutout, arXiv 1708.04552, section 3.2: a square whose centre may lie anywhere, clipped at the border"


@operation(source=_CUTOUT, name="Cutout", upgrades={1: _PAINTED})
class _Cutout1(Operation):
    """Cutout as it was in version 1, for saved plans: further holes and noise followed from the first hole's centre."""

    size: float = parameter(low=0, high=1, unit="fraction of the shorter side", level=(0, 60 / 331))
    x: float = parameter(low=0, high=1, unit="fraction of the width")
    y: float = parameter(low=0, high=1, unit="fraction of the height")
    value: Fill = parameter(low=0, high=255, unit="8-bit values", default=0.0)
    holes: int = parameter(low=1, high=1000, unit="squares", default=1)
    noise: bool = parameter(default=False)
    mask_value: float | None = parameter(low=0, unit="mask value; None leaves masks alone", default=None)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """The painted squares, clipped to the canvas."""
        stream = Stream(b"augplug.Cutout", struct.pack("<dd", self.x, self.y))
        found = _squares(self.size, _centres(self.x, self.y, self.holes, stream), canvas)
        return _painted(found, self.value, stream.word() >> 11 if self.noise else None, self.mask_value)


@operation(source=_CUTOUT, version=3, earlier={1: _Cutout1}, upgrades={1: _PAINTED, 2: _PAINTED})
class Cutout(Operation):
    """Paint squares over the image; their side is `size` of the image's shorter side.

    The first is centred at (`x`, `y`). The centres of further ones (`holes` in all), and the noise that fills them
    instead of `value` if `noise` is True, are made from `key`, which is drawn if one of these is given.
    """

    size: float = parameter(low=0, high=1, unit="fraction of the shorter side", level=(0, 60 / 331))
    x: float = parameter(low=0, high=1, unit="fraction of the width", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the height", draw=Uniform(0.0, 1.0))
    value: Fill = parameter(low=0, high=255, unit="8-bit values", default=0.0)
    holes: int = parameter(low=1, high=1000, unit="squares", default=1)
    noise: bool = parameter(default=False)
    key: int = parameters.key(needed_by=("holes", "noise"), default=0)
    mask_value: float | None = parameter(low=0, unit="mask value; None leaves masks alone", default=None)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """The painted squares, clipped to the canvas."""
        places = Stream(b"augplug.Cutout", self.key.to_bytes(8, "little"))
        found = _squares(self.size, _centres(self.x, self.y, self.holes, places), canvas)
        return _painted(found, self.value, self.key if self.noise else None, self.mask_value)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`, if each has one hole."""
        if isinstance(rows.holes, np.ndarray) or rows.holes != 1:
            return None
        side = np.trunc(rows.size * min(canvas.height, canvas.width))
        top = np.minimum(np.trunc(rows.y * canvas.height), canvas.height - 1) - side // 2
        left = np.minimum(np.trunc(rows.x * canvas.width), canvas.width - 1) - side // 2
        return _painted_rows(rows, (top, left, side, side), canvas)


def _centres(x: float, y: float, count: int, places: Stream) -> list[tuple[float, float]]:
    return [(x, y), *((places.real(), places.real()) for _ in range(count - 1))]


def _squares(size: float, centres: list[tuple[float, float]], canvas: Canvas) -> list[Region | None]:
    side = int(size * min(canvas.height, canvas.width))
    found = []
    for x, y in centres:
        top = min(int(y * canvas.height), canvas.height - 1) - side // 2
        left = min(int(x * canvas.width), canvas.width - 1) - side // 2
        found.append(clipped(top, left, side, side, canvas))
    return found


@operation(
    source="Random Erasing, arXiv 1708.04896, section 3.2: 2 % to 40 % of the area, aspect ratio 0.3 to 1 / 0.3",
    version=2,
    upgrades={1: _PAINTED},
)
class RandomErasing(Operation):
    """Paint a rectangle over the image: `scale` of its area in the aspect `ratio`, wholly inside it."""

    scale: float = parameter(low=0, high=1, unit="fraction of the area", draw=Uniform(0.02, 0.4))
    ratio: float = parameter(low=1e-3, high=1e3, unit="height / width", draw=LogUniform(0.3, 1 / 0.3))
    x: float = parameter(low=0, high=1, unit="fraction of the room to the right", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the room below", draw=Uniform(0.0, 1.0))
    value: Fill = parameter(low=0, high=255, unit="8-bit values", default=0.0)
    noise: bool = parameter(default=True)
    key: int = parameters.key(default=0)
    mask_value: float | None = parameter(low=0, unit="mask value; None leaves masks alone", default=None)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One painted rectangle; a side that would leave the image is clamped to it."""
        area = self.scale * canvas.height * canvas.width
        height = min(int(math.sqrt(area * self.ratio)), canvas.height)
        width = min(int(math.sqrt(area / self.ratio)), canvas.width)
        top = min(int(self.y * (canvas.height - height + 1)), canvas.height - height)
        left = min(int(self.x * (canvas.width - width + 1)), canvas.width - width)
        region = clipped(top, left, height, width, canvas)
        return _painted([region], self.value, self.key if self.noise else None, self.mask_value)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        area = rows.scale * canvas.height * canvas.width
        height = np.minimum(np.trunc(np.sqrt(area * rows.ratio)), canvas.height)
        width = np.minimum(np.trunc(np.sqrt(area / rows.ratio)), canvas.width)
        top = np.minimum(np.trunc(rows.y * (canvas.height - height + 1)), canvas.height - height)
        left = np.minimum(np.trunc(rows.x * (canvas.width - width + 1)), canvas.width - width)
        return _painted_rows(rows, (top, left, height, width), canvas)


@operation(
    source="GridMask, arXiv 2001.04086, section 3.2: squares of a grid with period d, keep ratio r, offset",
    version=2,
    upgrades={1: {"mask_value": _MASK_VALUE}},
)
class GridMask(Operation):
    """Paint a grid of squares: one in each cell of `period` of the shorter side, leaving `keep` of each cell's side."""

    period: float = parameter(low=0.02, high=2, unit="fraction of the shorter side", draw=Uniform(0.3, 0.7))
    keep: float = parameter(low=0, high=1, unit="fraction of the cell's side", default=0.5)
    x: float = parameter(low=0, high=1, unit="fraction of a cell", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of a cell", draw=Uniform(0.0, 1.0))
    value: Fill = parameter(low=0, high=255, unit="8-bit values", default=0.0)
    mask_value: float | None = parameter(low=0, unit="mask value; None leaves masks alone", default=None)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """The painted squares."""
        cell = max(2, round(self.period * min(canvas.height, canvas.width)))
        side = round(cell * (1 - self.keep))
        starts_y = range(int(self.y * cell) - cell, canvas.height, cell)
        starts_x = range(int(self.x * cell) - cell, canvas.width, cell)
        found = [clipped(top, left, side, side, canvas) for top in starts_y for left in starts_x]
        return _painted(found, self.value, None, self.mask_value)


def _painted(found: list[Region | None], value: Fill, key: int | None, mask_value: float | None) -> list[Effect]:
    regions = tuple(region for region in found if region is not None)
    return [Paint(regions=regions, value=value, key=key, mask_value=mask_value)] if regions else []


def _painted_rows(rows: Any, found: Sequence[Any], canvas: Canvas) -> EffectBatch | None:
    """Return the rectangles (top, left, height, width) as one effect; those wholly outside the canvas are ordinary."""
    if any(isinstance(field, np.ndarray) for field in (rows.value, rows.mask_value)):
        return None
    key = rows.key if rows.noise else 0
    count = max(map(np.size, (*found, key)))
    top, left, height, width, keys = (np.broadcast_to(field, count) for field in (*found, key))
    ends = np.minimum(top + height, canvas.height), np.minimum(left + width, canvas.width)
    numbers = columns(np.maximum(top, 0), np.maximum(left, 0), *ends, keys)
    ordinary = (numbers[:, 0] >= numbers[:, 2]) | (numbers[:, 1] >= numbers[:, 3])
    effect = Paint(
        regions=(Region(0, 0, 1, 1),), value=rows.value, key=0 if rows.noise else None, mask_value=rows.mask_value
    )
    return EffectBatch(effect, numbers, ordinary)
