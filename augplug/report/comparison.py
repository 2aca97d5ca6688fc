"""Runs side by side: a row of numbers for each, algorithms over their seeds, and differences in pairs of equal seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean, stdev
from typing import Any

from augplug._search.configuration import flat
from augplug._search.result import interval
from augplug.report.run import Run

ENDS = 100
"""How many trials at the start and at the end of a search are averaged."""
EQUAL = (
    "data_digest",
    "settings.train",
    "settings.seeds",
    "settings.test_seeds",
    "settings.subsets",
    "settings.evaluator",
    "settings.evaluator_settings",
    "versions",
)
"""Where in their results runs must agree for their numbers to mean the same."""
LONGEST = 40
"""Most characters of a value in a warning: enough of a digest to tell two apart."""


@dataclass(frozen=True)
class Row:  # pylint: disable=too-many-instance-attributes  # the columns of a table
    """The numbers of a run. Rewards and scores are in 0..1; None is what it does not have.

    `group` is the algorithm, with its settings where runs of it differ. `first_rewards` and `last_rewards` are the mean
    rewards of the first and last ENDS trials, without failed ones. `seconds` is the time of all evaluations.
    """

    run: str
    group: str
    algorithm: str
    seed: int
    trials: int
    failed: int
    stopped: int
    evaluations: int
    first_rewards: float | None
    last_rewards: float | None
    best_reward: float
    baseline_reward: float
    test_score: float
    test_score_interval: tuple[float, float] | None
    baseline_test_score: float
    hand_made_test_score: float | None
    gains: tuple[float, ...]
    gains_mean: float | None
    gains_interval: tuple[float, float] | None
    seconds: float


@dataclass(frozen=True)
class Spread:
    """Numbers, one a seed, in the order of the `seeds`.

    `sd` is their standard deviation and `interval` the 95 % interval of their `mean` by Student's t; None of one.
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float
    sd: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Group:
    """An algorithm over its seeds: in test score, and in gain on other training sets, if any."""

    name: str
    test_score: Spread
    gains_mean: Spread | None


@dataclass(frozen=True)
class Pair:
    """What `first` has more than `second`, by equal seed: in test score, and in gain on other training sets, if any."""

    first: str
    second: str
    test_score: Spread
    gains_mean: Spread | None


