"""Warps as products with constant matrices, or as weighted gathers: the sizes are known, and so are the numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import augplug
from augplug_phones.program import Array, Program, Value, along, rounded

Reals = npt.NDArray[np.float64]
_CUBIC = -0.75
"""The free coefficient of the cubic kernel, as augplug's reference has it."""
_NOTHING = 1e-9
"""Less of a box than this is not a part of it, but rounding."""


def add_warp(program: Program, image: Value, warp: augplug.Warp, fill: Array) -> Value | None:
    """Add a warp of float32 values `(H, W, C)` of 0..255; return None for one that no format here holds."""
    if isinstance(warp.transform, augplug.DisplacementField):
        return None
    pull = _inverse(warp.transform)
    affine = bool(np.array_equal(pull[2], (0, 0, 1)))
    straight = affine and pull[0, 1] == 0 == pull[1, 0]
    if straight:
        return _add_straight(program, image, warp, pull, fill)
    if warp.interpolation == "area" and not _is_whole(pull):
        return None
    return _add_taps(program, image, warp, pull, fill)


def _add_straight(program: Program, image: Value, warp: augplug.Warp, pull: Reals, fill: Array) -> Value | None:
    """Add a warp that scales and shifts along the axes: a matrix for each of them."""
    kind = _interpolation(warp, pull)
    if kind == "area" and min(pull[0, 0], pull[1, 1]) <= 0:
        return None
    rows, columns = (
        _weights(kind, pull[axis, axis] * np.arange(out) + pull[axis, 2], image.shape[1 - axis], warp.border, scale)
        for axis, out, scale in ((1, warp.size[0], pull[1, 1]), (0, warp.size[1], pull[0, 0]))
    )
    covered = np.outer(rows.sum(axis=1), columns.sum(axis=1))[..., None]
    if kind == "area" and warp.border == "constant":  # what lies outside does not count
        rows, columns = (side / np.where((total := side.sum(axis=1, keepdims=True)) > _NOTHING, total, 1)
                         for side in (rows, columns))  # fmt: skip
        covered = (covered > _NOTHING).astype(np.float64)
    made = along(program, along(program, image, rows, 0), columns, 1)
    missing = (1 - covered) * fill
    if np.abs(missing).max() > 255 * _NOTHING:
        made = program.add("add", made, missing)
    return made if kind == "nearest" else rounded(program, made)


def _weights(kind: str, points: Reals, side: int, border: str, scale: float) -> Reals:
    """Return what each pixel of a side `(out, side)` adds to each point; what lies outside is left out."""
    made = np.zeros((len(points), side))
    for places, weights in _boxes(points, scale) if kind == "area" else _taps(kind, points):
        inside = np.flatnonzero((places >= 0) & (places < side)) if border == "constant" else np.arange(len(places))
        np.add.at(made, (inside, _kept(border, places[inside], side)), weights[inside])
    return made


def _add_taps(program: Program, image: Value, warp: augplug.Warp, pull: Reals, fill: Array) -> Value:
    """Add a warp that turns, shears or shows a perspective: gathers of whole pixels, weighted."""
    (height, width, channels), kind = image.shape, _interpolation(warp, pull)
    flat = program.add("reshape", image, shape=(height * width, channels))
    total, missing = None, np.zeros((*warp.size, 1))
    for rows, columns, weights in _taps_of_plane(kind, pull, warp.size):
        inside = np.ones(rows.shape, bool)
        if warp.border == "constant":
            inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        missing += (weights * ~inside)[..., None]
        places = _kept(warp.border, rows, height) * width + _kept(warp.border, columns, width)
        taken = program.add("gather", flat, program.constant(places.reshape(-1), "int32"))
        shaped = program.add("reshape", taken, shape=(*warp.size, channels))
        if not (weights * inside == 1).all():
            shaped = program.add("mul", shaped, (weights * inside)[..., None])
        total = shaped if total is None else program.add("add", total, shaped)
    assert total is not None  # noqa: S101  # every kernel has taps
    if missing.any():
        total = program.add("add", total, missing * fill)
    return total if kind == "nearest" else rounded(program, total)


