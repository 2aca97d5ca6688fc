"""Tones of float images: in float32 where that stays within 1e-6 of the reference, in pieces that stay in the cache.

A function that is affine (`augplug.tones.is_affine`) is one sum; one without a jump (`fractions_of`) computes in
float32; one with a threshold compares as the reference does, with the float32 values on either side of it. Any other is
computed in float64, with the reference's bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.opencv_lookup import extremes, joined, planes
from augplug._backends.scratch import scratch
from augplug._backends.tables import GREY, to_units, tone_result
from augplug.effects import AdaptiveTone, Tone
from augplug.tones import fractions_of, is_affine, posterize, solarize, solarize_add
from augplug.types import Histograms, Image, Values

_PIECE = 1 << 14
"""Values that are computed in float64 at once."""
_LONG_PIECE = 1 << 16
"""Values that are computed in float32 at once."""
_STEEPEST = 4.0
"""Slopes up to this are computed in float32: the result is off by less than 1e-6."""
_ENDS = np.array([0.0, 255.0])
_PROBES = np.linspace(0, 1, 1021, dtype=np.float32)


def single(effect: Tone, dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel of one tone on floats."""
    if dtype == np.float32:
        with_threshold, fractions = _WITH_THRESHOLD.get(effect.function), fractions_of(effect.function)
        if with_threshold is not None:
            return partial(_rendered, render=with_threshold(*effect.arguments))
        if fractions is not None and _fits_float32(effect, fractions):
            return partial(_rendered, render=partial(_of_fractions, function=fractions, arguments=effect.arguments))

    return _by_value(partial(tone_result, effect), dtype, affine=is_affine(effect.function))


def _by_value(function: Callable[[Values], Values], dtype: np.dtype[Any], *, affine: bool) -> ImageFunction:
    """Return the kernel of a function of values in 8-bit units."""
    if affine and dtype == np.float32:
        low, high = function(_ENDS).tolist()
        slope = (high - low) / 255
        if abs(slope) <= _STEEPEST:
            return partial(_sum, slope=slope, start=low / 255)
    return partial(_in_pieces, function=function)


def _sum(image: Image, slope: float, start: float) -> Image:
    rows = image.reshape(len(image), -1)
    made = cv2.addWeighted(rows, slope, rows, 0, start)
    return np.clip(made, 0, 1, out=made).reshape(image.shape)


def _in_pieces(image: Image, function: Callable[[Values], Values], out: Image | None = None) -> Image:
    made = np.empty_like(image) if out is None else out
    values, goal = image.reshape(-1), made.reshape(-1)
    for start in range(0, values.size, _PIECE):
        piece = function(to_units(values[start : start + _PIECE], image.dtype))
        # As `from_units`, with one pass less than two comparisons take.
        goal[start : start + _PIECE] = np.clip(piece, 0.0, 255.0) / 255.0
    return made


def _rendered(image: Image, render: Callable[[Image, Image], object]) -> Image:
    """Return a float32 image after a function of a piece `(1, N)`, and of where its result goes."""
    made = np.empty_like(image)
    values, goal = image.reshape(1, -1), made.reshape(1, -1)
    for start in range(0, values.size, _LONG_PIECE):
        render(values[:, start : start + _LONG_PIECE], goal[:, start : start + _LONG_PIECE])
    return made


def _of_fractions(values: Image, goal: Image, function: Callable[..., Values], arguments: tuple[Any, ...]) -> None:
    # One bound before and one behind: what is not below 0 does not get there. numpy's take four times as long.
    cv2.threshold(values, 0, 0, cv2.THRESH_TOZERO, goal)
    cv2.threshold(function(goal, *arguments), 1, 1, cv2.THRESH_TRUNC, goal)


def _fits_float32(effect: Tone, fractions: Callable[..., Values]) -> bool:
    """Return True if a function of 0..1 gives the same in float32, to half of the promise of 1e-6."""
    exact = effect.function(_PROBES.astype(np.float64) * 255, *effect.arguments) / 255
    return bool(np.abs(fractions(_PROBES.copy(), *effect.arguments) - exact).max() <= 5e-7)


def _last_below(units: float) -> float:
    """Return the largest float32 that is below a threshold in 8-bit units: whose exact product with 255 is."""
    value = np.float32(units / 255)
    while float(value) * 255 >= units:
        value = np.nextafter(value, np.float32(-np.inf))
    while float(after := np.nextafter(value, np.float32(np.inf))) * 255 < units:
        value = after
    return float(value)


def _solarized(threshold: float) -> Callable[[Image, Image], object]:
    last = _last_below(threshold)

    def render(values: Image, goal: Image) -> None:
        _, turned = cv2.threshold(values, last, 1, cv2.THRESH_BINARY, scratch(0, values.shape, np.float32))
        cv2.absdiff(turned, np.clip(values, 0, 1, out=goal), goal)  # 1 - v, or v

    return render


