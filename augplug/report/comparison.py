"""Runs side by side: a row of numbers for each, algorithms over their seeds, and differences in pairs of equal seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

from augplug._search.configuration import flat
from augplug.errors import SettingsError
from augplug.report.pairing import gain_difference, paired, score_difference, unpaired
from augplug.report.run import Run
from augplug.report.spread import Spread, bounds_of, spread
from augplug.report.standing import Standing, standings

ENDS = 100
"""How many trials at the start and at the end of a search are averaged."""
EQUAL = (
    "settings.train",
    "settings.trial_budget",
    "settings.balanced",
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
    rewards of the first and last ENDS trials, without failed ones. `seconds` is the time of all evaluations. `fixed`
    are the fixed policies that were compared on the test images, by name; `best_baseline` is the best of them by
    validation, and `kept_baseline` the one that the search kept.
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
    test_score: float | None
    test_score_interval: tuple[float, float] | None
    baseline_test_score: float | None
    hand_made_test_score: float | None
    best_baseline: str | None
    kept_baseline: str | None
    fixed: Mapping[str, Standing]
    gains: tuple[float, ...]
    gains_mean: float | None
    gains_interval: tuple[float, float] | None
    seconds: float


@dataclass(frozen=True)
class Group:
    """An algorithm over its seeds: in test score, and in gain against no augmentation, if any."""

    name: str
    test_score: Spread | None
    gains_mean: Spread | None


@dataclass(frozen=True)
class Pair:
    """What `first` has more than `second`, by equal seed: in test score, and in gain of runs of formats 1 and 2."""

    first: str
    second: str
    test_score: Spread
    gains_mean: Spread | None


@dataclass(frozen=True)
class Comparison:
    """Runs of the same `data` side by side; `rewards` holds the (trial, reward) of each row's trials but failed ones.

    Scores are averages over classes if they are `balanced`.
    """

    data: str
    balanced: bool
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]
    rewards: tuple[tuple[tuple[int, float], ...], ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers, without the single rewards."""
        return {name: value for name, value in asdict(self).items() if name != "rewards"}


def apart(runs: Sequence[Run]) -> list[list[Run]]:
    """Return the runs by the data that they searched on, in the order in which they are given."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.result["data_digest"], []).append(run)
    return list(found.values())


def compare(runs: Sequence[Run]) -> Comparison:
    """Return one or more runs side by side, in the order in which they are given.

    Raises SettingsError for runs of different data: their scores are of other images.
    """
    sets = apart(runs)
    if len(sets) > 1:
        told = "; ".join(f"{_listed([str(run.folder) for run in one])}: {_data(one[0])}" for one in sets)
        raise SettingsError(
            f"the runs are of different data ({told}), so that their scores cannot be compared; give runs of the same "
            "images, or --apart to show each data set by itself"
        )
    names = _group_names(runs)
    rows = tuple(_row(run, name) for run, name in zip(runs, names, strict=True))
    grouped = {name: [run for run, its in zip(runs, names, strict=True) if its == name] for name in names}
    groups = tuple(_group(rows, name) for name in grouped)
    rewards = tuple(tuple((t.number, t.reward) for t in run.trials if t.reward is not None) for run in runs)
    warnings = (*_warnings(runs, rows), *_not_paired(grouped))
    balanced = any(run.result["settings"].get("balanced") for run in runs)
    return Comparison(_data(runs[0]), balanced, rows, groups, tuple(_pairs(grouped)), warnings, rewards)


def _data(run: Run) -> str:
    data = run.result["data"]
    size = "x".join(str(side) for side in reversed(data["shape"][:2]))
    return f"{data['images']:,} images of {size} pixels in {len(data['classes'])} classes"


def _group(rows: Sequence[Row], name: str) -> Group:
    scores, gains = _by_seed(rows, name, "test_score"), _by_seed(rows, name, "gains_mean")
    return Group(name, spread(scores) if scores else None, spread(gains) if gains else None)


def _pairs(grouped: Mapping[str, Sequence[Run]]) -> Iterator[Pair]:
    for one, other in combinations(grouped, 2):
        found = paired(grouped[one], grouped[other])
        if found:
            yield Pair(one, other, score_difference(found), gain_difference(found))


def _not_paired(grouped: Mapping[str, Sequence[Run]]) -> Iterator[str]:
    for one, other in combinations(grouped, 2):
        seeds = unpaired(grouped[one], grouped[other])
        if seeds:
            yield (
                f"{one} and {other} are not paired at seed {', '.join(map(str, seeds))}: their policies were not "
                "compared on the same training subsets and test images by the same child model"
            )


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
    fixed = {one.name: one for one in standings(result)} if result["test_score"] is not None else {}
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
        test_score_interval=bounds_of(result["test_score_interval"]),
        baseline_test_score=result["baseline_test_score"],
        hand_made_test_score=fixed["hand-made"].score if "hand-made" in fixed else None,
        best_baseline=result.get("best_baseline"),
        kept_baseline=result.get("kept_baseline"),
        fixed=fixed,
        gains=tuple(result["gains"]),
        gains_mean=result["gains_mean"],
        gains_interval=bounds_of(result["gains_interval"]),
        seconds=run.seconds,
    )


def _mean(rewards: Iterable[float | None]) -> float | None:
    given = [reward for reward in rewards if reward is not None]
    return fmean(given) if given else None


def _by_seed(rows: Iterable[Row], group: str, measure: str) -> dict[int, float]:
    """A measure of a group's runs by seed, in order; runs of equal seed count as one, by their mean."""
    found: dict[int, list[float]] = {}
    for row in rows:
        value = getattr(row, measure)
        if row.group == group and value is not None:
            found.setdefault(row.seed, []).append(value)
    return {seed: fmean(found[seed]) for seed in sorted(found)}


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
