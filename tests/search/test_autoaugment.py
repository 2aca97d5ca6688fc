"""AutoAugment's search as a study sees it: ask, tell, settings, and that it finds what it is paid for."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from augplug import api
from augplug._search.base import Result
from augplug._search.ppo import AutoAugment, Hyperparameters
from augplug._search.random import RandomSearch, RandomSubPolicies
from augplug.errors import RunError, SettingsError
from tests.search.conftest import children_of

SPACE = {"operations": ["Rotate", "Invert", "Solarize"], "probabilities": 3, "levels": 2, "sub_policies": 2}


def small(**settings: Any) -> AutoAugment:
    return AutoAugment(api.operations(), **{"space": SPACE, "hidden": 8, "embedding": 4, "batch": 4, **settings})


def reward(number: int, decisions: tuple[int, ...] | None) -> float | None:
    """Every seventh trial fails."""
    return None if number % 7 == 3 else sum(decisions or ()) / 20


def results(search: AutoAugment, count: int) -> list[Result]:
    return [Result(one.number, reward(one.number, one.decisions)) for one in search.ask(count)]


def state(search: AutoAugment) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.concatenate([value.ravel() for value in search.controller.parameters.values()])


@pytest.mark.parametrize("chunks", [[24], [1] * 24, [0, 5, 7, 0, 12], [23, 1]])
def test_proposals_do_not_depend_on_how_many_are_asked_for_at_once(chunks: list[int]) -> None:
    search = small(initial=1)

    asked = [proposal for chunk in chunks for proposal in search.ask(chunk)]

    assert asked == small(initial=1).ask(24)
    assert [proposal.number for proposal in asked] == list(range(24))


@pytest.mark.parametrize(
    "order",
    [
        [list(range(12))],
        [[number] for number in range(12)],
        [[0, 1, 2], [3, 4, 5, 6, 7, 8], [9, 10, 11]],
        [[11, 3], [7, 6, 5], [0, 2, 1], [10, 9, 8, 4]],
    ],
)
def test_the_controller_does_not_depend_on_how_results_are_told(order: list[list[int]]) -> None:
    search, usual = small(), small()
    told, expected = results(search, 12), results(usual, 12)
    for first in (0, 4, 8):
        usual.tell(expected[first : first + 4])

    for numbers in order:
        search.tell([told[number] for number in numbers])

    assert np.array_equal(state(search), state(usual))
    assert search.ask(4) == usual.ask(4)


def test_the_controller_does_not_depend_on_how_proposals_are_asked_for() -> None:
    searches = [small(), small()]
    for search, chunks in zip(searches, ([12], [1, 5, 0, 6]), strict=True):
        search.tell([result for chunk in chunks for result in results(search, chunk)])

    # A product of one row may be summed in another order than one of twelve.
    assert np.allclose(state(searches[0]), state(searches[1]), rtol=0, atol=1e-9)


def test_the_largest_steps_stay_finite() -> None:
    search = small(learning_rate=10, epochs=20, hidden=1, embedding=1, initial=10, clip=10, entropy=10)
    for _ in range(3):
        search.tell(results(search, 8))

    assert np.isfinite(state(search)).all()
    assert search.ask(8)


def test_an_update_waits_for_all_of_its_proposals() -> None:
    search = small()
    before, told = state(search), results(search, 9)

    search.tell(told[:3] + told[4:])
    assert np.array_equal(state(search), before)

    search.tell(told[3:4])
    assert not np.array_equal(state(search), before)


def test_only_failures_teach_nothing() -> None:
    search = small(baseline="ema")
    before = state(search)
    search.ask(8)

    search.tell([Result(number, None, "it broke") for number in range(8)])

    assert np.array_equal(state(search), before)
    assert not search.finalists(3)
    with pytest.raises(RunError, match="no best one"):
        search.best()


@pytest.mark.parametrize("baseline", ["batch-mean", "ema"])
def test_equal_rewards_move_nothing_but_by_the_entropy(baseline: str) -> None:
    for entropy, moved in ((0, False), (0.1, True)):
        search = small(baseline=baseline, entropy=entropy)
        before = state(search)
        search.ask(8)
        search.tell([Result(number, 0.25) for number in range(8)])

        assert np.array_equal(state(search), before) is not moved


def test_rewards_of_whole_numbers_are_numbers() -> None:
    whole, real = small(), small()
    for search, kind in ((whole, int), (real, float)):
        search.tell([Result(one.number, kind(one.number % 2)) for one in search.ask(8)])

    assert np.array_equal(state(whole), state(real))


def test_a_stopped_trial_teaches_but_is_no_finalist() -> None:
    search, other = small(), small()
    for learner, stopped in ((search, True), (other, False)):
        learner.tell([Result(n, n / 10, stopped=stopped and n == 3) for n, _ in enumerate(learner.ask(4))])

    assert np.array_equal(state(search), state(other))
    assert 3 in {one.number for one in other.finalists(4)}
    assert 3 not in {one.number for one in search.finalists(4)}


@pytest.mark.parametrize("wrong", [Result(4, 0.5), Result(-1, 0.5), Result(0, float("nan")), Result(0, float("inf"))])
def test_what_is_no_result_is_refused(wrong: Result) -> None:
    search = small()
    search.ask(4)

    with pytest.raises(SettingsError, match=r"proposal 4 was not|proposal -1 was not|reward of proposal 0"):
        search.tell([wrong])


def test_a_seed_decides_everything_in_any_process() -> None:
    script = (
        "from tests.search.test_autoaugment import results, small\n"
        "search = small(seed=5)\n"
        "for _ in range(3):\n    search.tell(results(search, 8))\n"
        "print([one.decisions for one in search.ask(8)])"
    )
    searches = {seed: small(seed=seed) for seed in (5, 6)}
    for _ in range(3):
        for search in searches.values():
            search.tell(results(search, 8))
    here = {seed: [one.decisions for one in search.ask(8)] for seed, search in searches.items()}

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script]
    there = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert there.strip() == str(here[5])
    assert here[5] != here[6]
    assert AutoAugment(api.operations(), seed=2**64 - 1).ask(1)


def test_proposals_are_the_policies_of_their_decisions() -> None:
    search = AutoAugment(api.operations())

    for proposal in search.ask(20):
        assert proposal.decisions is not None
        decoded = search.settings.space.decode(api.operations(), proposal.decisions, "autoaugment")
        assert proposal.policy == decoded
        assert search.controller.log_prob(proposal.decisions) < 0


@pytest.mark.parametrize("row", [[0] * 11, [0] * 13, [3] + [0] * 11, [-1] + [0] * 11, [0.5] + [0] * 11, ["0"] * 12])
def test_a_row_of_other_decisions_is_refused(row: list[Any]) -> None:
    with pytest.raises(SettingsError, match="12 decisions are needed, each below its number"):
        small().controller.log_prob(row)


def test_the_found_policy_joins_the_best() -> None:
    search = AutoAugment(api.operations(), seed=1)
    proposals = search.ask(20)
    search.tell([Result(number, number / 20) for number in range(20)])

    found = search.best()
    children = [child for number in (19, 18, 17, 16, 15) for child in children_of(proposals[number].policy)]
    assert children_of(found) == children
    assert len(children) == 25
    assert found.name == "autoaugment-found"
    assert found.scale == "autoaugment"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[("joined", 0), ("joined", 1001), ("joined", 2.0), ("joined", True), ("learning_rate", 0), ("batch", 1)],
        *[("learning_rate", 11), ("learning_rate", "0.1"), ("learning_rate", float("nan")), ("batch", 10_001)],
        *[("epochs", 0), ("epochs", 1001), ("epochs", 1.5), ("clip", 0), ("clip", 11), ("entropy", -1e-9)],
        *[("entropy", 11), ("ema", -0.1), ("ema", 1), ("ema", None), ("hidden", 0), ("hidden", 4097)],
        *[("embedding", 0), ("embedding", "32"), ("initial", 0), ("initial", 11), ("initial", float("inf"))],
        *[("preset", "labtop"), ("preset", ["paper"]), ("preset", None), ("baseline", "mean"), ("baseline", {})],
    ],
)
def test_a_wrong_setting_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(SettingsError, match=f"autoaugment(: {name} is| has no {name} )"):
        small(**{name: wrong})


def test_errors_of_settings_suggest() -> None:
    with pytest.raises(SettingsError, match=r"no setting 'lr' \(known: .*learning_rate"):
        small(lr=0.1)
    with pytest.raises(SettingsError, match=r"did you mean 'epochs'\?"):
        small(epoch=1)
    with pytest.raises(SettingsError, match=r"no preset 'labtop' \(did you mean 'laptop'\?\)"):
        small(preset="labtop")
    with pytest.raises(SettingsError, match=r"no search space 'autoaugmnt' \(did you mean 'autoaugment'\?\)"):
        small(space="autoaugmnt")
    with pytest.raises(SettingsError, match=r"no operation 'Rotat' \(did you mean 'Rotate'\?\)"):
        small(space={"operations": ["Rotat"]})
    with pytest.raises(SettingsError, match=r"at most 3,000 operations, and 1000 joined policies .* lower joined"):
        small(joined=1000)


def test_a_preset_gives_way_to_what_is_given() -> None:
    paper = AutoAugment(api.operations(), preset="paper").settings
    mixed = AutoAugment(api.operations(), preset="paper", learning_rate=0.01).settings

    assert (paper.learning_rate, paper.baseline, paper.ema, paper.entropy) == (0.00035, "ema", 0.95, 1e-5)
    assert (paper.hidden, paper.initial, paper.joined) == (100, 0.1, 5)
    assert (mixed.learning_rate, mixed.baseline) == (0.01, "ema")
    assert AutoAugment(api.operations()).settings == Hyperparameters()


@pytest.mark.parametrize("kind", [RandomSearch, RandomSubPolicies])
def test_random_search_draws_from_its_space_whatever_it_is_told(kind: Callable[..., Any]) -> None:
    one, two = kind(api.operations(), seed=3), kind(api.operations(), seed=3)
    proposals = one.ask(50)
    one.tell([Result(number, number / 50) for number in range(50)])

    assert [*two.ask(20), *two.ask(0), *two.ask(30)] == proposals
    assert one.ask(5) == two.ask(5)
    assert kind(api.operations(), seed=4).ask(50) != proposals
    rows = np.array([proposal.decisions for proposal in proposals])
    assert (rows.min(axis=0) >= 0).all()
    assert (rows.max(axis=0) < one.settings.space.sizes).all()
    assert len(children_of(one.best())) == 25


def test_random_sub_policies_are_tried_one_by_one() -> None:
    search = RandomSubPolicies(api.operations(), space="geometry", joined=3)

    assert all(len(children_of(proposal.policy)) == 1 for proposal in search.ask(10))
    assert search.settings.space.sizes == (5, 11, 10, 5, 11, 10)
    with pytest.raises(SettingsError, match=r"random: joined is a whole number in 1..1000"):
        RandomSubPolicies(api.operations(), joined=0)
    with pytest.raises(SettingsError, match=r"random-subpolicies has no setting 'join' \(did you mean 'joined'\?\)"):
        RandomSubPolicies(api.operations(), join=1)


def reached(cases: str, seeds: int) -> dict[str, list[float]]:
    """What searches reach of hidden targets, which the script draws anew: the bars leave room for the luck of it."""
    script = Path(__file__).parents[2] / "benchmarks" / "controller.py"
    command = [sys.executable, str(script), "--cases", cases, "--seeds", str(seeds), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {result["case"]: result["reached"] for result in json.loads(done.stdout)}


def test_two_targets_are_both_reached_from_one_seed_and_by_chance_none_is() -> None:
    parts = reached("same-seed,random", 2)

    assert min(parts["same-seed"]) >= 0.65
    assert max(parts["random"]) <= 0.12


@pytest.mark.heavy
def test_the_bars_of_both_presets() -> None:
    parts = reached("laptop,paper,permuted,random", 5)

    assert min(parts["laptop"]) >= 0.65
    assert median(parts["laptop"]) >= 0.8
    assert min(parts["paper"]) >= 0.5
    assert median(parts["permuted"]) <= 0.15
    assert max(parts["random"]) <= 0.12


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "0"])
@pytest.mark.parametrize("name", ["autoaugment", "random", "random-subpolicies"])
def test_a_seed_is_an_integer_of_64_bits(name: str, seed: Any) -> None:
    with pytest.raises(SettingsError, match=r"seed is an integer in 0\.\.2\*\*64-1"):
        api.searches()[name](seed=seed)
    api.searches()[name](seed=2**64 - 1)
