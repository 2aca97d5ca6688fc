"""The evaluator: features of a frozen network, and kernel ridge regression on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug
from augplug_onnx_features.network import network
from augplug_onnx_features.settings import OnnxSettings


class OnnxFeatures(augplug.Evaluator):
    """Margins on the validation images of a ridge on the features of a frozen network that the user brings.

    It says what augmentation does for a network that is kept as it is, or fine-tuned: its weights have seen other
    images, and only the ridge sees the augmented copies. The same seed gives the same margins to the bit on a machine.
    """

    Settings = OnnxSettings

    def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, **settings: Any) -> None:
        """Take uint8 images, grey or RGB, and settings. Raises SettingsError."""
        augplug.check_known("onnx-features", settings, OnnxSettings)
        self.settings = OnnxSettings(**settings)
        self._net = network(self.settings)
        self._centre, self._spread = np.float32(0), np.float32(1)
        if self.settings.features == "standard":
            rows = self._net.kept_features(train.x)
            self._centre, self._spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), np.float32(1e-6))
        self._ridge = augplug.FeatureRidge(
            "onnx-features",
            train,
            valid,
            lambda images: self._scaled(self._net.features(images)),
            originals=lambda images: self._scaled(self._net.kept_features(images)),
            copies=self.settings.copies,
            ridge=self.settings.ridge,
            gamma=self.settings.gamma,
        )

    def evaluate(
        self,
        policy: augplug.Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> float:
        """Return the smoothed accuracy on the validation images: the mean sigmoid of 10 times the margins."""
        return augplug.smoothed(self.margins(policy, seed=seed, budget=budget, progress=progress))

    def margins(
        self,
        policy: augplug.Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return the margins of the validation images, `(N,)`; there is no `progress`, because the fit is one step."""
        del progress
        return self._ridge.margins(policy, seed=seed, budget=budget)

    def _scaled(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if self.settings.features == "standard":
            return np.asarray((rows - self._centre) / self._spread)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12)))
