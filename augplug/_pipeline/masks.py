"""Masks as warps move them: integers and booleans by nearest neighbour, floats by the image's interpolation."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends import fields, sampling
from augplug._backends.base import Backend, Kernel
from augplug.effects import Field, Warp
from augplug.errors import TargetError
from augplug.types import Image

Integers: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]
_UINT8 = np.dtype(np.uint8)
_KEPT_PIXELS = 64 * 64
"""The largest mask whose indices are computed once for a kernel: they take 8 bytes a pixel."""


def mask_kernel(effect: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], backend: Backend) -> Kernel:
    """Return the kernel that moves masks of that shape and dtype as the effect moves an image.

    Outside stands `mask_fill` as it is, in the mask's own values.
    """
    fill = np.full(shape[2] if len(shape) == 3 else 1, mask_value(effect.mask_fill, dtype, "mask_fill"))
    if dtype == _UINT8:
        nearest = Warp(motion=effect.motion, size=effect.size, fill=float(fill[0]))
        return backend.prepare(nearest, shape, dtype)
    real = dtype.kind == "f" and effect.interpolation != "nearest"
    if real or isinstance(effect.motion, Field) or effect.motion[2] != (0.0, 0.0, 1.0):
        return partial(_real if dtype.kind == "f" else _nearest, effect=effect, fill=fill)
    pull = coords.inverse(effect.motion)
    if pull[0, 1] == 0 == pull[1, 0]:
        return _straight(pull, effect.size, shape, fill)
    return _slanted(pull, effect.size, shape, fill)


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
    if isinstance(effect.motion, Field):
        return sampling.sample(mask, *fields.pull_points(effect.motion, effect.size), effect.interpolation, fill)
    pull = coords.inverse(effect.motion)
    if effect.interpolation == "area":
        return sampling.area(mask, pull, effect.size, fill)
    return sampling.sample(mask, *sampling.matrix_points(pull, effect.size), effect.interpolation, fill)


def _nearest(mask: Image, effect: Warp, fill: Image) -> Image:
    if isinstance(effect.motion, Field):
        return sampling.sample(mask, *fields.pull_points(effect.motion, effect.size), "nearest", fill)
    return sampling.gather(mask, *sampling.nearest_points(coords.inverse(effect.motion), effect.size), fill)


# What follows shows the very pixels that `sampling.nearest_points` and `sampling.gather` show, with less work: along
# the axes a row and a column of indices say everything, and otherwise one index a pixel does.


def _straight(pull: Reals, size: tuple[int, int], shape: tuple[int, ...], fill: Image) -> Kernel:
    """Return the kernel of a matrix that scales, mirrors and shifts along the axes."""
    rows = np.floor(pull[1, 1] * np.arange(size[0]) + pull[1, 2] + 0.5).astype(np.int64)
    columns = np.floor(pull[0, 0] * np.arange(size[1]) + pull[0, 2] + 0.5).astype(np.int64)
    out_rows, out_columns = (
        np.flatnonzero((places < 0) | (places >= side)) for places, side in ((rows, shape[0]), (columns, shape[1]))
    )

    def kernel(mask: Image) -> Image:
        made: Image = mask.take(rows, axis=0, mode="clip").take(columns, axis=1, mode="clip")
        if len(out_rows):
            made[out_rows] = fill
        if len(out_columns):
            made[:, out_columns] = fill if made.ndim == 3 else fill[0]
        return made

    return kernel


def _slanted(pull: Reals, size: tuple[int, int], shape: tuple[int, ...], fill: Image) -> Kernel:
    """Return the kernel of an affine matrix that turns or shears."""
    fixed = fill.dtype.kind != "f"
    indices = partial(_indices, pull, size, (shape[0], shape[1]), fixed=fixed)
    kept = indices() if size[0] * size[1] <= _KEPT_PIXELS else None
    flat = (shape[0] * shape[1], *shape[2:])

    def kernel(mask: Image) -> Image:
        places, outside = indices() if kept is None else kept
        made: Image = mask.reshape(flat).take(places, axis=0, mode="clip")
        made[outside] = fill if made.ndim == 3 else fill[0]
        return made

    return kernel


def _indices(
    pull: Reals, size: tuple[int, int], sides: tuple[int, int], *, fixed: bool
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Return the index of every output pixel's input pixel, and which of them lie outside.

    Integers are moved in 16.16 fixed point, as `sampling.nearest_points` does, floats by their real points.
    """
    height, width = sides
    if fixed:
        rows, columns = np.arange(size[0])[:, None], np.arange(size[1])
        (a, b, c), (d, e, f) = sampling.fixed(pull[0]), sampling.fixed(pull[1])
        xs, ys = (c + a * columns) + b * rows, (f + d * columns) + e * rows
        xs >>= 16
        ys >>= 16
    else:
        down, across = np.arange(size[0], dtype=np.float64)[:, None], np.arange(size[1], dtype=np.float64)
        xs, ys = (np.floor(row[0] * across + row[1] * down + row[2] + 0.5).astype(np.int64) for row in pull[:2])
    # One comparison for both sides: a negative number is a very large one without sign.
    outside = xs.view(np.uint64) >= width
    outside |= ys.view(np.uint64) >= height
    ys *= width
    ys += xs
    return ys, outside
