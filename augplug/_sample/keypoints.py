"""Keypoints as users hand them in and get them back, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._sample.kinds import like, plain
from augplug._sample.numbers import numbers_of
from augplug.errors import TargetError
from augplug.ranges import checked_keywords
from augplug.renamed import answers_old_names
from augplug.types import Points


@answers_old_names
@checked_keywords
@dataclass(frozen=True, eq=False)  # by identity: arrays have no single truth
class Keypoints:
    """Points `(K, 2)`, x and y; the centre of the first pixel is (0, 0).

    `flip_pairs` holds pairs of rows that change places when the image is mirrored (left and right eye). `visible`
    `(K,)` is the visibility of each point: True or False, or COCO's v (0 not labelled, 1 labelled but hidden, 2
    visible). It comes back as it was, with False or 0 for points outside the image, which keep their row. Without it
    all points are True. Raises TargetError.
    """

    array: Any
    flip_pairs: tuple[tuple[int, int], ...] = ()
    visible: Any = None

    def __post_init__(self) -> None:
        """Check shape, numbers, pairs and visibility."""
        array = numbers_of(self.array, "keypoints", 2)
        check_points(array)
        if self.flip_pairs:
            self._check_flip_pairs(len(array))
        object.__setattr__(self, "array", like(self.array, array))
        object.__setattr__(self, "visible", _visibility(self.visible, len(array)))

    def _check_flip_pairs(self, count: int) -> None:
        rows = [row for pair in self.flip_pairs for row in pair]
        if any(len(pair) != 2 for pair in self.flip_pairs) or len(set(rows)) < len(rows):
            raise TargetError(f"flip_pairs holds pairs of different rows, each row once, not {self.flip_pairs}")
        if not all(0 <= row < count for row in rows):
            raise TargetError(f"flip_pairs names rows of {count} keypoints, not {self.flip_pairs}")

    def numbers(self) -> Points:
        """Return the points as float64 `(K, 2)`."""
        return np.asarray(plain(self.array), dtype=np.float64)

    @staticmethod
    def made(array: Any, flip_pairs: tuple[tuple[int, int], ...], visible: npt.NDArray[Any]) -> Keypoints:
        """Return keypoints of arrays that need no check: we computed them."""
        keypoints = object.__new__(Keypoints)
        vars(keypoints).update(array=array, flip_pairs=flip_pairs, visible=visible)
        return keypoints


def _visibility(given: Any, count: int) -> npt.NDArray[Any]:
    """Return the visibility of `count` points as an array of its own. Raises TargetError."""
    if given is None:
        return np.ones(count, dtype=bool)
    try:
        visible = np.array(given)
    except ValueError:  # rows of unequal lengths
        visible = np.array(None)
    if visible.dtype.kind != "b" and not (visible.dtype.kind in "iuf" and np.isin(visible, (0, 1, 2)).all()):
        told = " ".join(repr(given).split())
        raise TargetError(f"visible holds True or False, or COCO's v (0, 1 or 2), for each keypoint, not {told}")
    if count == 0 and visible.size == 0:
        return visible.reshape(0)
    if visible.shape != (count,):
        raise TargetError(f"visible is an array ({count},), one value a keypoint, not one of shape {visible.shape}")
    return visible


def check_points(array: npt.NDArray[np.float64]) -> None:
    """Raise TargetError unless an array is `(K, 2)` and finite."""
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise TargetError(f"keypoints are a finite array (K, 2) of x and y, not one of shape {array.shape}")
