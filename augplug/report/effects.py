"""Which operations of a space of strengths helped or hurt: a least-squares fit to the search's own trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug._search.intervals import t_quantile
from augplug._search.space_base import Space
from augplug._search.strengths_space import StrengthSpace
from augplug.report.dots import Dots, dot_plot
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import figure, table
from augplug.report.run import Run, Trial

FEWEST = 3
"""Trials that an operation must be on in, and off in: of fewer nothing is said."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """What the reward changes by where an entry is on, all others equal, with its 95 % interval; `on` counts trials."""

    name: str
    on: int
    mean: float
    interval: tuple[float, float]


def effects(trials: Sequence[Trial], names: Sequence[str]) -> list[Effect]:
    """Return the effect of each entry on the rewards of trials, largest first.

    `names` are those of the decisions, of which 0 is off. A reward is modelled as the sum of its cells' level and of
    the effects of the entries that are on. An entry that was hardly ever on, or off, or always together with others, is
    left out; so is every one where there are fewer trials than effects.
    """
    given = [trial for trial in trials if trial.reward is not None and not trial.stopped]
    if not given:
        return []
    on = np.array([trial.decisions for trial in given], dtype=np.float64) > 0
    rewards = np.array([trial.reward for trial in given])
    where = [trial.cells for trial in given]
    kinds = {cells: number for number, cells in enumerate(dict.fromkeys(where))}
    levels = np.eye(len(kinds))[[kinds[cells] for cells in where]]
    counts = on.sum(axis=0)
    tried = [i for i, count in enumerate(counts) if FEWEST <= count <= len(given) - FEWEST]
    matrix = np.hstack([on[:, tried].astype(np.float64), levels])
    freedom = len(given) - int(np.linalg.matrix_rank(matrix))
    if not tried or freedom < 1:
        return []
    rest = rewards - matrix @ np.linalg.lstsq(matrix, rewards, rcond=None)[0]
    std = float(np.sqrt(rest @ rest / freedom))
    found = []
    for place, entry in enumerate(tried):
        alone = _alone(matrix, place)
        size = float(alone @ alone)
        if size > 1e-6 * len(given):
            mean, half = float(alone @ rewards) / size, t_quantile(freedom) * std / size**0.5
            found.append(Effect(names[entry], int(counts[entry]), mean, (mean - half, mean + half)))
    return sorted(found, key=lambda one: -one.mean)


def _alone(matrix: Floats, place: int) -> Floats:
    """A column without what the others explain of it (Frisch and Waugh, Econometrica 1933)."""
    others = np.delete(matrix, place, axis=1)
    column = matrix[:, place]
    return np.asarray(column - others @ np.linalg.lstsq(others, column, rcond=None)[0])


def effects_section(run: Run, space: Space) -> Safe:
    """Return the effects as a chart and a table; nothing of another kind of space, or of too few trials."""
    if not isinstance(space, StrengthSpace):
        return Safe()
    found = effects(run.trials, [entry.name for entry in space.entries])
    if not found:
        return Safe()
    dots = [Dots(one.name, (one.mean, f"{one.mean:+.4f}"), one.interval, style="plain") for one in found]
    said = (
        f"What the reward changes by where an operation is on, whatever its strength, all others equal, with its 95 % "
        f"interval: a least-squares fit to the {len(run.trials)} trials, each measured against the others in its own "
        "cells. It is from the search's own data, on validation images: the search tried more often what it expected "
        "to be good, one of twenty intervals is wrong by chance, and an operation may help only together with another. "
        "Take it as a hint for a policy of your own, not as a result."
    )
    left = [entry.name for entry in space.entries if entry.name not in {one.name for one in found}]
    more = [tag("p", f"Tried too seldom, or too often, to tell: {', '.join(left)}.", class_="soft")] if left else []
    chart = dot_plot(dots, "effect on the reward", signed=True, rows_name="operation")
    return joined(
        figure("Which operations helped or hurt", chart, said),
        tag("div", _table(found, _strengths(run, space)), class_="scrolled"),
        *more,
    )


def _table(found: Sequence[Effect], strengths: Mapping[str, str]) -> Safe:
    head = ["operation", "effect on the reward", "95 % interval", "what it says", "trials"]
    rows = [
        [
            one.name,
            f"{one.mean:+.4f}",
            f"{one.interval[0]:+.4f} to {one.interval[1]:+.4f}",
            "helped" if one.interval[0] > 0 else "hurt" if one.interval[1] < 0 else "not shown",
            one.on,
            *([strengths[one.name]] if strengths else []),
        ]
        for one in found
    ]
    return table([*head, "in the found policy"] if strengths else head, rows)


def _strengths(run: Run, space: StrengthSpace) -> dict[str, str]:
    """The strength of each entry in the found policy; nothing of a policy that is not a single trial's."""
    decisions = run.result["best_decisions"]
    if decisions is None:
        return {}
    return {
        entry.name: f"{entry.strengths[int(decision) - 1]:g}" if decision else "off"
        for entry, decision in zip(space.entries, decisions, strict=True)
    }
