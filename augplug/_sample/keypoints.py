"""Keypoints as users hand them in and get them back, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._sample.numbers import numbers_of
from augplug.errors import TargetError
from augplug.ranges import checked_keywords
from augplug.types import Points


@checked_keywords
@dataclass(frozen=True, eq=False)  # by identity: arrays have no single truth
class Keypoints:
    """Points `(K, 2)`, x and y; the centre of the first pixel is (0, 0).

    `swap` holds pairs of rows that change places when the image is mirrored (left and right eye). `visible` `(K,)` says
    which lie in the image; the others keep their place in the array. Raises TargetError.
    """

    array: Any
    swap: tuple[tuple[int, int], ...] = ()
    visible: npt.NDArray[np.bool_] = field(default_factory=lambda: np.ones(0, dtype=bool))

    def __post_init__(self) -> None:
        """Check shape, numbers and pairs."""
        array = numbers_of(self.array, "keypoints", 2)
        check_points(array)
        if self.swap:
            self._check_swap(len(array))
        object.__setattr__(self, "array", array)
        if len(self.visible) != len(array):
            object.__setattr__(self, "visible", np.ones(len(array), dtype=bool))

    def _check_swap(self, count: int) -> None:
        rows = [row for pair in self.swap for row in pair]
        if any(len(pair) != 2 for pair in self.swap) or len(set(rows)) < len(rows):
            raise TargetError(f"swap holds pairs of different rows, each row once, not {self.swap}")
        if not all(0 <= row < count for row in rows):
            raise TargetError(f"swap names rows of {count} keypoints, not {self.swap}")

    @staticmethod
    def made(array: Points, swap: tuple[tuple[int, int], ...], visible: npt.NDArray[np.bool_]) -> Keypoints:
        """Return keypoints of arrays that need no check: we computed them."""
        keypoints = object.__new__(Keypoints)
        vars(keypoints).update(array=array, swap=swap, visible=visible)
        return keypoints


def check_points(array: npt.NDArray[np.float64]) -> None:
    """Raise TargetError unless an array is `(K, 2)` and finite."""
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise TargetError(f"keypoints are a finite array (K, 2) of x and y, not one of shape {array.shape}")
