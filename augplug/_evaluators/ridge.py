"""Closed-form kernel ridge regression on features of images: what every child model with fixed features ends in.

There are no iterations: a score is exact for its inputs, so all its noise is that of the augmentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._evaluators.pinning import one_thread
from augplug._evaluators.scoring import Margins, margins_of
from augplug._pipeline.augmenter import Augmenter
from augplug._policies.grammar import Policy
from augplug.data.sets import Labelled
from augplug.errors import SettingsError
from augplug.types import Image

Features: TypeAlias = Callable[[Image], npt.NDArray[np.float32]]
"""Features `(N, F)` of uint8 images `(N, H, W)` or `(N, H, W, 3)`."""
LARGEST = 20_000
"""Training rows at most: their kernel matrix has this many squared numbers of 8 bytes."""


@dataclass(frozen=True)
class FittedRidge:
    """A trained kernel machine: `rows` `(R, F)` are the features that it was trained on, `weights` `(R, classes)`.

    The scores of features `f` are the sums of weights times `exp(-width |f - row|^2)`.
    """

    rows: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    width: float

    def scores(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return a score for each class, `(N, classes)`, of features `(N, F)`; the largest is the class."""
        return np.asarray(_kernel(features, self.rows, self.width) @ self.weights)


class FeatureRidge:
    """A kernel machine trained on the features of the training images and of augmented copies of them.

    Copy c of image i is what an Augmenter makes of it at index i, epoch c. The kernel is Gaussian; `gamma` is its
    exponent at the mean distance between training images, `ridge` what is added to its diagonal. `owner` is the
    evaluator that errors name. `originals` makes the features of images as they are, if not `features`.
    """

    def __init__(
        self,
        owner: str,
        train: Labelled,
        valid: Labelled,
        features: Features,
        *,
        copies: int,
        ridge: float,
        gamma: float,
        originals: Features | None = None,
    ) -> None:
        """Make the features of the images as they are."""
        self._owner, self._train, self._y = owner, train, valid.y
        self._features, self._copies, self._ridge = features, copies, ridge
        with one_thread():
            make = originals or features
            self._train_rows = make(train.x).astype(np.float64)
            self._valid_rows = make(valid.x).astype(np.float64)
        # From the originals alone: a width that moved with the copies would reward policies for moving it.
        self._width = gamma / max(2 * float(self._train_rows.var(axis=0).sum()), 1e-12)

    def margins(self, policy: Policy, *, seed: int, budget: float | None = None) -> Margins:
        """Return the margins of the validation images under a policy, `(N,)`.

        `budget` in (0, 1] takes that part of the copies, at least one. Raises SettingsError when the training images
        and their copies are more than 20,000.
        """
        with self._prepared(policy, seed, budget) as (augmenter, copies):
            return margins_of(self._fitted(augmenter, copies).scores(self._valid_rows), self._y)

    def fit(self, policy: Policy, *, seed: int, budget: float | None = None) -> FittedRidge:
        """Return the machine that is trained under a policy; see `margins` for `budget` and what it raises."""
        with self._prepared(policy, seed, budget) as (augmenter, copies):
            return self._fitted(augmenter, copies)

    @contextmanager
    def _prepared(self, policy: Policy, seed: int, budget: float | None) -> Iterator[tuple[Augmenter, int]]:
        """Give what makes the copies, and their number, on one thread. Raises SettingsError."""
        copies = self._copies
        if budget is not None:
            if not 0 < budget <= 1:
                raise SettingsError(f"a budget is a part of the full training in (0, 1], not {budget!r}")
            copies = max(1, round(budget * copies))
        if len(self._train) * (1 + copies) > LARGEST:
            raise SettingsError(
                f"{self._owner} trains on {LARGEST:,} images at most, copies included, not {len(self._train)} x (1 + "
                f"{copies}); give fewer with --set train=... or --set copies=..."
            )
        # Both load libraries, before the threads are pinned: a library loaded later would not be.
        import scipy.linalg  # noqa: F401  # as said

        augmenter = Augmenter(policy, seed=seed)
        with one_thread():
            yield augmenter, copies

    def _fitted(self, augmenter: Augmenter, copies: int) -> FittedRidge:
        from scipy.linalg import cho_factor, cho_solve  # scipy is slow to import

        x = self._train.x
        made = (augmenter.batch(x, indices=range(len(x)), epoch=copy) for copy in range(copies))
        rows = np.concatenate([self._train_rows, *(self._features(images) for images in made)])
        kernel = _kernel(rows, rows, self._width)
        kernel.flat[:: len(rows) + 1] += self._ridge
        targets = np.eye(len(self._train.classes))[np.tile(self._train.y, 1 + copies)]
        factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        return FittedRidge(rows, cho_solve(factor, targets, check_finite=False), self._width)


def _kernel(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """`(L, R)`: exp(-width distance^2) between rows."""
    exponents = left @ right.T
    exponents *= 2 * width
    exponents -= width * np.square(left).sum(axis=1)[:, None]
    exponents -= width * np.square(right).sum(axis=1)
    # Rounding can leave a tiny positive exponent where two rows are equal.
    np.minimum(exponents, 0, out=exponents)
    return np.asarray(np.exp(exponents, out=exponents))
