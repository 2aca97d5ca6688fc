"""Tones of uint16 and float images: tables of 65,536 values by OpenCV; floats in pieces that stay in the cache.

A tone of floats whose function is affine (`augplug.tones.is_affine`) is one sum in float32; any other is computed in
float64, as the reference computes it and with its bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.chains import run_chain
from augplug._backends.opencv_lookup import WIDE_TABLES
from augplug._backends.tables import (
    GREY,
    Table,
    from_units,
    levels,
    run_table,
    to_units,
    tone_table,
    tone_values,
)
from augplug.effects import AdaptiveTone, Tone
from augplug.tone_runs import split_tones
from augplug.tones import is_affine, is_smooth
from augplug.types import Histograms, Image, Values

_UINT16 = np.dtype(np.uint16)
_PIECE = 1 << 14
"""Values of floats that are computed at once."""
_STEEPEST = 4.0
"""Slopes up to this are computed in float32: the result is off by less than 1e-6."""
_EXACT_COUNT = 1 << 24
"""OpenCV counts in float32, which is exact up to this many pixels."""
_ENDS = np.array([0.0, 255.0])
_PROBES = np.arange(0.0, 255.01, 0.25)
_UNIT, _UNIT_BACK = np.float32(255), np.float32(1 / 255)


def tone(effect: Tone, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel of a tone, and of those that fusing put after it."""
    if dtype == _UINT16:
        if np.prod(shape) < levels(dtype):  # a table takes longer
            return partial(tone_values, effect)
        return partial(_looked_up, table=tone_table(effect, dtype))
    return _chain([_single(one, dtype) for one in split_tones(effect) if isinstance(one, Tone)])