def _taps_of_plane(kind: str, pull: Reals, size: tuple[int, int]) -> list[tuple[Array, Array, Reals]]:
    """Return rows, columns and weights, each `(H, W)`, of every tap of a kernel."""
    ys, xs = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float64)
    affine = np.array_equal(pull[2], (0, 0, 1))
    if kind == "nearest" and affine:  # 16.16 fixed point from the corner of a pixel, as Pillow
        (a, b, c), (d, e, f) = (
            np.floor(65536 * row + 0.5).astype(np.int64) for row in pull[:2] + np.array([0, 0, 0.5])
        )
        columns, rows = xs.astype(np.int64), ys.astype(np.int64)
        return [((f + d * columns + e * rows) >> 16, (c + a * columns + b * rows) >> 16, np.ones(size))]
    across, down, depth = (row[0] * xs + row[1] * ys + row[2] for row in pull)
    wide, high = _taps(kind, across / depth), _taps(kind, down / depth)
    return [(row, column, below * right) for row, below in high for column, right in wide]


def _taps(kind: str, points: Reals) -> list[tuple[Array, Reals]]:
    """Return the pixel and the weight of every tap at real points."""
    if kind == "nearest":
        return [(np.floor(points + 0.5).astype(np.int64), np.ones(points.shape))]
    first = np.floor(points)
    t, a = points - first, _CUBIC
    weights = [1 - t, t]
    if kind == "cubic":
        near, far = 1 - t, 2 - t
        outer = [((a * (s + 1) - 5 * a) * (s + 1) + 8 * a) * (s + 1) - 4 * a for s in (t, far - 1)]
        inner = [((a + 2) * s - (a + 3)) * s * s + 1 for s in (t, near)]
        weights = [outer[0], *inner, outer[1]]
    start = first.astype(np.int64) + 1 - len(weights) // 2
    return [(start + tap, weight) for tap, weight in enumerate(weights)]


def _boxes(centres: Reals, scale: float) -> list[tuple[Array, Reals]]:
    """Return pixels, and how much of the box about each centre, at least one pixel wide, they cover."""
    half = max(scale, 1.0) / 2
    first = np.floor(centres - half + 0.5).astype(np.int64)
    taps = []
    for places in (first + tap for tap in range(int(np.ceil(2 * half)) + 1)):
        covered = np.minimum(centres + half, places + 0.5) - np.maximum(centres - half, places - 0.5)
        taps.append((places, np.maximum(covered, 0) / (2 * half)))
    return taps


def _kept(border: str, places: Array, side: int) -> Array:
    """Return the pixel of a side that stands at each place; outside of a constant border any."""
    if border == "wrap":
        return np.asarray(places % side)
    if border in ("constant", "edge") or side == 1:
        return np.clip(places, 0, side - 1)
    folded = places % (2 * side - 2)
    return np.asarray(np.minimum(folded, 2 * side - 2 - folded))


def _interpolation(warp: augplug.Warp, pull: Reals) -> str:
    """Return the kernel: whole pixels that are moved are not weighed."""
    return "nearest" if _is_whole(pull) else warp.interpolation


def _is_whole(pull: Reals) -> bool:
    """Return True for a flip, a quarter turn or a shift by whole pixels."""
    return bool(np.array_equal(pull, np.rint(pull)) and abs(np.linalg.det(pull)) == 1)


def _inverse(matrix: augplug.Matrix) -> Reals:
    """Return the inverse by cofactors, as the reference has it: shifts, shears and quarter turns stay exact."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    first, second, third = e * i - f * h, f * g - d * i, d * h - e * g
    whole = np.float64(a * first + b * second + c * third)
    rows = [
        [first / whole, (c * h - b * i) / whole, (b * f - c * e) / whole],
        [second / whole, (a * i - c * g) / whole, (c * d - a * f) / whole],
        [third / whole, (b * g - a * h) / whole, (a * e - b * d) / whole],
    ]
    return np.array(rows) + 0.0
