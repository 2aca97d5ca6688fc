"""Searches of benchmarks/worth.py in which there is nothing to find, or in which what there is to find is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import augplug
from augplug import api
from augplug._search.base import Result
from augplug._search.strengths import Strengths
from augplug.data.sets import Labelled
from augplug.data.split import TEST
from benchmarks.worths.searches import Row, search

PLANTED: dict[str, Any] = {"degrees": (-20, 20), "scale": (0.8, 1.2)}
"""How the images that are validated and tested on are turned and zoomed."""


class Misled(Strengths):
    """Gets the rewards of each batch in another order."""

    def tell(self, results: Sequence[Result]) -> None:
        """Take rewards that belong to other proposals."""
        order = np.random.default_rng(results[0].number).permutation(len(results))
        super().tell([replace(one, reward=results[i].reward) for one, i in zip(results, order, strict=True)])


def permuted_rewards(data: Labelled, seed: int, train: int, trials: int) -> Row:
    """Search by rewards that say nothing of the proposals."""
    misled = {"misled": partial(Misled, api.operations())}
    return search(data, seed, train, "misled", trials=trials, algorithms=misled)


def planted(data: Labelled, seed: int, train: int, trials: int) -> Row:
    """Search where validation and test images are turned and zoomed, and those to train on are not."""
    rng = np.random.default_rng(seed)
    place = np.argsort(np.argsort(rng.random(len(data)))) / len(data)
    parts = np.digitize(place, [1 - 2 * TEST, 1 - TEST]).astype(np.int64)
    augment = augplug.Augmenter(augplug.step("Affine", **PLANTED), seed=seed)
    moved = np.flatnonzero(parts > 0)
    x = data.x.copy()
    x[moved] = augment.batch(data.x[moved], indices=moved.tolist(), epoch=0)
    return search(Labelled(x, data.y, data.classes, parts), seed, train, trials=trials)
