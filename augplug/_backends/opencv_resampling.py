"""Warps by OpenCV of images of every dtype and any number of channels: what OpenCV is given for them."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.opencv_borders import bordered
from augplug._backends.opencv_groups import MOST_CHANNELS, in_groups
from augplug._backends.opencv_warps import shrinking, turn, warp
from augplug._backends.slices import sliced, whole_shift
from augplug._backends.tables import fill_values
from augplug.effects import DisplacementField, Warp
from augplug.types import Image

_FLOAT32, _WORD = np.dtype(np.float32), np.dtype(np.uint16)
_DIRECT = ((), (2,), (3,), (4,))
"""Channels of the uint8 images that OpenCV takes as they are."""


def warp_image(effect: Warp, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction | None:
    """Return the kernel of a warp on images; None if OpenCV does not render it."""
    if effect.border != "constant" and not isinstance(effect.transform, DisplacementField):
        return bordered(effect, effect.transform, shape, partial(warp_image, dtype=dtype))
    fill = fill_values(effect.fill, shape, dtype)
    if dtype == np.uint8 and shape[2:] in _DIRECT:
        return warp(effect, shape, dtype, fill.tolist())
    kernel = warp_values(effect, shape, dtype, fill)
    overshoots = dtype.kind == "f" and effect.interpolation == "cubic"
    return partial(_clipped, kernel=kernel) if overshoots and kernel is not None else kernel


def warp_values(effect: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Image) -> ImageFunction | None:
    """Return the kernel of a warp on arrays of any values; None if OpenCV does not render it.

    `dtype` is uint8, uint16, float32 or float64, and `fill` `(C,)` of that dtype lies outside. float64 is resampled in
    float32: what OpenCV 5 does in float64 is less exact.
    """
    if effect.border != "constant" and not isinstance(effect.transform, DisplacementField):
        return bordered(effect, effect.transform, shape, partial(warp_values, dtype=dtype, fill=fill))
    if not isinstance(effect.transform, DisplacementField):
        exact = sliced(effect.transform, effect.size, shape, fill)
        if exact is not None and shape[2:] <= (4,) and whole_shift(effect.transform) is None:
            return partial(_reshaped, kernel=turn(effect.transform), axis=shape[2:])  # quicker than numpy's
        if exact is not None:
            return exact
    if dtype.itemsize == 8 and effect.interpolation == "nearest":
        return _by_words(effect, shape, dtype, fill)
    real = _FLOAT32 if dtype.itemsize == 8 else dtype
    kernel = _resized(effect, shape) if (4,) < shape[2:] <= (MOST_CHANNELS,) else None
    if kernel is None:
        kernel = in_groups(lambda part, values: warp(effect, part, real, values.tolist()), shape, fill)
    return kernel if kernel is None or real == dtype else partial(_through, kernel=kernel, real=real)


def _resized(effect: Warp, shape: tuple[int, ...]) -> ImageFunction | None:
    """Return the kernel that makes a part of the image smaller, which OpenCV does with many channels at once."""
    if effect.interpolation != "linear" or isinstance(effect.transform, DisplacementField):
        return None
    part, size = shrinking(effect.transform, effect, shape), effect.size[::-1]
    return None if part is None else lambda image: cv2.resize(image[part], size, interpolation=cv2.INTER_LINEAR)


def _by_words(effect: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Image) -> ImageFunction | None:
    """Return the kernel that moves values of 8 bytes as four words, so that none is rounded."""
    count = dtype.itemsize // _WORD.itemsize
    wide = (*shape[:2], count * len(fill))
    kernel = in_groups(lambda part, words: warp(effect, part, _WORD, words.tolist()), wide, fill.view(_WORD))
    if kernel is None:
        return None
    return lambda image: kernel(image.view(_WORD).reshape(wide)).view(dtype).reshape(*effect.size, *shape[2:])


def _reshaped(image: Image, kernel: ImageFunction, axis: tuple[int, ...]) -> Image:
    made = kernel(image)
    return made.reshape(*made.shape[:2], *axis)  # OpenCV drops a channel axis of length 1


def _through(image: Image, kernel: ImageFunction, real: np.dtype[Any]) -> Image:
    return kernel(image.astype(real)).astype(image.dtype)


def _clipped(image: Image, kernel: ImageFunction) -> Image:
    made = kernel(image)
    return np.clip(made, 0, 1, out=made)
