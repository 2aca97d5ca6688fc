"""Proposals with their rewards, best first: what every search ends with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from augplug._policies.grammar import Policy
from augplug._search.base import Proposal, Result
from augplug._search.space_base import Space
from augplug.errors import RunError, SettingsError
from augplug.renamed import answers_old_names


@answers_old_names
class Ranking:
    """What was proposed, and what came of it. Of equal rewards the earlier proposal is better."""

    def __init__(self) -> None:
        """Nothing was proposed yet."""
        self.proposals: list[Proposal] = []
        self._rewards: dict[int, float] = {}
        self._unfinished: set[int] = set()

    def tell(self, results: Sequence[Result]) -> None:
        """Remember rewards; what failed has none. Raises SettingsError for what is not a result of a proposal."""
        for result in results:
            if not 0 <= result.number < len(self.proposals):
                raise SettingsError(
                    f"proposal {result.number} was not asked for; {len(self.proposals)} were, from 0 on"
                )
            if result.reward is not None and not math.isfinite(result.reward):
                raise SettingsError(f"the reward of proposal {result.number} is a number or None, not {result.reward}")
            if result.reward is not None:
                self._rewards[result.number] = result.reward
            if result.stopped:
                self._unfinished.add(result.number)

    def finalists(self, count: int) -> list[Proposal]:
        """Return the `count` best policies, all different, none of them stopped early."""
        return list(self._distinct(self._rewards, count))

    def winners(self, scores: Mapping[int, float] | None, count: int) -> list[Proposal]:
        """Return the `count` best policies, all different: those with fresh `scores` first. RunError when none has any.

        Fresh scores and rewards are not compared: a high reward is high by luck in part, and a fresh score is not.
        """
        chosen = list(self._distinct(scores or {}, count))
        taken = {proposal.policy.digest for proposal in chosen}
        others = (one for one in self._distinct(self._rewards, len(self.proposals)) if one.policy.digest not in taken)
        chosen += list(others)[: count - len(chosen)]
        if not chosen:
            raise RunError("no proposal has a reward, so there is no best one; look at the errors of the trials")
        return chosen

    def found_policy(self, space: Space, count: int, scores: Mapping[int, float] | None, name: str) -> Policy:
        """Return the policy called `name` that the space makes of the `count` winners."""
        return space.found([winner.policy for winner in self.winners(scores, count)], name)

    def _distinct(self, rewards: Mapping[int, float], count: int) -> Iterator[Proposal]:
        seen: set[bytes] = set()
        for number in sorted(rewards, key=lambda number: (-rewards[number], number)):
            proposal = self.proposals[number]
            if proposal.policy.digest in seen or number in self._unfinished:
                continue
            if len(seen) == count:
                return
            seen.add(proposal.policy.digest)
            yield proposal
