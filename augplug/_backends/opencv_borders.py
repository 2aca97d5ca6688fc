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

from augplug import coords
from augplug._backends.base import ImageFunction
from augplug._backends.slices import repeated, whole_shift
from augplug.effects import DisplacementField, Warp
from augplug.types import Image, Matrix

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
    edges = _seen(transform, effect, shape)
    if edges is None:
        return None
    left, top, right, bottom = edges
    size = (shape[0] + top + bottom, shape[1] + left + right)
    moved = coords.multiply(transform, coords.translation(-float(left), -float(top)))
    kernel = prepare(replace(effect, transform=moved, border="constant"), (*size, *shape[2:]))
    return (
        None
        if kernel is None
        else partial(padded, pad=repeated((left, top), shape, size, effect.border), kernel=kernel)
    )


def _seen(transform: Matrix, effect: Warp, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return how many pixels to the left, above, to the right and below are shown; None if they are too many."""
    (height, width), (high, wide) = shape[:2], effect.size
    pull = coords.inverse(transform)
    # Corners of pixels: `area` looks at all of a box. A horizon within the canvas has points without end.
    corners = np.array([[-0.5, wide - 0.5] * 2, [-0.5, -0.5, high - 0.5, high - 0.5], [1.0] * 4])
    x, y, depth = pull @ corners
    if not (depth > 0).all():
        return None
    x, y = x / depth, y / depth
    far = float(max(abs(x).max(), abs(y).max()))
    if not math.isfinite(far) or far >= _FARTHEST:
        return None
    left, top = max(math.ceil(_TAPS - x.min()), 0), max(math.ceil(_TAPS - y.min()), 0)
    right = max(math.ceil(x.max() + _TAPS - width), 0)
    bottom = max(math.ceil(y.max() + _TAPS - height), 0)
    pixels = (height + top + bottom) * (width + left + right)
    return (left, top, right, bottom) if pixels <= _MOST * (height * width + high * wide) else None


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
