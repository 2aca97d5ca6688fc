"""Keypoints as users hand them in and get them back, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._sample.numbers import numbers_of
from augplug.errors import TargetError


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
        if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
            raise TargetError(f"keypoints are a finite array (K, 2) of x and y, not one of shape {array.shape}")
        rows = [row for pair in self.swap for row in pair]
        if any(len(pair) != 2 for pair in self.swap) or len(set(rows)) < len(rows):
            raise TargetError(f"swap holds pairs of different rows, each row once, not {self.swap}")
        if not all(0 <= row < len(array) for row in rows):
            raise TargetError(f"swap names rows of {len(array)} keypoints, not {self.swap}")
        object.__setattr__(self, "array", array)
        if len(self.visible) != len(array):
            object.__setattr__(self, "visible", np.ones(len(array), dtype=bool))
