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
    z0, z1, z2, z3 = np.moveaxis(moved, 0, 2)
    across, down, slant = z1 - z2, z3 - z2, z0 - z1 + z2 - z3
    area = cross(across, down)
    g, h = cross(slant, down) / area / width, cross(across, slant) / area / height
    right, below = (z1 - z0) / width + g * z1, (z3 - z0) / height + h * z3
    depth = 1 + (g + h) / 2
    made = np.ones((len(moved), 3, 3))
    made[:, :2] = (np.stack([right, below, z0 + (right + below) / 2]) / depth).T
    made[:, 2, :2] = (np.stack([g, h]) / depth).T
    return made


def cross(first: Stack, second: Stack) -> Stack:
    """Return the cross products of vectors `(2, N)`, `(N,)`."""
    made: Stack = first[0] * second[1] - first[1] * second[0]
    return made


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