@dataclass(frozen=True)
class Comparison:
    """Runs side by side; `rewards` holds the (trial, reward) of each row's trials that did not fail."""

    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]
    rewards: tuple[tuple[tuple[int, float], ...], ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers, without the single rewards."""
        return {name: value for name, value in asdict(self).items() if name != "rewards"}


def compare(runs: Sequence[Run]) -> Comparison:
    """Return one or more runs side by side, in the order in which they are given."""
    names = _group_names(runs)
    rows = tuple(_row(run, name) for run, name in zip(runs, names, strict=True))
    scores = {name: _by_seed(rows, name, "test_score") for name in dict.fromkeys(names)}
    gains = {name: _by_seed(rows, name, "gains_mean") for name in scores}
    groups = tuple(Group(name, _spread(scores[name]), _spread(gains[name]) if gains[name] else None) for name in scores)
    rewards = tuple(tuple((t.number, t.reward) for t in run.trials if t.reward is not None) for run in runs)
    return Comparison(rows, groups, tuple(_pairs(scores, gains)), _warnings(runs, rows), rewards)


def _pairs(scores: Mapping[str, Mapping[int, float]], gains: Mapping[str, Mapping[int, float]]) -> Iterator[Pair]:
    for one, other in combinations(scores, 2):
        score, gain = _differences(scores[one], scores[other]), _differences(gains[one], gains[other])
        if score:
            yield Pair(one, other, _spread(score), _spread(gain) if gain else None)


def _group_names(runs: Sequence[Run]) -> list[str]:
    """The algorithm of each run, with those of its settings in which runs of it differ."""
    settings = [dict(flat(run.result["settings"].get("algorithm_settings", {}))) for run in runs]
    names = []
    for run, mine in zip(runs, settings, strict=True):
        algorithm = run.result["algorithm"]
        others = [s for other, s in zip(runs, settings, strict=True) if other.result["algorithm"] == algorithm]
        differing = [key for key in mine if any(other.get(key) != mine[key] for other in others)]
        names.append(" ".join([algorithm, *(f"{key}={mine[key]}" for key in differing)]))
    return names


def _row(run: Run, group: str) -> Row:
    result = run.result
    rewards = [trial.reward for trial in run.trials]
    return Row(
        run=str(run.folder),
        group=group,
        algorithm=result["algorithm"],
        seed=result["settings"]["seed"],
        trials=len(run.trials),
        failed=sum(reward is None for reward in rewards),
        stopped=sum(trial.stopped for trial in run.trials),
        evaluations=run.evaluations,
        first_rewards=_mean(rewards[:ENDS]),
        last_rewards=_mean(rewards[-ENDS:]),
        best_reward=result["best_reward"],
        baseline_reward=result["baseline_reward"],
        test_score=result["test_score"],
        test_score_interval=_bounds(result["test_score_interval"]),
        baseline_test_score=result["baseline_test_score"],
        hand_made_test_score=result.get("hand_made_test_score"),
        gains=tuple(result["gains"]),
        gains_mean=result["gains_mean"],
        gains_interval=_bounds(result["gains_interval"]),
        seconds=run.seconds,
    )


def _mean(rewards: Iterable[float | None]) -> float | None:
    given = [reward for reward in rewards if reward is not None]
    return fmean(given) if given else None


def _bounds(given: Sequence[float] | None) -> tuple[float, float] | None:
    return None if given is None else (given[0], given[1])


def _by_seed(rows: Iterable[Row], group: str, measure: str) -> dict[int, float]:
    """A measure of a group's runs by seed, in order; runs of equal seed count as one, by their mean."""
    found: dict[int, list[float]] = {}
    for row in rows:
        value = getattr(row, measure)
        if row.group == group and value is not None:
            found.setdefault(row.seed, []).append(value)
    return {seed: fmean(found[seed]) for seed in sorted(found)}


def _differences(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    return {seed: one[seed] - other[seed] for seed in one if seed in other}


def _spread(by_seed: Mapping[int, float]) -> Spread:
    values = tuple(by_seed.values())
    several = len(values) > 1
    return Spread(
        tuple(by_seed),
        values,
        fmean(values),
        stdev(values) if several else None,
        _bounds(interval(values)) if several else None,
    )


def _warnings(runs: Sequence[Run], rows: Sequence[Row]) -> tuple[str, ...]:
    """What speaks against comparing the numbers."""
    told = [flat(dict(_at(run, place) for place in EQUAL)) for run in runs]
    found = [_differing(name, runs, told) for name in dict.fromkeys(name for mine in told for name in mine)]
    counts = Counter((row.group, row.seed) for row in rows)
    found += [
        f"{count} runs of {group} have seed {seed}: they count as one, by their mean"
        for (group, seed), count in counts.items()
        if count > 1
    ]
    return tuple(text for text in found if text)


def _at(run: Run, place: str) -> tuple[str, Any]:
    section, _, key = place.rpartition(".")
    return key, (run.result[section] if section else run.result).get(key)


def _differing(name: str, runs: Sequence[Run], told: Sequence[Mapping[str, Any]]) -> str:
    holders: dict[str, list[str]] = {}
    for run, mine in zip(runs, told, strict=True):
        holders.setdefault(_short(str(mine.get(name, "not given"))), []).append(str(run.folder))
    parts = [f"{value} ({_listed(folders)})" for value, folders in holders.items()]
    return f"the runs differ in {name}: {', '.join(parts)}" if len(parts) > 1 else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _listed(folders: Sequence[str]) -> str:
    return ", ".join(folders) if len(folders) <= 2 else f"{folders[0]} and {len(folders) - 1} more"
