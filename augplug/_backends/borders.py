"""What lies outside an image whose border is not constant: copies of its own pixels, found by index.

`reflect` is numpy.pad's mode "reflect" and OpenCV's BORDER_REFLECT_101: the outermost pixels are not repeated. A side
of 1 pixel has nothing to reflect: it is repeated, as `edge` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augplug.types import Border, Image

Indices = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


def indices(border: Border, places: Indices, side: int) -> Indices:
    """Return which pixels `0..side-1` of an axis lie at any whole places of it; `border` is not `constant`."""
    if border == "wrap":
        return places % side
    if border == "edge" or side == 1:
        return np.clip(places, 0, side - 1)
    period = 2 * side - 2
    folded = places % period
    return np.minimum(folded, period - folded)


def area(image: Image, pull: Reals, size: tuple[int, int], border: Border) -> Reals:
    """Return the mean under each output pixel's box, at least one pixel wide, of an image that repeats outside.

    `pull` scales and shifts along the axes. The result is `(height, width, C)`.
    """
    wide = image[..., None] if image.ndim == 2 else image
    rows = _means(wide, pull[1, 1], pull[1, 2], size[0], border)
    return _means(rows.swapaxes(0, 1), pull[0, 0], pull[0, 2], size[1], border).swapaxes(0, 1)


def _means(values: npt.NDArray[Any], scale: float, shift: float, count: int, border: Border) -> Reals:
    """Return the means `(count, ...)` of boxes along the first axis of values `(L, ...)`."""
    centres = scale * np.arange(count) + shift
    half = max(scale, 1.0) / 2
    first = np.floor(centres - half + 0.5).astype(np.int64)
    total = np.zeros((count, *values.shape[1:]))
    for tap in range(int(np.ceil(2 * half)) + 1):
        places = first + tap
        covered = np.minimum(centres + half, places + 0.5) - np.maximum(centres - half, places - 0.5)
        weights = np.maximum(covered, 0) / (2 * half)
        total += weights[:, None, None] * values[indices(border, places, len(values))]
    return total
