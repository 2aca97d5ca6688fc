"""Area by OpenCV: resized parts of the image, cut along the edges of pixels."""

from __future__ import annotations

import operator
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends.base import Kernel
from augplug._backends.opencv_packing import packed
from augplug._backends.scratch import scratch
from augplug.types import Image, Matrix

_ON_EDGE = 1e-6
"""A cut this close to an edge between pixels, in pixels, is on it."""
_WIDE_FROM = 1 << 14
"""From so many pixels on, the mean is quicker in float32 than on bytes."""


class Cut(NamedTuple):
    """The part of an axis that a warp shows."""

    first: int
    last: int
    size: int

    @property
    def grows(self) -> bool:
        """Whether it comes out longer than it is."""
        return self.size > self.last - self.first

    def seen(self, side: int) -> slice:
        """Return what of an axis of that length is looked at: its neighbours too where it grows, as linear taps do."""
        return slice(max(self.first - self.grows, 0), min(self.last + self.grows, side))

    def pull(self, start: int) -> tuple[float, float]:
        """Return scale and shift from what comes out to what goes in, counted from `start`; nothing if it shrinks."""
        if not self.grows:
            return 1.0, 0.0
        scale = (self.last - self.first) / self.size
        return scale, self.first - start + (scale - 1) / 2

    @property
    def whole(self) -> bool:
        """Whether its length is a whole number of times what comes out."""
        return (self.last - self.first) % self.size == 0


def cuts(motion: Matrix, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[Cut, Cut] | None:
    """Return the rows and the columns that a warp shows, cut at edges of pixels within the image; else None."""
    (a, b, c), (d, e, f), last = motion
    if b or d or last != (0.0, 0.0, 1.0) or a <= 0 or e <= 0:
        return None
    rows, columns = _cut(e, f, size[0], shape[0]), _cut(a, c, size[1], shape[1])
    return None if rows is None or columns is None else (rows, columns)


def _cut(scale: float, shift: float, size: int, side: int) -> Cut | None:
    start = 0.5 - (shift + 0.5) / scale  # where the edge of the first pixel that comes out lies, from the first edge
    end = start + size / scale
    first, last = round(start), round(end)
    on_edges = abs(start - first) <= _ON_EDGE and abs(end - last) <= _ON_EDGE
    return Cut(first, last, size) if on_edges and first >= 0 and last <= side else None


def area(rows: Cut, columns: Cut, shape: tuple[int, ...]) -> Kernel:
    """Return the kernel that resizes a part of the image: the mean where a side shrinks, linear where it grows."""
    place = (rows.seen(shape[0]), columns.seen(shape[1]))
    first: Kernel = operator.itemgetter(place)
    if not (rows.grows and columns.grows):
        high, wide = (
            p.stop - p.start if cut.grows else cut.size for cut, p in zip((rows, columns), place, strict=True)
        )
        first = partial(_mean, place=place, size=(wide, high), wide=_is_quicker_wide(rows, columns))
    if not (rows.grows or columns.grows):
        return first
    (across, right), (along, down) = columns.pull(place[1].start), rows.pull(place[0].start)
    whole = (rows.first, rows.last, columns.first, columns.last) == (0, shape[0], 0, shape[1])
    pull = np.array([[across, 0, right], [0, along, down]])
    grow = _growing(pull, (rows.size, columns.size), shape, whole=whole)
    return lambda image: grow(first(image))


def _is_quicker_wide(rows: Cut, columns: Cut) -> bool:
    # Whole numbers of bytes have a way of their own in OpenCV.
    large = (rows.last - rows.first) * (columns.last - columns.first) >= _WIDE_FROM
    return large and not (rows.whole and columns.whole)


def _mean(image: Image, place: tuple[Any, ...], size: tuple[int, int], *, wide: bool) -> Image:
    part: Image = image[place]
    if not wide:
        return cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    values = scratch(0, part.shape, np.float32)
    values[...] = part
    made = scratch(1, (size[1], size[0], *part.shape[2:]), np.float32)
    return cv2.convertScaleAbs(cv2.resize(values, size, made, interpolation=cv2.INTER_AREA))


def _growing(pull: npt.NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...], *, whole: bool) -> Kernel:
    if whole:
        return lambda image: cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warp = partial(cv2.warpAffine, M=pull, dsize=size[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return packed(warp, "linear", size, shape, [0.0, 0.0, 0.0])
