"""Kernels for uint8 RGB images `(H, W, 3)`: each is one call from Python, and releases the GIL.

They compute what Pillow 13 does, in its own types (integers, float32, float64), or in integers that were tried to give
the same. Without fastmath LLVM neither reorders nor contracts a sum, so every bit is the reference's. Signatures are
given, so that all kernels are compiled when this module is imported: before workers are forked, and not within
somebody's first image. Slices are not assigned to slices, because numba takes four seconds to compile one such line.

Quick are unsigned indices of look-ups, since a signed one is asked each time whether it counts from the end.
Temporaries are blocks that stay in the cache. Whole numbers are cast after each step, because numba widens to 64 bits.
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
_VALUES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
"""These take writable ones too."""
_AT = np.uintp
_BLOCK = 6144
"""Bytes of a block: 2,048 pixels."""
_PAIRS_FROM = 3 << 14
"""Number of values from which tables of pairs are faster, even for one use."""
_SHIFT, _NUDGE = 22, np.int32(256)


@numba.njit(nogil=True)
def _histograms(image: Bytes) -> Counts:
    """Return the histograms `(3, 256)`. Four are kept by turns, so that equal neighbours do not wait for each other."""
    values, counts = image.reshape(image.size), np.zeros((4, 3, 256), np.uint32)
    flat, whole = counts.reshape(counts.size), image.size // 12 * 12
    for place in range(_AT(0), _AT(whole), _AT(12)):
        for turn in range(12):
            flat[_AT(256 * turn) + _AT(values[place + _AT(turn)])] += np.uint32(1)
    for place in range(whole, image.size):
        flat[_AT(256 * (place - whole)) + _AT(values[place])] += np.uint32(1)
    for level in range(768):
        flat[level] += flat[768 + level] + flat[1536 + level] + flat[2304 + level]
    total: Counts = counts[0]
    return total


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


@numba.njit(nogil=True)
def _looked_up(image: Bytes, tables: Bytes) -> Bytes:
    """Return an image through tables `(3, 256)`, one a channel."""
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    flat = tables.reshape(768)
    for place in range(_AT(0), _AT(image.size), _AT(3)):
        for channel in range(3):
            at = place + _AT(channel)
            result[at] = flat[_AT(256 * channel) + _AT(values[at])]
    return result.reshape(image.shape)


@numba.njit(nogil=True)
def _looked_up_by_pairs(image: Bytes, tables: Bytes) -> Bytes:
    """Return the same by half of the look-ups: tables of two values at once, which pay on a large image."""
    pairs = np.empty((3, 256, 256), np.uint16)
    for kind in range(3):
        lower, upper = tables[2 * kind % 3], tables[(2 * kind + 1) % 3]
        for high in range(256):
            for low in range(256):
                pairs[kind, high, low] = np.uint16(lower[low]) | (np.uint16(upper[high]) << np.uint16(8))
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    flat, whole = pairs.reshape(pairs.size), image.size // 6 * 6
    for place in range(_AT(0), _AT(whole), _AT(6)):
        for kind in range(3):
            at = place + _AT(2 * kind)
            pair = flat[_AT(65536 * kind) + (_AT(values[at]) | (_AT(values[at + _AT(1)]) << _AT(8)))]
            result[at], result[at + _AT(1)] = np.uint8(pair), np.uint8(pair >> np.uint16(8))
    for place in range(whole, image.size):
        result[place] = tables[place - whole, values[place]]
    return result.reshape(image.shape)


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
    return _looked_up(image, made) if image.size < _PAIRS_FROM else _looked_up_by_pairs(image, made)


@numba.njit(nogil=True)
def _slope(factor: np.float32) -> np.int32:
    """Return the slope by which whole numbers blend to Pillow's bit, in units of 2**-22; -1 where there is none.

    Pillow truncates base + factor * difference in float32. That is base + floor(factor * difference) where no product
    lies just below a whole number. The nudge, 2**-14, takes those across: then the two floors differ. Of what is left
    over, the slope is off by 2**-15 at most, product and sum (up to 255) in float32 by 2**-17 each.
    """
    if not 0 <= factor <= 2:
        return np.int32(-1)
    slope, off = np.int32(np.float64(factor) * (1 << _SHIFT) + 0.5), 0
    for difference in range(-255, 256):
        below = np.int32(np.floor(factor * np.float32(difference)))
        off += below != _moved(np.int32(difference), slope)
    return np.int32(-1) if off else slope


@numba.njit(nogil=True)
def _moved(difference: np.int32, slope: np.int32) -> np.int32:
    return np.int32(np.int32(np.int32(difference * slope) + _NUDGE) >> np.int32(_SHIFT))


@numba.njit(nogil=True)
def _blend(base: np.uint8, value: np.uint8, factor: np.float32, slope: np.int32) -> np.uint8:
    """Return Pillow's blend. LLVM makes of a loop around it one by whole numbers and one in float32."""
    if slope >= 0:
        whole = np.int32(np.int32(base) + _moved(np.int32(np.int32(value) - np.int32(base)), slope))
        return np.uint8(min(max(whole, np.int32(0)), np.int32(255)))
    mixed = np.float32(base) + factor * (np.float32(value) - np.float32(base))
    return np.uint8(np.int32(min(max(mixed, _ZERO), _TOP)))


