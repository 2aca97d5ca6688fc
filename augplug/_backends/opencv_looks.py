"""A table of 256 values as OpenCV does it quickest: bit operations and saturating sums where they give its very values.

A table costs a load a value, whatever stands in it; a bit operation or a sum is done on 32 values at once. Which of
them a table is, is found from the table itself and tried on all 256 values, so no bit depends on the guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from itertools import count
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends.tables import Table
from augplug.types import Image

Look: TypeAlias = Callable[..., Image]
"""Takes an image and where the result goes: the image itself, or None for a new array."""
Line: TypeAlias = tuple[float, float]
"""Slope and offset, in 8-bit units."""
_EVERY = np.arange(256, dtype=np.uint8)
_NEGATIVE = _EVERY[::-1].copy()
_RAMP = bytes(255) + _EVERY.tobytes() + b"\xff" * 255
"""Every value with -255..255 added, clipped, is 256 bytes of these."""
_MARGIN = 2.0**-13
"""OpenCV's float32 sums of 8-bit values, with a slope of 1, are off by less than a quarter of this."""
_STEEPEST = 16.0
WIDE_TABLES = int(cv2.__version__.split(".", maxsplit=1)[0]) >= 5
"""Tables of 65,536 values came to OpenCV with version 5."""
_PAIRS_FROM, _ONCE_FROM = 1 << 17, 1 << 18
"""From so many values on, a table of pairs pays if it is used again, and though it be used once."""


def planes(image: Image) -> Image:
    """Return the channels `(C, H, W)` of an image, a copy. One array: OpenCV's own three take twice the time."""
    made = np.empty((image.shape[2], *image.shape[:2]), dtype=np.uint8)
    cv2.split(image, list(made))
    return made


def by_table(table: Table) -> Look:
    """Return the look-up of a table `(256,)`."""
    return partial(_looked_up, table=table)


def _looked_up(image: Image, into: Image | None = None, *, table: Table) -> Image:
    rows = image.reshape(len(image), -1)
    if not WIDE_TABLES or rows.size < _PAIRS_FROM or rows.shape[1] % 2:
        return cv2.LUT(image, table, into)
    key = table.tobytes()
    if rows.size < _ONCE_FROM and next(_uses(key)) == 0:
        return cv2.LUT(image, table, into)
    made = np.empty_like(image) if into is None else into
    cv2.LUT(rows.view(np.uint16), _pairs(key), made.reshape(rows.shape).view(np.uint16))
    return made


@lru_cache(maxsize=256)
def _uses(_table: bytes) -> Iterator[int]:
    """Return what counts the uses of a table."""
    return count()


@lru_cache(maxsize=32)
def _pairs(table: bytes) -> npt.NDArray[np.uint16]:
    """Return the table `(1, 65536)` of two values at once: half of the look-ups."""
    values = np.frombuffer(table, dtype=np.uint8).astype(np.uint16)
    pairs: npt.NDArray[np.uint16] = np.bitwise_or.outer(values << 8, values).reshape(1, -1)
    return pairs


def by_bits(table: Table) -> Look | None:
    """Return the bit operations or saturating sums that are a table `(256,)`; None where none is known."""
    values = table.tobytes()
    known = _known().get(values)
    if known is not None or values[-2:] != b"\xfe\xff":
        return known
    # What is left of tables that end as they began: a number added up to some value.
    last = int((table != _EVERY).nonzero()[0][-1])
    add = values[0] or values[last] - last
    return partial(_added, add=add, upto=last) if values[: last + 1] == _RAMP[255 + add :][: last + 1] else None


@cache
def _known() -> dict[bytes, Look]:
    """Return what every mask, and every inversion from some value on, makes of the 256 values."""
    inversions = ((np.where(above < _EVERY, _NEGATIVE, _EVERY), above) for above in range(255))
    masks = ((_EVERY & mask, mask) for mask in _EVERY[:-1])
    known: dict[bytes, Look] = {table.tobytes(): partial(_inverted, above=above) for table, above in inversions}
    known |= {table.tobytes(): partial(_masked, mask=mask) for table, mask in masks}
    return known | {_EVERY.tobytes(): _copied, _NEGATIVE.tobytes(): partial(cv2.bitwise_not)}


def _copied(image: Image, into: Image | None = None) -> Image:
    return image.copy() if into is None else into


def _masked(image: Image, into: Image | None = None, *, mask: np.uint8) -> Image:
    return np.bitwise_and(image, mask, into)


def _inverted(image: Image, into: Image | None = None, *, above: int) -> Image:
    ones = cv2.threshold(image, above, 255, cv2.THRESH_BINARY)[1]
    return cv2.bitwise_xor(image, ones, ones if into is None else into)


def _added(image: Image, into: Image | None = None, *, add: int, upto: int) -> Image:
    more = cv2.threshold(image, upto, abs(add), cv2.THRESH_BINARY_INV)[1]
    change = cv2.add if add > 0 else cv2.subtract
    return change(image, more, more if into is None else into)


TWO_PASSES = (_inverted, _added)
"""What takes two passes over the image, where a table takes one."""


def by_line(table: Table, line: Line) -> Look | None:
    """Return the sum in float32 that is a table `(256,)` whose values truncate `line`; None where bits could differ.

    The sum is shifted so that it rounds to the right integers, with a margin for float32 on all 256 values.
    """
    slope, offset = line
    if not 0 < slope <= _STEEPEST:
        return None
    slope = float(np.float32(slope))
    probes = enumerate(table[64::64].tolist(), start=1)
    apart = [own - slope * 64 * number for number, own in probes if 0 < own < 255]
    if apart and max(apart) - min(apart) > 1:  # no line, and told sooner
        return None
    # Where the table is saturated, the sum may lie anywhere beyond.
    short = (table - (slope * _EVERY + offset))[table > 0].max(initial=-1.0)
    room = (table - (slope * _EVERY + offset))[table < 255].min(initial=1.0) + 1
    margin = _MARGIN * max(slope, 1)
    if room - short < 2 * margin:
        return None
    shift = float(offset + (short + room) / 2 - 0.5)
    if shift > -0.5:  # convertScaleAbs is quicker, and would turn negative sums round
        look: Look = partial(cv2.convertScaleAbs, alpha=slope, beta=shift)
    else:
        look = partial(_summed, slope=slope, shift=shift)
    return look if (look(_EVERY[None])[0] == table).all() else None


def _summed(image: Image, into: Image | None = None, *, slope: float, shift: float) -> Image:
    return cv2.addWeighted(image, slope, image, 0, shift, into)
