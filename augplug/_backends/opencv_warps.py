"""Warps by OpenCV: what it is given, so that it shows the input points that the definitions name."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np

from augplug import coords
from augplug._backends import opencv_area, opencv_fields
from augplug._backends.base import ImageFunction
from augplug._backends.opencv_borders import around, padded
from augplug._backends.opencv_packing import packed
from augplug._backends.slices import spans, whole_shift
from augplug.effects import DisplacementField, Warp
from augplug.types import Image, Matrix

INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
LONGEST_SIDE = 32766
"""OpenCV's warps index pixels with 16 bits."""


def warp(effect: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: list[Any]) -> ImageFunction | None:
    """Return the kernel of a warp; None if OpenCV does not render it.

    It takes uint8, uint16 and float32 images of up to 4 channels; `fill` holds one number a channel.
    """
    if isinstance(effect.transform, DisplacementField):
        return _by_field(effect, effect.transform, shape, dtype, fill)
    shift = whole_shift(effect.transform)
    if shift is not None:
        return shifted(shift, effect.size, shape, dtype, fill)
    if effect.interpolation == "area":
        return _area(effect, effect.transform, shape, dtype)
    if coords.is_turn(effect.transform, *shape[:2]) == effect.size:
        return turn(effect.transform)
    return _by_matrix(effect, effect.transform, shape, dtype, fill)


def _area(effect: Warp, transform: Matrix, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction | None:
    cuts = opencv_area.cuts(transform, effect.size, shape)
    return None if cuts is None else opencv_area.area(*cuts, shape, dtype)


def _by_matrix(
    effect: Warp, transform: Matrix, shape: tuple[int, ...], dtype: np.dtype[Any], fill: list[Any]
) -> ImageFunction | None:
    if max(*shape[:2], *effect.size) > LONGEST_SIDE:
        return None
    size = effect.size[::-1]
    part = shrinking(transform, effect, shape) if effect.interpolation == "linear" else None
    if part is not None:
        return lambda image: cv2.resize(image[part], size, interpolation=cv2.INTER_LINEAR)
    pull = coords.inverse(transform)
    flags = INTERPOLATIONS[effect.interpolation] | cv2.WARP_INVERSE_MAP
    if transform[2] == (0.0, 0.0, 1.0):
        kernel: Any = partial(cv2.warpAffine, M=pull[:2], dsize=size, flags=flags)
    else:
        kernel = partial(cv2.warpPerspective, M=pull, dsize=size, flags=flags)
    return packed(kernel, effect.interpolation, effect.size, shape, dtype, fill)


def shrinking(transform: Matrix, effect: Warp, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """Return the part of the image that is made smaller: then no tap lies outside it, and a resize is the same warp."""
    cuts = opencv_area.cuts(transform, effect.size, shape)
    if cuts is None or any(cut.grows for cut in cuts):
        return None
    rows, columns = cuts
    return np.s_[rows.first : rows.last, columns.first : columns.last]


def turn(transform: Matrix) -> ImageFunction:
    """Return the kernel of a flip, a quarter turn or a transposition."""
    (a, b, _), (d, e, _), _ = transform
    mirror = (a + b < 0, d + e < 0)
    code = {(True, False): 1, (False, True): 0, (True, True): -1}.get(mirror)
    if a == 0:
        return lambda image: cv2.transpose(image) if code is None else cv2.flip(cv2.transpose(image), code)
    return lambda image: image.copy() if code is None else cv2.flip(image, code)


def shifted(
    shift: tuple[int, int], size: tuple[int, int], shape: tuple[int, ...], dtype: np.dtype[Any], fill: list[Any]
) -> ImageFunction:
    """Return the kernel of a shift by whole pixels, whatever the interpolation: a cut, with fill around it."""
    rows, columns = spans(shift, shape, size)
    place = np.s_[rows[0] : rows[1], columns[0] : columns[1]]
    margins = (*rows[2:], *columns[2:])
    if not any(margins):
        return lambda image: image[place].copy()
    if rows[0] == rows[1] or columns[0] == columns[1]:
        full = (*size, *shape[2:])
        return lambda _: np.full(full, fill if len(full) == 3 else fill[0], dtype)
    return lambda image: cv2.copyMakeBorder(image[place], *margins, cv2.BORDER_CONSTANT, value=fill)


def _by_field(
    effect: Warp, field: DisplacementField, shape: tuple[int, ...], dtype: np.dtype[Any], fill: list[Any]
) -> ImageFunction | None:
    if max(*shape[:2], *effect.size) > LONGEST_SIDE or not opencv_fields.fits(field, effect.size):
        return None
    flag, size = INTERPOLATIONS[effect.interpolation], effect.size
    margin, pad = around(effect, field, shape)

    def kernel(image: Image, **given: Any) -> Image:
        across, down = opencv_fields.maps(field, size)
        if margin:
            across += margin
            down += margin
        return cv2.remap(image, across, down, flag, borderMode=cv2.BORDER_CONSTANT, **given)

    ready: ImageFunction = partial(kernel, borderValue=fill)
    if effect.interpolation == "linear":
        ready = packed(kernel, "linear", size, shape, dtype, fill)
    return ready if pad is None else partial(padded, pad=pad, kernel=ready)
