"""`coords` for stacks of matrices, `(N, 3, 3)`: each of them bit for bit what the function of that name there returns.

Arguments are numbers or arrays `(N,)`. numpy rounds + - * / as Python does; a matrix product of numpy's would round as
the processor's linear algebra does. Sines, cosines and tangents are those of Python's math.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Stack: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = float | npt.NDArray[np.float64]
Pair: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def stack(*entries: Numbers) -> Stack:
    """Return affine matrices with these six entries, row after row."""
    count = max(np.size(entry) for entry in entries)
    made = np.zeros((count, 3, 3))
    made[:, 2, 2] = 1.0
    for place, entry in enumerate(entries):
        made[:, place // 3, place % 3] = entry
    return made


def translations(dx: Numbers, dy: Numbers) -> Stack:
    """Move content `dx` pixels to the right and `dy` down."""
    return stack(1.0, 0.0, dx, 0.0, 1.0, dy)


def scalings(factor: Numbers) -> Stack:
    """Scale about the origin."""
    return stack(factor, 0.0, 0.0, 0.0, factor, 0.0)


def rotations(degrees: Numbers, height: int, width: int) -> Stack:
    """Turn counter-clockwise about the centre of the canvas."""
    angles = np.radians(np.atleast_1d(degrees) % 360.0).tolist()
    cos = _to_15_digits(np.array([math.cos(angle) for angle in angles]))
    sin = _to_15_digits(np.array([math.sin(angle) for angle in angles]))
    x, y = (width - 1) / 2, (height - 1) / 2
    return stack(cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y)


def _to_15_digits(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return `round(value, 15)` of values in -1..1.

    A product is rounded monotonically, so it lies on the same side of a half as the exact one unless it is that half;
    and a whole number divided by 10**15, both below 2**53, is the float64 nearest to that decimal number.
    """
    scaled = values * 1e15
    made = np.rint(scaled)
    halves = np.flatnonzero(np.abs(scaled - np.trunc(scaled)) == 0.5)
    made /= 1e15
    made[halves] = [round(value, 15) for value in values[halves].tolist()]
    return made


def tangents(degrees: Numbers) -> npt.NDArray[np.float64]:
    """Return the tangent of each angle."""
    return np.array([math.tan(math.radians(angle)) for angle in np.atleast_1d(degrees).tolist()])


def from_corners(height: int, width: int, moved: Stack) -> Stack:
    """Return the perspectives that take the canvas' corners to the points `(N, 4, 2)`, in the order of `coords`.

    In real numbers: numpy may round a product of complex ones otherwise than Python.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = np.moveaxis(moved, 0, 2)
    across, down = (x1 - x2, y1 - y2), (x3 - x2, y3 - y2)
    slant = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3)
    area = cross(across, down)
    g, h = cross(slant, down) / area / width, cross(across, slant) / area / height
    depth = 1 + (g + h) / 2
    made = np.ones((len(moved), 3, 3))
    for place, (start, right, below) in enumerate(((x0, x1, x3), (y0, y1, y3))):
        to_right, downwards = (right - start) / width + g * right, (below - start) / height + h * below
        made[:, place] = np.stack([to_right, downwards, start + (to_right + downwards) / 2], axis=1) / depth[:, None]
    made[:, 2, :2] = np.stack([g / depth, h / depth], axis=1)
    return made


def cross(first: Pair, second: Pair) -> npt.NDArray[np.float64]:
    """Return the cross products of vectors, each given as its x and its y, `(N,)`."""
    return first[0] * second[1] - first[1] * second[0]


def products(second: Stack, first: Stack) -> Stack:
    """Return the matrices that do `first`, then `second`; one of them may be a single matrix `(3, 3)`."""
    made = second[..., :, :1] * first[..., :1, :]
    made += second[..., :, 1:2] * first[..., 1:2, :]
    made += second[..., :, 2:] * first[..., 2:, :]
    made += 0.0  # no negative zeros
    return made


def about(matrices: Stack, x: float, y: float) -> Stack:
    """Return the matrices that do `matrices` with (x, y) as their origin."""
    return products(translations(x, y)[0], products(matrices, translations(-x, -y)[0]))


def inverses(matrices: Stack) -> Stack:
    """Return the inverses; by cofactors, in the order of `coords.inverse`."""
    a, b, c, d, e, f, g, h, i = np.ascontiguousarray(matrices.reshape(-1, 9).T)
    first, second, third = e * i - f * h, f * g - d * i, d * h - e * g
    made = np.stack(
        [
            *(first, c * h - b * i, b * f - c * e),
            *(second, a * i - c * g, c * d - a * f),
            *(third, b * g - a * h, a * e - b * d),
        ],
        axis=1,
    )
    made /= (a * first + b * second + c * third)[:, None]
    made += 0.0  # no negative zeros
    return made.reshape(-1, 3, 3)
