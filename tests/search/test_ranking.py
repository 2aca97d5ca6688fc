from pathlib import Path
from typing import Any

import pytest

from augplug import api
from augplug._search import ranking
from augplug._search.base import Proposal, Result
from augplug._search.space import SearchSpace
from augplug.errors import RunError
from tests.search.test_controller import with_bug

SPACE = SearchSpace("mine", ("Rotate",), sub_policies=5, length=1)


def proposed(levels: str, module: Any = ranking) -> Any:
    """A ranking of proposals, each known by one digit: equal digits are equal policies."""
    made = module.Ranking()
    rows = [(0, 10, int(level)) * 5 for level in levels]
    made.proposals += [
        Proposal(number, SPACE.decode(api.operations(), row, "some"), row) for number, row in enumerate(rows)
    ]
    return made


def numbers(proposals: list[Proposal]) -> list[int]:
    return [proposal.number for proposal in proposals]


def test_the_best_come_first_and_of_equal_ones_the_earlier() -> None:
    made = proposed("01234")
    made.tell([Result(number, reward) for number, reward in enumerate([0.2, 0.5, 0.9, 0.5, 0.1])])

    assert numbers(made.finalists(10)) == [2, 1, 3, 0, 4]
    assert numbers(made.finalists(2)) == [2, 1]
    assert not made.finalists(0)


def test_the_order_of_telling_does_not_matter() -> None:
    made = proposed("012")
    for number in (2, 0, 1):
        made.tell([Result(number, 0.5)])

    assert numbers(made.finalists(3)) == [0, 1, 2]


def test_a_policy_proposed_twice_counts_once_with_its_better_reward() -> None:
    made = proposed("0102")
    made.tell([Result(number, reward) for number, reward in enumerate([0.2, 0.3, 0.6, 0.1])])

    assert numbers(made.finalists(10)) == [2, 1, 3]
    assert numbers(made.winners({}, 2)) == [2, 1]
    assert numbers(made.winners({0: 0.1}, 3)) == [0, 1, 3]


def test_failed_and_stopped_trials_never_win() -> None:
    made = proposed("0120")
    made.tell([Result(0, 0.9, stopped=True), Result(1, None, "broke"), Result(2, 0.1), Result(3, 0.05)])

    assert numbers(made.finalists(10)) == [2, 3]
    assert numbers(made.winners({0: 1.0}, 10)) == [2, 3]


def test_fresh_scores_come_before_rewards() -> None:
    made = proposed("01234")
    made.tell([Result(number, number / 10) for number in range(5)])

    assert numbers(made.winners({1: 0.2, 0: 0.3}, 4)) == [0, 1, 4, 3]
    assert numbers(made.winners({1: 0.2, 0: 0.3}, 1)) == [0]
    assert numbers(made.winners(None, 2)) == [4, 3]


def test_without_a_reward_nothing_wins() -> None:
    made = proposed("01")
    made.tell([Result(0, None, "broke"), Result(1, 0.5, stopped=True)])

    with pytest.raises(RunError, match="no proposal has a reward"):
        made.winners({}, 5)


def check_joined(module: Any) -> None:
    """Of seven, the sub-policies of the five best, in their order."""
    made = proposed("0123456", module)
    made.tell([Result(number, reward) for number, reward in enumerate([0.1, 0.7, 0.3, 0.6, 0.5, 0.2, 0.4])])

    found = made.found_policy(SPACE, 5, None, "found").to_json()["policy"]["one_of"]

    assert [part["sequence"][0]["level"] for part in found] == [level for level in (1, 3, 4, 6, 2) for _ in range(5)]


def test_the_five_best_are_joined_in_order() -> None:
    check_joined(ranking)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(-rewards[number], number)", "(rewards[number], number)"),
        ("in self.winners(scores, count)]", "in self.winners(scores, count)[:1]]"),
    ],
)
def test_a_planted_bug_is_found(right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = with_bug(Path(ranking.__file__), [(right, wrong)], tmp_path, monkeypatch)

    with pytest.raises(AssertionError):
        check_joined(planted)
