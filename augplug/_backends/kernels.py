"""Kernels of filters, as arrays of weights that sum to 1. Shared by the backends."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64]
_TRUNCATE = 4.0
_SAMPLES = 16
"""Points a pixel of a line is sampled at."""


@lru_cache(maxsize=256)
def gaussian(sigma: float) -> Weights:
    """Return the weights `(2 r + 1,)` of a Gaussian, cut off at 4 standard deviations."""
    radius = max(1, int(_TRUNCATE * sigma + 0.5))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=256)
def line(length: float, degrees: float) -> Weights:
    """Return the weights `(2 r + 1, 2 r + 1)` of a line through the middle, antialiased; counter-clockwise, y down."""
    radius = math.ceil((length - 1) / 2)
    along = np.linspace(-(length - 1) / 2, (length - 1) / 2, max(2, int(length * _SAMPLES)))
    angle = math.radians(degrees)
    xs, ys = radius + along * round(math.cos(angle), 15), radius - along * round(math.sin(angle), 15)
    weights = np.zeros((2 * radius + 2, 2 * radius + 2))
    x0, y0 = np.floor(xs).astype(np.intp), np.floor(ys).astype(np.intp)
    for dy in (0, 1):
        for dx in (0, 1):
            part = (1 - np.abs(xs - x0 - dx)) * (1 - np.abs(ys - y0 - dy))
            np.add.at(weights, (y0 + dy, x0 + dx), part)
    weights = weights[:-1, :-1]
    return np.asarray(weights / weights.sum())
