"""Area by OpenCV: resized parts of the image, cut along the edges of pixels."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends.base import Kernel
from augplug._backends.opencv_packing import packed
from augplug._backends.scratch import scratch
from augplug.types import Image

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

    @property
    def whole(self) -> bool:
        """Whether its length is a whole number of times what comes out."""
        return (self.last - self.first) % self.size == 0


def cuts(pull: npt.NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...]) -> tuple[Cut, Cut] | None:
    """Return the rows and the columns that a matrix shows, cut at edges of pixels within the image; else None."""
    (a, b, c), (d, e, f), last = pull.tolist()
    if b or d or last != [0.0, 0.0, 1.0] or a <= 0 or e <= 0:
        return None
    rows, columns = _cut(e, f, size[0], shape[0]), _cut(a, c, size[1], shape[1])
    return None if rows is None or columns is None else (rows, columns)


def _cut(scale: float, shift: float, size: int, side: int) -> Cut | None:
    start = shift - (scale - 1) / 2
    end = start + scale * size
    first, last = round(start), round(end)
    on_edges = abs(start - first) <= _ON_EDGE and abs(end - last) <= _ON_EDGE
    return Cut(first, last, size) if on_edges and first >= 0 and last <= side else None


def area(pull: npt.NDArray[np.float64], rows: Cut, columns: Cut, shape: tuple[int, ...]) -> Kernel:
    """Return a resized part of the image: the mean where a side shrinks, linear where it grows.

    A side that grows is sampled from the whole image, as the definition does: beyond the cut lie its neighbours.
    """
    whole = (rows.first, rows.last, columns.first, columns.last) == (0, shape[0], 0, shape[1])
    growing = (rows.grows, columns.grows)
    grow = partial(_growing, size=(rows.size, columns.size), shape=shape, whole=whole)
    if all(growing):
        return grow(pull[:2])
    parts = [np.s_[:] if cut.grows else np.s_[cut.first : cut.last] for cut in (rows, columns)]
    shrunk = [side if cut.grows else cut.size for cut, side in zip((rows, columns), shape, strict=False)]
    mean = partial(_mean, place=tuple(parts), size=(shrunk[1], shrunk[0]), wide=_is_quicker_wide(rows, columns))
    if not any(growing):
        return mean
    then = grow(np.where([[columns.grows], [rows.grows]], pull[:2], np.eye(2, 3)))
    return lambda image: then(mean(image))


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
