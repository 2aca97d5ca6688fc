"""Noise: Gaussian, shot and impulse."""

from __future__ import annotations

import numpy as np

import augplug
from augplug import Canvas, Effect
from augplug_corruptions import severities
from augplug_corruptions.pixels import PAPER, Sample, fractions, stationary, with_values


@augplug.operation(source=PAPER)
class CorruptionGaussianNoise(augplug.Operation):
    """Add Gaussian noise to every value, as a sensor does in low light."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One noise."""
        return [augplug.Noise(key=self.key, std=255 * severities.GAUSSIAN_NOISE[self.severity - 1])]


@augplug.operation(source=PAPER)
class CorruptionShotNoise(augplug.Operation):
    """Count photons: every value becomes a Poisson number whose mean it was."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(shot_noise, self.key, severities.SHOT_NOISE[self.severity - 1])]


def shot_noise(sample: Sample, key: int, photons: float) -> Sample:
    """Draw every value anew: a Poisson number of mean value * photons, over photons."""
    counts = augplug.generator(key).poisson(fractions(sample["image"]) * photons)
    return with_values(sample, counts / photons)


@augplug.operation(source=PAPER)
class CorruptionImpulseNoise(augplug.Operation):
    """Replace some values by black or white, each as often: salt and pepper in colour, as bit errors make it."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(impulse_noise, self.key, severities.IMPULSE_NOISE[self.severity - 1])]


def impulse_noise(sample: Sample, key: int, share: float) -> Sample:
    """Replace `share` of the values; the others keep their bits."""
    image: augplug.Image = sample["image"]
    chance = augplug.generator(key).random(image.shape)
    white = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
    noisy = np.where(chance < share / 2, white, np.where(chance < share, 0, image))
    return {**sample, "image": noisy.astype(image.dtype)}
