"""Masks as warps move them: integers and booleans by nearest neighbour, floats by the image's interpolation.

What moves by nearest neighbour is moved by its bytes, as a uint8 or uint16 image of as many channels as it takes: so
masks of every dtype show the same points, and a backend needs no kernels for them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from augplug import coords
from augplug._backends import fields, sampling
from augplug._backends.base import Backend, ImageFunction
from augplug._backends.slices import sliced
from augplug._backends.tables import to_units
from augplug.effects import DisplacementField, Warp
from augplug.errors import TargetError
from augplug.types import Image, MaskInterpolation

_UINT8, _UINT16 = np.dtype(np.uint8), np.dtype(np.uint16)


def mask_kernel(
    effect: Warp,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    backend: Backend,
    interpolation: MaskInterpolation | None = None,
) -> ImageFunction:
    """Return the kernel that moves masks of that shape and dtype as the effect moves an image.

    `interpolation` is that of the mask: nearest for integers and booleans, and the image's for floats, unless given.
    Outside stands `mask_fill` as it is, in the mask's own values, unless the effect has another `border`.
    """
    fill = np.full(shape[2] if len(shape) == 3 else 1, mask_value(effect.mask_fill, dtype, "mask_fill"))
    if interpolation is not None:
        effect = replace(effect, interpolation=interpolation)
    elif dtype.kind != "f":
        effect = replace(effect, interpolation="nearest")
    if effect.interpolation == "nearest":
        return _by_bytes(effect, shape, dtype, fill, backend)
    exact = None
    if not isinstance(effect.transform, DisplacementField):
        exact = sliced(effect.transform, effect.size, shape, fill, effect.border)
    if exact is not None:
        return exact
    if dtype.kind != "f":
        return partial(_rounded, effect=effect, fill=fill)
    return backend.prepare_values(effect, shape, dtype, fill) or partial(_real, effect=effect, fill=fill)


def _rounded(mask: Image, effect: Warp, fill: Image) -> Image:
    """Return a mask of integers or booleans resampled: rounded to nearest, and held to what its dtype has."""
    made = _real(mask.astype(np.float64), effect, fill.astype(np.float64))
    if mask.dtype.kind == "b":
        return made >= _HALF
    limits = np.iinfo(mask.dtype)
    return np.clip(np.floor(made + 0.5), limits.min, limits.max).astype(mask.dtype)


_HALF = 0.5


def _by_bytes(
    effect: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Image, backend: Backend
) -> ImageFunction:
    size = dtype.itemsize * len(fill)
    # Not two channels of uint8: OpenCV finds the nearest pixels of two channels in another way than those of one.
    word = _UINT8 if size % 2 or size == 4 else _UINT16
    count = size // word.itemsize
    values = tuple(to_units(fill.view(word), word).tolist())
    one = values if count > 1 else values[0]
    nearest = Warp(transform=effect.transform, size=effect.size, fill=one, border=effect.border)
    wide = (*shape[:2], count) if count > 1 else (shape[0], shape[1])
    return partial(_viewed, kernel=backend.prepare(nearest, wide, word), word=word, shape=wide, size=effect.size)


def _viewed(
    mask: Image, kernel: ImageFunction, word: np.dtype[Any], shape: tuple[int, ...], size: tuple[int, int]
) -> Image:
    moved = kernel(mask.reshape(shape[0], -1).view(word).reshape(shape))
    return moved.reshape(size[0], -1).view(mask.dtype).reshape(*size, *mask.shape[2:])


def mask_value(value: float, dtype: np.dtype[Any], name: str) -> Any:
    """Return a value in a mask's dtype; `name` is the field that gives it. TargetError for what the dtype has not."""
    if dtype.kind == "b":
        return dtype.type(value != 0)
    if dtype.kind == "f":
        held, kind = abs(value) <= float(np.finfo(dtype).max), "numbers of at most"
        ends = f"{np.finfo(dtype).max:g}"
    else:
        limits = np.iinfo(dtype)
        held, kind = limits.min <= value <= limits.max and value % 1 == 0, "whole numbers from"
        ends = f"{limits.min} to {limits.max}"
    if not held:
        raise TargetError(
            f"{name} is {value:g}, and a mask of {dtype} holds {kind} {ends}; give one of them, or the mask in a dtype "
            f"that holds {value:g}"
        )
    return dtype.type(value)


def _real(mask: Image, effect: Warp, fill: Image) -> Image:
    if isinstance(effect.transform, DisplacementField):
        points = fields.pull_points(effect.transform, effect.size)
        return sampling.sample(mask, *points, effect.interpolation, fill, effect.border)
    pull = coords.inverse(effect.transform)
    if effect.interpolation == "area":
        return sampling.area(mask, pull, effect.size, fill, effect.border)
    points = sampling.matrix_points(pull, effect.size)
    return sampling.sample(mask, *points, effect.interpolation, fill, effect.border)
