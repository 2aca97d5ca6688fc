"""Runs in pairs: what one found against what another found, on the same training subsets and test images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from augplug._search.intervals import crossed
from augplug.report.run import FORMER, Run
from augplug.report.spread import Spread, bounds_of, spread

SHARED = ("train", "evaluator", "evaluator_settings", "balanced")
"""Settings on which, with the seed and the data, the comparison on the test images depends."""
FORMER_SHARED = (*SHARED, "subsets", "test_seeds")


def ground_of(run: Run) -> tuple[Any, ...]:
    """Return what runs must have in common to share training subsets, augmentation seeds and test images."""
    result = run.result
    settings = result["settings"]
    former = result.get("augplug_result", 1) <= FORMER
    names = FORMER_SHARED if former else SHARED
    return (former, settings["seed"], result["data_digest"], *(_plain(settings.get(name)) for name in names))


def _plain(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, dict) else value or None


def paired(ones: Sequence[Run], others: Sequence[Run]) -> dict[int, list[tuple[Run, Run]]]:
    """Return by seed, in order, each run of the first with each of the second on the same ground; both have scores."""
    found: dict[int, list[tuple[Run, Run]]] = {}
    for one in ones:
        for other in others:
            scored = None not in (one.result["test_score"], other.result["test_score"])
            if scored and ground_of(one) == ground_of(other):
                found.setdefault(one.result["settings"]["seed"], []).append((one, other))
    return {seed: found[seed] for seed in sorted(found)}


def unpaired(ones: Sequence[Run], others: Sequence[Run]) -> list[int]:
    """Return the seeds that both have and of which no runs are on the same ground."""
    both = {run.result["settings"]["seed"] for run in ones} & {run.result["settings"]["seed"] for run in others}
    return sorted(both - paired(ones, others).keys())


def score_difference(pairs: dict[int, list[tuple[Run, Run]]]) -> Spread:
    """Return the difference of test scores by seed.

    The interval of several seeds is that of their mean; of a single pair it is over training subsets and test images.
    """
    found = spread({seed: fmean(_difference(one, other) for one, other in runs) for seed, runs in pairs.items()})
    every = [pair for runs in pairs.values() for pair in runs]
    if len(every) > 1:
        return found
    bounds = _crossed(*every[0])
    return Spread(found.seeds, found.values, found.mean, found.sd, bounds)


def gain_difference(pairs: dict[int, list[tuple[Run, Run]]]) -> Spread | None:
    """Return the difference of mean gains by seed, of runs of formats 1 and 2; those of later ones are test scores."""
    by_seed = {seed: fmean(told) for seed, runs in pairs.items() if (told := [*_gains(runs)])}
    return spread(by_seed) if by_seed else None


def _gains(runs: Iterable[tuple[Run, Run]]) -> Iterable[float]:
    for one, other in runs:
        mine, its = one.result["gains_mean"], other.result["gains_mean"]
        if one.table is None and mine is not None and its is not None:
            yield mine - its


def _difference(one: Run, other: Run) -> float:
    if one.table is None or other.table is None:
        return float(one.result["test_score"] - other.result["test_score"])
    shared = min(len(one.table), len(other.table))
    return float((one.table[:shared] - other.table[:shared]).mean())


def _crossed(one: Run, other: Run) -> tuple[float, float] | None:
    if one.table is None or other.table is None or one.table.shape[1] != other.table.shape[1]:
        return None
    shared = min(len(one.table), len(other.table))
    return bounds_of(crossed(one.table[:shared] - other.table[:shared]))
