"""Kernels of filters, as arrays of weights that sum to 1. Shared by the backends."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from augplug._backends.kept import BytesCache

Weights = npt.NDArray[np.float64]
TRUNCATE = 4.0
"""Standard deviations at which a Gaussian is cut off."""
_SAMPLES = 16
"""Points a pixel of a line is sampled at."""
_NEXT = np.array([[[0.0]], [[1.0]]])


@lru_cache(maxsize=256)
def gaussian(sigma: float) -> Weights:
    """Return the weights `(2 r + 1,)` of a Gaussian, cut off at 4 standard deviations."""
    radius = max(1, int(TRUNCATE * sigma + 0.5))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def line(length: float, degrees: float) -> Weights:
    """Return the weights `(2 r + 1, 2 r + 1)` of a line through the middle, antialiased; counter-clockwise, y down."""
    return _line(length, degrees)


def _new_line(length: float, degrees: float) -> Weights:
    radius = math.ceil((length - 1) / 2)
    along = np.linspace(-(length - 1) / 2, (length - 1) / 2, max(2, int(length * _SAMPLES)))
    angle = math.radians(degrees)
    y, x = radius - along * round(math.sin(angle), 15), radius + along * round(math.cos(angle), 15)
    points = np.array([y, x])
    first = np.floor(points)
    down, across = (1 - np.abs(points - first - _NEXT)).transpose(1, 0, 2)  # of this pixel, and of the next one
    side = 2 * radius + 2
    places = (first[0] * side + first[1]).astype(np.intp) + np.array([[[0], [1]], [[side], [side + 1]]])
    weights = np.bincount(places.ravel(), (down[:, None] * across).ravel(), side * side)
    weights = weights.reshape(side, side)[:-1, :-1]
    return np.asarray(weights / weights.sum())


_line = BytesCache(_new_line, 1 << 22)
"""A line of 255 pixels has 512 kB of weights."""
