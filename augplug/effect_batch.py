"""One effect with other numbers for each of many images: what an operation may describe at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug.effects import AdaptiveTone, ColorMix, Effect, Filter, Noise, Paint, Region, Tone, Warp


@dataclass(frozen=True, eq=False)
class EffectBatch:
    """One effect with other numbers on each of N rows: what `Operation.describe_batch` returns.

    `effect` is the template; on a row its numbers are those of `numbers` (float64), which are, by the template's kind:

    - Tone, AdaptiveTone: the arguments `(N, k)`;
    - ColorMix: `matrix` `(N, C, C)`, or `gray_blend` `(N,)`;
    - Warp: the matrix `transform` `(N, 3, 3)`;
    - Filter: `factor` and the kernel's arguments `(N, 1 + k)`;
    - Noise: `key` and `std` `(N, 2)`;
    - Paint of one region: its top, left, bottom and right, and the key, which is ignored if the template's is None,
      `(N, 5)`.

    Rows that are `ordinary` `(N,)` have no such form (a factor of 1 is no effect at all) and are described one by one.
    `function`, of tones only, computes all rows at once: values `(256,)`, a column `(N, 1)` for each argument, and
    before these one of the means for `gray_mean`, give `(N, 256)`: to the last bit what the tone's own function gives
    row by row.
    """

    effect: Effect
    numbers: npt.NDArray[np.float64]
    ordinary: npt.NDArray[np.bool_]
    function: Callable[..., Any] | None = None

    def at(self, row: int) -> Effect:
        """Return the effect of one row: the one that `describe` returns for its fields."""
        return _AT[type(self.effect)](self.effect, self.numbers[row].tolist())


def _color_mix(effect: ColorMix, numbers: Any) -> ColorMix:
    return ColorMix(gray_blend=numbers) if effect.matrix is None else ColorMix(matrix=tuple(map(tuple, numbers)))


def _warp(effect: Warp, numbers: Any) -> Warp:
    (a, b, c), (d, e, f), (g, h, i) = numbers
    return replace(effect, transform=((a, b, c), (d, e, f), (g, h, i)))


def _paint(effect: Paint, numbers: Any) -> Paint:
    *region, key = map(int, numbers)
    return replace(effect, regions=(Region(*region),), key=None if effect.key is None else key)


_AT: Mapping[type, Callable[[Any, Any], Effect]] = {
    Tone: lambda effect, numbers: Tone(effect.function, *numbers),
    AdaptiveTone: lambda effect, numbers: AdaptiveTone(effect.statistic, effect.function, *numbers),
    ColorMix: _color_mix,
    Warp: _warp,
    Filter: lambda effect, numbers: replace(effect, factor=numbers[0], arguments=tuple(numbers[1:])),
    Noise: lambda _, numbers: Noise(key=int(numbers[0]), std=numbers[1]),
    Paint: _paint,
}


def columns(*fields: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return fields, each a number or `(N,)` and at least one of them the latter, as `(N, k)`."""
    return np.stack(np.broadcast_arrays(*fields), axis=1).astype(np.float64, copy=False)
