"""Displacement fields as OpenCV's `remap` takes them: the input point of every output pixel, in float32."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends import fields
from augplug._backends.scratch import scratch
from augplug.effects import Field

Map = npt.NDArray[np.float32]
_GEMM: Any = cv2.gemm  # the stubs do not know that the third matrix may be missing
_MOST_WEIGHTS = 1 << 20
"""Spline weights of one axis that are kept, as numbers: finer grids on larger images go to the reference."""


class _Axis(NamedTuple):
    """What a spline needs of one axis of N pixels and K control points."""

    placed: Map
    """The weights `(N, K + 1)` of the control points, and the pixel itself as one more."""
    one: Map
    """The same, and 1 as one more."""


def fits(field: Field, size: tuple[int, int]) -> bool:
    """Say whether the weights of a field's spline are few enough to be kept."""
    return field.kind == "radial" or max(size) * (max(size) / field.spacing + 4) <= _MOST_WEIGHTS


def maps(field: Field, size: tuple[int, int]) -> tuple[Map, Map]:
    """Return x and y of the input points, each `(height, width)`: this thread's scratch, until the next call.

    Made anew for every image: a prepared plan that kept its maps would hold 8 bytes a pixel.
    """
    xs, ys = scratch("across", size, np.float32), scratch("down", size, np.float32)
    {"elastic": _elastic, "grid": _lines, "radial": _radial}[field.kind](field, size, xs, ys)
    return xs, ys


def _elastic(field: Field, size: tuple[int, int], xs: Map, ys: Map) -> None:
    """Fill in the spline's two small products, with the pixel's own place as one more term."""
    rows, columns = (_axis(side, field.spacing) for side in size)
    across, down = np.zeros((2, rows.one.shape[1], columns.one.shape[1]), np.float32)
    across[:-1, :-1], down[:-1, :-1] = fields.control(field, rows.one.shape[1] - 1, columns.one.shape[1] - 1)
    across[-1, -1] = down[-1, -1] = 1
    _product(rows.one, _product(across, columns.placed, turned=True), xs)
    _product(rows.placed, _product(down, columns.one, turned=True), ys)


def _product(left: Map, right: Map, into: Map | None = None, *, turned: bool = False) -> Map:
    # Not numpy's: its BLAS wakes threads, which cost more than so small a product.
    return np.asarray(_GEMM(left, right, 1, None, 0, into, cv2.GEMM_2_T if turned else 0), dtype=np.float32)


def _lines(field: Field, size: tuple[int, int], xs: Map, ys: Map) -> None:
    rows, columns = (_axis(side, field.spacing) for side in size)
    moves = fields.control(field, rows.one.shape[1] - 1, columns.one.shape[1] - 1)
    xs[:] = _product(_and_one(moves[0, 0]), columns.placed, turned=True)
    ys[:] = _product(rows.placed, _and_one(moves[1, :, 0]), turned=True)


def _and_one(moves: npt.NDArray[np.float64]) -> Map:
    return np.append(moves, 1)[None].astype(np.float32)


@lru_cache(maxsize=16)
def _axis(side: int, spacing: float) -> _Axis:
    pixels = np.arange(side, dtype=np.float64)
    weights = fields.weights(pixels, spacing, side)
    own = (np.column_stack([weights, last]).astype(np.float32) for last in (pixels, np.ones(side)))
    return _Axis(*own)


def _radial(field: Field, size: tuple[int, int], xs: Map, ys: Map) -> None:
    x, y = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in size[::-1])
    factor = scratch("factor", size, np.float32)
    np.add.outer((y / field.spacing) ** 2, (x / field.spacing) ** 2, out=factor)
    np.minimum(factor, 1, out=factor)
    factor *= field.amplitude / field.spacing
    factor += 1
    np.multiply(factor, x, out=xs)
    np.multiply(factor, y[:, None], out=ys)
    xs += (size[1] - 1) / 2
    ys += (size[0] - 1) / 2
