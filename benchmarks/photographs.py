"""The images that benchmarks run on: real photographs of scikit-image, at one size or as they are, and noise."""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from skimage import data

Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
NATIVE = 0
"""The size of photographs as they are: 300 x 451 to 512 x 512 pixels."""


def sources() -> list[Array]:
    """Return whole photographs, uint8 RGB `(H, W, 3)`."""
    found = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]  # type: ignore[no-untyped-call]  # it has no types
    return [np.ascontiguousarray(image) for image in found]


def photographs(size: int, count: int) -> list[Array]:
    """Return square crops of real photographs, each of another place, at that size; whole ones where it is NATIVE."""
    whole = sources()
    if size == NATIVE:
        return [whole[number % len(whole)].copy() for number in range(count)]
    places = np.random.default_rng(0)
    made: list[Array] = []
    for number in range(count):
        source = whole[number % len(whole)]
        side = int(places.integers(240, min(source.shape[:2]) + 1))
        top, left = (int(places.integers(0, length - side + 1)) for length in source.shape[:2])
        crop = source[top : top + side, left : left + side]
        made.append(np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8))
    return made


def noise(size: int, count: int) -> list[Array]:
    """Return images of noise, of the sizes that `photographs` would have: what no run of equal pixels makes cheap."""
    values = np.random.default_rng(0)
    shapes = [image.shape for image in photographs(size, count)]
    return [np.asarray(values.integers(0, 256, shape), dtype=np.uint8) for shape in shapes]
