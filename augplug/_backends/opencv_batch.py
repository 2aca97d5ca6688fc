"""Many effects of one structure on uint8 images: prepared at once, and where images are small, rendered at once too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends import opencv_area
from augplug._backends.base import ImageFunction, PreparedRows
from augplug._backends.opencv_batch_borders import are_perspectives, bordered_warps, warp_of
from augplug._backends.opencv_color import ROWS, blends, gray_mean, grey, mixed
from augplug._backends.opencv_filters import gaussians, smooth3
from augplug._backends.opencv_lookup import look_up
from augplug._backends.opencv_packing import is_packed, packed
from augplug._backends.opencv_paint import paint_rows
from augplug._backends.opencv_warps import INTERPOLATIONS, LONGEST_SIDE, shifted
from augplug._backends.scratch import FEW
from augplug._backends.tables import Table, fill_values, from_units
from augplug.effect_batch import EffectBatch
from augplug.effects import AdaptiveTone, ColorMix, Filter, Paint, Tone, Warp
from augplug.types import Image, Values

Shape: TypeAlias = tuple[int, ...]
Mask: TypeAlias = npt.NDArray[np.bool_]
Outs: TypeAlias = Sequence[Image | None]
_EVERY = np.arange(256.0)
_UINT8 = np.dtype(np.uint8)
_TOGETHER = 1 << 17
"""Values of images that are converted at once: they stay in the cache."""


def prepare_rows(batch: EffectBatch, shape: Shape) -> PreparedRows | None:
    """Return the kernel of a batch on uint8 images `(H, W)` or `(H, W, C)` of 2 to 4 channels."""
    make = _MAKE.get(type(batch.effect))
    return None if make is None else make(batch, batch.effect, shape)


def _warps(batch: EffectBatch, effect: Warp, shape: Shape) -> PreparedRows | None:
    transforms = batch.numbers
    own = _has_own_way(transforms, effect, shape)
    if effect.border != "constant":
        return bordered_warps(transforms, effect, shape, own)
    if effect.interpolation == "area":
        return opencv_area.areas(transforms, effect.size, shape)
    if max(*shape[:2], *effect.size) > LONGEST_SIDE:
        return None
    if _is_whole_shift(transforms).all():
        return _shifts(transforms[:, :2, 2], effect, shape)
    warp, pulls, size = *warp_of(transforms), effect.size[::-1]
    fill, flags = (
        fill_values(effect.fill, shape, _UINT8).tolist(),
        INTERPOLATIONS[effect.interpolation] | cv2.WARP_INVERSE_MAP,
    )
    wide = is_packed(effect.interpolation, effect.size, shape, _UINT8)

    def warped_onto_black(image: Image, pull: Values, out: Image | None) -> Image:
        return warp(image, pull, size, None if out is image else out, flags)  # a fill takes time to be read

    def warped(image: Image, pull: Values, out: Image | None) -> Image:
        return warp(image, pull, size, None if out is image else out, flags, cv2.BORDER_CONSTANT, fill)

    def warped_wide(image: Image, pull: Values, _out: Image | None) -> Image:
        kernel = partial(warp, M=pull, dsize=size, flags=flags)
        return packed(kernel, effect.interpolation, effect.size, shape, _UINT8, fill)(image)

    render = warped_wide if wide else warped if any(fill) else warped_onto_black
    return PreparedRows(lambda images, rows, outs: list(map(render, images, pulls[rows], outs)), own)


def _is_whole_shift(transforms: Values) -> Mask:
    straight: Mask = (transforms[:, :, :2] == np.eye(3, 2)).all(axis=(1, 2)) & (transforms[:, 2, 2] == 1)
    straight &= (transforms[:, :, 2] % 1 == 0).all(axis=1)
    return straight


def _has_own_way(transforms: Values, effect: Warp, shape: Shape) -> Mask:
    """Return which rows are turns, shifts by whole pixels, affine among perspectives, or linear and shrink a part."""
    (a, b, c), (d, e, f), _ = np.moveaxis(transforms, 0, 2)
    straight = (b == 0) & (d == 0) & (abs(a) == 1) & (abs(e) == 1) & (c % 1 == 0) & (f % 1 == 0)
    own: Mask = straight | ((a == 0) & (e == 0))
    bent = are_perspectives(transforms)
    own |= bent != bent.any()
    if effect.interpolation == "linear":
        own |= opencv_area.cuts_of_rows(transforms, effect.size, shape)[2]
    return own


def _shifts(moves: Values, effect: Warp, shape: Shape) -> PreparedRows:
    """Return the kernel of shifts by whole pixels `(N, 2)`, of which there are few."""
    known: dict[tuple[int, int], ImageFunction] = {}
    fill = fill_values(effect.fill, shape, _UINT8).tolist()
    for move in moves.astype(np.intp).tolist():
        if tuple(move) not in known:
            known[tuple(move)] = shifted(tuple(move), effect.size, shape, _UINT8, fill)
    kernels = np.array([*(known[tuple(move)] for move in moves.astype(np.intp).tolist()), None], dtype=object)[:-1]
    return PreparedRows(
        lambda images, rows, _outs: [kernel(image) for kernel, image in zip(kernels[rows], images, strict=True)],
        np.zeros(len(kernels), np.bool_),
    )


def _tones(batch: EffectBatch, _effect: Tone, _shape: Shape) -> PreparedRows | None:
    if batch.function is None:
        return None
    tables = _tables(batch.function, batch.numbers)
    return PreparedRows(
        lambda images, rows, outs: list(map(look_up, images, tables[rows], outs)), np.zeros(len(tables), np.bool_)
    )


def _tables(function: Callable[..., Values], numbers: Values) -> Table:
    """Return the tables `(N, 256)` of a batch's function for numbers `(N, k)`."""
    tables = np.empty((len(numbers), 256), np.uint8)
    for start in range(0, len(numbers), ROWS):
        place = slice(start, start + ROWS)
        tables[place] = from_units(function(_EVERY.copy(), *numbers[place].T[..., None]), _UINT8)
    return tables


