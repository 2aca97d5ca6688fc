"""Tones by OpenCV: what a table is made of (tones, extremes, a histogram, the mean grey), and where a run is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np

from augplug._backends.base import Kernel
from augplug._backends.opencv_color import grey_mean
from augplug._backends.opencv_looks import TWO_PASSES, Line, Look, by_bits, by_line, by_table, planes
from augplug._backends.tables import Table, run_of, run_table, tone_table
from augplug.effects import Tone, ToneFrom
from augplug.ops.tone import equalize
from augplug.types import Counts, Image

Run: TypeAlias = tuple[Tone | ToneFrom, ...]
_UINT8 = np.dtype(np.uint8)
_EXACT_COUNT = 1 << 24
"""OpenCV counts histograms in float32, which is exact up to this many pixels."""
_BITS_FROM = 1 << 12
"""From so many pixels on, sums and two passes of bit operations are quicker than a table."""
_PLANES_FROM = 1 << 14
"""From so many pixels on, planes are quicker than pixels: OpenCV looks single planes up in a third of the time."""
_PUSH_FROM = 1 << 13
"""From so many pixels on, pushing a histogram through a table is quicker than a second look at the image."""


def tone(effect: Tone, shape: tuple[int, ...]) -> Kernel:
    """Return the kernel of a tone, and of those that fusing put behind it."""
    return _look(effect, small=shape[0] * shape[1] < _BITS_FROM)


@lru_cache(maxsize=1024)
def _look(effect: Tone, *, small: bool) -> Look:
    table = tone_table(effect, _UINT8)
    bits = _bits(effect, small=small)
    if small or bits or effect.after or not effect.arguments:
        # Finding a line takes as long as a hundred look-ups of a small image, and draws of reals come once.
        return bits or by_table(table)
    return by_line(table, _blend(*effect.arguments[:2])) or by_table(table)


def _bits(effect: Tone, *, small: bool) -> Look | None:
    """Return the bit operations that are a tone and those behind it, together or one by one."""
    found = by_bits(tone_table(effect, _UINT8))
    if small:
        return None if getattr(found, "func", None) in TWO_PASSES else found
    if found or not effect.after:
        return found
    single = [by_bits(tone_table(one, _UINT8)) for one in (Tone(effect.function, *effect.arguments), *effect.after)]
    known = [look for look in single if look is not None]
    return partial(_in_turn, looks=known) if len(known) == len(single) else None


def _in_turn(image: Image, into: Image | None = None, *, looks: Sequence[Look]) -> Image:
    image = looks[0](image, into)
    for look in looks[1:]:
        image = look(image, image)
    return image


def _blend(factor: Any, base: Any = 0.0) -> Line:
    """Return the line that a tone of these arguments may be: the image blended with a grey."""
    return (factor, base * (1 - factor)) if isinstance(factor, float) and isinstance(base, float) else (0.0, 0.0)


def tone_from(effect: ToneFrom, shape: tuple[int, ...]) -> Kernel:
    """Return the kernel of a tone that looks at the image, with the tones that fusing put around it."""
    kernels = [_part(part, shape) for part in _parts(run_of(effect), shape[0] * shape[1])]
    return kernels[0] if len(kernels) == 1 else partial(_chained, kernels=kernels)


def _chained(image: Image, kernels: Sequence[Kernel]) -> Image:
    for kernel in kernels:
        image = kernel(image)
    return image


def _parts(run: Run, pixels: int) -> list[Run]:
    """Cut a run where another look at the pixels is quicker than one table for both sides."""
    cuts = [place for place, tone in enumerate(run) if isinstance(tone, ToneFrom)]
    first = run[cuts[0]]
    if pixels >= _PUSH_FROM and _has_histogram(run) and isinstance(first, ToneFrom) and first.statistic != "grey_mean":
        before = run[: cuts[0]]
        cuts = cuts[:1] if before and _bits(_joined(before), small=False) else []
    cuts = [place for place in cuts if place > 0]
    return [run[start:end] for start, end in zip([0, *cuts], [*cuts, len(run)], strict=True)]


def _has_histogram(run: Run) -> bool:
    return any(isinstance(tone, ToneFrom) and tone.statistic == "histogram" for tone in run)


def _joined(run: Run) -> Tone:
    """Return tones in a row as one."""
    first, *after = (tone for tone in run if isinstance(tone, Tone))
    return Tone(first.function, *first.arguments, after=tuple(after))


def _part(run: Run, shape: tuple[int, ...]) -> Kernel:
    """Return the kernel of tones, or of a statistic of the image with the tones around it."""
    first = run[0]
    if isinstance(first, ToneFrom) and first.statistic == "grey_mean":
        look = lru_cache(maxsize=256)(partial(_about_mean, first, run[1:], small=shape[0] * shape[1] < _BITS_FROM))
        return lambda image: look(grey_mean(image))(image)
    if _has_histogram(run):
        return _small_equalize(run, shape) or partial(_by_histogram, run=run)
    if isinstance(first, ToneFrom):
        return partial(_stretched, by=_stretches(run))
    return tone(_joined(run), shape)


def _about_mean(effect: ToneFrom, after: Run, mean: float, *, small: bool) -> Look:
    tones = tuple(tone for tone in after if isinstance(tone, Tone))  # all of them: _parts cuts before others
    table = tone_table(Tone(effect.function, mean, *effect.arguments, after=tones), _UINT8)
    line = None if small or after else by_line(table, _blend(effect.arguments[0] if effect.arguments else None, mean))
    return line or by_table(table)


class _Stretches(NamedTuple):
    """What a run of tones does to a channel, by its extremes."""

    table: Callable[[float, float], Table]
    look: Callable[[float, float], Look]


def _stretched(image: Image, by: _Stretches) -> Image:
    if image.ndim == 2:
        return by.look(*cv2.minMaxLoc(image)[:2])(image)
    small = image.shape[0] * image.shape[1] < _PLANES_FROM
    apart = cv2.split(image) if small else planes(image)
    extremes = [cv2.minMaxLoc(plane)[:2] for plane in apart]
    if small:
        return cv2.LUT(image, cv2.merge([by.table(*ends) for ends in extremes]))
    if all(ends == extremes[0] for ends in extremes):
        return by.look(*extremes[0])(image)
    return cv2.merge([by.look(*ends)(plane, plane) for ends, plane in zip(extremes, apart, strict=True)])


@lru_cache(maxsize=64)
def _stretches(run: Run) -> _Stretches:
    """Return what is known of a run: one for every kernel of it, so that caches are few."""
    table = lru_cache(maxsize=4096)(partial(_stretch_table, run))
    return _Stretches(table, lru_cache(maxsize=4096)(partial(_stretch_look, table)))


def _stretch_table(run: Run, lowest: float, highest: float) -> Table:
    """Return the table `(1, 256)` of a channel with these extremes."""
    counts = np.zeros((1, 256), dtype=np.int64)
    counts[0, [int(lowest), int(highest)]] = 1  # extremes see no more of a histogram
    return run_table(run, counts, _UINT8)


def _stretch_look(table_of: Callable[[float, float], Table], lowest: float, highest: float) -> Look:
    table = table_of(lowest, highest)
    slope = 255.0 / max(highest - lowest, 1.0)
    return by_bits(table[0]) or by_line(table[0], (slope, -lowest * slope)) or by_table(table)


def looked_up(image: Image, tables: Table) -> Image:
    """Return a small image through tables `(C, 256)`, one a channel."""
    wide: Table = tables[0] if len(tables) == 1 else tables.T[None].copy()
    return cv2.LUT(image, wide)


def histograms(image: Image) -> Counts:
    """Return the exact histograms `(C, 256)`, in blocks where float32 would round."""
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.shape[0] * image.shape[1] < _PUSH_FROM and channels <= 4:
        apart = image.reshape(-1) + _apart(image.shape[0] * image.shape[1], channels)
        counts: Counts = np.bincount(apart, minlength=channels * 256)
        return counts.reshape(channels, 256)
    total = np.zeros((channels, 256), dtype=np.int64)
    pixels = image if image.shape[1] <= _EXACT_COUNT else image.reshape(-1, 1, channels)
    rows = _EXACT_COUNT // pixels.shape[1]
    for start in range(0, len(pixels), rows):
        block = [pixels[start : start + rows]]
        counted = [cv2.calcHist(block, [channel], None, [256], [0, 256]) for channel in range(channels)]
        total += np.array(counted, dtype=np.int64).reshape(channels, 256)
    return total


@lru_cache(maxsize=16)
def _apart(pixels: int, channels: int) -> Table:
    """Return what keeps the channels of so many pixels apart: 0, 256, 512, 0, 256, ..."""
    return np.tile(np.arange(channels, dtype=np.uint16) * 256, pixels)


def _by_histogram(image: Image, run: Run) -> Image:
    if image.ndim == 2 or image.shape[0] * image.shape[1] < _PLANES_FROM:
        return looked_up(image, run_table(run, histograms(image), _UINT8))
    apart = planes(image)
    tables = run_table(run, np.concatenate([histograms(plane) for plane in apart]), _UINT8)
    return cv2.merge([by_table(table)(plane, plane) for table, plane in zip(tables, apart, strict=True)])


def _small_equalize(run: Run, shape: tuple[int, ...]) -> Kernel | None:
    """Return the kernel of Equalize, and tones behind it, on small images: the same tables in half of the time."""
    first, *after = run
    small = shape[0] * shape[1] < _PUSH_FROM
    if not (small and first == _EQUALIZE and all(isinstance(tone, Tone) for tone in after)):
        return None
    channels = shape[2] if len(shape) == 3 else 1
    then = tone_table(_joined(tuple(after)), _UINT8) if after else None
    return partial(_equalized, run=run, apart=_apart(shape[0] * shape[1], channels), channels=channels, then=then)


_EQUALIZE = ToneFrom("histogram", equalize)


def _equalized(image: Image, run: Run, apart: Table, channels: int, then: Table | None) -> Image:
    """Return an image equalized by tables that float32 sums make, to the bit.

    All channels are counted up in one row. (n + step // 2) // step is the nearest integer to the middle between the
    quotient's multiples of 1 / step, minus a half.
    """
    counts = np.bincount(image.reshape(-1) + apart, minlength=256 * channels)
    below = counts.cumsum()
    pixels = len(apart) // channels
    # Below the highest level in use lie all pixels but its own.
    ends = below.searchsorted([pixels * channel for channel in range(1, channels + 1)])
    steps = [(pixels - own) // 255 for own in counts[ends].tolist()]
    if 0 in steps:
        return _by_histogram(image, run)
    below -= counts
    row = below.astype(np.float32)[None]
    tables = [
        cv2.convertScaleAbs(
            row[:, 256 * channel : 256 * channel + 256],
            None,
            1 / step,
            (step // 2 + 0.5 - channel * pixels) / step - 0.5,
        )
        for channel, step in enumerate(steps)
    ]
    table = tables[0] if channels == 1 else cv2.merge(tables)
    return cv2.LUT(image, table if then is None else cv2.LUT(table, then))
