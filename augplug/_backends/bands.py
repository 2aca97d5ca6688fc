"""Weighted sums along an axis of which every output needs only neighbours: their weights, without the zeros."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]


class Band(NamedTuple):
    """The weights `(N, K)` of N sums, each over K inputs from `first` `(N,)` on; outside the axis they are 0."""

    first: npt.NDArray[np.intp]
    weights: Reals


def weigh(values: npt.NDArray[Any], band: Band) -> Reals:
    """Return the sums `(N, M)` of values `(L, M)` of any dtype along their first axis, in float64."""
    count, width = band.weights.shape
    total = np.zeros((count, values.shape[1]))
    if width <= count:
        places = band.first[:, None] + np.arange(width)
        for at, weights in zip(places.T, band.weights.T, strict=True):
            total += weights[:, None] * values.take(at, axis=0, mode="clip")
        return total
    for row, first in enumerate(band.first.tolist()):
        start, stop = max(first, 0), min(first + width, len(values))
        if start < stop:  # einsum converts what it sums piece by piece
            weights = band.weights[row, start - first : stop - first]
            np.einsum("k,km->m", weights, values[start:stop], out=total[row], dtype=np.float64)
    return total


def weigh_both(values: npt.NDArray[Any], down: Band, across: Band) -> Reals:
    """Return the sums `(N, M, C)` of values `(H, W, C)` along both axes; the axis that leaves less comes first."""
    if len(down.first) * values.shape[1] > values.shape[0] * len(across.first):
        return _turned(weigh_both(_turned(values), across, down))
    height, width, channels = values.shape
    rows = weigh(values.reshape(height, width * channels), down).reshape(-1, width, channels)
    columns = _turned(rows).reshape(width, -1)
    return _turned(weigh(columns, across).reshape(-1, len(rows), channels))


def _turned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(values.swapaxes(0, 1))
