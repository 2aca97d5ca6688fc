"""The search `magnitude`: one number, the strength of a fixed set of operations, by a short line search.

After RandAugment (arXiv 1909.13719), which shows that one magnitude for all operations goes a long way; here on the
operations that people write by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from augplug._policies import building
from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.ranking import Ranking
from augplug.distributions import Uniform
from augplug.ranges import check_known

STEPS = 20
"""The line has magnitudes 0, 1/20, ..., 1."""
COARSE = (0, 4, 8, 12, 16, 20)
"""The first magnitudes, in steps; then those 2 steps and 1 step beside the best are tried."""
AROUND_0: Mapping[str, float] = {"degrees": 30, "shear_x": 20, "x": 0.2, "y": 0.2}
TONES = ("Brightness", "Contrast", "Sharpness")
ZOOM, TONE, CUT = 0.3, 0.6, 0.3
"""At magnitude 1: zooms within 30 %, tones within 60 %, holes up to 30 % of the side."""


@dataclass(frozen=True)
class MagnitudeSettings:
    """What `--set` takes for `magnitude`: nothing."""


class Magnitude(SearchAlgorithm):
    """The best magnitude of turns, zooms, shears, shifts, tones and holes together; `decisions` is the step of 20."""

    Settings: ClassVar[type[MagnitudeSettings]] = MagnitudeSettings

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name; a line search has no use for `seed`. Raises SettingsError."""
        del seed
        check_known("magnitude", settings, MagnitudeSettings)
        self.settings = MagnitudeSettings()
        self._operations = operations
        self._ranking = Ranking()
        self._rewards: dict[int, float | None] = {}
        self._queue = list(COARSE)
        self._around = [2, 1]

    def ask(self, count: int) -> list[Proposal]:
        """Return the next magnitudes: those of a round, and the next round once all rewards of the last are told."""
        asked = self._ranking.proposals
        if not self._queue and self._around and len(self._rewards) == len(asked):
            self._refine()
        first = len(asked)
        self._ranking.proposals += [
            Proposal(number, self.policy(step, "magnitude"), (step,))
            for number, step in enumerate(self._queue[:count], first)
        ]
        del self._queue[:count]
        return self._ranking.proposals[first:]

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the rewards."""
        self._ranking.tell(results)
        self._rewards |= {result.number: result.reward for result in results}

    def finalists(self, count: int) -> list[Proposal]:
        """Return the magnitudes of highest reward."""
        return self._ranking.finalists(count)

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the policy of the best magnitude, named with it. RunError when no magnitude has a reward."""
        winner = self._ranking.winners(scores, 1)[0]
        assert winner.decisions is not None  # noqa: S101  # every proposal of this class has them
        return self.policy(winner.decisions[0], "magnitude-found")

    def policy(self, step: int, name: str) -> Policy:
        """Return the policy of magnitude `step` / 20."""
        m = step / STEPS
        moves: dict[str, Any] = {field: (-m * most, m * most) for field, most in AROUND_0.items()}
        affine = building.step(self._operations, "Affine", scale=(1 - m * ZOOM, 1 + m * ZOOM), **moves)
        tones = [building.step(self._operations, op, factor=(1 - m * TONE, 1 + m * TONE)) for op in TONES]
        hole = building.step(self._operations, "Cutout", size=Uniform(0, m * CUT))
        node = building.sequence(*([affine, *tones, hole] if step else []))
        return Policy(node, name, source=f"found by augplug: magnitude {m:g}", defaults={"fill": 0})

    def _refine(self) -> None:
        tried = {proposal.decisions[0] for proposal in self._ranking.proposals if proposal.decisions}
        winners = self._ranking.finalists(1)
        while not self._queue and self._around and winners and winners[0].decisions:
            width = self._around.pop(0)
            around = (winners[0].decisions[0] - width, winners[0].decisions[0] + width)
            self._queue = [step for step in around if 0 <= step <= STEPS and step not in tried]
