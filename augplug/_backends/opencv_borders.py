"""Warps whose image repeats outside: what they show of the outside is laid around the image before OpenCV warps it.

OpenCV has borders of its own, but finds other pixels than numpy.pad far outside (its coordinates have 16 bits) and with
cubic taps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from augplug import coords, coords_stack
from augplug._backends.base import ImageFunction
from augplug._backends.slices import repeated, whole_shift
from augplug.effects import DisplacementField, Warp
from augplug.types import Image, Matrix, Values

_TAPS = 3
"""Pixels around a point that an interpolation looks at, with one for rounding."""
_MOST = 8
"""How many times as large as its input and output together an image is made; what shows more is the reference's."""


def bordered(
    effect: Warp,
    transform: Matrix,
    shape: tuple[int, ...],
    prepare: Callable[[Warp, tuple[int, ...]], ImageFunction | None],
) -> ImageFunction | None:
    """Return the kernel of a warp by a matrix whose border is not constant; None if OpenCV does not render it.

    `prepare` returns that of a warp with a constant border.
    """
    shift = whole_shift(transform)
    if shift is not None:
        return repeated(shift, shape, effect.size, effect.border)
    if coords.is_turn(transform, *shape[:2]) == effect.size:
        return prepare(replace(effect, border="constant"), shape)
    edges, able = seen(np.array([transform]), effect.size, shape)
    if not able[0]:
        return None
    left, top, right, bottom = edges[0].tolist()
    size = (shape[0] + top + bottom, shape[1] + left + right)
    moved = coords.multiply(transform, coords.translation(-float(left), -float(top)))
    kernel = prepare(replace(effect, transform=moved, border="constant"), (*size, *shape[2:]))
    return (
        None
        if kernel is None
        else partial(padded, pad=repeated((left, top), shape, size, effect.border), kernel=kernel)
    )


def seen(
    transforms: Values, size: tuple[int, int], shape: tuple[int, ...]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return how many pixels to the left, above, to the right and below each matrix `(N, 3, 3)` shows, `(N, 4)`.

    And which of them can be laid around: not where they are too many, or a horizon lies within the canvas.
    """
    (height, width), (high, wide) = shape[:2], size
    # Corners of pixels: `area` looks at all of a box. A horizon within the canvas has points without end.
    corners = np.array([[-0.5, wide - 0.5] * 2, [-0.5, -0.5, high - 0.5, high - 0.5], [1.0] * 4])
    places = coords_stack.products(coords_stack.inverses(transforms), corners)
    depth = places[:, 2:]
    able = (depth > 0).all(axis=(1, 2))
    with np.errstate(all="ignore"):  # what is not able may be anything
        places = places[:, :2] / depth
        able &= (np.abs(places) < _FARTHEST).all(axis=(1, 2))
    places[~able] = 0
    before, after = np.ceil(_TAPS - places.min(axis=2)), np.ceil(places.max(axis=2) + _TAPS - [width, height])
    edges = np.maximum(np.concatenate([before, after], axis=1), 0).astype(np.int64)
    left, top, right, bottom = edges.T
    pixels = (height + top + bottom) * (width + left + right)
    return edges, able & (pixels <= _MOST * (height * width + high * wide))


_FARTHEST = float(1 << 24)


def around(effect: Warp, field: DisplacementField, shape: tuple[int, ...]) -> tuple[int, ImageFunction | None]:
    """Return how many pixels a field shows on each side, and the kernel that adds them; 0 and None for a fill."""
    if effect.border == "constant":
        return 0, None
    grown = max(effect.size[0] - shape[0], effect.size[1] - shape[1], 0)
    margin = math.ceil(abs(field.amplitude)) + _TAPS + grown
    size = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    return margin, repeated((margin, margin), shape, size, effect.border)


def padded(image: Image, pad: ImageFunction, kernel: ImageFunction) -> Image:
    """Return what a kernel makes of an image with more around it."""
    return kernel(pad(image))
