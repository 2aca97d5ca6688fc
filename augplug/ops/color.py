"""Operations that mix the channels of a pixel."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from augplug import coords, coords_stack
from augplug.distributions import Key
from augplug.effect_batch import EffectBatch
from augplug.effects import ColorMix, Effect
from augplug.ops.base import Operation, operation
from augplug.ops.parameters import parameter
from augplug.ops.tone import AUTOAUGMENT
from augplug.rng import beginnings, key_of
from augplug.types import Canvas

GREY_OR_RGB = (1, 3)
"""The numbers of channels on which grey is defined."""


@operation(source=AUTOAUGMENT, channels=GREY_OR_RGB)
class Color(Operation):
    """Move every pixel away from its grey: 0 is a grey image, 1 the image, above 1 stronger colour."""

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One blend with grey; nothing on grey images."""
        self.about.check_channels(canvas.channels)
        return [] if self.factor == 1 or canvas.channels == 1 else [ColorMix(gray_blend=self.factor)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        cls.about.check_channels(canvas.channels)
        return _gray_blends(rows.factor, canvas)


@operation(
    source="as Color, under the name that colour jitters use; grey by the weights of ITU-R BT.601",
    channels=GREY_OR_RGB,
)
class Saturation(Operation):
    """Multiply the distance of every pixel from its grey by `factor`: 0 is a grey image, 1 the image."""

    factor: float = parameter(low=0, high=10, unit="times")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One blend with grey; nothing on grey images."""
        self.about.check_channels(canvas.channels)
        return [] if self.factor == 1 or canvas.channels == 1 else [ColorMix(gray_blend=self.factor)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        cls.about.check_channels(canvas.channels)
        return _gray_blends(rows.factor, canvas)


def _gray_blends(factors: Any, canvas: Canvas) -> EffectBatch | None:
    """Return blends with grey by factors `(N,)`; None on grey images."""
    return None if canvas.channels == 1 else EffectBatch(ColorMix(gray_blend=0.0), factors, factors == 1)


@operation(source="grey by the weights of ITU-R BT.601, as Pillow's L", channels=GREY_OR_RGB)
class Grayscale(Operation):
    """Make the image grey; it keeps its channels."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One blend with grey; nothing on grey images."""
        self.about.check_channels(canvas.channels)
        return [] if canvas.channels == 1 else [ColorMix(gray_blend=0.0)]


_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
"""From RGB to luma and two axes of colour; NTSC 1953, rounded as usually printed."""
_RGB = coords.inverse(_YIQ)


@operation(
    source="rotation of the chroma plane of YIQ (NTSC): one linear map, where a turn in HSV is none",
    channels=GREY_OR_RGB,
)
class HueShift(Operation):
    """Turn every pixel's hue by `degrees`; luma stays."""

    degrees: float = parameter(low=-360, high=360, unit="degrees")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One matrix; nothing on grey images."""
        self.about.check_channels(canvas.channels)
        if canvas.channels == 1 or self.degrees % 360 == 0:
            return []
        cos, sin = math.cos(math.radians(self.degrees)), math.sin(math.radians(self.degrees))
        turn = ((1.0, 0.0, 0.0), (0.0, cos, -sin), (0.0, sin, cos))
        return [ColorMix(matrix=coords.multiply(coords.multiply(coords.to_matrix(_RGB), turn), _YIQ))]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        cls.about.check_channels(canvas.channels)
        if canvas.channels == 1:
            return None
        angles = np.radians(rows.degrees).tolist()
        turns = np.zeros((len(angles), 3, 3))
        turns[:, 0, 0] = 1.0
        turns[:, 1, 1] = turns[:, 2, 2] = [math.cos(angle) for angle in angles]
        turns[:, 2, 1] = [math.sin(angle) for angle in angles]
        turns[:, 1, 2] = -turns[:, 2, 1]
        matrices = coords_stack.products(coords_stack.products(_RGB, turns), np.array(_YIQ))
        return EffectBatch(ColorMix(matrix=((0.0,) * 3,) * 3), matrices, rows.degrees % 360 == 0)


@operation(source="a permutation of the channels; no number in it", channels=range(1, 65))
class ChannelShuffle(Operation):
    """Put the channels into another order, which `key` says."""

    key: int = parameter(low=0, high=2**53 - 1, unit="key", draw=Key())

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One matrix of zeros and ones; nothing where the order stays."""
        self.about.check_channels(canvas.channels)
        stream = _begin(key_of(self.key, 0, 0), -(-canvas.channels // 8))
        words = [stream.word() for _ in range(canvas.channels)]
        return list(_in_order(*sorted(range(canvas.channels), key=words.__getitem__)))


_begin = beginnings(b"augplug.ChannelShuffle")


@lru_cache(maxsize=256)
def _in_order(*order: int) -> tuple[Effect, ...]:
    """Return the matrix that moves the channels into an order; nothing where it stays."""
    rows = tuple(tuple(float(column == source) for column in range(len(order))) for source in order)
    return () if list(order) == sorted(order) else (ColorMix(matrix=rows),)
