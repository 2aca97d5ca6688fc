"""What a search of a space proposed, batch by batch, and which of its policies were best."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import fmean, stdev

from augplug._policies.grammar import Policy, Step, steps_of
from augplug._search.read_space import read_space
from augplug._search.space import SearchSpace, sub_policies_of
from augplug._search.space_base import Space, checked
from augplug._search.strengths_space import StrengthSpace
from augplug.distributions import Distribution
from augplug.report.run import Run, Trial


@dataclass(frozen=True)
class Batch:
    """Trials with numbers `first` to `last`: the `mean` of their rewards and its spread `sd`, without failed ones."""

    first: int
    last: int
    mean: float
    sd: float


@dataclass(frozen=True)
class Use:
    """How an operation was proposed: its `share` of all operations; the means of its `probability` and `level`."""

    share: float
    probability: float
    level: float


@dataclass(frozen=True)
class Period:
    """What trials with numbers `first` to `last` proposed, by operation; one that was not proposed is not there."""

    first: int
    last: int
    count: int
    uses: Mapping[str, Use]

    def share(self, operation: str) -> float:
        """Return the share of an operation in 0..1."""
        return self.uses[operation].share if operation in self.uses else 0.0


def space_of(run: Run) -> Space | None:
    """Return the space that a run searched; None where its algorithm has no space, or does not tell its decisions.

    Raises SettingsError for a space that is none.
    """
    given = run.result["settings"].get("algorithm_settings", {}).get("space")
    if not isinstance(given, Mapping) or not any(_names(kind) <= given.keys() for kind in (SearchSpace, StrengthSpace)):
        return None
    space = read_space(given)
    fits = all(len(trial.decisions) == len(space.sizes) for trial in run.trials)
    return space if run.trials and fits else None


def _names(kind: type[SearchSpace | StrengthSpace]) -> set[str]:
    return {field.name for field in fields(kind)}


def batches(trials: Sequence[Trial], size: int) -> list[Batch]:
    """Return the rewards of each `size` trials; a batch in which every trial failed is left out."""
    made = []
    for members in _chunks(trials, size):
        rewards = [trial.reward for trial in members if trial.reward is not None]
        if rewards:
            spread = stdev(rewards) if len(rewards) > 1 else 0.0
            made.append(Batch(members[0].number, members[-1].number, fmean(rewards), spread))
    return made


def periods(trials: Sequence[Trial], space: SearchSpace, size: int) -> list[Period]:
    """Return what each `size` trials proposed. An operation at probability 0 does nothing, and is not counted."""
    made = []
    for members in _chunks(trials, size):
        used = [use for trial in members for use in _used(trial, space)]
        made.append(Period(members[0].number, members[-1].number, len(used), _uses(used)))
    return made


def _chunks(trials: Sequence[Trial], size: int) -> Iterator[Sequence[Trial]]:
    for start in range(0, len(trials), size):
        yield trials[start : start + size]


def _used(trial: Trial, space: SearchSpace) -> Iterator[tuple[str, float, float]]:
    """Each operation of a trial with its probability in 0..1 and its level as a part of the strongest, in 0..1."""
    row = checked([int(decision) for decision in trial.decisions], space.sizes)
    for operation, probability, level in zip(row[::3], row[1::3], row[2::3], strict=True):
        p = space.probability(probability)
        if p > 0:
            yield space.operations[operation], p, level / (space.levels - 1)


def _uses(used: Sequence[tuple[str, float, float]]) -> dict[str, Use]:
    counts = Counter(name for name, _, _ in used)
    return {
        name: Use(
            count / len(used),
            fmean(p for other, p, _ in used if other == name),
            fmean(level for other, _, level in used if other == name),
        )
        for name, count in counts.items()
    }


def best_trials(trials: Sequence[Trial], count: int) -> list[Trial]:
    """Return the `count` trials of highest reward, of equals the first: of other policies each, and none stopped."""
    ranked = sorted(
        (-trial.reward, position, json.dumps(trial.policy["policy"], sort_keys=True))
        for position, trial in enumerate(trials)
        if trial.reward is not None and trial.policy is not None and not trial.stopped
    )
    found: dict[str, Trial] = {}
    for _, position, policy in ranked:
        found.setdefault(policy, trials[position])
    return list(found.values())[:count]


def sub_policies(policy: Policy) -> list[str]:
    """Return a line for each sub-policy: `ShearX (p 0.9, level 4), then Affine (degrees -10 to 10)`."""
    return [", then ".join(_named(step) for step in steps_of(child)) for child in sub_policies_of(policy)]


def _named(step: Step) -> str:
    told = [f"p {step.p:g}"] if step.p < 1 or not step.fields else []
    told += [f"level {_range(step.level)}"] if step.level is not None else []
    told += [f"{name} {_range(value)}" for name, value in step.fields]
    return f"{step.op} ({', '.join(told)})"


def _range(value: object) -> str:
    if isinstance(value, Distribution):
        return " to ".join(f"{end:g}" for end in value.bounds)
    return f"{value:g}" if isinstance(value, int | float) else str(value)
