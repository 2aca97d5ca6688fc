"""Which operations helped: known effects are found whatever the cells, with the intervals of least squares."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from augplug._search.space import SearchSpace
from augplug._search.strengths_space import StrengthSpace
from augplug.report.effects import FEWEST, effects, effects_section
from augplug.report.run import Run, Trial
from tests.report.test_page import EVIL, RESULT, read

NAMES = ("rotation", "flip", "noise")
TRUE = (0.05, -0.04, 0.0)
LEVELS = (0.6, 0.8, 0.7)
"""What the reward is in each cell with nothing on."""


def trials_of(count: int, noise: float, seed: int = 0) -> list[Trial]:
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        row = tuple(int(random.integers(1, 4)) if random.random() < 0.4 else 0 for _ in NAMES)
        cell = number * len(LEVELS) // count
        reward = LEVELS[cell] + sum(effect for effect, strength in zip(TRUE, row, strict=True) if strength)
        made.append(Trial(number, row, reward + noise * random.normal(), "", cells=(f"trial-{cell}",)))
    return made


def test_effects_without_noise_are_exact_whatever_the_cells() -> None:
    found = effects(trials_of(60, 0.0), NAMES)

    assert [one.name for one in found] == ["rotation", "noise", "flip"]
    assert [one.mean for one in found] == pytest.approx([0.05, 0.0, -0.04])
    assert all(high - low == pytest.approx(0, abs=1e-9) for low, high in (one.interval for one in found))


def test_means_and_intervals_are_those_of_least_squares() -> None:
    """By the textbook: (X'X)^-1 X'y, and its diagonal times the residual variance."""
    trials = trials_of(60, 0.02)
    on = np.array([[strength > 0 for strength in trial.decisions] for trial in trials], dtype=float)
    cells = np.array([[trial.cells == (f"trial-{cell}",) for cell in range(3)] for trial in trials], dtype=float)
    x: npt.NDArray[np.float64] = np.hstack([on, cells])
    y = np.array([trial.reward for trial in trials])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    variance = np.square(y - x @ beta).sum() / (60 - 6)
    half = stats.t.ppf(0.975, 54) * np.sqrt(variance * np.diag(inverse))

    found = {one.name: one for one in effects(trials, NAMES)}

    for place, name in enumerate(NAMES):
        assert found[name].on == on[:, place].sum()
        assert found[name].mean == pytest.approx(beta[place])
        assert found[name].interval == pytest.approx((beta[place] - half[place], beta[place] + half[place]))


def test_intervals_hold_the_true_effect_nineteen_times_of_twenty() -> None:
    hits = [
        low <= TRUE[NAMES.index(one.name)] <= high
        for seed in range(200)
        for one in effects(trials_of(40, 0.03, seed), NAMES)
        for low, high in [one.interval]
    ]
    assert 0.93 <= np.mean(hits) <= 0.97


def test_what_cannot_be_told_is_left_out() -> None:
    trials = trials_of(60, 0.01)
    seldom = [Trial(t.number, (*t.decisions, int(t.number < FEWEST - 1)), t.reward, "", cells=t.cells) for t in trials]
    always = [Trial(t.number, (*t.decisions, 1), t.reward, "", cells=t.cells) for t in trials]
    together = [Trial(t.number, (*t.decisions, t.decisions[0]), t.reward, "", cells=t.cells) for t in trials]

    assert [one.name for one in effects(seldom, (*NAMES, "new"))] == [one.name for one in effects(trials, NAMES)]
    assert "new" not in [one.name for one in effects(always, (*NAMES, "new"))]
    assert {"new", "rotation"}.isdisjoint(one.name for one in effects(together, (*NAMES, "new")))
    assert effects(trials[:5], NAMES) == []
    assert effects([Trial(0, (1, 0, 0), None, "no")], NAMES) == []


def test_failed_and_stopped_trials_are_left_out() -> None:
    trials = trials_of(60, 0.02)
    more = [Trial(60, (1, 1, 1), None, "no"), Trial(61, (1, 0, 0), 0.01, "", stopped=True)]

    assert effects([*trials, *more], NAMES) == effects(trials, NAMES)


def run_in(space: StrengthSpace, count: int = 80) -> Run:
    random = np.random.default_rng(0)
    trials = [
        Trial(number, tuple(int(random.integers(size)) for size in space.sizes), float(random.uniform(0.5, 0.9)), "")
        for number in range(count)
    ]
    best = [*([0] * (len(space.sizes) - 1)), 2]
    return Run(Path("run"), {**RESULT, "best_decisions": best}, {"name": "x"}, tuple(trials))


def test_the_section_has_each_operation_and_what_the_policy_has() -> None:
    space = StrengthSpace.default().for_channels(1)
    found = read(effects_section(run_in(space), space))

    assert found.seen.count("svg") == 1
    assert "search's own data" in found.text
    last = space.entries[-1]
    row = " ".join(found.text.split("in the found policy")[1].split(last.name)[1].split()[:8])
    assert row.endswith(f"{last.strengths[1]:g}")
    for entry in space.entries:
        assert entry.name in found.text


def test_a_policy_that_is_no_trials_has_no_strengths_to_show() -> None:
    space = StrengthSpace.default()
    run = run_in(space)
    found = effects_section(Run(run.folder, {**run.result, "best_decisions": None}, run.policy, run.trials), space)

    assert "Which operations helped" in found
    assert "in the found policy" not in found


def test_other_spaces_and_few_trials_have_none() -> None:
    space = StrengthSpace.default()
    assert effects_section(run_in(space, 5), space) == ""
    other = SearchSpace("mine", ("Rotate", "Invert"), sub_policies=1)
    assert effects_section(run_in(space), other) == ""


def test_hostile_names_are_shown_as_text() -> None:
    space = StrengthSpace.default()
    hostile = replace(space, entries=(replace(space.entries[0], name=EVIL), *space.entries[1:]))
    found = read(effects_section(run_in(hostile), hostile))

    assert "script" not in found.seen
    assert not found.handlers
    assert EVIL in found.text
