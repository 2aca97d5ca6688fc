"""Random search, of whole policies or single sub-policies: the baselines that every other search is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.ranking import Ranking
from augplug._search.space import SearchSpace, default_space
from augplug.ranges import check_known, check_ranges, natural
from augplug.rng import Stream


@dataclass(frozen=True)
class RandomSettings:
    """What `--set` takes for `random`.

    `space`: a search space, by name or as a file. `joined` (1..1000): the sub-policies of so many best policies make
    the found one.
    """

    space: SearchSpace = field(default_factory=default_space)
    joined: int = 5

    def __post_init__(self) -> None:
        """Read the space, and refuse numbers out of range."""
        object.__setattr__(self, "space", SearchSpace.read(self.space))
        check_ranges("random", self, {"joined": (1, 1000)})


@dataclass(frozen=True)
class SubPoliciesSettings(RandomSettings):
    """What `--set` takes for `random-subpolicies`: the same, with another default."""

    joined: int = 25


class _Drawn(SearchAlgorithm):
    """Policies drawn uniformly from a space."""

    Settings: ClassVar[type[RandomSettings]]
    name: ClassVar[str]
    single: ClassVar[bool] = False

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name, a seed in 0..2**64-1, and settings. Raises SettingsError."""
        check_known(self.name, settings, self.Settings)
        given = self.Settings(**settings)
        self.settings = replace(given, space=replace(given.space, sub_policies=1)) if self.single else given
        self.settings.space.check(operations, self.settings.joined)
        self._operations = operations
        self._stream = Stream(b"augplug random search", natural("seed", seed).to_bytes(8, "little"))
        self._ranking = Ranking()

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` new policies."""
        space, first = self.settings.space, len(self._ranking.proposals)
        drawn = [tuple(self._stream.below(size) for size in space.sizes) for _ in range(count)]
        self._ranking.proposals += [
            Proposal(number, space.decode(self._operations, decisions, self.name), decisions)
            for number, decisions in enumerate(drawn, first)
        ]
        return self._ranking.proposals[first:]

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the rewards."""
        self._ranking.tell(results)

    def finalists(self, count: int) -> list[Proposal]:
        """Return the policies of highest reward, all different."""
        return self._ranking.finalists(count)

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the sub-policies of the best policies, joined. RunError when no policy has a reward."""
        return self._ranking.merge_sub_policies(self.settings.space, self.settings.joined, scores, f"{self.name}-found")


class RandomSearch(_Drawn):
    """Random policies of AutoAugment's space; the sub-policies of the best are joined."""

    Settings = RandomSettings
    name = "random"
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1, "finalists": 20}


class RandomSubPolicies(_Drawn):
    """Random sub-policies, each tried alone; the best are joined. The strongest cheap baseline."""

    Settings = SubPoliciesSettings
    name = "random-subpolicies"
    single = True
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1}
