"""Noise on uint8 images: the numbers of the reference, by one table of whole numbers a deviation."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends import noise
from augplug._backends.base import ImageFunction
from augplug._backends.opencv_lookup import WIDE_TABLES
from augplug._backends.scratch import scratch
from augplug.effects import Noise
from augplug.types import Image

Steps = npt.NDArray[np.uint16]
_SMALL = 1 << 14
"""Number of values up to which rounding them is faster than a table, which serves one standard deviation only."""


def add_noise(effect: Noise, _shape: tuple[int, ...]) -> ImageFunction:
    """Return the kernel that adds the effect's normal numbers, rounded: floor(v + n + 1/2) is v + floor(n + 1/2)."""
    return partial(_added, effect=effect)


def _added(image: Image, effect: Noise) -> Image:
    numbers = _whole_numbers(noise.steps(effect.key, image.size), effect.std)
    return cv2.add(image, numbers.reshape(image.shape), dtype=cv2.CV_8U)


def _whole_numbers(steps: Steps, std: float) -> npt.NDArray[Any]:
    """Return the normal numbers of random steps, rounded; this thread's scratch, until the next call."""
    if len(steps) <= _SMALL:
        return _rounded(noise.quantiles()[steps], std)
    table, made = _table(std), scratch(0, steps.shape, np.int16)
    if WIDE_TABLES:
        cv2.LUT(steps[None], table[None], made[None])
    else:
        np.take(table, steps, out=made, mode="clip")  # with a mode, numpy writes into `out` itself
    return made


@lru_cache(maxsize=16)
def _table(std: float) -> npt.NDArray[np.int16]:
    return np.clip(_rounded(noise.quantiles(), std), -256, 256).astype(np.int16)  # beyond them all is clipped


def _rounded(numbers: npt.NDArray[np.float32], std: float) -> npt.NDArray[np.float64]:
    return np.floor((std * numbers).astype(np.float64) + 0.5)
