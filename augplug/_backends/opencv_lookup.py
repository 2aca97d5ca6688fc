"""A table of 256 values on an image: by a library that looks 64 values up at once, or as a bit operation.

Which bit operation a table is, is found from the table itself, so no bit depends on a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TypeAlias

import cv2
import numpy as np

from augplug._backends.tables import Table
from augplug.types import Image

try:
    from stringzilla import translate
except ImportError:  # OpenCV does it too: it takes two to twelve times as long
    translate = None

Lookup: TypeAlias = Callable[..., Image]
"""Takes a C-contiguous image and where the result goes: the image itself, or None for a new array."""
_SPLIT_UPTO = 4
"""Up to this many channels OpenCV splits and merges them quickly; a transposition is quicker above."""
_EVERY = np.arange(256, dtype=np.uint8)
WIDE_TABLES = int(cv2.__version__.split(".", maxsplit=1)[0]) >= 5
"""Tables of 65,536 values came to OpenCV with version 5."""


def planes(image: Image) -> Image:
    """Return the channels of an image, `(C, H, W)`, a copy. In one array: OpenCV's own three take twice the time."""
    if image.ndim == 2:
        return image[None].copy()
    height, width, channels = image.shape
    made = np.empty((channels, height, width), image.dtype)
    if channels > _SPLIT_UPTO:
        cv2.transpose(image.reshape(-1, channels), made.reshape(channels, -1))
    else:
        cv2.split(image, list(made))
    return made


def joined(apart: Image) -> Image:
    """Return planes `(C, H, W)` as an image."""
    channels, height, width = apart.shape
    if channels > _SPLIT_UPTO:
        made: Image = cv2.transpose(apart.reshape(channels, -1))
    else:
        made = cv2.merge(list(apart))
    return made.reshape(height, width, channels)


def extremes(image: Image) -> tuple[Image, Image]:
    """Return the lowest and the highest value of each channel, `(C,)`."""
    channels = image.shape[2] if image.ndim == 3 else 1
    rows = image.reshape(len(image), -1)
    if channels == 1:
        low, high, _, _ = cv2.minMaxLoc(rows)
        return np.array([low], image.dtype), np.array([high], image.dtype)
    # Down the rows first: neighbours are then of the same channel, and numpy compares many at once.
    lows, highs = (pick(axis=0).reshape(-1, channels) for pick in (rows.min, rows.max))
    return lows.min(axis=0), highs.max(axis=0)


def by_table(table: Table) -> Lookup:
    """Return the look-up of a table `(256,)`."""
    if translate is None:
        return lambda image, out=None: cv2.LUT(image, table, out)
    values = table.data

    def look(image: Image, out: Image | None = None) -> Image:
        if out is None:
            out = image.copy()
        elif out is not image:
            out[...] = image
        translate(out.data, values, inplace=True)  # into another array only stringzilla 5.3 does it
        return out

    return look


def look_up(image: Image, table: Table, out: Image | None) -> Image:
    """Return an image through a table `(256,)`, in `out` if that has its shape."""
    if out is None or out.shape != image.shape:
        out = image.copy()
    elif translate is not None and out is not image:
        out[...] = image
    if translate is None:
        return cv2.LUT(image, table, out)
    translate(out.data, table.data, inplace=True)
    return out


def by_bits(table: Table) -> Lookup | None:
    """Return the bit operation that is a table `(256,)`, where one pass does it; None for any other."""
    return _known().get(table.tobytes())


@cache
def _known() -> dict[bytes, Lookup]:
    """Return what every mask, and the inversion, makes of the 256 values."""
    known: dict[bytes, Lookup] = {(_EVERY & mask).tobytes(): partial(_masked, mask) for mask in _EVERY[:-1]}
    return known | {_EVERY.tobytes(): _copied, _EVERY[::-1].tobytes(): partial(cv2.bitwise_not)}


def _copied(image: Image, out: Image | None = None) -> Image:
    return image.copy() if out is None else out


def _masked(mask: np.uint8, image: Image, out: Image | None = None) -> Image:
    return np.bitwise_and(image, mask, out)
