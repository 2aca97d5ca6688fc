"""Painted regions: one copy of the image, then only the regions are touched."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from augplug._backends import noise
from augplug._backends.base import ImageFunction
from augplug._backends.tables import fill_values, from_units
from augplug.effects import Paint, Region
from augplug.types import Image


def paint(effect: Paint, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
    """Return the kernel that fills each region with the value, or with noise from the key."""
    places = [np.s_[region.top : region.bottom, region.left : region.right] for region in effect.regions]
    if effect.key is not None:
        return partial(_noisy, key=effect.key, regions=effect.regions)
    values = fill_values(effect.value, shape, dtype)
    value: Any = values[0].item() if len(set(values.tolist())) == 1 else values
    return partial(_filled, places=places, value=value)


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
