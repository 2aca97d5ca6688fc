"""uint16 and float images by OpenCV: filters, mixed channels and noise, in float32."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends import kernels, noise
from augplug._backends.base import ImageFunction
from augplug._backends.opencv_color import moved_channels, reordered
from augplug._backends.opencv_lookup import WIDE_TABLES
from augplug._backends.scratch import scratch
from augplug._backends.tables import GREY
from augplug.effects import ColorMix, Filter, Noise
from augplug.types import Image

_SMOOTH3 = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=np.float32) / np.float32(13)
_GREY = np.array(GREY) / 65536


def filter_(effect: Filter, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction | None:
    """Return the kernel of a filter; None if OpenCV does not render it."""
    keeps = effect.kernel == "smooth3"
    if keeps and (effect.border != "keep" or min(shape[:2]) < 3):
        return None
    if keeps:
        smooth = partial(cv2.filter2D, ddepth=-1, kernel=_SMOOTH3)
    elif effect.kernel == "gaussian":
        weights = kernels.gaussian(*effect.arguments)
        smooth = partial(
            cv2.sepFilter2D, ddepth=-1, kernelX=weights, kernelY=weights, borderType=cv2.BORDER_REFLECT_101
        )
    else:
        line = kernels.line(*effect.arguments).astype(np.float32)
        smooth = partial(cv2.filter2D, ddepth=-1, kernel=line, borderType=cv2.BORDER_REFLECT_101)
    return partial(_filtered, smooth=smooth, factor=effect.factor, keeps=keeps, dtype=dtype)


def _filtered(image: Image, smooth: Any, factor: float, dtype: np.dtype[Any], *, keeps: bool) -> Image:
    wide = _as_float32(image)
    made = smooth(wide)
    if keeps:
        rows, columns = image.shape[0] - 1, image.shape[1] - 1
        made[::rows], made[:, ::columns] = wide[::rows], wide[:, ::columns]
    if factor:
        made = cv2.addWeighted(wide, factor, made, 1 - factor, 0, made)
    return _clipped(made, dtype)


def _as_float32(image: Image) -> npt.NDArray[np.float32]:
    """Return the values of an image as they are, in float32: itself, or this thread's scratch."""
    if image.dtype == np.float32:
        return image
    wide = scratch(0, image.shape, np.float32)
    wide[...] = image
    return wide


def _clipped(made: Image, dtype: np.dtype[Any]) -> Image:
    """Return values in float32, which are overwritten, as an image: uint16 rounded to nearest."""
    if dtype == np.uint16:
        return cv2.addWeighted(made, 1, made, 0, 0, dtype=cv2.CV_16U)
    np.clip(made, 0, 1, out=made)
    return made.astype(dtype, copy=False)


def color_mix(effect: ColorMix, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction | None:
    """Return the kernel of mixed channels; None if OpenCV does not render it."""
    if effect.matrix is None:
        if effect.gray_blend is None or shape[2:] != (3,):
            return None
        matrix = effect.gray_blend * np.eye(3) + (1 - effect.gray_blend) * _GREY
    else:
        matrix = np.array(effect.matrix)
        order = moved_channels(matrix)
        if order is not None and len(shape) == 3:
            return partial(reordered, order=order)
    if len(matrix) > 4 or len(shape) != 3:
        return None
    return partial(_mixed, matrix=matrix.astype(np.float32) if dtype == np.float32 else matrix)


def _mixed(image: Image, matrix: npt.NDArray[Any]) -> Image:
    # uint16 in float64: in float32 one value in a hundred would be rounded to its neighbour.
    made = cv2.transform(image.astype(matrix.dtype, copy=False), matrix)
    if image.dtype.kind == "f":
        np.clip(made, 0, 1, out=made)
    else:
        made = cv2.addWeighted(made, 1, made, 0, 0, dtype=cv2.CV_16U)
    return made.reshape(*image.shape[:2], len(matrix))


def add_noise(effect: Noise, _shape: tuple[int, ...], _dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel that adds the effect's normal numbers, in 8-bit units."""
    return partial(_added, key=effect.key, std=effect.std)


def _added(image: Image, key: int, std: float) -> Image:
    steps = noise.steps(key, image.size)
    found: Any = cv2.LUT(steps[None], noise.quantiles()[None]) if WIDE_TABLES else noise.quantiles()[steps]
    numbers, values = found.reshape(len(image), -1), image.reshape(len(image), -1)
    made: Image
    if image.dtype == np.uint16:
        numbers *= np.float32(257 * std)
        made = cv2.add(values, numbers, dtype=cv2.CV_16U)
        return made.reshape(image.shape)
    made = values + numbers * (std / 255) if image.dtype == np.float64 else cv2.scaleAdd(numbers, std / 255, values)
    return np.clip(made, 0, 1, out=made).reshape(image.shape)
