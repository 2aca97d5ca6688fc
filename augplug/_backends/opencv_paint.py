"""Painted regions: one copy of the image, then only the regions are touched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from augplug._backends import noise
from augplug._backends.base import ImageFunction, PreparedRows
from augplug._backends.tables import fill_values, from_units
from augplug.effect_batch import EffectBatch
from augplug.effects import Paint, Region
from augplug.rng import Rows
from augplug.types import Image


def paint(effect: Paint, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel that fills each region with the value, or with noise from the key."""
    places = [np.s_[region.top : region.bottom, region.left : region.right] for region in effect.regions]
    if effect.key is not None:
        return partial(_noisy, key=effect.key, regions=effect.regions)
    values = fill_values(effect.value, shape, dtype)
    value: Any = values[0].item() if len(set(values.tolist())) == 1 else values
    return partial(_filled, places=places, value=value)


def paint_rows(batch: EffectBatch, effect: Paint, shape: tuple[int, ...]) -> PreparedRows:
    """Return the kernel of `paint` for a region of each row `(N, 5)`, on uint8 images."""
    values = fill_values(effect.value, shape, np.dtype(np.uint8))
    value: Any = values[0].item() if len(set(values.tolist())) == 1 else values
    regions = batch.numbers.astype(np.intp).tolist()

    def render(images: list[Image], rows: Rows, outs: Sequence[Image | None]) -> list[Image]:
        made = []
        for row, image, out in zip(rows.tolist(), images, outs, strict=True):
            top, left, bottom, right, key = regions[row]
            if effect.key is not None:
                made.append(_noisy(image, key, (Region(top, left, bottom, right),)))
                continue
            painted = _copied(image, out)
            painted[top:bottom, left:right] = value
            made.append(painted)
        return made

    return PreparedRows(render, np.zeros(len(regions), np.bool_))


def _copied(image: Image, out: Image | None) -> Image:
    """Return what may be written to: `out` with the image, if that has its place there, or a copy."""
    if out is image:
        return image
    if out is None or out.shape != image.shape:
        return image.copy()
    out[...] = image
    return out


def _filled(image: Image, places: list[Any], value: Any) -> Image:
    painted = image.copy()
    for place in places:
        painted[place] = value
    return painted


def _noisy(image: Image, key: int, regions: tuple[Region, ...]) -> Image:
    """Fill regions with what the noise of the whole image has there; only its rows are drawn."""
    painted = image.copy()
    width = image[0].size
    for region in regions:
        first, last = region.top * width, region.bottom * width
        rows = noise.some_bytes(key, first, last).reshape(-1, *image.shape[1:])
        drawn = rows[:, region.left : region.right]
        place = np.s_[region.top : region.bottom, region.left : region.right]
        painted[place] = drawn if image.dtype == np.uint8 else from_units(drawn.astype(np.float64), image.dtype)
    return painted
