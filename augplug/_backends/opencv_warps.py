"""Warps by OpenCV: what it is given, so that it shows the input points that the definitions name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends import opencv_fields
from augplug._backends.base import Kernel
from augplug._backends.scratch import scratch
from augplug._backends.tables import fill_values
from augplug.effects import Field, Warp
from augplug.types import Image, Matrix

_INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
_UINT8 = np.dtype(np.uint8)
_LONGEST_SIDE = 32766
"""OpenCV's warps index pixels with 16 bits."""
_PACK_FROM = {"nearest": 1 << 14, "linear": 1 << 11}
"""From so many output pixels on, RGB is quicker with a fourth byte; cubic never is."""
_PAD = 64
"""The fourth byte of a packed fill: with it any three bytes are a normal float32, which OpenCV takes as a double."""
_ON_EDGE = 1e-6
"""A cut this close to an edge between pixels, in pixels, is on it."""


def warp(effect: Warp, shape: tuple[int, ...]) -> Kernel | None:
    """Return the kernel of a warp on uint8 images of up to 4 channels; None where OpenCV does not do it."""
    if isinstance(effect.motion, Field):
        return _by_field(effect, effect.motion, shape)
    shift = _whole_shift(effect.motion)
    if shift is not None:
        return _shifted(shift, effect, shape)
    if effect.interpolation == "area":
        return _area(coords.inverse(effect.motion), effect.size, shape)
    if coords.is_turn(effect.motion, *shape[:2]) == effect.size:
        return _turn(effect.motion)
    return _by_matrix(effect, effect.motion, shape)


def _by_matrix(effect: Warp, motion: Matrix, shape: tuple[int, ...]) -> Kernel | None:
    if max(*shape[:2], *effect.size) > _LONGEST_SIDE:
        return None
    size = effect.size[::-1]
    if effect.interpolation == "linear" and _shrinks(motion, effect.size, shape):
        return lambda image: cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    pull = coords.inverse(motion)
    flags = _INTERPOLATIONS[effect.interpolation] | cv2.WARP_INVERSE_MAP
    packs, fill = _packing(effect, shape)
    if motion[2] == (0.0, 0.0, 1.0):
        kernel: Any = partial(cv2.warpAffine, M=pull[:2], dsize=size, flags=flags, borderValue=fill)
    else:
        kernel = partial(cv2.warpPerspective, M=pull, dsize=size, flags=flags, borderValue=fill)
    return partial(packs, kernel=kernel, size=effect.size) if packs else kernel


def _packing(effect: Warp, shape: tuple[int, ...]) -> tuple[Callable[..., Image] | None, list[float]]:
    """Return how an RGB image goes through the warp, None if as it is, and the fill as the warp takes it."""
    fill = _fill(effect, shape)
    most = _PACK_FROM.get(effect.interpolation)
    if shape[2:] != (3,) or most is None or effect.size[0] * effect.size[1] < most:
        return None, fill
    if effect.interpolation == "linear":
        return _four_channels, [*fill, 0]
    return _one_float, [float(np.array([*fill, _PAD], dtype=np.uint8).view(np.float32)[0])]


def _fill(effect: Warp, shape: tuple[int, ...]) -> list[Any]:
    return list(fill_values(effect.fill, shape, _UINT8).tolist())


def _four_channels(image: Image, kernel: Callable[..., Image], size: tuple[int, int]) -> Image:
    """Return an RGB image through a kernel on RGBA: OpenCV 5 takes a third of the time for it, and no bit changes."""
    made = kernel(_with_fourth(image), dst=scratch("warped", (*size, 4), np.uint8))
    return cv2.cvtColor(made, cv2.COLOR_RGBA2RGB)


def _one_float(image: Image, kernel: Callable[..., Image], size: tuple[int, int]) -> Image:
    """Return an RGB image through a kernel that only moves pixels, each as one float32: no bit is lost."""
    made = kernel(_with_fourth(image).view(np.float32)[..., 0], dst=scratch("warped", size, np.float32))
    return cv2.cvtColor(made.view(np.uint8).reshape(*size, 4), cv2.COLOR_RGBA2RGB)


def _with_fourth(image: Image) -> Image:
    return cv2.cvtColor(image, cv2.COLOR_RGB2RGBA, scratch("packed", (*image.shape[:2], 4), np.uint8))


def _shrinks(motion: Matrix, size: tuple[int, int], shape: tuple[int, ...]) -> bool:
    """Say whether the whole image is made smaller: then no tap lies outside, and OpenCV's resize is the same warp."""
    height, width = shape[:2]
    return size[0] <= height and size[1] <= width and motion == coords.crop_resize((0, 0, width, height), *size)


