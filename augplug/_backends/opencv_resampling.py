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
from augplug._backends.slices import as_items, sliced, whole_shift
from augplug._backends.tables import fill_values
from augplug.effects import DisplacementField, Warp
from augplug.types import Image, Matrix

_FLOAT32 = np.dtype(np.float32)
_NUMBERED = 1 << 24
"""float32 holds every whole number up to this."""
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
        if exact is not None and shape[2:] <= (4,) and _crosses(effect.transform):
            return partial(_reshaped, kernel=turn(effect.transform), axis=shape[2:])  # quicker than numpy's
        if exact is not None:
            return exact
    if effect.interpolation == "nearest" and (shape[2:] > (4,) or dtype.itemsize == 8):
        return _by_places(effect, shape, fill)
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


def _crosses(transform: Matrix) -> bool:
    """Return True for a turn that moves pixels along their row: rows that stay whole are quicker by numpy."""
    return whole_shift(transform) is None and transform[0][0] != 1.0


def _by_places(effect: Warp, shape: tuple[int, ...], fill: Image) -> ImageFunction | None:
    """Return the kernel that warps the numbers of the pixels, and takes these pixels: all channels at once.

    None where float32 has not that many numbers.
    """
    if shape[0] * shape[1] > _NUMBERED:
        return None
    kernel = warp(effect, shape[:2], _FLOAT32, [-1.0])
    return None if kernel is None else partial(_taken, kernel=kernel, fill=fill)


def _taken(image: Image, kernel: ImageFunction, fill: Image) -> Image:
    height, width = image.shape[:2]
    numbers = np.arange(height * width, dtype=np.float32).reshape(height, width)
    places = kernel(numbers).astype(np.intp)
    items = as_items(image).reshape(-1) if image.ndim == 3 else image.reshape(-1)
    made = items.take(places, mode="clip")
    outside = places < 0
    if outside.any():
        made[outside] = as_items(fill[None, None])[0, 0] if image.ndim == 3 else fill[0]
    return made.view(image.dtype).reshape(*made.shape, *image.shape[2:])


def _reshaped(image: Image, kernel: ImageFunction, axis: tuple[int, ...]) -> Image:
    made = kernel(image)
    return made.reshape(*made.shape[:2], *axis)  # OpenCV drops a channel axis of length 1


def _through(image: Image, kernel: ImageFunction, real: np.dtype[Any]) -> Image:
    return kernel(image.astype(real)).astype(image.dtype)


def _clipped(image: Image, kernel: ImageFunction) -> Image:
    made = kernel(image)
    return np.clip(made, 0, 1, out=made)
