"""Operations on neighbourhoods, and noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from augplug.distributions import Uniform
from augplug.effect_batch import EffectBatch, columns
from augplug.effects import Effect, Filter, Noise
from augplug.ops import parameters
from augplug.ops.base import Operation, operation
from augplug.ops.former import FormerField
from augplug.ops.parameters import parameter
from augplug.ops.tone import AUTOAUGMENT
from augplug.types import Canvas


@operation(source=AUTOAUGMENT)
class Sharpness(Operation):
    """Move every pixel away from its smoothed neighbourhood: 0 is smooth, 1 the image, above 1 sharper."""

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter that keeps the border."""
        return [] if self.factor == 1 else [Filter(kernel="smooth3", border="keep", factor=self.factor)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return EffectBatch(Filter(kernel="smooth3", border="keep"), columns(rows.factor), rows.factor == 1)


_NO_BLUR = 0.1


@operation(source="convolution with a Gaussian, cut off at 4 standard deviations as in scipy.ndimage")
class GaussianBlur(Operation):
    """Blur with a Gaussian of standard deviation `sigma`; the image is mirrored at its border."""

    sigma: float = parameter(low=0, high=256, unit="pixels")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter; none below a tenth of a pixel, where all weight but 1e-21 is the middle's."""
        return [] if self.sigma < _NO_BLUR else [Filter(kernel="gaussian", arguments=(self.sigma,))]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return EffectBatch(Filter(kernel="gaussian"), columns(0.0, rows.sigma), rows.sigma < _NO_BLUR)


@operation(source="convolution with a line of equal weights: a camera that moves while it looks")
class MotionBlur(Operation):
    """Blur along a line of `length` pixels at `degrees` (counter-clockwise from the right)."""

    length: float = parameter(low=1, high=255, unit="pixels")
    degrees: float = parameter(low=-360, high=360, unit="degrees", draw=Uniform(0.0, 180.0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter; none at a length of 1."""
        return [] if self.length == 1 else [Filter(kernel="line", arguments=(self.length, self.degrees))]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        numbers = columns(0.0, rows.length, rows.degrees)
        return EffectBatch(Filter(kernel="line"), numbers, np.broadcast_to(rows.length == 1, len(numbers)))


@operation(source="unsharp masking: image + strength (image - blurred)")
class Sharpen(Operation):
    """Move every pixel away from its Gaussian neighbourhood of `sigma` by `strength`."""

    strength: float = parameter(low=0, high=10, unit="times")
    sigma: float = parameter(low=0.1, high=256, unit="pixels", default=1.0)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter; none at strength 0."""
        sharper = Filter(kernel="gaussian", arguments=(self.sigma,), factor=1.0 + self.strength)
        return [] if self.strength == 0 else [sharper]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        numbers = columns(1.0 + rows.strength, rows.sigma)
        return EffectBatch(Filter(kernel="gaussian"), numbers, np.broadcast_to(rows.strength == 0, len(numbers)))


@operation(source="additive white Gaussian noise", version=2, upgrades={1: {"std": FormerField(name="deviation")}})
class GaussianNoise(Operation):
    """Add noise of standard deviation `std` to every value; its numbers come from `key` alone."""

    std: float = parameter(low=0, high=255, unit="8-bit values")
    key: int = parameters.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One noise; none at 0."""
        return [] if self.std == 0 else [Noise(key=self.key, std=self.std)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        numbers = columns(rows.key, rows.std)
        return EffectBatch(Noise(key=0, std=0.0), numbers, np.broadcast_to(rows.std == 0, len(numbers)))
