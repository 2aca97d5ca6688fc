"""Resampling in numpy: which input point an output pixel shows, and what stands there. Part of the specification."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._backends import borders
from augplug._backends.bands import Band, weigh_both
from augplug.errors import OperationError
from augplug.types import Border, Image

Reals = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_NOTHING = 1e-9
"""Less of a box than this is not a part of it, but rounding."""
CUBIC = -0.75
"""The free coefficient of the cubic kernel, as OpenCV's INTER_CUBIC has it."""


def grid(size: tuple[int, int]) -> tuple[Reals, Reals]:
    """Return x and y of every output pixel, each `(height, width)`."""
    ys, xs = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float64)
    return xs, ys


def matrix_points(pull: Reals, size: tuple[int, int]) -> tuple[Reals, Reals]:
    """Return the input point of every output pixel under the inverse matrix `pull`."""
    xs, ys = grid(size)
    across, down, depth = (row[0] * xs + row[1] * ys + row[2] for row in pull)
    if tuple(pull[2]) == (0, 0, 1):
        return across, down
    return across / depth, down / depth


def nearest_points(pull: Reals, size: tuple[int, int]) -> tuple[Integers, Integers]:
    """Return the input pixel of every output pixel: 16.16 fixed point for matrices that turn or shear, as Pillow."""
    projective = tuple(pull[2]) != (0, 0, 1)
    if projective or pull[0, 1] == 0 == pull[1, 0]:
        xs, ys = matrix_points(pull, size)
        return np.floor(xs + 0.5).astype(np.int64), np.floor(ys + 0.5).astype(np.int64)
    xs, ys = grid(size)
    columns, rows = xs.astype(np.int64), ys.astype(np.int64)
    (a, b, c), (d, e, f) = fixed(pull[0]), fixed(pull[1])
    return (c + a * columns + b * rows) >> 16, (f + d * columns + e * rows) >> 16


def fixed(row: Reals) -> tuple[int, int, int]:
    """Return a row of an inverse matrix in 16.16 fixed point."""
    # The half pixel: fixed point counts from the corner of a pixel, not from its centre.
    a, b, c = (int(np.floor(65536.0 * v + 0.5)) for v in (row[0], row[1], row[2] + 0.5))
    return a, b, c


def gather(image: Image, xi: Integers, yi: Integers, fill: Image, border: Border = "constant") -> Image:
    """Return the pixels at integer points; outside `fill` (one value a channel), or what `border` repeats."""
    height, width = image.shape[:2]
    if border != "constant":
        return image[borders.indices(border, yi, height), borders.indices(border, xi, width)]
    inside = (xi >= 0) & (xi < width) & (yi >= 0) & (yi < height)
    taken = image[np.clip(yi, 0, height - 1), np.clip(xi, 0, width - 1)]
    taken[~inside] = fill if image.ndim == 3 else fill[0]
    return taken


def sample(image: Image, xs: Reals, ys: Reals, interpolation: str, fill: Image, border: Border = "constant") -> Image:
    """Return the image at real points. Taps outside are as in `gather`; integers round to nearest."""
    if interpolation == "nearest":
        return gather(image, np.floor(xs + 0.5).astype(np.int64), np.floor(ys + 0.5).astype(np.int64), fill, border)
    if interpolation not in _TAPS:
        raise OperationError(f"interpolation {interpolation!r} needs a matrix that scales along the axes")
    taps = _TAPS[interpolation]
    x0, y0 = np.floor(xs), np.floor(ys)
    across, down = taps(xs - x0), taps(ys - y0)
    first = 1 - len(across) // 2
    total = np.zeros((*xs.shape, *image.shape[2:]))
    for i, wy in enumerate(down):
        for j, wx in enumerate(across):
            columns, rows = (x0 + first + j).astype(np.int64), (y0 + first + i).astype(np.int64)
            tap = gather(image, columns, rows, fill, border)
            weight = wx * wy
            total += (weight if image.ndim == 2 else weight[..., None]) * tap
    return _finish(total, image.dtype)


def _linear(t: Reals) -> tuple[Reals, ...]:
    return 1 - t, t


def _cubic(t: Reals) -> tuple[Reals, ...]:
    a = CUBIC
    near, far = 1 - t, 2 - t
    return (
        ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
        ((a + 2) * t - (a + 3)) * t * t + 1,
        ((a + 2) * near - (a + 3)) * near * near + 1,
        ((a * far - 5 * a) * far + 8 * a) * far - 4 * a,
    )


_TAPS = {"linear": _linear, "cubic": _cubic}


def area(image: Image, pull: Reals, size: tuple[int, int], fill: Image, border: Border = "constant") -> Image:
    """Return the mean of the image under each output pixel, its box at least one pixel wide (then it is linear).

    What of a box lies outside the image does not count; `fill` stands where all of it does. With another `border` all
    of it counts.
    """
    if pull[0, 1] or pull[1, 0] or tuple(pull[2]) != (0, 0, 1) or pull[0, 0] <= 0 or pull[1, 1] <= 0:
        raise OperationError("area interpolation takes matrices that scale and shift along the axes, no others")
    if border != "constant":
        return _finish(borders.area(image, pull, size, border).reshape(*size, *image.shape[2:]), image.dtype)
    down = _boxes(pull[1, 1], pull[1, 2], size[0], image.shape[0])
    across = _boxes(pull[0, 0], pull[0, 2], size[1], image.shape[1])
    wide = image[..., None] if image.ndim == 2 else image
    total = weigh_both(wide, down, across)
    covered = np.outer(down.weights.sum(axis=1), across.weights.sum(axis=1))[..., None]
    seen = covered > _NOTHING
    total = np.where(seen, total / np.where(seen, covered, 1), fill)
    return _finish(total.reshape(*size, *image.shape[2:]), image.dtype)


def _boxes(scale: float, shift: float, out: int, inside: int) -> Band:
    """Return how much of each output pixel's box each input pixel covers."""
    centres = scale * np.arange(out) + shift
    half = max(scale, 1.0) / 2
    first = np.floor(centres - half + 0.5).astype(np.intp)
    pixels = first[:, None] + np.arange(int(np.ceil(2 * half)) + 1)
    low = np.maximum((centres - half)[:, None], pixels - 0.5)
    high = np.minimum((centres + half)[:, None], pixels + 0.5)
    weights = np.maximum(high - low, 0) / (2 * half)
    weights[(pixels < 0) | (pixels >= inside)] = 0
    return Band(first, weights)


def _finish(total: Reals, dtype: np.dtype[Any]) -> Image:
    if dtype.kind == "u":
        total = np.clip(np.floor(total + 0.5), 0, np.iinfo(dtype).max)
    return total.astype(dtype, order="C")  # an einsum may leave another order
