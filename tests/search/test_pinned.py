"""What a search algorithm may not answer, and the one error for each; what is right passes as it is."""

from collections.abc import Callable
from typing import Any

import pytest

import augplug
from augplug._search.pinned import Pinned
from augplug.errors import RunError

FLIP = augplug.Policy(augplug.sequence(augplug.step("HorizontalFlip")), "flipped")
FIRST, SECOND = augplug.Proposal(0, FLIP), augplug.Proposal(1, FLIP)
LIST = "it returns a list of augplug.Proposal"
WRONG: dict[str, tuple[str, Any, str]] = {
    "nothing is asked": ("ask", None, f"ask of the search algorithm Answers returned NoneType; {LIST}"),
    "a name": ("ask", ["flip"], f"returned a list with str; {LIST}"),
    "a policy": ("ask", [FLIP], f"returned a list with Policy; {LIST}"),
    "a proposal of a name": ("ask", [augplug.Proposal(0, "flip")], f"{LIST}, each with a Policy"),  # type: ignore[arg-type]  # as said
    "a generator": ("ask", (one for one in [FIRST]), f"returned generator; {LIST}"),
    "too many": ("ask", [FIRST, SECOND, augplug.Proposal(2, FLIP)], "returns at most 2 proposals, numbered from 0 on"),
    "one number twice": ("ask", [FIRST, FIRST], "the numbers [0, 0]; it returns at most 2 proposals, numbered from 0"),
    "a number too far": ("ask", [SECOND], "the numbers [1]; it returns at most 2 proposals, numbered from 0 on"),
    "no finalists": ("finalists", None, f"finalists of the search algorithm Answers returned NoneType; {LIST}"),
    "finalists by number": (
        "finalists",
        [0],
        f"finalists of the search algorithm Answers returned a list with int; {LIST}",
    ),
    "no best": ("best", None, "best of the search algorithm Answers returned NoneType; it returns a Policy"),
    "the best as a proposal": ("best", FIRST, "returned Proposal; it returns a Policy"),
}
CALLS: dict[str, Callable[[augplug.SearchAlgorithm], Any]] = {
    "ask": lambda algorithm: algorithm.ask(2),
    "finalists": lambda algorithm: algorithm.finalists(2),
    "best": lambda algorithm: algorithm.best(),
}


class Answers(augplug.SearchAlgorithm):
    """Answers what it was made with."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def ask(self, count: int) -> Any:
        """The answer."""
        return self.answer

    def tell(self, results: object) -> None:
        """Nothing is learnt."""

    def finalists(self, count: int) -> Any:
        """The answer."""
        return self.answer

    def best(self, scores: object = None) -> Any:
        """The answer."""
        return self.answer


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_against_the_contract_is_an_error_that_names_the_algorithm(name: str) -> None:
    call, answer, says = WRONG[name]
    with pytest.raises(RunError) as caught:
        CALLS[call](Pinned(Answers(answer)))
    assert says in str(caught.value)
    assert "--resume goes on" in str(caught.value)


def test_answers_by_the_contract_pass() -> None:
    algorithm = Answers([FIRST, SECOND])
    pinned = Pinned(algorithm)
    assert pinned.finalists(2) == [FIRST, SECOND] == pinned.ask(2)
    algorithm.answer = (augplug.Proposal(2, FLIP),)
    assert pinned.ask(5) == [augplug.Proposal(2, FLIP)]
    algorithm.answer = []
    assert not pinned.ask(5)
    algorithm.answer = FLIP
    assert pinned.best() is FLIP
