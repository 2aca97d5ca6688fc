"""Warps by OpenCV: what it is given, so that it shows the input points that the definitions name."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends import fields
from augplug._backends.base import Kernel
from augplug._backends.tables import fill_values
from augplug.effects import Field, Warp
from augplug.types import Image, Matrix

Map = npt.NDArray[np.float32]
_INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
_UINT8 = np.dtype(np.uint8)
_GEMM: Any = cv2.gemm  # the stubs do not know that the third matrix may be missing
_LONGEST_SIDE = 32766
"""OpenCV's warps index pixels with 16 bits."""
_MOST_WEIGHTS = 1 << 20
"""Spline weights of one axis that are kept, as numbers: finer grids on larger images go to the reference."""
_PACK_FROM = 1 << 14
"""From so many pixels on, nearest neighbour is quicker on pixels packed into float32."""
_PAD = 64
"""The fourth byte of a packed fill: with it any three bytes are a normal float32, which OpenCV takes as a double."""
_ON_EDGE = 1e-6
"""A cut this close to an edge between pixels, in pixels, is on it."""


def warp(effect: Warp, shape: tuple[int, ...]) -> Kernel | None:
    """Return the kernel of a warp on uint8 images of up to 4 channels; None where OpenCV does not do it."""
    if isinstance(effect.motion, Field):
        return _by_field(effect, effect.motion, shape)
    if effect.interpolation == "area":
        return _area(coords.inverse(effect.motion), effect.size, shape)
    if coords.is_turn(effect.motion, *shape[:2]) == effect.size:
        return _turn(effect.motion)
    return _by_matrix(effect, effect.motion, shape)


def _by_matrix(effect: Warp, motion: Matrix, shape: tuple[int, ...]) -> Kernel | None:
    fill = fill_values(effect.fill, shape, _UINT8).tolist()
    shift = _whole_shift(motion)
    if shift is not None and effect.size == shape[:2]:
        dx, dy = (max(-side, min(move, side)) for move, side in zip(shift, (shape[1], shape[0]), strict=True))
        return partial(_shifted, dx=dx, dy=dy, fill=fill)
    if max(*shape[:2], *effect.size) > _LONGEST_SIDE:
        return None
    pull = coords.inverse(motion)
    flags = _INTERPOLATIONS[effect.interpolation] | cv2.WARP_INVERSE_MAP
    size = effect.size[::-1]
    if effect.interpolation == "linear" and _shrinks(motion, effect.size, shape):
        return lambda image: cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    packs = effect.interpolation == "nearest" and shape[2:] == (3,) and shape[0] * shape[1] >= _PACK_FROM
    if packs:
        fill = [float(np.array([*fill, _PAD], dtype=np.uint8).view(np.float32)[0])]
    if motion[2] == (0.0, 0.0, 1.0):
        kernel: Kernel = partial(cv2.warpAffine, M=pull[:2], dsize=size, flags=flags, borderValue=fill)
    else:
        kernel = partial(cv2.warpPerspective, M=pull, dsize=size, flags=flags, borderValue=fill)
    return partial(_packed, kernel=kernel) if packs else kernel


def _packed(image: Image, kernel: Kernel) -> Image:
    """Return an RGB image through a kernel that only moves pixels, each as one float32: half the time, no bit lost."""
    made = kernel(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA).view(np.float32)[..., 0])
    return cv2.cvtColor(made.view(np.uint8).reshape(*made.shape, 4), cv2.COLOR_RGBA2RGB)


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


def _shifted(image: Image, dx: int, dy: int, fill: list[Any]) -> Image:
    height, width = image.shape[:2]
    left, right, top, bottom = max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)
    kept = image[bottom : height - top, right : width - left]
    if kept.size == 0:
        return np.full_like(image, fill if image.ndim == 3 else fill[0])
    return cv2.copyMakeBorder(kept, top, bottom, left, right, cv2.BORDER_CONSTANT, value=fill)


def _by_field(effect: Warp, field: Field, shape: tuple[int, ...]) -> Kernel | None:
    count = max(effect.size) * (max(effect.size) / field.spacing + 4)
    if max(*shape[:2], *effect.size) > _LONGEST_SIDE or (field.kind != "radial" and count > _MOST_WEIGHTS):
        return None
    make = {"elastic": _elastic, "grid": _lines, "radial": _radial}[field.kind]
    fill = fill_values(effect.fill, shape, _UINT8).tolist()
    flag, size = _INTERPOLATIONS[effect.interpolation], effect.size

    def render(image: Image) -> Image:
        # Made anew for every image: a prepared plan that kept its maps would hold 8 bytes a pixel.
        across, down = make(field, size)
        return cv2.remap(image, across, down, flag, borderMode=cv2.BORDER_CONSTANT, borderValue=fill)

    return render


def _elastic(field: Field, size: tuple[int, int]) -> tuple[Map, Map]:
    """Return the input points: the spline's two small products, with the pixel's own place as one more term."""
    (rows, down), (columns, across) = (_axis(side, field.spacing) for side in size)
    moves = fields.control(field, down.shape[1], across.shape[1]).astype(np.float32)
    xs = _product(np.column_stack([down, np.ones_like(rows)]), np.vstack([_product(moves[0], across.T), columns]))
    ys = _product(np.column_stack([down, rows]), np.vstack([_product(moves[1], across.T), np.ones_like(columns)]))
    return xs, ys


def _product(left: Map, right: Map) -> Map:
    # Not numpy's: its BLAS wakes threads, which cost more than so small a product.
    return np.asarray(_GEMM(left, right, 1, None, 0), dtype=np.float32)


def _lines(field: Field, size: tuple[int, int]) -> tuple[Map, Map]:
    (rows, down), (columns, across) = (_axis(side, field.spacing) for side in size)
    moves = fields.control(field, down.shape[1], across.shape[1]).astype(np.float32)
    return _full(columns + across @ moves[0, 0], (rows + down @ moves[1, :, 0])[:, None], size)


def _full(across: Map, down: Map, size: tuple[int, int]) -> tuple[Map, Map]:
    xs, ys = np.empty(size, np.float32), np.empty(size, np.float32)
    xs[:], ys[:] = across, down
    return xs, ys


@lru_cache(maxsize=16)
def _axis(side: int, spacing: float) -> tuple[Map, Map]:
    """Return the pixels of an axis `(side,)` and the spline's weights `(side, N)` there."""
    pixels = np.arange(side, dtype=np.float64)
    return pixels.astype(np.float32), fields.weights(pixels, spacing, side).astype(np.float32)


def _radial(field: Field, size: tuple[int, int]) -> tuple[Map, Map]:
    x, y = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in size[::-1])
    factor: Map = np.add.outer((y / field.spacing) ** 2, (x / field.spacing) ** 2)
    np.minimum(factor, 1, out=factor)
    factor *= field.amplitude / field.spacing
    factor += 1
    xs, ys = factor * x, factor * y[:, None]
    xs += (size[1] - 1) / 2
    ys += (size[0] - 1) / 2
    return xs, ys


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
