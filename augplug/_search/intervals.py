"""Intervals of means at 95 %: of a few values, and of a table of subsets and images that were both drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import numpy as np
import numpy.typing as npt

COVERAGE = 0.95


def interval(values: Sequence[float]) -> list[float]:
    """Return the 95 % interval [low, high] of the mean of `values` by Student's t; of one value, that value twice."""
    mean = fmean(values)
    if len(values) < 2:
        return [mean, mean]
    half = t_quantile(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return [mean - half, mean + half]


def crossed(table: npt.NDArray[np.float64]) -> list[float]:
    """Return the 95 % interval [low, high] of the mean of a table, `(subsets, images)`, over both.

    A score varies with the training subset, and with the test images that happened to be drawn: all subsets share them.
    The variance of the mean is (rows' + columns' - rest's mean square) / size, as of two crossed random effects; its
    degrees of freedom are Satterthwaite's. Source: Searle, Casella and McCulloch, "Variance Components", 1992.
    """
    rows, columns = table.shape
    mean = float(table.mean())
    by_row, by_column = table.mean(axis=1) - mean, table.mean(axis=0) - mean
    if rows < 2 or columns < 2:
        return interval(table.ravel().tolist()) if table.size > 1 else [mean, mean]
    rest = table - mean - by_row[:, None] - by_column
    squares = (
        (columns * float(np.square(by_row).sum()), rows - 1),
        (rows * float(np.square(by_column).sum()), columns - 1),
        (float(np.square(rest).sum()), (rows - 1) * (columns - 1)),
    )
    parts = [total / freedom for total, freedom in squares]
    variance = max(parts[0] + parts[1] - parts[2], parts[0], parts[1], 0.0)
    if variance == 0:
        return [mean, mean]
    spread = sum(part**2 / freedom for part, (_total, freedom) in zip(parts[:2], squares[:2], strict=True))
    freedom = (parts[0] + parts[1]) ** 2 / spread
    half = t_quantile(freedom) * math.sqrt(variance / table.size)
    return [mean - half, mean + half]


def t_quantile(freedom: float) -> float:
    """Return how many standard errors a 95 % interval by Student's t reaches to either side."""
    from scipy.special import stdtrit  # pylint: disable=no-name-in-module  # compiled; and slow to import, so here

    return float(stdtrit(freedom, (1 + COVERAGE) / 2))