@numba.njit(nogil=True)
def _grey(red: np.uint8, green: np.uint8, blue: np.uint8) -> np.uint32:
    """Return Pillow's L."""
    total = np.uint32(19595) * np.uint32(red) + np.uint32(38470) * np.uint32(green) + np.uint32(7471) * np.uint32(blue)
    return np.uint32((total + np.uint32(32768)) >> np.uint32(16))


@numba.njit((_IMAGE, numba.float32), nogil=True)
def contrasted(image: Bytes, factor: np.float32) -> Bytes:
    """Return an image moved away from its mean grey by `factor`."""
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    total = np.int64(0)
    for start in range(0, image.size, _BLOCK):
        block, part = values[start : start + _BLOCK], np.uint32(0)
        for place in range(0, block.size, 3):
            part = np.uint32(part + _grey(block[place], block[place + 1], block[place + 2]))
        total += np.int64(part)
    mean, slope = np.uint8(total * 3 / image.size + 0.5), _slope(factor)
    for place in range(image.size):
        result[place] = _blend(mean, values[place], factor, slope)
    return result.reshape(image.shape)


@numba.njit((_IMAGE, numba.float32), nogil=True)
def colored(image: Bytes, factor: np.float32) -> Bytes:
    """Return an image each of whose pixels is moved away from its grey by `factor`."""
    values, result = image.reshape(image.size), np.empty(image.size, np.uint8)
    spread, slope = np.empty(_BLOCK, np.uint8), _slope(factor)
    for start in range(0, image.size, _BLOCK):
        block, goal = values[start : start + _BLOCK], result[start : start + _BLOCK]
        base = spread if slope else goal
        for place in range(0, block.size, 3):
            grey = np.uint8(_grey(block[place], block[place + 1], block[place + 2]))
            base[place], base[place + 1], base[place + 2] = grey, grey, grey
        if slope:
            for place in range(block.size):
                goal[place] = _blend(base[place], block[place], factor, slope)
    return result.reshape(image.shape)


@numba.njit(nogil=True)
def _smooth(total: np.uint16) -> np.uint8:
    """Return a total divided by 13, exact for all there are: Pillow's float32 sum, started at 1/2, truncated."""
    return np.uint8(np.uint32(np.uint32(total) * np.uint32(5042)) >> np.uint32(16))


@numba.njit((_IMAGE, numba.float32), nogil=True)
def sharpened(image: Bytes, factor: np.float32) -> Bytes:
    """Return an image moved away from its smoothed neighbourhood by `factor`; its border stays."""
    made, width, slope = image.copy(), 3 * image.shape[1], _slope(factor)
    values, result = image.reshape(image.size), made.reshape(image.size)
    block, last = max(1, _BLOCK // width) * width, image.size - width
    sums = np.empty(block, np.uint16)
    # Rows follow each other, and views have one index: LLVM vectorises loops whose index cannot be negative.
    for start in range(width, last, block):
        end = min(start + block, last)
        upper, own, lower = values[start - width : end - width], values[start:end], values[start + width : end + width]
        for place in range(own.size):
            sums[place] = np.uint16(np.uint16(upper[place]) + np.uint16(own[place]) + np.uint16(lower[place]))
        left, middle, right = sums[: own.size - 6], sums[3 : own.size - 3], sums[6 : own.size]
        own, goal = own[3:-3], result[start + 3 : end - 3]
        for place in range(own.size):
            total = np.uint16(left[place] + middle[place] + right[place] + 4 * np.uint16(own[place]) + 6)
            goal[place] = _blend(_smooth(total), own[place], factor, slope)
    # Across the end of a row that was nonsense.
    for row in range(width, last, width):
        for place in range(3):
            result[row + place] = values[row + place]
            result[row + width - 3 + place] = values[row + width - 3 + place]
    return made


@numba.njit(nogil=True)
def _rounds_alike(weight: float) -> bool:
    """Return True if float32 rounds every sum of two values by weight as float64 does.

    Either every product is a float32, or no sum is nearer to a half than twice what float32 may be off by, 2**-14.
    """
    if 256 * weight == np.floor(256 * weight):
        return True
    nearest = 1.0
    for difference in range(256):
        part = difference * weight
        nearest = min(nearest, abs(part - np.floor(part) - 0.5))
    return nearest > 2.0**-13


@numba.njit((_VALUES, _VALUES, numba.float64), nogil=True)
def weighted_sum(values: Bytes, others: Bytes, weight: float) -> Bytes:
    """Return (1 - weight) value + weight other, rounded to nearest as float64 rounds; all `(N,)`."""
    result = np.empty(values.size, np.uint8)
    if _rounds_alike(weight):
        kept, given = np.float32(1 - weight), np.float32(weight)
        for place in range(values.size):
            near = kept * np.float32(values[place]) + given * np.float32(others[place])
            result[place] = np.uint8(np.int32(near + np.float32(0.5)))
    else:
        for place in range(values.size):
            total = (1 - weight) * np.float64(values[place]) + weight * np.float64(others[place])
            result[place] = np.uint8(np.int32(total + 0.5))
    return result