def _turn(motion: Matrix) -> Kernel:
    (a, b, _), (d, e, _), _ = motion
    mirror = (a + b < 0, d + e < 0)
    code = {(True, False): 1, (False, True): 0, (True, True): -1}.get(mirror)
    if a == 0:
        return lambda image: cv2.transpose(image) if code is None else cv2.flip(cv2.transpose(image), code)
    return lambda image: image.copy() if code is None else cv2.flip(image, code)


def _whole_shift(motion: Matrix) -> tuple[int, int] | None:
    (a, b, dx), (d, e, dy), last = motion
    plain = (a, b, d, e, last) == (1.0, 0.0, 0.0, 1.0, (0.0, 0.0, 1.0))
    return (int(dx), int(dy)) if plain and dx.is_integer() and dy.is_integer() else None


def _shifted(shift: tuple[int, int], effect: Warp, shape: tuple[int, ...]) -> Kernel:
    """Return the kernel of a shift by whole pixels, whatever the interpolation: a cut, with fill around it."""
    rows, columns = (_span(*axis) for axis in zip(shift[::-1], shape, effect.size, strict=False))
    place = np.s_[rows[0] : rows[1], columns[0] : columns[1]]
    margins = (*rows[2:], *columns[2:])
    if not any(margins):
        return lambda image: image[place].copy()
    fill = _fill(effect, shape)
    if rows[0] == rows[1] or columns[0] == columns[1]:
        full = (*effect.size, *shape[2:])
        return lambda _: np.full(full, fill if len(full) == 3 else fill[0], np.uint8)
    return lambda image: cv2.copyMakeBorder(image[place], *margins, cv2.BORDER_CONSTANT, value=fill)


def _span(move: int, side: int, size: int) -> tuple[int, int, int, int]:
    """Return what of an axis is kept, from and to, and how much fill stands before and behind it."""
    first, last = min(max(-move, 0), side), max(min(size - move, side), 0)
    return (first, last, first + move, size - last - move) if first < last else (0, 0, size, 0)


def _by_field(effect: Warp, field: Field, shape: tuple[int, ...]) -> Kernel | None:
    if max(*shape[:2], *effect.size) > _LONGEST_SIDE or not opencv_fields.fits(field, effect.size):
        return None
    packs, fill = _packing(effect, shape) if effect.interpolation == "linear" else (None, _fill(effect, shape))
    flag, size = _INTERPOLATIONS[effect.interpolation], effect.size

    def kernel(image: Image, dst: Image | None = None) -> Image:
        across, down = opencv_fields.maps(field, size)
        return cv2.remap(image, across, down, flag, dst, cv2.BORDER_CONSTANT, fill)

    return partial(packs, kernel=kernel, size=size) if packs else kernel


def _area(pull: npt.NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...]) -> Kernel | None:
    """Return a resized part of the image, cut at edges of pixels: the mean where a side shrinks, linear where it grows.

    A side that grows is sampled from the whole image, as the definition does: beyond the cut lie its neighbours.
    """
    scales, shifts = pull[(1, 0), (1, 0)], pull[(1, 0), 2]
    if pull[0, 1] or pull[1, 0] or tuple(pull[2]) != (0, 0, 1) or scales.min() <= 0:
        return None
    edges = np.array([shifts - (scales - 1) / 2, shifts - (scales - 1) / 2 + scales * size])
    first, last = np.rint(edges).astype(int)
    if (np.abs(edges - np.rint(edges)) > _ON_EDGE).any() or (first < 0).any() or (last > shape[:2]).any():
        return None
    grows = scales < 1
    place = tuple(np.s_[:] if g else np.s_[a:b] for a, b, g in zip(first, last, grows, strict=True))
    middle = tuple(n if g else out for n, out, g in zip(shape, size, grows, strict=False))[::-1]
    if not grows.any():
        return lambda image: cv2.resize(image[place], middle, interpolation=cv2.INTER_AREA)
    whole = bool((first == 0).all() and (last == shape[:2]).all())
    grow = _growing(np.where(grows[::-1, None], pull[:2], np.eye(2, 3)), size, whole=whole)
    if grows.all():
        return grow
    return lambda image: grow(cv2.resize(image[place], middle, interpolation=cv2.INTER_AREA))


def _growing(pull: npt.NDArray[np.float64], size: tuple[int, int], *, whole: bool) -> Kernel:
    out = size[::-1]
    if whole:
        return lambda image: cv2.resize(image, out, interpolation=cv2.INTER_LINEAR)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return lambda image: cv2.warpAffine(image, pull, out, flags=flags, borderMode=cv2.BORDER_REPLICATE)
