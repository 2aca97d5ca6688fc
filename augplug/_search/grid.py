"""RandAugment's search: a grid over n, how many operations, and m, how strong. Source: arXiv 1909.13719, section 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from augplug._policies.grammar import Policy
from augplug._policies.randaugment import randaugment
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.ranking import Ranking
from augplug.errors import SettingsError


class RandAugmentGrid(SearchAlgorithm):
    """Every (n, m) once, row by row; the best is the one of highest mean reward, of equals the first.

    `decisions` of a proposal is (n, m).
    """

    def __init__(
        self,
        operations: Operations,
        *,
        seed: int = 0,
        n: tuple[int, ...] = (1, 2, 3),
        m: tuple[int, ...] = (1, 3, 5, 7, 9, 11, 14),
    ) -> None:
        """Take the operations by name; a grid has no use for `seed`. n in 1..14, m in 0..30. Raises SettingsError."""
        del seed
        for name, values, low, high in (("n", n, 1, 14), ("m", m, 0, 30)):
            if not values or len(set(values)) < len(values) or not all(low <= value <= high for value in values):
                raise SettingsError(
                    f"the grid's {name} takes distinct whole numbers in {low}..{high}, not {list(values)}"
                )
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
