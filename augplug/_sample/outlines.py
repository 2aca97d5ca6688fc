"""Outlines of boxes `(N, K, 2)`: the points of N polygons, each closed. A polygon of fewer points repeats its first."""

from __future__ import annotations

import numpy as np

from augplug.types import Points


def padded(outlines: Points, count: int) -> Points:
    """Return the same outlines with `count` points each, at least as many as they have."""
    return np.concatenate([outlines, np.repeat(outlines[:, :1], count - outlines.shape[1], axis=1)], axis=1)


def sampled(outlines: Points, step: float) -> Points:
    """Return the same outlines with a point at least every `step` pixels along each axis.

    The points of one outline do not depend on the others.
    """
    across = np.roll(outlines, -1, axis=1) - outlines
    counts = np.ceil(np.abs(across).max(axis=2) / step).astype(np.int64)  # none between points that are equal
    starts = np.cumsum(counts, axis=1) - counts
    made = np.repeat(outlines[:, :1], max(4, int(counts.sum(axis=1).max(initial=0))), axis=1)
    box, side = np.nonzero(counts)
    times = counts[box, side]
    part = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    box, side = np.repeat(box, times), np.repeat(side, times)
    fraction = (part / counts[box, side])[:, None]
    made[box, starts[box, side] + part] = outlines[box, side] + fraction * across[box, side]
    return made
