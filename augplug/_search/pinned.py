"""A search algorithm that computes on one thread, so that its proposals are the same on any number of cores.

A resume asks for the same proposals again. A matrix that BLAS factors on two threads differs in its last bits from one
that it factors on one, and a tie that falls the other way is another proposal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from augplug._evaluators.pinning import one_thread
from augplug._policies.grammar import Policy
from augplug._search.base import Proposal, Result, SearchAlgorithm


class Pinned(SearchAlgorithm):
    """Another algorithm, each call of which holds the numeric libraries to one thread."""

    def __init__(self, algorithm: SearchAlgorithm) -> None:
        """Take the algorithm."""
        self._algorithm = algorithm

    def ask(self, count: int) -> list[Proposal]:
        """As the algorithm does."""
        with one_thread():
            return self._algorithm.ask(count)

    def tell(self, results: Sequence[Result]) -> None:
        """As the algorithm does."""
        with one_thread():
            self._algorithm.tell(results)

    def finalists(self, count: int) -> list[Proposal]:
        """As the algorithm does."""
        with one_thread():
            return self._algorithm.finalists(count)

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """As the algorithm does."""
        with one_thread():
            return self._algorithm.best(scores)
