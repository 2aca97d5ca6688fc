"""Kernels for small uint8 RGB images `(H, W, 3)`: each is one call from Python, and releases the GIL.

They compute what Pillow 13 does, in its own types (integers, float32, float64). Without fastmath LLVM neither reorders
nor contracts a sum, so every bit is the reference's. Signatures are given, so that all kernels are compiled when this
module is imported: before workers are forked, and not within somebody's first image. Slices are not assigned to slices,
because numba takes four seconds to compile one such line.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.uint32]

TABLE, EQUALIZE, STRETCH = range(3)
"""Kinds of tones: by a table, Equalize, AutoContrast."""
_ZERO, _TOP = np.float32(0), np.float32(255)
_IMAGE = numba.types.Array(numba.uint8, 3, "C", readonly=True)
"""Takes writable images too."""


@numba.njit(nogil=True)
def _histograms(image: Bytes) -> Counts:
    values, counts = image.reshape(image.size), np.zeros((3, 256), np.uint32)
    for place in range(0, values.size, 3):
        counts[0, values[place]] += np.uint32(1)
        counts[1, values[place + 1]] += np.uint32(1)
        counts[2, values[place + 2]] += np.uint32(1)
    return counts


@numba.njit(nogil=True)
def _pushed(counts: Counts, table: Bytes) -> Counts:
    """Return the histogram of a channel after a table, from that before it."""
    moved = np.zeros(256, np.uint32)
    for level in range(256):
        moved[table[level]] += counts[level]
    return moved


@numba.njit(nogil=True)
def _equalize(counts: Counts) -> Bytes:
    """Return Equalize's table of a channel."""
    table = np.empty(256, np.uint8)
    pixels, last = 0, 0
    for level in range(256):
        pixels += counts[level]
        last = level if counts[level] else last
    step = (pixels - counts[last]) // 255
    # Half a pixel above a whole number is farther from every multiple of the step than float64 errs.
    below, per = step // 2 + 0.5, 1 / max(step, 1)
    for level in range(256):
        table[level] = np.uint8(min(below * per, 255.0)) if step else level
        below += counts[level]
    return table


@numba.njit(nogil=True)
def _stretch(counts: Counts) -> Bytes:
    """Return AutoContrast's table of a channel."""
    table = np.empty(256, np.uint8)
    lowest, highest = 0, 255
    while counts[lowest] == 0:
        lowest += 1
    while counts[highest] == 0:
        highest -= 1
    scale, shift = 1.0, 0.0
    if highest > lowest:
        scale = 255.0 / (highest - lowest)
        shift = -lowest * scale
    for level in range(256):
        table[level] = np.uint8(min(max(level * scale + shift, 0.0), 255.0))
    return table


@numba.njit((_IMAGE, numba.uint8[::1], numba.uint8[:, ::1]), nogil=True)
def toned(image: Bytes, kinds: Bytes, tables: Bytes) -> Bytes:
    """Return an image after tones of `kinds` `(N,)`; one of kind TABLE is by its row of `tables` `(N, 256)`.

    One pass counts, one looks up: a later tone sees the histogram pushed through those before it.
    """
    counts, made = _histograms(image), np.empty((3, 256), np.uint8)
    for channel in range(3):
        count = counts[channel]
        for number, kind in enumerate(kinds):
            table = _equalize(count) if kind == EQUALIZE else _stretch(count) if kind == STRETCH else tables[number]
            for level in range(256):
                made[channel, level] = table[made[channel, level]] if number else table[level]
            if number + 1 < len(kinds):
                count = _pushed(count, table)
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    for place in range(0, values.size, 3):
        result[place] = made[0, values[place]]
        result[place + 1] = made[1, values[place + 1]]
        result[place + 2] = made[2, values[place + 2]]
    return result.reshape(image.shape)


@numba.njit(nogil=True)
def _blend(base: np.float32, value: np.float32, factor: np.float32) -> np.uint8:
    mixed = base + factor * (value - base)
    return np.uint8(np.int32(min(max(mixed, _ZERO), _TOP)))


@numba.njit(nogil=True)
def _grey(red: np.uint8, green: np.uint8, blue: np.uint8) -> np.int32:
    """Return Pillow's L."""
    total = np.uint32(19595) * np.uint32(red) + np.uint32(38470) * np.uint32(green) + np.uint32(7471) * np.uint32(blue)
    return np.int32((total + np.uint32(32768)) >> np.uint32(16))


@numba.njit((_IMAGE, numba.float32), nogil=True)
def contrasted(image: Bytes, factor: np.float32) -> Bytes:
    """Return an image moved away from its mean grey by `factor`."""
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    total = 0
    for place in range(0, values.size, 3):
        total += int(_grey(values[place], values[place + 1], values[place + 2]))
    mean = np.float32(int(total * 3 / values.size + 0.5))
    table = np.empty(256, np.uint8)
    for level in range(256):
        table[level] = _blend(mean, np.float32(level), factor)
    for place in range(values.size):
        result[place] = table[values[place]]
    return result.reshape(image.shape)


@numba.njit((_IMAGE, numba.float32), nogil=True)
def colored(image: Bytes, factor: np.float32) -> Bytes:
    """Return an image each of whose pixels is moved away from its grey by `factor`."""
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    grey = np.empty(image.size // 3, np.float32)
    # Two loops: LLVM vectorises each of them, and not both in one.
    for place in range(grey.size):
        grey[place] = _grey(values[3 * place], values[3 * place + 1], values[3 * place + 2])
    for place in range(grey.size):
        for channel in range(3):
            result[3 * place + channel] = _blend(grey[place], np.float32(values[3 * place + channel]), factor)
    return result.reshape(image.shape)


@numba.njit((_IMAGE, numba.float32), nogil=True)
def sharpened(image: Bytes, factor: np.float32) -> Bytes:
    """Return an image, 3x3 or more, moved away from its smoothed neighbourhood by `factor`; its border stays."""
    made, width = image.copy(), 3 * image.shape[1]
    values, result = image.reshape(image.size), made.reshape(image.size)
    # Rows stand behind each other, and views have one index: LLVM vectorises loops whose index cannot be negative.
    upper, own, lower = values[: -2 * width], values[width:-width], values[2 * width :]
    sums = np.empty(own.size, np.uint16)
    for place in range(own.size):
        sums[place] = np.uint16(upper[place]) + np.uint16(own[place]) + np.uint16(lower[place])
    left, middle, right = sums[:-6], sums[3:-3], sums[6:]
    own, inner = own[3:-3], result[width + 3 :]
    for place in range(middle.size):
        centre = np.uint32(own[place])
        total = np.uint32(left[place]) + np.uint32(middle[place]) + np.uint32(right[place]) + np.uint32(4) * centre
        # Equals Pillow's float32 sum, started at 1/2, truncated.
        smooth = np.int32((np.uint32(2) * total + np.uint32(13)) // np.uint32(26))
        inner[place] = _blend(np.float32(smooth), np.float32(own[place]), factor)
    # Across the end of a row that was nonsense.
    for row in range(width, values.size - width, width):
        for place in range(3):
            result[row + place] = values[row + place]
            result[row + width - 3 + place] = values[row + width - 3 + place]
    return made
