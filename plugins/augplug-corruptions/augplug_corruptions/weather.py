"""Weather and light: snow, fog and brightness."""

from __future__ import annotations

import numpy as np

import augplug
from augplug import Canvas, Effect, Values
from augplug_corruptions import severities
from augplug_corruptions.pixels import (
    PAPER,
    Sample,
    fractions,
    require_color,
    stationary,
    trail,
    with_values,
    zoomed,
)

GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey (ITU-R BT.601)."""


@augplug.operation(source=PAPER)
class CorruptionSnow(augplug.Operation):
    """Whiten the scene and let flakes fall on it."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    degrees: float = augplug.parameter(low=-360, high=360, unit="degrees", draw=augplug.Uniform(-135.0, -45.0))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels. Raises ImageError unless the image is grey or RGB."""
        require_color("CorruptionSnow", canvas)
        return [stationary(snow, self.key, self.severity, self.degrees)]


def snow(sample: Sample, key: int, severity: int, degrees: float) -> Sample:
    """Blend the scene with its whitened self, then add the flakes, and the same flakes turned by half a turn."""
    mean, deviation, zoom, least, radius, sigma, kept = severities.SNOW[severity - 1]
    values = fractions(sample["image"])
    noise = augplug.generator(key).normal(mean, deviation, (*values.shape[:2], 1))
    large = zoomed(noise, zoom)
    flakes = trail(np.where(large < least, 0.0, np.clip(large, 0.0, 1.0)), radius, sigma, degrees)
    grey = values @ np.array(GREY if values.shape[2] == 3 else (1.0,))
    white = np.maximum(values, 1.5 * grey[..., None] + 0.5)
    return with_values(sample, kept * values + (1 - kept) * white + flakes + np.rot90(flakes, 2))


@augplug.operation(source=PAPER)
class CorruptionFog(augplug.Operation):
    """Lay fog over the image: a cloud by the diamond-square algorithm."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(fog, self.key, *severities.FOG[self.severity - 1])]


def fog(sample: Sample, key: int, weight: float, decay: float) -> Sample:
    """Add `weight` times a cloud, and scale so that the brightest value stays what it was."""
    values = fractions(sample["image"])
    height, width = values.shape[:2]
    thickness = cloud(max(height, width), decay, key)[:height, :width, None]
    brightest = values.max()
    return with_values(sample, (values + weight * thickness) * brightest / (brightest + weight))


def cloud(side: int, decay: float, key: int) -> Values:
    """Return heights 0..1, `(S, S)` with S the power of two from `side` on, by the diamond-square algorithm.

    The plane is a torus. Every round doubles the points of each axis: first the middles of the squares, then those of
    their edges, each the mean of its four neighbours and a random step, which is smaller by `decay`**2 every round.
    """
    chance = augplug.generator(key)
    heights = np.zeros((1, 1))
    step = 1.0
    while len(heights) < side:
        count = len(heights)
        right, below = np.roll(heights, -1, axis=1), np.roll(heights, -1, axis=0)
        steps = chance.uniform(-step, step, (3, count, count))
        middles = (heights + right + below + np.roll(right, -1, axis=0)) / 4 + steps[0]
        grown = np.empty((2 * count, 2 * count))
        grown[::2, ::2] = heights
        grown[1::2, 1::2] = middles
        grown[::2, 1::2] = (heights + right + middles + np.roll(middles, 1, axis=0)) / 4 + steps[1]
        grown[1::2, ::2] = (heights + below + middles + np.roll(middles, 1, axis=1)) / 4 + steps[2]
        heights = grown
        step /= decay**2
    raised = heights - heights.min()
    return np.asarray(raised / (raised.max() or 1.0))


@augplug.operation(source=PAPER)
class CorruptionBrightness(augplug.Operation):
    """Add to the value of HSV: hue and saturation stay."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels. Raises ImageError unless the image is grey or RGB."""
        require_color("CorruptionBrightness", canvas)
        return [stationary(brighten, 0, severities.BRIGHTNESS[self.severity - 1])]


def brighten(sample: Sample, _key: int, added: float) -> Sample:
    """Scale each pixel so that its largest channel, HSV's value, grows by `added`, up to white; black becomes grey."""
    values = fractions(sample["image"])
    old = values.max(axis=-1, keepdims=True)
    new = np.minimum(old + added, 1.0)
    black = old == 0
    return with_values(sample, np.where(black, new, values * new / np.where(black, 1.0, old)))
