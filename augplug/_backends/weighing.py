"""Two images added by weight, rounded to nearest: the sums of float64, in float32 where that gives the same bits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from augplug._backends.tables import from_units, to_units
from augplug.renamed import answers_old_keywords
from augplug.types import Image

_PIECE = 1 << 15
_WHOLE = 1 << 32
_EVERY = np.arange(256, dtype=np.uint32)
_MARGIN = 1 << 19
"""Of 2**32: sums of 8-bit values in float32 are off by less than half of this part."""
_FROM = np.uint32(_WHOLE // 2 - _MARGIN)


@answers_old_keywords
def weighted_sum(image: Image, partner: Image, weight: float, out: Image | None = None) -> Image:
    """Return (1 - weight) image + weight partner: what `Backend.weighted_sum` returns, by numpy.

    Both have one shape and dtype, and weight is in 0..1; uint8 is rounded to nearest, and written into the array `out`
    if one is given.
    """
    if image.dtype != np.uint8:
        units = (1 - weight) * to_units(image, image.dtype) + weight * to_units(partner, partner.dtype)
        return from_units(units, image.dtype)
    made = np.empty(image.shape, np.uint8) if out is None else out
    real: Any = np.float32 if is_exact_in_float32(weight) else np.float64
    mixed, mine, theirs = made.reshape(-1), image.reshape(-1), partner.reshape(-1)
    # A piece after the other, so that the reals stay in the cache.
    own, other = np.empty((2, min(_PIECE, image.size)), dtype=real)
    for start in range(0, image.size, _PIECE):
        end = min(start + _PIECE, image.size)
        total, part = own[: end - start], other[: end - start]
        np.multiply(mine[start:end], real(1 - weight), out=total)
        np.multiply(theirs[start:end], real(weight), out=part)
        total += part
        total += real(0.5)
        mixed[start:end] = total  # nothing lies outside 0..255.5, so truncating rounds
    return made


@lru_cache(maxsize=256)
def is_exact_in_float32(weight: float) -> bool:
    """Return True if no weighted difference of two 8-bit values is so near to a half that float32 may err."""
    if float(256 * weight).is_integer():  # every product is a float32
        return True
    # In 2**-32: whole numbers drop off, a half is 2**31, and negative differences lie as far on the other side of it.
    parts = _EVERY * np.uint32(int(weight * _WHOLE))
    parts -= _FROM
    return bool(np.minimum.reduce(parts) > 2 * _MARGIN)
