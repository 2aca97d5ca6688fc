"""Where policies are compared: the images of a study's two halves, their cells, and the tasks in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from augplug._policies.grammar import Policy
from augplug._search.bench import Cell, StageData, Task
from augplug._search.settings import StudySettings
from augplug.data.sets import Labelled
from augplug.data.split import Indices, Split

SHARED = 2
"""Batches that share a cell: the reference policy is evaluated once for both."""


class Ground:
    """The cells of a study. Those of the search have no test image, and those of the test none that is chosen by."""

    def __init__(self, settings: StudySettings, data: Labelled, places: Split) -> None:
        """Take the images and their split."""
        self._settings = settings
        rows = places.development
        self._search = StageData("search", data.take(rows), _within(rows, places.subsets, places.valid))
        seen = np.unique(np.concatenate([places.test, *places.others]))
        tested = (places.test,) * len(places.others)
        self._test = StageData("test", data.take(seen), _within(seen, places.others, tested))
        self.test_labels: list[int] = data.y[places.test].tolist()

    def trial_cells(self, batch: int) -> tuple[Cell, ...]:
        """Return the cells of a batch of proposals."""
        first = batch // SHARED * self._settings.seeds
        return tuple(self._cell("trial", number) for number in range(first, first + self._settings.seeds))

    def race_cells(self, end: int) -> tuple[Cell, ...]:
        """Return the first cells of the race."""
        return tuple(self._cell("race", number) for number in range(end))

    def test_cell(self, number: int) -> Cell:
        """Return a cell of the comparison on the test images."""
        return Cell(f"test-{number}", self._test, number)

    def task(self, stage: str, number: int, label: str, policy: Policy, cells: tuple[Cell, ...]) -> Task:
        """Return a task at a trial's part of the full training."""
        return Task(stage, number, label, policy, cells, budget=self._settings.trial_budget)

    def _cell(self, name: str, number: int) -> Cell:
        return Cell(f"{name}-{number}", self._search, number % len(self._search.subsets))


def _within(rows: Indices, train: Sequence[Indices], valid: Sequence[Indices]) -> tuple[tuple[Indices, Indices], ...]:
    """The places of images within `rows`, which are sorted."""
    return tuple(
        (np.searchsorted(rows, one), np.searchsorted(rows, other)) for one, other in zip(train, valid, strict=True)
    )
