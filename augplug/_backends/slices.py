"""Warps that move whole pixels along the axes: flips, quarter turns, shifts by whole pixels, and so crops and pads.

They are slices of the image, for any dtype and any number of channels, with the same bits on every backend.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from augplug import coords
from augplug._backends import borders
from augplug._backends.base import ImageFunction
from augplug._backends.borders import Indices
from augplug.types import Border, Image, Matrix

_WORDS = {1: "u1", 2: "u2", 4: "u4", 8: "u8", 16: "c16"}
"""Items that numpy copies in one move, by their bytes. Nothing computes with the complex number."""


def as_items(image: Image) -> Image:
    """Return an image `(H, W, C)` as `(H, W)`, each pixel one item: numpy copies that much faster than C values.

    The values of a pixel lie side by side; the other axes may have any order. The result is a view.
    """
    size = image.shape[2] * image.itemsize
    items: Image = image.view(_WORDS.get(size, f"V{size}"))[..., 0]
    return items


def sliced(
    matrix: Matrix, size: tuple[int, int], shape: tuple[int, ...], fill: Image, border: Border = "constant"
) -> ImageFunction | None:
    """Return the kernel of a matrix on images of `shape` that moves whole pixels along the axes; None for any other.

    `fill` holds one value a channel `(C,)`, in the dtype of the images.
    """
    shift = whole_shift(matrix)
    if shift is not None and border != "constant":
        return repeated(shift, shape, size, border)
    if shift is not None:
        return partial(_shifted, places=spans(shift, shape, size), size=size, fill=fill)
    if coords.is_turn(matrix, *shape[:2]) == size:
        return partial(_turned, matrix=matrix)
    return None


def whole_shift(matrix: Matrix) -> tuple[int, int] | None:
    """Return dx and dy of a matrix that only shifts, by whole pixels; None for any other."""
    (a, b, dx), (d, e, dy), last = matrix
    plain = (a, b, d, e, last) == (1.0, 0.0, 0.0, 1.0, (0.0, 0.0, 1.0))
    return (int(dx), int(dy)) if plain and dx.is_integer() and dy.is_integer() else None


def spans(
    shift: tuple[int, int], shape: tuple[int, ...], size: tuple[int, int]
) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    """Return for rows and columns the first and last pixel kept, and the amount of fill before and after them."""
    return _span(shift[1], shape[0], size[0]), _span(shift[0], shape[1], size[1])


def _span(move: int, side: int, size: int) -> tuple[int, int, int, int]:
    first, last = max(-move, 0), min(size - move, side)
    return (first, last, first + move, size - last - move) if first < last else (0, 0, size, 0)


def _shifted(image: Image, places: tuple[Any, ...], size: tuple[int, int], fill: Image) -> Image:
    (top, bottom, above, below), (left, right, before, behind) = places
    if not (above or below or before or behind):
        return image[top:bottom, left:right].copy()
    made = np.empty((*size, *image.shape[2:]), image.dtype)
    _fill(made[:above], fill)
    _fill(made[size[0] - below :], fill)
    rows = made[above : size[0] - below]
    _fill(rows[:, :before], fill)
    _fill(rows[:, size[1] - behind :], fill)
    rows[:, before : size[1] - behind] = image[top:bottom, left:right]
    return made


def repeated(shift: tuple[int, int], shape: tuple[int, ...], size: tuple[int, int], border: Border) -> ImageFunction:
    """Return the kernel of a shift by whole pixels whose image repeats outside."""
    rows, columns = (
        borders.indices(border, np.arange(-move, length - move), side)
        for move, length, side in zip(shift[::-1], size, shape, strict=False)
    )
    left, right, before, behind = spans(shift, shape, size)[1]
    return partial(
        _repeated, rows=rows, before=columns[:before], inside=slice(left, right), behind=columns[size[1] - behind :]
    )


def _repeated(image: Image, rows: Indices, before: Indices, inside: slice, behind: Indices) -> Image:
    high: Image = image.take(rows, axis=0)
    if not (before.size or behind.size):
        return high if inside == slice(0, image.shape[1]) else high[:, inside].copy()
    return np.concatenate([high.take(before, axis=1), high[:, inside], high.take(behind, axis=1)], axis=1)


def _fill(part: Image, fill: Image) -> None:
    if part.ndim == 3 and len(set(fill.tolist())) > 1:
        as_items(part)[...] = as_items(fill[None, None])
    else:
        part[...] = fill[0]


def _turned(image: Image, matrix: Matrix) -> Image:
    (a, b, _), (d, e, _), _ = matrix
    items = as_items(image) if image.ndim == 3 else image
    if a == 0:
        items = items.T
    turned = np.ascontiguousarray(items[:: -1 if d + e < 0 else 1, :: -1 if a + b < 0 else 1])
    if turned.base is not None or turned is items:  # a turn that moves nothing is a copy too
        turned = turned.copy()
    return turned.view(image.dtype).reshape(*turned.shape, *image.shape[2:])
