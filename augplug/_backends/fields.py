"""Displacement fields: from a recipe to numbers. Part of the specification, and the same in every backend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from augplug._backends import noise
from augplug._backends.bands import Band, weigh_both
from augplug.effects import DisplacementField
from augplug.types import Points

Reals = npt.NDArray[np.float64]
_FOUR = np.arange(4)
ITERATIONS = 40
"""A contraction of at most 0.75 a step: 0.75**40 is 1e-5, of at most 0.2 of the spacing."""


def pull_points(field: DisplacementField, size: tuple[int, int]) -> tuple[Reals, Reals]:
    """Return the input point of every output pixel, x and y each `(height, width)`: itself plus its displacement."""
    height, width = size
    rows, columns = np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64)
    if field.kind == "radial":
        dx, dy = _radial(field, columns[None, :], rows[:, None], size)
    else:
        down, across = spline(rows, field.spacing, height), spline(columns, field.spacing, width)
        moves = control(field, control_count(field.spacing, height), control_count(field.spacing, width))
        dx, dy = np.moveaxis(weigh_both(np.moveaxis(moves, 0, 2), down, across), 2, 0)
    return columns[None, :] + dx, rows[:, None] + dy


def displacement(field: DisplacementField, points: Points, size: tuple[int, int]) -> Points:
    """Return the displacement `(K, 2)` of a field at any points of its canvas."""
    xs, ys = points.T
    if field.kind == "radial":
        return np.stack(_radial(field, xs, ys, size), axis=1)
    moves = control(field, control_count(field.spacing, size[0]), control_count(field.spacing, size[1]))
    down, across = spline(ys, field.spacing, size[0]), spline(xs, field.spacing, size[1])
    near = (down.first[:, None, None] + _FOUR[:, None], across.first[:, None, None] + _FOUR)
    moved: Points = np.einsum("ki,ckij,kj->kc", down.weights, moves[:, *near], across.weights)
    return moved


def push_points(
    field: DisplacementField, points: Points, size: tuple[int, int], iterations: int = ITERATIONS
) -> Points:
    """Return where input points come to stand: out = in - displacement(out), solved by iterating a contraction."""
    moved = points
    for _ in range(iterations):
        moved = points - displacement(field, moved, size)
    return moved


def _radial(field: DisplacementField, xs: Reals, ys: Reals, size: tuple[int, int]) -> tuple[Reals, Reals]:
    x, y = xs - (size[1] - 1) / 2, ys - (size[0] - 1) / 2
    # Beyond the distance of the recipe the field stays what it is there, or points far outside would not converge.
    squared = np.minimum((x * x + y * y) / field.spacing**2, 1.0)
    strength = field.amplitude / field.spacing * squared
    return x * strength, y * strength


def control_count(spacing: float, side: int) -> int:
    """Return how many control points lie along an axis."""
    return int(np.ceil(side / spacing)) + 3


def spline(places: Reals, spacing: float, side: int) -> Band:
    """Return the weights of the control points along one axis at K places: a cubic B-spline, of four points each."""
    count = control_count(spacing, side)
    at = np.clip((places + 0.5) / spacing, 0, count - 3)  # points outside the canvas move as its border does
    first = np.minimum(np.floor(at), count - 4).astype(np.intp)
    t = at - first
    parts = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    return Band(first, np.stack(parts, axis=1) / 6)


def weights(places: Reals, spacing: float, side: int) -> Reals:
    """Return the weights `(K, N)` of all N control points along one axis, most of them zero."""
    band = spline(places, spacing, side)
    made = np.zeros((len(places), control_count(spacing, side)))
    np.put_along_axis(made, band.first[:, None] + _FOUR, band.weights, axis=1)
    return made


def control(field: DisplacementField, rows: int, columns: int) -> Reals:
    """Return the displacements `(2, rows, columns)` of the control points, dx and dy."""
    if field.kind == "elastic":
        return _uniform(field.key, 2 * rows * columns).reshape(2, rows, columns) * field.amplitude
    moves = lines(field, rows + columns)
    return np.stack(np.broadcast_arrays(moves[None, :columns], moves[columns:, None]))


def lines(field: DisplacementField, count: int) -> Reals:
    """Return the displacements `(count,)` of a grid's lines: of its columns, then of its rows."""
    return _uniform(field.key, count) * field.amplitude


def _uniform(key: int, count: int) -> Reals:
    """Return reals in [-1, 1) from the key: raw Philox words, mapped by ourselves."""
    reals: Reals = (noise.words(key, count) >> np.uint64(11)).astype(np.float64)
    reals *= 2.0**-52
    reals -= 1.0
    return reals
