"""The one space convention, in one place.

The centre of the first pixel is (0, 0); x points right and y down. A matrix maps input points to output points (points
push); an image is rendered by pulling with the inverse. A canvas of width W covers x from -1/2 to W - 1/2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug.errors import OperationError
from augplug.types import Matrix, Points

IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


TRANSPOSITION: Matrix = ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def check_matrix(owner: str, given: Any) -> None:
    """Refuse what is not three tuples of three finite numbers in a tuple: OperationError, which names `owner`."""
    try:
        (a, b, c), (d, e, f), (g, h, i) = given
        first, second, third = given
        kind = first.__class__ is second.__class__ is third.__class__ is given.__class__ is tuple
        well_formed = kind and math.isfinite(a + b + c + d + e + f + g + h + i)
    except (TypeError, ValueError):
        well_formed = False
    if not well_formed:
        told = " ".join(repr(given).split())
        raise OperationError(
            f"{owner} takes a DisplacementField, or a matrix as three rows of finite numbers, "
            f"((a, b, c), (d, e, f), (g, h, i)), not {told if len(told) <= 80 else f'{told[:77]}...'}"
        )


def scaling(factor: float) -> Matrix:
    """Scale about the origin."""
    return ((factor, 0.0, 0.0), (0.0, factor, 0.0), (0.0, 0.0, 1.0))


def translation(dx: float, dy: float) -> Matrix:
    """Move content `dx` pixels to the right and `dy` down."""
    return ((1.0, 0.0, dx), (0.0, 1.0, dy), (0.0, 0.0, 1.0))


def shear_x(factor: float) -> Matrix:
    """Shear rows about the corner (-1/2, -1/2): x_in = x_out + factor (y_out + 1/2), as Pillow does."""
    return ((1.0, -factor, -factor / 2), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def shear_y(factor: float) -> Matrix:
    """Shear columns about the corner (-1/2, -1/2): y_in = y_out + factor (x_out + 1/2), as Pillow does."""
    return ((1.0, 0.0, 0.0), (-factor, 1.0, -factor / 2), (0.0, 0.0, 1.0))


def rotation(degrees: float, height: int, width: int) -> Matrix:
    """Turn counter-clockwise (as seen, y down) about the centre of the canvas."""
    angle = math.radians(degrees % 360.0)
    # Rounded as Pillow rounds them: quarter turns become exact.
    cos, sin = round(math.cos(angle), 15), round(math.sin(angle), 15)
    x, y = (width - 1) / 2, (height - 1) / 2
    return ((cos, sin, x - cos * x - sin * y), (-sin, cos, y + sin * x - cos * y), (0.0, 0.0, 1.0))


def flip_x(width: int) -> Matrix:
    """Mirror left and right."""
    return ((-1.0, 0.0, width - 1.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def flip_y(height: int) -> Matrix:
    """Mirror top and bottom."""
    return ((1.0, 0.0, 0.0), (0.0, -1.0, height - 1.0), (0.0, 0.0, 1.0))


def crop_resize(box: tuple[float, float, float, float], height: int, width: int) -> Matrix:
    """Map the box (left, top, right, bottom: edges, in pixels, from the canvas' corner) onto a canvas of that size."""
    left, top, right, bottom = box
    sx, sy = width / (right - left), height / (bottom - top)
    return ((sx, 0.0, sx * (0.5 - left) - 0.5), (0.0, sy, sy * (0.5 - top) - 0.5), (0.0, 0.0, 1.0))


def about(matrix: Matrix, x: float, y: float) -> Matrix:
    """Return the matrix that does `matrix` with (x, y) as its origin."""
    return multiply(translation(x, y), multiply(matrix, translation(-x, -y)))


def from_corners(height: int, width: int, moved: list[tuple[float, float]]) -> Matrix:
    """Return the perspective that takes the canvas' corners (top left, then clockwise) to the points `moved`."""
    # In closed form for the unit square, as Heckbert has it (Fundamentals of Texture Mapping, 1989, section 2.2.3).
    z0, z1, z2, z3 = (complex(*point) for point in moved)
    across, down, slant = z1 - z2, z3 - z2, z0 - z1 + z2 - z3
    area = _cross(across, down)
    g, h = _cross(slant, down) / area / width, _cross(across, slant) / area / height
    right, below = (z1 - z0) / width + g * z1, (z3 - z0) / height + h * z3
    depth = 1 + (g + h) / 2  # the canvas starts half a pixel before the centre of its first pixel
    right, below, corner = right / depth, below / depth, (z0 + (right + below) / 2) / depth
    return (
        (right.real, below.real, corner.real),
        (right.imag, below.imag, corner.imag),
        (g / depth, h / depth, 1.0),
    )


def _cross(first: complex, second: complex) -> float:
    return first.real * second.imag - first.imag * second.real


def multiply(second: Matrix, first: Matrix) -> Matrix:
    """Return the matrix that does `first`, then `second`; every product and sum is rounded by itself, as in `apply`."""
    (a, b, c), (d, e, f), (g, h, i) = first
    # Adding 0 leaves no negative zeros.
    one, two, three = (
        (x * a + y * d + z * g + 0.0, x * b + y * e + z * h + 0.0, x * c + y * f + z * i + 0.0) for x, y, z in second
    )
    return (one, two, three)


def inverse(matrix: Matrix) -> npt.NDArray[np.float64]:
    """Return the inverse as an array; by cofactors, so that shears, shifts and quarter turns stay exact."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    first, second, third = e * i - f * h, f * g - d * i, d * h - e * g
    z: Any = a * first + b * second + c * third
    if z == 0:
        z = np.float64(z)  # which divides by it, to infinities
    # Plain floats take less time than numpy's calls; adding 0 leaves no negative zeros.
    return np.array(
        [
            [first / z + 0.0, (c * h - b * i) / z + 0.0, (b * f - c * e) / z + 0.0],
            [second / z + 0.0, (a * i - c * g) / z + 0.0, (c * d - a * f) / z + 0.0],
            [third / z + 0.0, (b * g - a * h) / z + 0.0, (a * e - b * d) / z + 0.0],
        ],
        dtype=np.float64,
    )


def to_matrix(array: npt.NDArray[np.float64]) -> Matrix:
    """Return a 3x3 array as a matrix of plain floats."""
    (a, b, c), (d, e, f), (g, h, i) = array.tolist()
    return ((a, b, c), (d, e, f), (g, h, i))


def apply(matrix: Matrix | npt.NDArray[np.float64], points: Points) -> Points:
    """Map points `(K, 2)` by a 3x3 matrix.

    Every product and sum is rounded by itself: a matrix product would round as the processor's linear algebra does.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix
    x, y = points[:, 0], points[:, 1]
    mapped = np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)
    if g or h or i != 1:
        mapped /= (g * x + h * y + i)[:, None]
    result: Points = mapped
    return result


def mirrors(matrix: Matrix, height: int, width: int) -> bool:
    """Return True if a matrix turns left into right in the middle of a canvas of that size: a mirror image there."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    depth = g * (width - 1) / 2 + h * (height - 1) / 2 + i  # the Jacobian's determinant is that over depth**3
    return determinant * depth < 0


def is_turn(matrix: Matrix, height: int, width: int) -> tuple[int, int] | None:
    """Return the output size (height, width) if the matrix flips, quarter-turns or transposes this canvas.

    Then (the identity is one of them) every output pixel is exactly one input pixel, whatever the interpolation.
    """
    (a, b, c), (d, e, f), last = matrix
    straight = b == 0 == d and abs(a) == 1 == abs(e)
    crossed = a == 0 == e and abs(b) == 1 == abs(d)
    if last != (0.0, 0.0, 1.0) or not (straight or crossed):
        return None
    out_height, out_width = (height, width) if straight else (width, height)
    offset_x = out_width - 1 if a + b < 0 else 0
    offset_y = out_height - 1 if d + e < 0 else 0
    return (out_height, out_width) if (c, f) == (offset_x, offset_y) else None
