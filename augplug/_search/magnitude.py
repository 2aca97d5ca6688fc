"""The search `magnitude`: one number, the strength of a fixed set of operations, by a search along a line.

After RandAugment (arXiv 1909.13719), which shows that one magnitude for all operations goes a long way; here on the
operations that people write by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from augplug._policies import building
from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.gaussian_process import GaussianProcess
from augplug._search.ranking import Ranking
from augplug.distributions import Uniform
from augplug.errors import RunError
from augplug.ranges import check_known

MAGNITUDES = tuple(step / 10 for step in range(11))
AROUND_0: Mapping[str, float] = {"degrees": 30, "shear_x": 20, "x": 0.2, "y": 0.2}
TONES = ("Brightness", "Contrast", "Sharpness")
ZOOM, TONE, CUT = 0.3, 0.6, 0.3
"""At magnitude 1: zooms within 30 %, tones within 60 %, holes up to 30 % of the side."""


@dataclass(frozen=True)
class MagnitudeSettings:
    """What `--set` takes for `magnitude`: nothing."""


class Magnitude(SearchAlgorithm):
    """The best magnitude of turns, zooms, shears, shifts, tones and holes together.

    Each of `MAGNITUDES` is tried once (`decisions` is its place), and a smooth curve through the rewards says which is
    best: a single reward is noisy, and the neighbours of a good magnitude are good.
    """

    Settings: ClassVar[type[MagnitudeSettings]] = MagnitudeSettings

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name; a line has no use for `seed`. Raises SettingsError."""
        del seed
        check_known("magnitude", settings, MagnitudeSettings)
        self.settings = MagnitudeSettings()
        self._operations = operations
        self._ranking = Ranking()
        self._rewards: dict[int, float] = {}

    def ask(self, count: int) -> list[Proposal]:
        """Return the next magnitudes."""
        first = len(self._ranking.proposals)
        self._ranking.proposals += [
            Proposal(place, self._policy(place, "magnitude"), (place,))
            for place in range(first, min(first + count, len(MAGNITUDES)))
        ]
        return self._ranking.proposals[first:]

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the rewards."""
        self._ranking.tell(results)
        self._rewards |= {result.number: result.reward for result in results if result.reward is not None}

    def finalists(self, count: int) -> list[Proposal]:
        """Return the magnitudes at which the curve is highest."""
        finished = sorted(self._ranking.finalists(len(MAGNITUDES)), key=lambda one: one.number)
        if not finished:
            return []
        x = np.array([[MAGNITUDES[number]] for number in sorted(self._rewards)])
        model = GaussianProcess.fit(x, np.array([self._rewards[number] for number in sorted(self._rewards)]))
        means, _ = model.predict(np.array([[MAGNITUDES[one.number]] for one in finished]))
        return [finished[i] for i in np.argsort(-means, kind="stable")[:count]]

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the policy of the highest fresh score, or else of the highest point of the curve. RunError if none."""
        winners = self._ranking.winners(scores, 1) if scores else self.finalists(1)
        if not winners:
            raise RunError("no magnitude has a reward, so there is no best one; look at the errors of the trials")
        return self._policy(winners[0].number, "magnitude-found")

    def _policy(self, place: int, name: str) -> Policy:
        m = MAGNITUDES[place]
        moves: dict[str, Any] = {field: (-m * most, m * most) for field, most in AROUND_0.items()}
        affine = building.step(self._operations, "Affine", scale=(1 - m * ZOOM, 1 + m * ZOOM), **moves)
        tones = [building.step(self._operations, op, factor=(1 - m * TONE, 1 + m * TONE)) for op in TONES]
        hole = building.step(self._operations, "Cutout", size=Uniform(0, m * CUT))
        node = building.sequence(*([affine, *tones, hole] if m else []))
        return Policy(node, name, source=f"found by augplug: magnitude {m:g}", defaults={"fill": 0})
