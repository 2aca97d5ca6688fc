"""RandAugment's search: a grid over n, how many operations, and m, how strong. Source: arXiv 1909.13719, section 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augplug._policies.grammar import Policy
from augplug._policies.randaugment import randaugment
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.ranking import Ranking
from augplug.errors import SettingsError
from augplug.ranges import check_known, check_ranges, setting


@dataclass(frozen=True)
class GridSettings:
    """What `--set` takes for `randaugment`."""

    n: tuple[int, ...] = setting((1, 2, 3), low=1, high=14, doc="How many operations, one row of the grid each.")
    m: tuple[int, ...] = setting((1, 3, 5, 7, 9, 11, 14), low=0, high=30, doc="How strong, one column each.")

    def __post_init__(self) -> None:
        """Refuse numbers out of range, and a grid that has a cell twice or none."""
        check_ranges("randaugment", self)
        for name in ("n", "m"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise SettingsError(f"randaugment: {name} is one or more distinct whole numbers, not {list(values)}")


class RandAugmentGrid(SearchAlgorithm):
    """Every (n, m) once, row by row; the best is the one of highest mean reward, of equals the first.

    `decisions` of a proposal is (n, m).
    """

    Settings = GridSettings

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name, and settings; a grid has no use for `seed`. Raises SettingsError."""
        del seed
        check_known("randaugment", settings, GridSettings)
        self.settings = GridSettings(**settings)
        n, m = self.settings.n, self.settings.m
        cells = [(i, j) for i in n for j in m]
        self._ranking = Ranking()
        self._cells = [
            Proposal(number, randaugment(operations, n=i, m=j), (i, j)) for number, (i, j) in enumerate(cells)
        ]

    def ask(self, count: int) -> list[Proposal]:
        """Return the next cells."""
        asked = self._cells[len(self._ranking.proposals) :][:count]
        self._ranking.proposals += asked
        return asked

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the rewards; a failed cell cannot win."""
        self._ranking.tell(results)

    def finalists(self, count: int) -> list[Proposal]:
        """Return the cells of highest reward."""
        return self._ranking.finalists(count)

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the policy of the cell of highest reward, or of highest fresh score. RunError when no cell has any."""
        return self._ranking.winners(scores, 1)[0].policy
