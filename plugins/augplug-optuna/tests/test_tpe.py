"""TPE: its proposals, what it makes of results, what it refuses, and that it depends on seed and results alone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import optuna
import pytest
from augplug_optuna.tpe import TPE, TPESettings, distributions
from optuna.distributions import IntDistribution
from optuna.trial import TrialState

import augplug
from augplug import Result, SearchSpace
from augplug.cli import main

OPERATIONS = augplug.operations()
SMALL = SearchSpace("small", ("Rotate", "Invert", "Posterize", "ShearX"), sub_policies=1)


def searched(trials: int, reward: Callable[[Sequence[int]], float], **settings: Any) -> TPE:
    """An algorithm that asked and was told so many trials in batches of 20."""
    tpe = TPE(OPERATIONS, space=SMALL, seed=3, **settings)
    for _ in range(trials // 20):
        tpe.tell([Result(one.number, reward(one.decisions or ())) for one in tpe.ask(20)])
    return tpe


def rounds(seed: int) -> list[list[int]]:
    """All proposals of two batches of the default space; some trials fail, some are stopped."""
    tpe = TPE(OPERATIONS, seed=seed)
    made = []
    for _ in range(2):
        asked = tpe.ask(20)
        made += [list(one.decisions or ()) for one in asked]
        tpe.tell([result(one.number, sum(one.decisions or ())) for one in asked])
    return made


def result(number: int, total: int) -> Result:
    """A reward between 0 and 1 from the sum of 30 decisions; every ninth trial fails, every seventh is stopped."""
    if number % 9 == 8:
        return Result(number, None, "failed")
    return Result(number, total / 400, stopped=number % 7 == 6)


def later(tpe: TPE) -> Iterator[tuple[int, ...]]:
    """The decisions of the 40 proposals that come next."""
    return (one.decisions or () for one in tpe.ask(40))


def test_it_is_provided_and_the_plugin_is_loaded() -> None:
    assert "optuna" in augplug.searches()
    (row,) = [row for row in augplug.plugins() if row.distribution == "augplug-optuna"]
    assert (row.state, row.provides["searches"]) == ("loaded", ["optuna"])


def test_proposals_are_policies_of_the_space_numbered_from_nought() -> None:
    tpe = TPE(OPERATIONS, seed=1)
    space = tpe.settings.space
    asked = tpe.ask(3) + tpe.ask(2)
    assert [one.number for one in asked] == [0, 1, 2, 3, 4]
    for one in asked:
        assert one.decisions is not None
        assert len(one.decisions) == len(space.sizes) == 30
        assert one.policy == space.decode(OPERATIONS, one.decisions, "optuna")


@pytest.mark.parametrize(("levels", "probabilities", "operations"), [(2, 1, ("Invert",)), (3, 2, ("Invert", "Rotate"))])
def test_every_choice_of_every_decision_is_reached(
    levels: int, probabilities: int, operations: tuple[str, ...]
) -> None:
    space = SearchSpace("tiny", operations, levels, probabilities, sub_policies=1, length=1)
    asked = TPE(OPERATIONS, space=space).ask(100)
    columns = [set(column) for column in zip(*(one.decisions or () for one in asked), strict=True)]
    assert columns == [set(range(size)) for size in space.sizes]


def test_a_process_with_other_hashes_proposes_the_same() -> None:
    """What a resumed search stands on: same seed and same results, same proposals."""
    code = "import json, runpy; print(json.dumps(runpy.run_path({!r})['rounds'](2**40 + 7)))"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.format(__file__)],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    assert json.loads(ended.stdout) == rounds(2**40 + 7)


def test_every_bit_of_the_seed_counts() -> None:
    firsts = {TPE(OPERATIONS, seed=seed).ask(1)[0].decisions for seed in (0, 1, 2**32, 2**47, 2**48 - 1)}
    assert len(firsts) == 5


def test_it_comes_to_propose_what_pays() -> None:
    def reward(decisions: Sequence[int]) -> float:
        return (decisions[0] == 2) / 2 + decisions[2] / 18

    proposed = list(later(searched(100, reward)))
    assert sum(one[0] == 2 for one in proposed) >= 17  # by chance 10
    assert sum(one[2] for one in proposed) / 40 >= 6  # by chance 4.5


def test_failed_trials_teach_nothing_and_stopped_ones_are_the_worst() -> None:
    tpe = TPE(OPERATIONS, space=SMALL)
    tpe.ask(4)
    tpe.tell([Result(0, 0.5), Result(1, None, "broken"), Result(2, 0.9, stopped=True), Result(3, 0.7)])
    states = [trial.state for trial in tpe.study.trials]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED, TrialState.COMPLETE]
    assert tpe.study.best_trial.number == 3
    assert tpe.study.trials[2].intermediate_values == {0: 0.9}


def test_what_is_found_is_joined_of_the_best_that_were_not_stopped() -> None:
    tpe = TPE(OPERATIONS, space=SMALL, joined=2, seed=5)
    asked = tpe.ask(4)
    tpe.tell([Result(0, 0.1), Result(1, 0.8), Result(2, 0.9, stopped=True), Result(3, 0.6)])
    assert [one.number for one in tpe.finalists(3)] == [1, 3, 0]
    found = tpe.best()
    assert found.name == "optuna-found"
    best = SMALL.policy([child for one in (asked[1], asked[3]) for child in children(one.policy)], "optuna-found")
    assert found == best
    rescored = SMALL.policy([child for one in (asked[0], asked[1]) for child in children(one.policy)], "optuna-found")
    assert tpe.best({0: 0.7, 1: 0.2}) == rescored


def children(policy: augplug.Policy) -> Any:
    """The sub-policies of a policy of the small space."""
    return vars(policy.node)["children"]


def test_without_a_reward_there_is_no_best() -> None:
    tpe = TPE(OPERATIONS, space=SMALL)
    tpe.ask(1)
    tpe.tell([Result(0, None, "broken")])
    with pytest.raises(augplug.RunError, match="no proposal has a reward"):
        tpe.best()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"startups": 3}, "optuna has no setting 'startups' .did you mean 'startup'"),
        ({"startup": 0}, r"optuna: startup is a whole number in 1\.\.10000, not 0"),
        ({"candidates": 2.5}, "optuna: candidates is a whole number"),
        ({"joined": True}, "optuna: joined is a whole number"),
        ({"multivariate": 1}, "optuna: multivariate is true or false, not 1"),
        ({"space": "autoaugmnt"}, "there is no search space 'autoaugmnt' .did you mean 'autoaugment'"),
        ({"space": {"operations": ["Rotat"]}}, "the search space mine: .*Rotat"),
    ],
)
def test_wrong_settings_are_told_so(given: dict[str, Any], message: str) -> None:
    with pytest.raises(augplug.SettingsError, match=message):
        TPE(OPERATIONS, **given)


def test_the_users_own_logging_of_optuna_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    try:
        searched(20, lambda decisions: decisions[0] / 3)
        assert optuna.logging.get_verbosity() == optuna.logging.INFO
    finally:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
    assert capfd.readouterr().err == ""


def test_optuna_is_imported_for_a_search_alone() -> None:
    code = "import augplug, sys; augplug.operations(); assert 'optuna' not in sys.modules"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_command_line_lists_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "optuna", "--json"]) == 0

    (listed,) = json.loads(capsys.readouterr().out)
    assert list(listed["settings"]) == [field.name for field in fields(TPESettings)]
    assert all(one["meaning"].endswith(".") for one in listed["settings"].values())
    assert listed["settings"]["startup"]["range"] == [1, 10_000]


def test_it_searches_a_space_of_strengths() -> None:
    """Rows are whole numbers with an order; the first trials are drawn by the space's weights: three of ten are on."""
    tpe = TPE(OPERATIONS, space="strengths", channels=3, startup=40, seed=1)
    first = tpe.ask(40)
    tpe.tell([Result(one.number, 0.5 + 0.01 * list(one.decisions or ())[3]) for one in first])

    more = tpe.ask(10)

    assert all(isinstance(each, IntDistribution) for each in distributions(tpe.settings.space).values())
    assert {len(one.decisions or ()) for one in (*first, *more)} == {26}
    on = sum(decision > 0 for one in first for decision in one.decisions or ())
    assert abs(on - 0.3 * 960) < 4 * (960 * 0.3 * 0.7) ** 0.5
    best = max(first, key=lambda one: (list(one.decisions or ())[3], -one.number))
    assert tpe.best().digest == best.policy.digest
    assert [one.decisions for one in TPE(OPERATIONS, space="strengths", channels=3, startup=40, seed=1).ask(40)] == [
        one.decisions for one in first
    ]