def tone_from(effect: AdaptiveTone, _shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel of a tone that looks at the image, and of those that fusing put around it."""
    run = split_tones(effect)
    if dtype == _UINT16:
        return partial(_adapted_words, run=run)
    return _chain(
        [
            _single(one, dtype) if isinstance(one, Tone) else partial(_STATISTICS[one.statistic], effect=one)
            for one in run
        ]
    )


def _chain(kernels: list[ImageFunction]) -> ImageFunction:
    return kernels[0] if len(kernels) == 1 else partial(run_chain, kernels=kernels)


def _looked_up(image: Image, table: Table) -> Image:
    """Return a uint16 image through a table `(65536,)`."""
    if not WIDE_TABLES:
        return table[image]
    return cv2.LUT(image.reshape(len(image), -1), table[None]).reshape(image.shape)


def _adapted_words(image: Image, run: tuple[Tone | AdaptiveTone, ...]) -> Image:
    first, *rest = run
    if isinstance(first, AdaptiveTone) and first.statistic == "gray_mean":
        run = (Tone(first.function, _gray_mean(image) / 257, *first.arguments), *rest)
    adaptive = [one.statistic for one in run if isinstance(one, AdaptiveTone)]
    if not adaptive or ("histogram" not in adaptive and image.size < levels(_UINT16)):
        alone = [
            tone(one, image.shape, _UINT16) if isinstance(one, Tone) else partial(_between_extremes, effect=one)
            for one in run
        ]
        return run_chain(image, alone)
    apart = _planes(image)
    # Behind another tone the extremes may be those of any value: of a solarized image, say.
    counted = adaptive != ["extremes"] or isinstance(run[0], Tone)
    tables = run_table(run, np.stack([*map(_histogram if counted else _extremes, apart)]), _UINT16)
    return _joined([_looked_up(plane, table) for plane, table in zip(apart, tables, strict=True)], image.shape)


def _between_extremes(image: Image, effect: AdaptiveTone) -> Image:
    """Return a uint16 image after a tone of its extremes, value by value: for a few, a table would take longer."""
    rows = np.atleast_3d(image)
    values = to_units(rows.reshape(-1, rows.shape[2]).T, _UINT16)
    ends = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    made = from_units(effect.function(values, *ends, *effect.arguments), _UINT16)
    return np.ascontiguousarray(made.T).reshape(image.shape)


def _planes(image: Image) -> list[Image]:
    return [image] if image.ndim == 2 else list(cv2.split(image))


def _joined(planes: list[Image], shape: tuple[int, ...]) -> Image:
    return planes[0].reshape(shape) if len(planes) == 1 else cv2.merge(planes)


def _histogram(plane: Image) -> Histograms:
    """Return the exact histogram `(65536,)` of a uint16 plane."""
    flat, last = plane.reshape(1, -1), levels(_UINT16)
    blocks = [flat[:, at : at + _EXACT_COUNT] for at in range(0, flat.size, _EXACT_COUNT)]
    counts = [cv2.calcHist([block], [0], None, [last], [0, last]) for block in blocks]
    total: Histograms = np.stack(counts).astype(np.int64).reshape(-1, last).sum(axis=0)
    return total


def _extremes(plane: Image) -> Histograms:
    """Return a histogram with the lowest and the highest value of a plane alone: extremes see no more of one."""
    counts = np.zeros(levels(_UINT16), np.int64)
    counts[[int(end) for end in cv2.minMaxLoc(plane)[:2]]] = 1
    return counts


def _gray_mean(image: Image) -> float:
    """Return the mean grey, in the image's own units."""
    if image.shape[2:] == (3,):
        return float(np.dot(cv2.sumElems(image)[:3], GREY) / 65536 / (image.shape[0] * image.shape[1]))
    return float(cv2.sumElems(image.reshape(len(image), -1))[0] / image.size)


def _single(effect: Tone, dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel of one tone on floats."""
    affine = is_affine(effect.function)

    def function(units: Values) -> Values:
        made: Values = effect.function(units, *effect.arguments)
        return made

    if dtype == np.float32 and is_smooth(effect.function) and _fits_float32(function):
        return partial(_in_float32, function=function)
    return _by_value(function, dtype, affine=affine)


def _by_value(function: Callable[[Values], Values], dtype: np.dtype[Any], *, affine: bool) -> ImageFunction:
    """Return the kernel of a function of values in 8-bit units, on floats."""
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


def _in_pieces(image: Image, function: Callable[[Values], Values]) -> Image:
    made = np.empty_like(image)
    values, goal = image.reshape(-1), made.reshape(-1)
    for start in range(0, values.size, _PIECE):
        piece = function(to_units(values[start : start + _PIECE], image.dtype))
        # As `from_units`, with one pass less than two comparisons take.
        goal[start : start + _PIECE] = np.clip(piece, 0.0, 255.0) / 255.0
    return made


def _in_float32(image: Image, function: Callable[[Values], Values]) -> Image:
    """Return float32 through a smooth function, which computes in float32 if it is given float32."""
    made = np.empty_like(image)
    values, goal = image.reshape(-1), made.reshape(-1)
    for start in range(0, values.size, _PIECE):
        place = slice(start, start + _PIECE)
        piece = function(values[place] * _UNIT)
        np.clip(piece, 0, 255, out=piece)
        np.multiply(piece, _UNIT_BACK, out=goal[place], casting="same_kind")
    return made


def _fits_float32(function: Callable[[Values], Values]) -> bool:
    """Return True if a smooth function gives the same in float32, to half of the promise of 1e-6."""
    return bool(np.abs(function(_PROBES.astype(np.float32)) - function(_PROBES)).max() <= 255 * 5e-7)


def _about_mean(image: Image, effect: AdaptiveTone) -> Image:
    return _single(Tone(effect.function, _gray_mean(image) * 255, *effect.arguments), image.dtype)(image)


def _stretched(image: Image, effect: AdaptiveTone) -> Image:
    return _joined([_stretched_plane(plane, effect) for plane in _planes(image)], image.shape)


def _stretched_plane(plane: Image, effect: AdaptiveTone) -> Image:
    ends = [np.array([[255.0 * end]]) for end in cv2.minMaxLoc(plane)[:2]]
    affine = is_affine(effect.function)
    return _by_value(
        lambda units: effect.function(units[None], *ends, *effect.arguments)[0], plane.dtype, affine=affine
    )(plane)


def _spread(image: Image, effect: AdaptiveTone) -> Image:
    """Return floats through the levels of 256 equal bins, linear between their middles."""
    apart = _planes(image)
    bins = np.stack([*map(_bins, apart)])
    tables = effect.function(bins, *effect.arguments)
    made = [
        _in_pieces(plane, partial(_between, table=table, rises=np.diff(table)))
        for plane, table in zip(apart, tables, strict=True)
    ]
    return _joined(made, image.shape)


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


_STATISTICS: dict[str, Callable[..., Image]] = {
    "gray_mean": _about_mean,
    "extremes": _stretched,
    "histogram": _spread,
}
