"""Grey, mixed channels and Pillow's blend by OpenCV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends.base import ImageFunction
from augplug._backends.opencv_lookup import WIDE_TABLES
from augplug._backends.scratch import FEW, scratch
from augplug._backends.tables import GREY, blend8
from augplug._backends.weighing import is_exact_in_float32, weighted_sum
from augplug.effects import ColorMix
from augplug.types import Image

_GREY = np.array([[*GREY, 32768]], dtype=np.float32) / np.float32(65536)
_SWAP = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
_NUDGE = 2.0**-13
_DIFFERENCES = np.arange(-255, 256, dtype=np.float32)
ROWS = 32
"""Tables of 256 values computed at once: what they are made of stays in the cache, and takes no fresh pages."""
Mix: TypeAlias = Callable[..., Image]
"""Takes uint8 images `base` and `image`, and where the result may go: `out`, which may be the image itself, or None."""
_PAIRS_FROM = 1 << 16
"""Number of values from which building the 65,536-entry table of all pairs is faster, even for one use."""


def grey(image: Image) -> Image:
    """Return Pillow's L `(H, W)` of uint8 RGB, to the bit.

    Every partial sum is a multiple of 2**-16 below 256, so float32 is exact in any order of summation.
    """
    if image.size < FEW:
        return cv2.transform(image.astype(np.float32), _GREY).astype(np.uint8)
    return _transformed(image, _GREY).astype(np.uint8)


def _transformed(image: Image, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the channels of every pixel of a large image in float32 through a matrix: this thread's scratch."""
    wide = scratch(0, image.shape, np.float32)
    wide[...] = image
    shape = (*image.shape[:2], len(matrix)) if len(matrix) > 1 else image.shape[:2]
    return np.asarray(cv2.transform(wide, matrix, scratch(1, shape, np.float32)), dtype=np.float32)


def gray_mean(image: Image) -> float:
    """Return the mean of an image's grey, rounded to an integer as Pillow does."""
    values = grey(image) if image.shape[2:] == (3,) else image
    return float(int(cv2.sumElems(values.reshape(len(values), -1))[0] / values.size + 0.5))


def color_mix(effect: ColorMix, shape: tuple[int, ...]) -> ImageFunction | None:
    """Return the kernel of mixed channels; None where OpenCV does not do it."""
    if effect.matrix is not None:
        return _by_matrix(effect.matrix, shape[2]) if len(shape) == 3 else None
    if effect.gray_blend is None or shape[2:] != (3,):
        return None
    mix = blend(effect.gray_blend)
    return lambda image: mix(cv2.cvtColor(grey(image), cv2.COLOR_GRAY2RGB), image)


def _by_matrix(matrix: tuple[tuple[float, ...], ...], channels: int) -> ImageFunction | None:
    if len(matrix) > 4 or channels > 4:
        order = moved_channels(np.array(matrix))
        return None if order is None else partial(reordered, order=order)
    if matrix == _SWAP and channels == 3:
        return partial(cv2.cvtColor, code=cv2.COLOR_RGB2BGR)
    moves_alone = all(row.count(1) == 1 and row.count(0) == len(row) - 1 for row in matrix)
    weights = np.array(matrix, dtype=np.float32)
    if moves_alone and len(matrix) > 1:  # of a single row OpenCV makes an image without channels
        return partial(cv2.transform, m=weights)
    return partial(mixed, matrix=weights)


def moved_channels(matrix: npt.NDArray[np.float64]) -> list[int] | None:
    """Return which channel each output channel is, for a matrix that only moves channels; None for any other."""
    alone = ((matrix == 0) | (matrix == 1)).all() and (matrix.sum(axis=1) == 1).all()
    return matrix.argmax(axis=1).tolist() if alone else None


def reordered(image: Image, order: Sequence[int]) -> Image:
    """Return an image of any dtype with its channels in another order."""
    made = np.empty((*image.shape[:2], len(order)), image.dtype)
    cv2.mixChannels([image], [made], [number for place, old in enumerate(order) for number in (old, place)])
    return made


