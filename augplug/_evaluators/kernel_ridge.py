"""The embedded child model: closed-form kernel ridge regression on oriented gradients.

It needs no GPU, no framework and no iterations: a score is exact for its inputs, so all its noise is that of the
augmentation. Hundredths of a second an evaluation buy a ranking of policies that carries over to test images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._evaluators.base import Evaluator
from augplug._evaluators.gradients import features
from augplug._evaluators.pinning import one_thread
from augplug._pipeline.augmenter import Augmenter
from augplug._policies.grammar import Policy
from augplug.data.sets import Labelled
from augplug.errors import SettingsError
from augplug.ranges import check_known, check_ranges

RANGES: dict[str, tuple[float, float]] = {
    "copies": (1, 1000),
    "cells": (1, 32),
    "ridge": (1e-8, 1e4),
    "gamma": (1e-4, 1e3),
}
LARGEST = 20_000
"""Training rows at most: their kernel matrix has this many squared numbers of 8 bytes."""


@dataclass(frozen=True)
class KernelRidgeSettings:
    """What `--set` takes for `kernel-ridge`.

    `copies` (1..1000): augmented copies of each training image beside the original. `cells` (1..32): cells along a
    side. `ridge` (1e-8..1e4): what is added to the kernel's diagonal. `gamma` (1e-4..1e3): the kernel's exponent at the
    mean distance between training images.
    """

    copies: int = 20
    cells: int = 4
    ridge: float = 0.01
    gamma: float = 0.1

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_ranges("kernel-ridge", self, RANGES)


class KernelRidge(Evaluator):
    """Accuracy on the validation images of a kernel machine trained on the originals and augmented copies.

    Copy c of image i is what an Augmenter makes of it at index i, epoch c. The same seed gives the same reward to the
    bit on one machine; see `KernelRidgeSettings` for the settings.
    """

    Settings = KernelRidgeSettings

    def __init__(self, train: Labelled, valid: Labelled, **settings: Any) -> None:
        """Take uint8 images, grey or RGB, and settings. Raises SettingsError."""
        check_known("kernel-ridge", settings, KernelRidgeSettings)
        self.settings = KernelRidgeSettings(**settings)
        self._train = train
        self._valid = valid
        with one_thread():
            self._train_rows = features(train.x, self.settings.cells).astype(np.float64)
            self._valid_rows = features(valid.x, self.settings.cells).astype(np.float64)
        # From the originals alone: a width that moved with the copies would reward policies for moving it.
        self._width = self.settings.gamma / max(2 * float(self._train_rows.var(axis=0).sum()), 1e-12)

    def evaluate(
        self,
        policy: Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> float:
        """Return the part of the validation images that are classified correctly.

        `budget` in (0, 1] takes that part of the copies, at least one. There is no `progress`: the fit is one step.
        Raises SettingsError when the training images and their copies are more than 20,000.
        """
        del progress
        copies = self.settings.copies
        if budget is not None:
            if not 0 < budget <= 1:
                raise SettingsError(f"a budget is a part of the full training in (0, 1], not {budget!r}")
            copies = max(1, round(budget * copies))
        if len(self._train) * (1 + copies) > LARGEST:
            raise SettingsError(
                f"kernel-ridge trains on {LARGEST:,} images at most, copies included, not {len(self._train)} x (1 + "
                f"{copies}); "
                "give fewer with --set train=... or --set copies=..."
            )
        # Both load libraries, before the threads are pinned: a library loaded later would not be.
        import scipy.linalg  # noqa: F401  # as said

        augmenter = Augmenter(policy, seed=seed)
        with one_thread():
            guesses = self._guesses(augmenter, copies)
        return float(np.mean(guesses == self._valid.y))

    def _guesses(self, augmenter: Augmenter, copies: int) -> npt.NDArray[np.int64]:
        """The class numbers of the validation images, `(N,)`."""
        from scipy.linalg import cho_factor, cho_solve  # scipy is slow to import

        x, cells = self._train.x, self.settings.cells
        indices = range(len(x))
        made = (augmenter.batch(x, indices=indices, epoch=copy) for copy in range(copies))
        rows = np.concatenate([self._train_rows, *(features(images, cells) for images in made)])
        kernel = _kernel(rows, rows, self._width)
        kernel.flat[:: len(rows) + 1] += self.settings.ridge
        targets = np.eye(len(self._train.classes))[np.tile(self._train.y, 1 + copies)]
        factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, targets, check_finite=False)
        scores = _kernel(self._valid_rows, rows, self._width) @ weights
        return np.asarray(scores.argmax(axis=1))


def _kernel(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """`(L, R)`: exp(-width distance^2) between rows."""
    exponents = left @ right.T
    exponents *= 2 * width
    exponents -= width * np.square(left).sum(axis=1)[:, None]
    exponents -= width * np.square(right).sum(axis=1)
    # Rounding can leave a tiny positive exponent where two rows are equal.
    np.minimum(exponents, 0, out=exponents)
    return np.asarray(np.exp(exponents, out=exponents))
