"""Operations on neighbourhoods, and noise."""

from __future__ import annotations

from augplug.distributions import Key, Uniform
from augplug.effects import Effect, Filter, Noise
from augplug.ops.base import Operation, operation, parameter
from augplug.ops.tone import AUTOAUGMENT
from augplug.types import Canvas


@operation(source=AUTOAUGMENT)
class Sharpness(Operation):
    """Move every pixel away from its smoothed neighbourhood: 0 is smooth, 1 the image, above 1 sharper."""

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter that keeps the border."""
        return [] if self.factor == 1 else [Filter(kernel="smooth3", border="keep", factor=self.factor)]


_NO_BLUR = 0.1


@operation(source="convolution with a Gaussian, cut off at 4 standard deviations as in scipy.ndimage")
class GaussianBlur(Operation):
    """Blur with a Gaussian of standard deviation `sigma`; the image is mirrored at its border."""

    sigma: float = parameter(low=0, high=256, unit="pixels")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter; none below a tenth of a pixel, where all weight but 1e-21 is the middle's."""
        return [] if self.sigma < _NO_BLUR else [Filter(kernel="gaussian", arguments=(self.sigma,))]


@operation(source="convolution with a line of equal weights: a camera that moves while it looks")
class MotionBlur(Operation):
    """Blur along a line of `length` pixels at `degrees` (counter-clockwise from the right)."""

    length: float = parameter(low=1, high=255, unit="pixels")
    degrees: float = parameter(low=-360, high=360, unit="degrees", draw=Uniform(0.0, 180.0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter; none at a length of 1."""
        return [] if self.length == 1 else [Filter(kernel="line", arguments=(self.length, self.degrees))]


@operation(source="unsharp masking: image + strength (image - blurred)")
class Sharpen(Operation):
    """Move every pixel away from its Gaussian neighbourhood of `sigma` by `strength`."""

    strength: float = parameter(low=0, high=10, unit="times")
    sigma: float = parameter(low=0.1, high=256, unit="pixels", default=1.0)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter; none at strength 0."""
        sharper = Filter(kernel="gaussian", arguments=(self.sigma,), factor=1.0 + self.strength)
        return [] if self.strength == 0 else [sharper]


@operation(source="additive white Gaussian noise")
class GaussianNoise(Operation):
    """Add noise of standard deviation `deviation` to every value; its numbers come from `key` alone."""

    deviation: float = parameter(low=0, high=255, unit="8-bit values")
    key: int = parameter(low=0, high=2**53 - 1, unit="key", draw=Key())

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One noise; none at 0."""
        return [] if self.deviation == 0 else [Noise(key=self.key, deviation=self.deviation)]