def _tones_from(batch: EffectBatch, effect: AdaptiveTone, _shape: Shape) -> PreparedRows | None:
    function = batch.function
    if function is None or effect.statistic != "gray_mean":
        return None

    def render(images: list[Image], rows: Any, outs: Outs) -> list[Image]:
        numbers = np.concatenate([_grey_means(images)[:, None], batch.numbers[rows]], axis=1)
        return list(map(look_up, images, _tables(function, numbers), outs))

    return PreparedRows(render, np.zeros(len(batch.numbers), np.bool_))


def _grey_means(images: list[Image]) -> Values:
    """Return `gray_mean` of images of one shape."""
    if images[0].size >= FEW:
        return np.array([gray_mean(image) for image in images])
    sums = [
        values.reshape(len(some), -1).sum(axis=1, dtype=np.uint32)
        for some in _some(images)
        for values in [grey(np.concatenate(some)) if some[0].shape[2:] == (3,) else np.concatenate(some)]
    ]
    shape = images[0].shape
    values = shape[0] * shape[1] if shape[2:] == (3,) else images[0].size
    return np.floor(np.concatenate(sums) / values + 0.5)


def _some(images: list[Image]) -> list[list[Image]]:
    """Return images of one shape in lists that are small enough for the cache."""
    count = _TOGETHER // images[0].size
    return [images[start : start + count] for start in range(0, len(images), count)]


def _color_mixes(batch: EffectBatch, effect: ColorMix, shape: Shape) -> PreparedRows | None:
    if effect.matrix is None:
        return _grey_blends(batch.numbers) if shape[2:] == (3,) else None
    if len(effect.matrix) > 4 or len(shape) != 3:
        return None
    matrices = batch.numbers.astype(np.float32)
    return PreparedRows(
        lambda images, rows, outs: list(map(mixed, images, matrices[rows], outs)),
        (batch.numbers == 1).any(axis=(1, 2)),  # channels in another order have a way of their own
    )


def _grey_blends(factors: Values) -> PreparedRows:
    mixes = np.array([*blends(factors), None], dtype=object)[:-1]

    def render(images: list[Image], rows: Any, outs: Outs) -> list[Image]:
        return [
            mix(base, image, out)
            for mix, base, image, out in zip(mixes[rows], _greys(images), images, outs, strict=True)
        ]

    return PreparedRows(render, np.zeros(len(factors), np.bool_))


def _greys(images: list[Image]) -> list[Image]:
    """Return the grey of RGB images of one shape, as RGB."""
    if images[0].size >= FEW:
        return [cv2.cvtColor(grey(image), cv2.COLOR_GRAY2RGB) for image in images]
    greys: list[Image] = []
    for some in _some(images):
        base = cv2.cvtColor(grey(np.concatenate(some)), cv2.COLOR_GRAY2RGB)
        greys.extend(base.reshape(len(some), *images[0].shape))
    return greys


def _filters(batch: EffectBatch, effect: Filter, shape: Shape) -> PreparedRows | None:
    if effect.kernel == "gaussian":
        return _gaussians(batch)
    if effect.kernel != "smooth3" or effect.border != "keep" or min(shape[:2]) < 3:
        return None
    kernels = np.array([*(smooth3(mix, shape) for mix in blends(batch.numbers[:, 0])), None], dtype=object)[:-1]
    return PreparedRows(
        lambda images, rows, _outs: [kernel(image) for kernel, image in zip(kernels[rows], images, strict=True)],
        np.zeros(len(kernels), np.bool_),
    )


def _gaussians(batch: EffectBatch) -> PreparedRows:
    weights = gaussians(np.where(batch.ordinary, 1.0, batch.numbers[:, 1]))
    mixes = blends(batch.numbers[:, 0]) if batch.numbers[:, 0].any() else None

    def render(images: list[Image], rows: Any, outs: Outs) -> list[Image]:
        made = []
        for row, image, out in zip(rows.tolist(), images, outs, strict=True):
            goal = None if mixes or out is image else out
            own = weights[row]
            smooth = cv2.sepFilter2D(image, -1, own, own, goal, borderType=cv2.BORDER_REFLECT_101)
            made.append(mixes[row](smooth, image, out) if mixes else smooth)
        return made

    return PreparedRows(render, np.zeros(len(weights), np.bool_))


_MAKE: dict[type, Any] = {
    Tone: _tones,
    AdaptiveTone: _tones_from,
    ColorMix: _color_mixes,
    Filter: _filters,
    Paint: paint_rows,
    Warp: _warps,
}
