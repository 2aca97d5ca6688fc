"""Area by OpenCV: resized parts of the image, cut along the edges of pixels."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends.base import ImageFunction, PreparedRows
from augplug._backends.opencv_packing import is_packed, packed
from augplug._backends.scratch import scratch
from augplug.types import Image, Matrix

Reals = npt.NDArray[np.float64]
_UINT8 = np.dtype(np.uint8)
_ON_EDGE = 1e-6
"""A cut this close to an edge between pixels, in pixels, is on it."""
_WIDE_FROM = 1 << 14
"""Number of pixels from which the mean is faster in float32 than on bytes."""


class Cut(NamedTuple):
    """The part of an axis that a warp shows."""

    first: int
    last: int
    size: int

    @property
    def grows(self) -> bool:
        """Return True if it comes out longer than it is."""
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
        """Return True if its length is a whole number of times what comes out."""
        return (self.last - self.first) % self.size == 0


def cuts(transform: Matrix, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[Cut, Cut] | None:
    """Return the rows and the columns that a warp shows, cut at edges of pixels within the image; else None."""
    (a, b, c), (d, e, f), last = transform
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


def area(rows: Cut, columns: Cut, shape: tuple[int, ...], dtype: np.dtype[Any] = _UINT8) -> ImageFunction:
    """Return the kernel that resizes a part of the image: the mean where a side shrinks, linear where it grows."""
    place = (rows.seen(shape[0]), columns.seen(shape[1]))
    first: ImageFunction = operator.itemgetter(place)
    if not (rows.grows and columns.grows):
        high, wide = (
            p.stop - p.start if cut.grows else cut.size for cut, p in zip((rows, columns), place, strict=True)
        )
        first = partial(_mean, place=place, size=(wide, high), wide=dtype == _UINT8 and _is_quicker_wide(rows, columns))
    if not (rows.grows or columns.grows):
        return first
    (across, right), (along, down) = columns.pull(place[1].start), rows.pull(place[0].start)
    whole = (rows.first, rows.last, columns.first, columns.last) == (0, shape[0], 0, shape[1])
    pull = np.array([[across, 0, right], [0, along, down]])
    grow = _growing(pull, (rows.size, columns.size), shape, dtype, whole=whole)
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


def _growing(
    pull: npt.NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...], dtype: np.dtype[Any], *, whole: bool
) -> ImageFunction:
    if whole:
        return lambda image: cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warp = partial(cv2.warpAffine, M=pull, dsize=size[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return packed(warp, "linear", size, shape, dtype, [0.0, 0.0, 0.0])


class _Cuts(NamedTuple):
    """The cuts of one axis for N rows: what `Cut` holds of one."""

    on_edges: npt.NDArray[np.bool_]
    grows: npt.NDArray[np.bool_]
    stays: npt.NDArray[np.bool_]
    whole: npt.NDArray[np.bool_]
    first: list[int]
    last: list[int]
    start: list[int]
    stop: list[int]
    scale: Reals
    shift: Reals


def _all_cuts(scale: Reals, shift: Reals, size: int, side: int) -> _Cuts:
    """Return `_cut` of every row, with `Cut.seen` and `Cut.pull`; `scale` is above 0."""
    start = 0.5 - (shift + 0.5) / scale
    end = start + size / scale
    first, last = np.rint(start), np.rint(end)
    on_edges = (abs(start - first) <= _ON_EDGE) & (abs(end - last) <= _ON_EDGE) & (first >= 0) & (last <= side)
    length = last - first
    grows = size > length
    begin, stop = np.maximum(first - grows, 0), np.minimum(last + grows, side)
    pull = length / size
    ints = [edge.astype(np.intp).tolist() for edge in (first, last, begin, stop)]
    shift = first - begin + (pull - 1) / 2
    return _Cuts(on_edges, grows, length == size, length == side, ints[0], ints[1], ints[2], ints[3], pull, shift)


def cuts_of_rows(
    transforms: Reals, size: tuple[int, int], shape: tuple[int, ...]
) -> tuple[_Cuts, _Cuts, npt.NDArray[np.bool_]]:
    """Return the rows and columns that each matrix `(N, 3, 3)` shows, and for which of them `cuts` is not None."""
    (a, b, c), (d, e, f), last = np.moveaxis(transforms, 0, 2)
    straight = (b == 0) & (d == 0) & (last == [[0], [0], [1]]).all(axis=0) & (a > 0) & (e > 0)
    rows = _all_cuts(np.where(straight, e, 1.0), f, size[0], shape[0])
    columns = _all_cuts(np.where(straight, a, 1.0), c, size[1], shape[1])
    return rows, columns, straight & rows.on_edges & columns.on_edges


def areas(transforms: Reals, size: tuple[int, int], shape: tuple[int, ...]) -> PreparedRows:
    """Return `area` for each matrix `(N, 3, 3)`; single are those that cut between pixels or outside the image."""
    rows, columns, able = cuts_of_rows(transforms, size, shape)
    # A side that keeps its length is moved alone, so one warp does both.
    grow = able & (rows.grows | rows.stays) & (columns.grows | columns.stays) & (rows.grows | columns.grows)
    grow &= ~(rows.whole & columns.whole) & (not is_packed("linear", size, shape, _UINT8))
    pulls = np.zeros((len(transforms), 2, 3))
    pulls[:, 0, 0], pulls[:, 0, 2] = columns.scale, columns.shift
    pulls[:, 1, 1], pulls[:, 1, 2] = rows.scale, rows.shift
    kernels = np.empty(len(transforms), dtype=object)
    for row in np.flatnonzero(able).tolist():
        if grow[row]:
            place = (slice(rows.start[row], rows.stop[row]), slice(columns.start[row], columns.stop[row]))
            kernels[row] = _grown(place, pulls[row], size[::-1])
        else:
            down = Cut(rows.first[row], rows.last[row], size[0])
            kernels[row] = _kept_area(down, Cut(columns.first[row], columns.last[row], size[1]), shape)

    def render(images: list[Image], places: npt.NDArray[np.intp], outs: Sequence[Image | None]) -> list[Image]:
        return [kernel(image, out) for kernel, image, out in zip(kernels[places], images, outs, strict=True)]

    return PreparedRows(render, ~able)


@lru_cache(maxsize=1024)
def _kept_area(rows: Cut, columns: Cut, shape: tuple[int, ...]) -> Any:
    # Few cuts are left: of the whole image, and of sides that shrink.
    kernel = area(rows, columns, shape)
    return lambda image, _out: kernel(image)


def _grown(place: tuple[slice, slice], pull: Reals, size: tuple[int, int]) -> Any:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def render(image: Image, out: Image | None) -> Image:
        goal = None if out is image else out
        return cv2.warpAffine(image[place], pull, size, goal, flags, cv2.BORDER_REPLICATE)

    return render
