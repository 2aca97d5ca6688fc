"""A search algorithm that computes on one thread, so that its proposals are the same on any number of cores.

A resume asks for the same proposals again. A matrix that BLAS factors on two threads differs in its last bits from one
that it factors on one, and a tie that falls the other way is another proposal. What the algorithm answers is held to
its contract here too, since every answer passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augplug._evaluators.pinning import one_thread
from augplug._policies.grammar import Policy
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug.errors import RunError


class Pinned(SearchAlgorithm):
    """Another algorithm, each call of which holds the numeric libraries to one thread."""

    def __init__(self, algorithm: SearchAlgorithm) -> None:
        """Take the algorithm."""
        self._algorithm = algorithm
        self._asked = 0

    def ask(self, count: int) -> list[Proposal]:
        """As the algorithm does. Raises RunError for anything but proposals, too many, or other numbers."""
        with one_thread():
            made = self._proposals("ask", self._algorithm.ask(count))
        expected = list(range(self._asked, self._asked + len(made)))
        numbers = [one.number for one in made]
        if len(made) > count or numbers != expected:
            raise self._error(
                "ask", f"the numbers {numbers}", f"at most {count} proposals, numbered from {self._asked} on"
            )
        self._asked += len(made)
        return made

    def tell(self, results: Sequence[Result]) -> None:
        """As the algorithm does."""
        with one_thread():
            self._algorithm.tell(results)

    def finalists(self, count: int) -> list[Proposal]:
        """As the algorithm does. Raises RunError for anything but a list of proposals."""
        with one_thread():
            return self._proposals("finalists", self._algorithm.finalists(count))

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """As the algorithm does. Raises RunError for anything but a policy."""
        with one_thread():
            found: Any = self._algorithm.best(scores)
        if not isinstance(found, Policy):
            raise self._error("best", type(found).__name__, "a Policy")
        return found

    def _proposals(self, what: str, given: Any) -> list[Proposal]:
        if not isinstance(given, list | tuple):
            raise self._error(what, type(given).__name__, "a list of augplug.Proposal")
        for one in given:
            if not isinstance(one, Proposal) or not isinstance(one.policy, Policy):
                raise self._error(
                    what, f"a list with {type(one).__name__}", "a list of augplug.Proposal, each with a Policy"
                )
        return list(given)

    def _error(self, what: str, given: str, expected: str) -> RunError:
        return RunError(
            f"{what} of the search algorithm {type(self._algorithm).__name__} returned {given}; it returns {expected}. "
            "Tell its author; nothing that was done is lost, and --resume goes on"
        )
