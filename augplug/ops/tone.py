"""Operations on every value by itself, and those that first look at the histogram. Formulas: Pillow 13, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from augplug.distributions import Normal
from augplug.effect_batch import EffectBatch, columns
from augplug.effects import AUTOCONTRAST, EQUALIZE, AdaptiveTone, Effect, Tone, contrast
from augplug.ops.base import Operation, operation
from augplug.ops.parameters import parameter
from augplug.tones import adjust_contrast_rows, affine, blend, blend_rows, posterize, smooth, solarize, solarize_add
from augplug.types import Canvas, Values

AUTOAUGMENT = "AutoAugment, arXiv 1805.09501, table 6; formula of Pillow 13"


@affine
def invert(values: Values) -> Values:
    """Return 255 - v."""
    return 255.0 - values


def _tones(
    effect: Tone | AdaptiveTone, *arguments: Any, function: Callable[..., Any] | None = None, ordinary: Any = False
) -> EffectBatch:
    """Return tones with arguments of which at least one is an array `(N,)`."""
    numbers = columns(*arguments)
    return EffectBatch(effect, numbers, np.broadcast_to(ordinary, len(numbers)), function)


@operation(source="RandAugment, arXiv 1909.13719, figure 2")
class Identity(Operation):
    """Change nothing."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """No effect."""
        return []


@operation(source=AUTOAUGMENT)
class Invert(Operation):
    """Turn every value v into 255 - v (8-bit values)."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [Tone(invert)]


@operation(source=AUTOAUGMENT)
class AutoContrast(Operation):
    """Stretch each channel so that its darkest value becomes 0 and its lightest 255."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone from the extremes."""
        return [AUTOCONTRAST]


@operation(source=AUTOAUGMENT)
class Equalize(Operation):
    """Spread each channel's histogram evenly over all values."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone from the histogram."""
        return [EQUALIZE]


@operation(source=AUTOAUGMENT)
class Solarize(Operation):
    """Invert every value from `threshold` on: 256 changes nothing, 0 inverts everything."""

    threshold: float = parameter(low=0, high=256, unit="8-bit values", level=(256, 0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [Tone(solarize, self.threshold)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return _tones(Tone(solarize, 0.0), rows.threshold, function=solarize)


@operation(source="tensorflow/tpu, efficientnet autoaugment.py, solarize_add")
class SolarizeAdd(Operation):
    """Add `add` to every value below `threshold`, clipped to 0..255."""

    add: float = parameter(low=-255, high=255, unit="8-bit values", level=(0, 110))
    threshold: float = parameter(low=0, high=256, unit="8-bit values", default=128.0)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [Tone(solarize_add, self.add, self.threshold)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return _tones(Tone(solarize_add, 0.0, 0.0), rows.add, rows.threshold, function=solarize_add)


@operation(source=AUTOAUGMENT)
class Posterize(Operation):
    """Keep the `bits` highest bits of every 8-bit value."""

    bits: int = parameter(low=1, high=8, unit="bits", level=(8, 4))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone; none at 8 bits would be a lie for uint16 and floats, which it quantises."""
        return [Tone(posterize, self.bits)]


@operation(source=AUTOAUGMENT)
class Brightness(Operation):
    """Multiply every value by `factor`: 0 is black, 1 the image."""

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [] if self.factor == 1 else [Tone(blend, self.factor, 0.0)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return _tones(Tone(blend, 0.0, 0.0), rows.factor, 0.0, function=blend_rows, ordinary=rows.factor == 1)


@operation(source=AUTOAUGMENT)
class Contrast(Operation):
    """Move every value away from the image's mean grey: 0 is grey, 1 the image.

    An image that is not RGB has the mean of all its values.
    """

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone from the mean grey."""
        return [] if self.factor == 1 else [contrast(self.factor)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return _tones(contrast(0.0), rows.factor, function=adjust_contrast_rows, ordinary=rows.factor == 1)


def _power(fractions: Values, power: float) -> Values:
    return np.power(fractions, power, out=fractions)


@smooth(_power)
def gamma(values: Values, power: float) -> Values:
    """Return 255 (v / 255)**power; what lies below 0, as floats may by a little, is 0."""
    return 255.0 * np.maximum(values / 255.0, 0.0) ** power


def _cubic(fractions: Values, shadows: float, highlights: float) -> Values:
    """Return `tone_curve` of 0..1, as ((a t + b) t + c) t."""
    made = fractions * (3 * (shadows - highlights) + 1)
    made += 3 * (highlights - 2 * shadows)
    made *= fractions
    made += 3 * shadows
    made *= fractions
    return made


@smooth(_cubic)
def tone_curve(values: Values, shadows: float, highlights: float) -> Values:
    """Return the cubic Bezier curve through 0 and 255 with the two inner heights, at v / 255."""
    low, high, end = (
        _kept_parts(values.tobytes()) if values.shape == (256,) and values.dtype == np.float64 else _parts(values)
    )
    return 255.0 * (low * shadows + high * highlights + end)


def _parts(values: Values) -> tuple[Values, Values, Values]:
    """Return what the inner heights and the end are multiplied by, at v / 255."""
    t = values / 255.0
    u = 1 - t
    return 3 * u**2 * t, 3 * u * t**2, t**3


@lru_cache(maxsize=4)
def _kept_parts(values: bytes) -> tuple[Values, Values, Values]:
    # Every table of 8 bits is made of the same 256 values, and its parts take longer than the sum.
    return _parts(np.frombuffer(values))


@operation(source="the power law of displays; scikit-image's adjust_gamma")
class Gamma(Operation):
    """Raise every value, as a fraction of 255, to the power `gamma`: below 1 lighter, above 1 darker."""

    gamma: float = parameter(low=0.01, high=100, unit="exponent")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [] if self.gamma == 1 else [Tone(gamma, self.gamma)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        # numpy squares and takes roots in another way than powers, if the exponent is one number.
        return _tones(Tone(gamma, 0.0), rows.gamma, function=gamma, ordinary=np.isin(rows.gamma, (0.5, 1.0, 2.0)))


@operation(source="Albumentations' RandomToneCurve, after the Bezier curves of arXiv 1911.11483")
class ToneCurve(Operation):
    """Bend the values along a cubic curve with inner heights `shadows` and `highlights`; 1/3 and 2/3 is straight."""

    shadows: float = parameter(low=0, high=1, unit="fraction of 255", draw=Normal(1 / 3, 0.1, (0.0, 1.0)))
    highlights: float = parameter(low=0, high=1, unit="fraction of 255", draw=Normal(2 / 3, 0.1, (0.0, 1.0)))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [Tone(tone_curve, self.shadows, self.highlights)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return _tones(Tone(tone_curve, 0.0, 0.0), rows.shadows, rows.highlights, function=tone_curve)