def _solarized_add(add: float, threshold: float) -> Callable[[Image, Image], object]:
    last = _last_below(threshold)

    def render(values: Image, goal: Image) -> None:
        cv2.threshold(values, last, add / 255, cv2.THRESH_BINARY_INV, goal)
        goal += values
        np.clip(goal, 0, 1, out=goal)

    return render


def _posterized(bits: int) -> Callable[[Image, Image], object]:
    """Return the function that counts whole steps without rounding: 255 v is 256 v - v, and both are powers of 2 apart.

    Of the difference a - a / 256 the whole part is that of a, less 1 where the fraction of a is below a / 256.
    """
    steps, back = np.float32(2**bits), np.float32(2 ** (8 - bits) / 255)

    def render(values: Image, goal: Image) -> None:
        rest, less = scratch(0, values.shape, np.float32), scratch(1, values.shape, np.float32)
        np.multiply(values, steps, out=rest)
        np.multiply(rest, np.float32(1 / 256), out=less)
        rest -= np.floor(rest, out=goal)
        rest -= less
        goal += np.floor(rest, out=rest)
        goal *= back
        cv2.threshold(goal, 0, 0, cv2.THRESH_TOZERO, goal)  # values may lie below 0 by a little

    return render


_WITH_THRESHOLD: dict[Callable[..., Values], Callable[..., Callable[[Image, Image], object]]] = {
    solarize: _solarized,
    solarize_add: _solarized_add,
    posterize: _posterized,
}


def gray_mean(image: Image) -> float:
    """Return the mean grey, in the image's own units."""
    if image.shape[2:] == (3,):
        return float(np.dot(cv2.sumElems(image)[:3], GREY) / 65536 / (image.shape[0] * image.shape[1]))
    return float(cv2.sumElems(image.reshape(len(image), -1))[0] / image.size)


def _about_mean(image: Image, effect: AdaptiveTone) -> Image:
    return single(Tone(effect.function, gray_mean(image) * 255, *effect.arguments), image.dtype)(image)


def _stretched(image: Image, effect: AdaptiveTone) -> Image:
    lowest, highest = (255.0 * ends.astype(np.float64)[:, None] for ends in extremes(image))
    if is_affine(effect.function) and image.dtype == np.float32:
        made = effect.function(np.tile(_ENDS, (len(lowest), 1)), lowest, highest, *effect.arguments) / 255
        slopes = made[:, 1] - made[:, 0]
        if np.abs(slopes).max() <= _STEEPEST:
            return _sums(image, slopes, made[:, 0])
    apart = planes(image)
    for plane, low, high in zip(apart, lowest, highest, strict=True):
        ends = (low[None], high[None])
        _in_pieces(plane, lambda units, ends=ends: effect.function(units[None], *ends, *effect.arguments)[0], plane)  # type: ignore[misc]  # a default is not an argument
    return joined(apart).reshape(image.shape)


def _sums(image: Image, slopes: Values, starts: Values) -> Image:
    """Return each channel through a sum of its own, by rows whose neighbours have other factors."""
    if (slopes == slopes[0]).all() and (starts == starts[0]).all():
        return _sum(image, float(slopes[0]), float(starts[0]))
    width = image.shape[1]
    factors, summands = (np.tile(numbers.astype(np.float32), width) for numbers in (slopes, starts))
    made = np.empty_like(image)
    rows, goal = image.reshape(len(image), -1), made.reshape(len(image), -1)
    some = max(_LONG_PIECE // rows.shape[1], 1)
    for start in range(0, len(rows), some):
        piece = goal[start : start + some]
        np.multiply(rows[start : start + some], factors, out=piece)
        piece += summands
        np.clip(piece, 0, 1, out=piece)
    return made


def _spread(image: Image, effect: AdaptiveTone) -> Image:
    """Return floats through the levels of 256 equal bins, linear between their middles."""
    apart = planes(image)
    bins = np.stack([*map(_bins, apart)])
    tables = effect.function(bins, *effect.arguments)
    for plane, table in zip(apart, tables, strict=True):
        _in_pieces(plane, partial(_between, table=table, rises=np.diff(table)), plane)
    return joined(apart).reshape(image.shape)


def _bins(plane: Image) -> Histograms:
    """Return how many values lie in each of 256 equal bins, as the reference counts them."""
    counts, flat = np.zeros(256, np.int64), plane.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        units = to_units(flat[start : start + _PIECE], plane.dtype)
        counts += np.bincount(np.minimum((units * (256 / 255)).astype(np.intp), 255), minlength=256)
    return counts


def _between(units: Values, table: Values, rises: Values) -> Values:
    """Return what stands between the middles of the bins: `numpy.interp`, which would look for every bin."""
    at = np.clip(units * (256 / 255) - 0.5, 0, 255)
    first = np.minimum(at.astype(np.intp), 254)
    made: Values = table[first] + (at - first) * rises[first]
    return made


STATISTICS: dict[str, Callable[..., Image]] = {
    "gray_mean": _about_mean,
    "extremes": _stretched,
    "histogram": _spread,
}
"""What renders a tone that looks at the image, by what it looks at."""
