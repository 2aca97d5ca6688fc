"""Displacement fields as OpenCV's `remap` takes them: the input point of every output pixel, in float32."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends import fields
from augplug._backends.kept import BytesCache
from augplug._backends.scratch import scratch
from augplug.effects import DisplacementField

Map = npt.NDArray[np.float32]
_GEMM: Any = cv2.gemm  # the stubs do not know that the third matrix may be missing
_MOST_WEIGHTS = 1 << 20
"""Spline weights of one axis that are kept, as numbers: finer grids on larger images go to the reference."""


def fits(field: DisplacementField, size: tuple[int, int]) -> bool:
    """Say whether the weights of a field's spline are few enough to be kept."""
    return field.kind == "radial" or max(size) * (max(size) / field.spacing + 4) <= _MOST_WEIGHTS


def maps(field: DisplacementField, size: tuple[int, int]) -> tuple[Map, Map]:
    """Return x and y of the input points, each `(height, width)`: this thread's scratch, until the next call.

    Made anew for every image: a prepared plan that kept its maps would hold 8 bytes a pixel.
    """
    return _MAPS[field.kind](field, size)


def _elastic(field: DisplacementField, size: tuple[int, int]) -> tuple[Map, Map]:
    """Return the spline's two small products, with the pixel's own place as one more term; x and y by turns in rows."""
    rows, columns = _axis(size[0], field.spacing).down, _axis(size[1], field.spacing).across
    high, wide = rows.shape[1], columns.shape[0]
    moves = np.zeros((high, 2, wide), np.float32)
    moves[:-2, :, :-2] = fields.control(field, high - 2, wide - 2).transpose(1, 0, 2)
    moves[-1, 0, -2] = moves[-2, 1, -1] = 1  # x: 1 down and the pixel across; y: the pixel down and 1 across
    down = _product(rows, moves.reshape(high, 2 * wide)).reshape(2 * size[0], wide)
    both = _product(down, columns, scratch(2, (2 * size[0], size[1]), np.float32))
    return both[0::2], both[1::2]


def _apart(size: tuple[int, int]) -> tuple[Map, Map]:
    return scratch(2, size, np.float32), scratch(3, size, np.float32)


def _lines(field: DisplacementField, size: tuple[int, int]) -> tuple[Map, Map]:
    rows, columns = _axis(size[0], field.spacing).down, _axis(size[1], field.spacing).across
    high, wide = rows.shape[1], columns.shape[0]
    moves = np.zeros(wide + high, np.float32)
    lines = fields.lines(field, wide + high - 4)
    moves[: wide - 2], moves[wide:-2] = lines[: wide - 2], lines[wide - 2 :]
    moves[wide - 2] = moves[-2] = 1  # the pixel itself
    xs, ys = _apart(size)
    xs[:] = _product(moves[None, :wide], columns)
    ys[:] = _product(rows, moves[wide:, None])
    return xs, ys


def _product(left: Map, right: Map, out: Map | None = None) -> Map:
    # Not numpy's: its BLAS wakes threads, which cost more than so small a product.
    return np.asarray(_GEMM(left, right, 1, None, 0, out), dtype=np.float32)


class _Axis(NamedTuple):
    """A spline's weights `(N, K + 2)` at the pixels of an axis; behind them the pixel's own place, and 1."""

    down: Map
    across: Map
    """Transposed, and C-contiguous: OpenCV takes ten times as long where it has to transpose."""


def _new_axis(side: int, spacing: float) -> _Axis:
    pixels = np.arange(side, dtype=np.float64)
    down = np.column_stack([fields.weights(pixels, spacing, side), pixels, np.ones(side)]).astype(np.float32)
    return _Axis(down, np.ascontiguousarray(down.T))


_axis = BytesCache(_new_axis, 1 << 25)


def _radial(field: DisplacementField, size: tuple[int, int]) -> tuple[Map, Map]:
    """Return centre + (place - centre) (1 + strength r**2), r at most 1."""
    x, y = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in size[::-1])
    strength = field.amplitude / field.spacing
    factor, (xs, ys) = scratch(4, size, np.float32), _apart(size)
    np.add.outer(1 + strength * (y / field.spacing) ** 2, strength * (x / field.spacing) ** 2, out=factor)
    if math.hypot(x[0], y[0]) > field.spacing:
        (np.minimum if strength > 0 else np.maximum)(factor, 1 + strength, out=factor)
    np.multiply(factor, x, out=xs)
    np.multiply(factor, y[:, None], out=ys)
    xs += (size[1] - 1) / 2
    ys += (size[0] - 1) / 2
    return xs, ys


_MAPS = {"elastic": _elastic, "grid": _lines, "radial": _radial}
