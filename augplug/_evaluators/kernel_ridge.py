"""The embedded child model: closed-form kernel ridge regression on oriented gradients.

It needs no GPU, no framework and no iterations: a score is exact for its inputs, so all its noise is that of the
augmentation. Hundredths of a second an evaluation buy a ranking of policies that carries over to test images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._evaluators.base import Evaluator
from augplug._evaluators.gradients import features
from augplug._evaluators.ridge import FeatureRidge
from augplug._evaluators.scoring import smoothed
from augplug._policies.grammar import Policy
from augplug.data.sets import Labelled
from augplug.ranges import check_known, check_ranges, setting


@dataclass(frozen=True)
class KernelRidgeSettings:
    """What `--set` takes for `kernel-ridge`."""

    copies: int = setting(10, low=1, high=1000, doc="Augmented copies of each training image, beside the original.")
    cells: int = setting(4, low=1, high=32, doc="Cells along a side of an image, of which the gradients are summed.")
    ridge: float = setting(0.01, low=1e-8, high=1e4, doc="What is added to the kernel's diagonal.")
    gamma: float = setting(
        0.1, low=1e-4, high=1e3, doc="The kernel's exponent at the mean distance between training images."
    )

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_ranges("kernel-ridge", self)


class KernelRidge(Evaluator):
    """Margins on the validation images of a kernel machine trained on the originals and augmented copies.

    Copy c of image i is what an Augmenter makes of it at index i, epoch c. The same seed gives the same reward to the
    bit on one machine; see `KernelRidgeSettings` for the settings.
    """

    Settings = KernelRidgeSettings

    def __init__(self, train: Labelled, valid: Labelled, **settings: Any) -> None:
        """Take uint8 images, grey or RGB, and settings. Raises SettingsError."""
        check_known("kernel-ridge", settings, KernelRidgeSettings)
        self.settings = KernelRidgeSettings(**settings)
        self._child = FeatureRidge(
            "kernel-ridge",
            train,
            valid,
            partial(features, cells=self.settings.cells),
            copies=self.settings.copies,
            ridge=self.settings.ridge,
            gamma=self.settings.gamma,
        )

    def evaluate(
        self,
        policy: Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> float:
        """Return the smoothed accuracy on the validation images (`smoothed` of `margins`)."""
        return smoothed(self.margins(policy, seed=seed, budget=budget, progress=progress))

    def margins(
        self,
        policy: Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return the margins of the validation images, `(N,)`: see `FeatureRidge.margins`.

        There is no `progress`: the fit is one step.
        """
        del progress
        return self._child.margins(policy, seed=seed, budget=budget)
