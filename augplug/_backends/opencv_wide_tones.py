"""Tones of uint16 images by OpenCV: tables of 65,536 values, to the bit; those of floats are in `opencv_real_tones`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any, TypeAlias

import cv2
import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.chains import run_chain
from augplug._backends.kept import BytesCache
from augplug._backends.opencv_lookup import WIDE_TABLES, extremes, joined, planes
from augplug._backends.opencv_real_tones import STATISTICS, gray_mean, single
from augplug._backends.tables import Table, from_units, levels, run_table, to_units, tone_table, tone_values
from augplug.effects import EQUALIZE, AdaptiveTone, Tone
from augplug.tone_runs import split_tones
from augplug.tones import in_steps
from augplug.types import Histograms, Image, Values

Run: TypeAlias = tuple[Tone | AdaptiveTone, ...]
_UINT16 = np.dtype(np.uint16)
_EXACT_COUNT = 1 << 24
"""OpenCV counts in float32, which is exact up to this many pixels."""


def tone(effect: Tone, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel of a tone, and of those that fusing put after it."""
    if dtype == _UINT16:
        if np.prod(shape) < levels(dtype):  # a table takes longer
            return partial(tone_values, effect)
        return partial(_looked_up, table=tone_table(effect, dtype))
    return _chain([single(one, dtype) for one in split_tones(effect) if isinstance(one, Tone)])


def tone_from(effect: AdaptiveTone, _shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel of a tone that looks at the image, and of those that fusing put around it."""
    run = split_tones(effect)
    if dtype == _UINT16:
        return partial(_adapted_words, run=run)
    return _chain(
        [single(one, dtype) if isinstance(one, Tone) else partial(STATISTICS[one.statistic], effect=one) for one in run]
    )


def _chain(kernels: list[ImageFunction]) -> ImageFunction:
    return kernels[0] if len(kernels) == 1 else partial(run_chain, kernels=kernels)


def _looked_up(image: Image, table: Table) -> Image:
    """Return a uint16 image through a table `(65536,)`."""
    if not WIDE_TABLES:
        return table[image]
    return cv2.LUT(image.reshape(len(image), -1), table[None]).reshape(image.shape)


def _adapted_words(image: Image, run: Run) -> Image:
    first, *rest = run
    if isinstance(first, AdaptiveTone) and first.statistic == "gray_mean":
        run = (Tone(first.function, gray_mean(image) / 257, *first.arguments), *rest)
    adaptive = [one for one in run if isinstance(one, AdaptiveTone)]
    few = image.size < levels(_UINT16) and all(one.statistic == "extremes" or one == EQUALIZE for one in adaptive)
    if few or not adaptive:
        return run_chain(image, [_alone(one, image.shape) for one in run])
    if adaptive == [first] and adaptive[0].statistic == "extremes":
        return _stretched(image, run)
    apart = planes(image)
    tables = run_table(run, np.stack([*map(_histogram, apart)]), _UINT16)
    return _by_tables(apart, tables, image.shape)


def _alone(one: Tone | AdaptiveTone, shape: tuple[int, ...]) -> ImageFunction:
    """Return the kernel of one of a run of tones, on few values."""
    if isinstance(one, Tone):
        return tone(one, shape, _UINT16)
    return _equalized if one.statistic == "histogram" else partial(_between_extremes, effect=one)


def _by_tables(apart: Image, tables: Iterable[Table], shape: tuple[int, ...]) -> Image:
    made = np.empty_like(apart)
    for plane, table, goal in zip(apart, tables, made, strict=True):
        if WIDE_TABLES:
            cv2.LUT(plane, table[None], goal)
        else:
            goal[...] = table[plane]
    return joined(made).reshape(shape)


def _stretched(image: Image, run: Run) -> Image:
    """Return a uint16 image after a tone of its extremes, and the tones behind it."""
    ends = [*zip(*(one.tolist() for one in extremes(image)), strict=True)]
    if len(set(ends)) == 1:
        return _looked_up(image, _stretch_table(run, *ends[0]))
    return _by_tables(planes(image), [_stretch_table(run, *each) for each in ends], image.shape)


def _new_stretch_table(run: Run, lowest: int, highest: int) -> Table:
    """Return the table `(65536,)` of a channel with these extremes."""
    first, *after = run
    ends = [np.array([[units]]) for units in to_units(np.array([lowest, highest], np.uint16), _UINT16)]
    table: Table = from_units(first.function(_every(), *ends, *first.arguments), _UINT16)[0]
    for then in after:
        assert isinstance(then, Tone)  # noqa: S101  # the caller looked
        table = tone_table(then, _UINT16)[table]
    return table


_stretch_table = BytesCache(_new_stretch_table, 1 << 23)


@cache
def _every() -> Values:
    """Return all values in 8-bit units, `(1, 65536)`."""
    return to_units(np.arange(levels(_UINT16), dtype=np.uint16), _UINT16)[None]


def _between_extremes(image: Image, effect: AdaptiveTone) -> Image:
    """Return a uint16 image after a tone of its extremes, value by value: for a few, a table would take longer."""
    rows = np.atleast_3d(image)
    values = to_units(rows.reshape(-1, rows.shape[2]).T, _UINT16)
    ends = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    made = from_units(effect.function(values, *ends, *effect.arguments), _UINT16)
    return np.ascontiguousarray(made.T).reshape(image.shape)


def _equalized(image: Image) -> Image:
    """Return a uint16 image after Equalize: of a few values, only the levels that they have are counted."""
    wide = np.atleast_3d(image)
    made = wide.copy()
    for channel in range(wide.shape[2]):
        _, places, counts = np.unique(wide[..., channel], return_inverse=True, return_counts=True)
        below = np.cumsum(counts) - counts
        step = below[-1:] / (levels(_UINT16) - 1)
        if step[0]:
            made[..., channel] = in_steps(below, step, levels(_UINT16) - 1).astype(np.uint16)[places]
    return made.reshape(image.shape)


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
