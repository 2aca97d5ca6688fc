"""Random search of any space, of whole policies or single sub-policies.

They are the baselines that every other search is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.ranking import Ranking
from augplug._search.read_space import read_space
from augplug._search.space_base import CHANNELS, JOINED, SPACE, Space, random_row
from augplug.ranges import check_known, check_ranges, natural, setting
from augplug.rng import Stream


@dataclass(frozen=True)
class RandomSettings:
    """What `--set` takes for `random`."""

    space: Space = setting("autoaugment", doc=SPACE)
    joined: int = setting(5, low=1, high=1000, doc=JOINED)
    channels: int = setting(0, low=0, high=1024, doc=CHANNELS)

    def __post_init__(self) -> None:
        """Read the space, and refuse numbers out of range."""
        check_ranges("random", self)
        object.__setattr__(self, "space", read_space(self.space, channels=self.channels))


@dataclass(frozen=True)
class SubPoliciesSettings(RandomSettings):
    """What `--set` takes for `random-subpolicies`: the same, with another default."""

    joined: int = setting(25, low=1, high=1000, doc=JOINED)


class _Drawn(SearchAlgorithm):
    """Policies drawn at random from a space, by its weights."""

    Settings: ClassVar[type[RandomSettings]]
    name: ClassVar[str]
    single: ClassVar[bool] = False

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name, a seed in 0..2**64-1, and settings. Raises SettingsError."""
        check_known(self.name, settings, self.Settings)
        given = self.Settings(**settings)
        self.settings = replace(given, space=given.space.single()) if self.single else given
        self.settings.space.check(operations, self.settings.joined)
        self._operations = operations
        self._stream = Stream(b"augplug random search", natural("seed", seed).to_bytes(8, "little"))
        self._ranking = Ranking()

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` new policies."""
        space, first = self.settings.space, len(self._ranking.proposals)
        drawn = [random_row(space, self._stream) for _ in range(count)]
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
        """Return what the space makes of the best policies. RunError when no policy has a reward."""
        return self._ranking.found_policy(self.settings.space, self.settings.joined, scores, f"{self.name}-found")


class RandomSearch(_Drawn):
    """Random policies of a search space; in AutoAugment's the sub-policies of the best are joined."""

    Settings = RandomSettings
    name = "random"
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1, "finalists": 20}


class RandomSubPolicies(_Drawn):
    """Random sub-policies, each tried alone; the best are joined. The strongest cheap baseline."""

    Settings = SubPoliciesSettings
    name = "random-subpolicies"
    single = True
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1}