def mixed(image: Image, matrix: npt.NDArray[np.float32], out: Image | None = None) -> Image:
    """Return the channels of every pixel through a matrix, rounded to nearest; in `out` if that fits."""
    # In float32: OpenCV's own sum on uint8 knows a weight to 10 bits alone.
    made = _transformed(image, matrix)
    # Half of the time of clipping first: convertScaleAbs turns what is negative over.
    clipped = cv2.addWeighted(made, 1, made, 0, 0, out, cv2.CV_8U)
    return clipped if clipped is out else clipped.reshape(*image.shape[:2], len(matrix))


def blend(factor: float) -> Mix:
    """Return Pillow's blend of two uint8 images, base + factor (image - base) truncated, to the bit.

    OpenCV's float32 sum is off by less than half of _NUDGE (factor up to 2). Nudged up, it truncates to that integer
    wherever no product factor (image - base) lies within twice _NUDGE below an integer.
    """
    one = np.float32(factor)
    moves = one * _DIFFERENCES
    return _blend(factor, float(one), factor <= 2 and bool((moves - np.floor(moves)).max() <= 1 - 2 * _NUDGE))


def blends(factors: npt.NDArray[np.float64]) -> list[Mix]:
    """Return the blend of each factor `(N,)`."""
    made: list[Mix] = []
    for start in range(0, len(factors), ROWS):
        some = factors[start : start + ROWS]
        ones = some.astype(np.float32)
        moves = ones[:, None] * _DIFFERENCES
        moves -= np.floor(moves)
        sums = (some <= 2) & (moves.max(axis=1) <= 1 - 2 * _NUDGE)
        made += map(_blend, some.tolist(), ones.tolist(), sums.tolist())
    return made


def _blend(factor: float, one: float, by_sum: bool) -> Mix:  # noqa: FBT001  # mapped over columns
    if factor == 0:
        return lambda base, image, out=None: base
    if by_sum:
        return lambda base, image, out=None: cv2.addWeighted(image, one, base, 1 - one, _NUDGE - 0.5, out)
    return lambda base, image, out=None: _blended(base, image, factor)


def _blended(base: Image, image: Image, factor: float) -> Image:
    """Return the blend where sums in another order may come out on the other side of an integer."""
    if not WIDE_TABLES or image.size < _PAIRS_FROM:
        return blend8(base, image, factor)
    return _by_pairs(base, image, _of_pairs(blend8, factor), np.empty_like(image))


def _by_pairs(high: Image, low: Image, table: Image, out: Image) -> Image:
    """Return what a table `(1, 65536)` says of every pair of two images' values, in `out`."""
    rows = (len(low), -1)
    pairs = cv2.merge([low.reshape(rows), high.reshape(rows)]).view(np.uint16)[..., 0]
    cv2.LUT(pairs, table, out.reshape(rows))
    return out


@lru_cache(maxsize=32)
def _of_pairs(function: Callable[[Image, Image, float], Image], factor: float) -> Image:
    """Return the table `(1, 65536)` of a function of two images and a factor; the second value is the low byte."""
    high, low = np.mgrid[0:256, 0:256].astype(np.uint8)
    return function(high, low, factor).reshape(1, -1)


def uint8_weighted_sum(image: Image, partner: Image, weight: float, out: Image | None) -> Image:
    """Return (1 - weight) image + weight partner, uint8, rounded to nearest as float64 rounds, to the bit.

    Where no sum lies within _NUDGE of a half, OpenCV's float32 sum, off by less than half of that, rounds alike. The
    other sums that float32 is trusted with are exact: the nudge rounds their halves up.
    """
    made = np.empty(image.shape, np.uint8) if out is None else out
    if is_exact_in_float32(weight):
        rows = (len(image), -1)
        mine, theirs = image.reshape(rows), partner.reshape(rows)
        cv2.addWeighted(mine, 1 - weight, theirs, weight, _NUDGE / 2, made.reshape(rows))
        return made
    if not WIDE_TABLES or image.size < _PAIRS_FROM:
        return weighted_sum(image, partner, weight, made)
    return _by_pairs(image, partner, _of_pairs(weighted_sum, weight), made)
