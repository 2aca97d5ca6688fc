"""Numbers of several seeds: their mean, standard deviation and interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from augplug._search.intervals import interval


@dataclass(frozen=True)
class Spread:
    """Numbers, one a seed, in the order of the `seeds`.

    `sd` is their standard deviation and `interval` the 95 % interval of their `mean` by Student's t; None of one, but
    for the difference of two runs, whose interval is over training subsets and test images.
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float
    sd: float | None
    interval: tuple[float, float] | None


def spread(by_seed: Mapping[int, float]) -> Spread:
    """Return the spread of at least one number by seed."""
    values = tuple(by_seed.values())
    several = len(values) > 1
    return Spread(
        tuple(by_seed),
        values,
        fmean(values),
        stdev(values) if several else None,
        bounds_of(interval(values)) if several else None,
    )


def bounds_of(given: Sequence[float] | None) -> tuple[float, float] | None:
    """Return an interval as a pair."""
    return None if given is None else (given[0], given[1])
