"""The contract of a search algorithm: ask, tell, finalists, best. It sees neither storage nor threads nor models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from augplug._policies.grammar import Policy


@dataclass(frozen=True)
class Proposal:
    """A policy to try. `number` counts from 0; `decisions` is how the algorithm encodes the policy, if it does."""

    number: int
    policy: Policy
    decisions: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Result:
    """What a trial gave: the mean `reward` over its seeds, in [0, 1], or None with the `error` of a failed trial.

    A trial that was `stopped` early, because it was hopeless, has its last intermediate reward.
    """

    number: int
    reward: float | None
    error: str = ""
    stopped: bool = False


class SearchAlgorithm(ABC):
    """Proposes policies and learns from their rewards. Its state depends on its settings and what it was told.

    It is built as `Algorithm(operations, seed=..., **settings)`. Its settings are the fields of a dataclass `Settings`
    in the class, and then `self.settings` holds them as they are used; or the keywords of its constructor that have
    defaults. `defaults` are those settings of a study (`trials`, `seeds`, `finalists`) that are not as usual.
    """

    defaults: ClassVar[Mapping[str, int]] = {}

    @abstractmethod
    def ask(self, count: int) -> list[Proposal]:
        """Return up to `count` new proposals; fewer near the end of the search, then none."""

    @abstractmethod
    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of earlier proposals, in the order of their numbers."""

    @abstractmethod
    def finalists(self, count: int) -> list[Proposal]:
        """Return the `count` best proposals so far, best first, worth scoring again with fresh seeds."""

    @abstractmethod
    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the policy found so far; `scores` are fresh rewards of finalists by proposal number."""
