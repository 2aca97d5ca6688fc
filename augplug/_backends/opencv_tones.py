"""Tones by OpenCV: what a table is made of (tones, extremes, a histogram, the mean grey), and where a run is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TypeAlias

import cv2
import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.chains import run_chain
from augplug._backends.opencv_color import gray_mean
from augplug._backends.opencv_lookup import Lookup, by_bits, by_table, extremes, joined, planes
from augplug._backends.scratch import scratch
from augplug._backends.tables import Table, run_table, tone_table
from augplug.effects import EQUALIZE, AdaptiveTone, Tone
from augplug.tone_runs import join_tones, split_tones
from augplug.types import Histograms, Image

Run: TypeAlias = tuple[Tone | AdaptiveTone, ...]
_UINT8 = np.dtype(np.uint8)
_EXACT_COUNT = 1 << 24
"""OpenCV counts histograms in float32, which is exact up to this many pixels."""
_PLANES_FROM = 1 << 12
"""Number of pixels from which one table per plane is faster than one for whole pixels."""
_LOOKED_APART = 4
"""Of more channels the extremes are found without planes."""
_MIXED_FROM = 1 << 15
"""Number of pixels from which counting mixed pixels saves more time than mixing them takes."""
_PUSH_FROM = 1 << 13
"""Number of pixels from which mapping a histogram through a table is faster than counting the image again."""
_SUMS_UPTO = 1 << 18
"""Number of pixels up to which half a step of Equalize is several times the error of its float32 sums, 2**-12."""


def tone(effect: Tone, _shape: tuple[int, ...]) -> ImageFunction:
    """Return the kernel of a tone, and of those that fusing put behind it."""
    return _look(effect)


@lru_cache(maxsize=1024)
def _look(effect: Tone) -> Lookup:
    table = tone_table(effect, _UINT8)
    return by_bits(table) or by_table(table)


def adaptive_tone(effect: AdaptiveTone, shape: tuple[int, ...]) -> ImageFunction:
    """Return the kernel of a tone that looks at the image, with the tones that fusing put around it."""
    kernels = [_part(part, shape) for part in _parts(split_tones(effect), shape[0] * shape[1])]
    return kernels[0] if len(kernels) == 1 else partial(run_chain, kernels=kernels)


def _parts(run: Run, pixels: int) -> list[Run]:
    """Cut a run where another look at the pixels is quicker than one table for both sides."""
    cuts = [place for place, tone in enumerate(run) if isinstance(tone, AdaptiveTone)]
    first = run[cuts[0]]
    grey = isinstance(first, AdaptiveTone) and first.statistic == "gray_mean"
    if pixels >= _PUSH_FROM and _has_histogram(run) and not grey:
        cuts = cuts[:1]  # counting again takes longer than pushing what was counted through a table
    cuts = [place for place in cuts if place > 0]
    return [run[start:end] for start, end in zip([0, *cuts], [*cuts, len(run)], strict=True)]


def _has_histogram(run: Run) -> bool:
    return any(isinstance(tone, AdaptiveTone) and tone.statistic == "histogram" for tone in run)


def _part(run: Run, shape: tuple[int, ...]) -> ImageFunction:
    """Return the kernel of tones, or of a statistic of the image with the tones around it."""
    first = run[0]
    if isinstance(first, AdaptiveTone) and first.statistic == "gray_mean":
        look = lru_cache(maxsize=256)(partial(_about_mean, first, run[1:]))
        return lambda image: look(gray_mean(image))(image)
    if _has_histogram(run):
        return _equalize(run, shape) or partial(_by_histogram, run=run)
    if isinstance(first, AdaptiveTone):
        return partial(_stretched, table_of=_stretches(run))
    return _look(_without_statistics(run))


def _without_statistics(run: Sequence[Tone | AdaptiveTone]) -> Tone:
    """Return a run in which no tone looks at the image, as one tone."""
    return join_tones([tone for tone in run if isinstance(tone, Tone)])


def _about_mean(effect: AdaptiveTone, after: Run, mean: float) -> Lookup:
    tones = tuple(tone for tone in after if isinstance(tone, Tone))  # all of them: _parts cuts before others
    return by_table(tone_table(Tone(effect.function, mean, *effect.arguments, after=tones), _UINT8))


def _stretched(image: Image, table_of: Callable[[float, float], Table]) -> Image:
    if image.ndim == 2:
        return by_table(table_of(*cv2.minMaxLoc(image)[:2])[0])(image)
    if image.shape[2] > _LOOKED_APART:
        return _stretched_wide(image, table_of)
    apart = planes(image)
    lowest, highest, _, _ = zip(*map(cv2.minMaxLoc, apart), strict=True)
    tables = [*map(table_of, lowest, highest)]
    if image.shape[0] * image.shape[1] < _PLANES_FROM:
        return cv2.LUT(image, cv2.merge(tables))
    if len(set(lowest)) == 1 == len(set(highest)):
        return by_table(tables[0][0])(image)
    return _merged(apart, [table[0] for table in tables])


def _stretched_wide(image: Image, table_of: Callable[[float, float], Table]) -> Image:
    """Return an image of more channels: one table for all of them needs no planes."""
    lowest, highest = (ends.tolist() for ends in extremes(image))
    tables = [table[0] for table in map(table_of, lowest, highest)]
    if len(set(lowest)) == 1 == len(set(highest)):
        return by_table(tables[0])(image)
    return _merged(planes(image), tables)


def _merged(apart: Image, tables: Sequence[Table]) -> Image:
    """Return planes `(C, H, W)`, which are overwritten, each through a table `(256,)`, as one image."""
    for table, plane in zip(tables, apart, strict=True):
        by_table(table)(plane, plane)
    return joined(apart)


@lru_cache(maxsize=8)
def _stretches(run: Run) -> Callable[[float, float], Table]:
    """Return the table of a channel by its extremes: one function for every kernel of a run, so that caches are few."""
    return lru_cache(maxsize=4096)(partial(_stretch_table, run))


def _stretch_table(run: Run, lowest: float, highest: float) -> Table:
    """Return the table `(1, 256)` of a channel with these extremes."""
    counts = np.zeros((1, 256), dtype=np.int64)
    counts[0, [int(lowest), int(highest)]] = 1  # extremes see no more of a histogram
    return run_table(run, counts, _UINT8)


def looked_up(image: Image, tables: Table) -> Image:
    """Return a small image through tables `(C, 256)`, one a channel."""
    wide: Table = tables[0] if len(tables) == 1 else tables.T[None].copy()
    return cv2.LUT(image, wide)


def histograms(image: Image) -> Histograms:
    """Return the exact histograms `(C, 256)`."""
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.shape[0] * image.shape[1] < _PUSH_FROM and channels <= 4:
        apart = image.reshape(-1) + _apart(image.shape[0] * image.shape[1], channels)
        counts: Histograms = np.bincount(apart, minlength=channels * 256)
        return counts.reshape(channels, 256)
    return _counted(planes(image) if image.ndim == 3 else image[None])


@lru_cache(maxsize=16)
def _apart(pixels: int, channels: int) -> Table:
    """Return the offsets that keep the channels of `pixels` pixels apart: 0, 256, 512, 0, 256, ..."""
    # As wide as bincount wants its numbers, which then need not be converted.
    return np.tile(np.arange(channels, dtype=np.intp) * 256, pixels)


def _by_histogram(image: Image, run: Run) -> Image:
    if image.ndim == 2 or image.shape[0] * image.shape[1] < _PLANES_FROM:
        return looked_up(image, run_table(run, histograms(image), _UINT8))
    apart = planes(image)
    return _merged(apart, list(run_table(run, _counted(apart), _UINT8)))


def _counted(apart: Image) -> Histograms:
    """Return the exact histograms `(C, 256)` of planes, in blocks where float32 would round."""
    blocks = [slice(at, at + _EXACT_COUNT) for at in range(0, apart[0].size, _EXACT_COUNT)]
    # One after the other is mixed and counted: all are mixed in the same kept array.
    values = (_mixed(plane.reshape(-1)[block]) for plane in apart for block in blocks)
    counts = np.array([cv2.calcHist([one], [0], None, [256], [0, 256]) for one in values], dtype=np.int64)
    total: Histograms = counts.reshape((len(apart), len(blocks), 256)).sum(axis=1)
    return total


def _mixed(values: Image) -> Image:
    """Return many values `(N,)` in an order where neighbours differ: counting waits for repeated ones."""
    if values.size < _MIXED_FROM or values.size % 8:
        return values
    mixed = scratch(0, (values.size // 8, 8), np.uint8)
    return np.asarray(cv2.transpose(values.reshape(8, -1), mixed)).reshape(1, -1)


def _equalize(run: Run, shape: tuple[int, ...]) -> ImageFunction | None:
    """Return the kernel of Equalize, and tones behind it, by sums in float32: the same tables, sooner."""
    first, *after = run
    pixels, channels = shape[0] * shape[1], shape[2] if len(shape) == 3 else 1
    small = pixels < _PUSH_FROM
    known = first == EQUALIZE and all(isinstance(tone, Tone) for tone in after)
    if not known or pixels > _SUMS_UPTO or not (small or len(shape) == 3):
        return None
    then = tone_table(_without_statistics(after), _UINT8) if after else None
    ends = np.arange(1, channels + 1) * pixels
    if small:
        return _equalized_small(run, _apart(pixels, channels).reshape(shape), ends, then)
    return partial(_equalized, run=run, ends=ends, then=then)


def _equalized_small(run: Run, apart: Table, ends: Histograms, then: Table | None) -> ImageFunction:
    levels, pixels = 256 * len(ends), int(ends[0])

    def render(image: Image) -> Image:
        places = image + apart
        below, steps = _counted_up(np.bincount(places.reshape(-1), minlength=levels), ends)
        if 0 in steps:
            return _by_histogram(image, run)
        table = _levels(tuple(steps), pixels).take(below)
        if then is not None:
            table = cv2.LUT(table, then).reshape(-1)
        return table.take(places)

    return render


@lru_cache(maxsize=128)
def _levels(steps: tuple[int, ...], pixels: int) -> Table:
    """Return what Equalize makes of a level, by how many values lie below it; all channels are counted in one row."""
    below = np.arange(pixels)
    made = [np.minimum((below + step // 2) // step, 255) for step in steps]
    return np.concatenate([*made, [255]]).astype(np.uint8)  # below levels that nothing has may lie all values


def _equalized(image: Image, run: Run, ends: Histograms, then: Table | None) -> Image:
    apart = planes(image)
    tables = _by_sums(_counted(apart).reshape(-1), ends)
    if not tables:
        return _by_histogram(image, run)
    return _merged(apart, [(table if then is None else cv2.LUT(table, then))[0] for table in tables])


def _by_sums(counts: Histograms, ends: Histograms) -> list[Table]:
    """Return Equalize's table `(1, 256)` of each channel, to the bit; none where a channel's step is 0.

    (n + step // 2) // step is the nearest integer to the middle between the quotient's multiples of 1 / step, minus a
    half.
    """
    below, steps = _counted_up(counts, ends)
    if 0 in steps:
        return []
    row = below.astype(np.float32)[None]
    return [
        cv2.convertScaleAbs(
            row[:, 256 * channel : 256 * channel + 256],
            None,
            1 / step,
            (step // 2 + 0.5 - channel * int(ends[0])) / step - 0.5,
        )
        for channel, step in enumerate(steps)
    ]


def _counted_up(counts: Histograms, ends: Histograms) -> tuple[Histograms, list[int]]:
    """Return how many values lie below each level, all channels counted up in one row `(256 C,)`; and their steps.

    `ends` `(C,)` says up to where each channel counts: the pixels, twice the pixels, ...
    """
    pixels = int(ends[0])
    below = counts.cumsum()
    # Below the highest level in use lie all pixels but its own.
    highest = below.searchsorted(ends)
    below -= counts
    return below, [(pixels - own) // 255 for own in counts[highest].tolist()]
