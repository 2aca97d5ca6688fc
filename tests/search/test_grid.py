import pytest

from augplug import api
from augplug._search.base import Result
from augplug._search.grid import RandAugmentGrid
from augplug.errors import RunError, SettingsError


def grid(n: tuple[int, ...] = (1, 2), m: tuple[int, ...] = (3, 9, 14)) -> RandAugmentGrid:
    return RandAugmentGrid(api.operations(), n=n, m=m)


def test_every_cell_is_asked_once_in_order_then_none() -> None:
    algorithm = grid()

    asked = [proposal for _ in range(4) for proposal in algorithm.ask(4)]

    assert [proposal.decisions for proposal in asked] == [(1, 3), (1, 9), (1, 14), (2, 3), (2, 9), (2, 14)]
    assert [proposal.number for proposal in asked] == list(range(6))
    assert [p.policy for p in asked] == [api.policy("randaugment", n=n, m=m) for n in (1, 2) for m in (3, 9, 14)]


def test_the_default_grid_is_the_issues() -> None:
    cells = [proposal.decisions for proposal in RandAugmentGrid(api.operations(), seed=5).ask(100)]

    assert cells == [(n, m) for n in (1, 2, 3) for m in (1, 3, 5, 7, 9, 11, 14)]


def test_the_best_has_the_highest_reward_and_ties_go_to_the_first() -> None:
    algorithm = grid()
    proposals = algorithm.ask(6)
    rewards = [0.1, 0.7, 0.5, 0.7, None, 0.6]
    algorithm.tell([Result(number, reward) for number, reward in enumerate(rewards)])

    assert algorithm.best() == proposals[1].policy
    assert [p.number for p in algorithm.finalists(4)] == [1, 3, 5, 2]
    assert [p.number for p in algorithm.finalists(10)] == [1, 3, 5, 2, 0]
    assert algorithm.best({5: 0.8, 3: 0.8, 1: 0.2}) == proposals[3].policy


def test_nothing_told_is_no_best() -> None:
    with pytest.raises(RunError, match="no best one"):
        grid().best()


@pytest.mark.parametrize(
    ("n", "m"), [((), (1,)), ((0,), (1,)), ((1, 1), (1,)), ((1,), (31,)), ((15,), (1,)), ((1,), ())]
)
def test_cells_out_of_range_are_refused(n: tuple[int, ...], m: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match=r"randaugment: [nm] (is one or more distinct|are) whole numbers"):
        grid(n, m)
