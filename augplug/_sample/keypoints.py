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
    """Points `(K, 2)`, x and y; the centre of the first pixel is (0, 0). Those of N instances are `(N, K, 2)`.

    `flip_pairs` holds pairs of points, by their places among the K, that change places when the image is mirrored (left
    and right eye). `visible` `(K,)` or `(N, K)` is the visibility of each point: True or False, or COCO's v (0 not
    labelled, 1 labelled but hidden, 2 visible). It comes back as it was, with False or 0 for points outside the image,
    which keep their place. Without it all points are True. COCO's own rows `(K, 3)` and `(N, K, 3)` of x, y and v are
    taken too, and come back so. Instances beside boxes are those boxes': one that is left out takes its points along.
    Raises TargetError.
    """

    array: Any
    flip_pairs: tuple[tuple[int, int], ...] = ()
    visible: Any = None

    def __post_init__(self) -> None:
        """Check shape, numbers, pairs and visibility."""
        array = points_of(self.array)
        check_points(array)
        if self.flip_pairs:
            self._check_flip_pairs(array.shape[-2])
        visible = self.visible
        if array.shape[-1] == _WITH_V:
            if visible is not None:
                raise TargetError("keypoints of x, y and v hold their visibility themselves: leave visible= out")
            visible = array[..., 2].copy()
            if not np.isin(visible, (0, 1, 2)).all():
                raise TargetError(
                    f"the third number of keypoints {array.shape} is COCO's v, which is 0, 1 or 2; give x and y alone, "
                    "(K, 2) or (N, K, 2), if it is something else"
                )
        object.__setattr__(self, "array", like(self.array, array))
        object.__setattr__(self, "visible", _visibility(visible, array.shape[:-1]))

    def _check_flip_pairs(self, count: int) -> None:
        rows = [row for pair in self.flip_pairs for row in pair]
        if any(len(pair) != 2 for pair in self.flip_pairs) or len(set(rows)) < len(rows):
            raise TargetError(f"flip_pairs holds pairs of different rows, each row once, not {self.flip_pairs}")
        if not all(0 <= row < count for row in rows):
            raise TargetError(f"flip_pairs names rows of {count} keypoints, not {self.flip_pairs}")

    def numbers(self) -> Points:
        """Return all points as float64 `(K, 2)`, those of one instance after those of another."""
        array = np.asarray(plain(self.array), dtype=np.float64)
        return array if is_plain(array) else array[..., :2].reshape(-1, 2)

    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Return `flip_pairs` as places in `numbers()`."""
        if self.visible.ndim == 1 or not self.flip_pairs:
            return self.flip_pairs
        many, each = self.visible.shape
        starts = range(0, many * each, each)
        return tuple((start + one, start + other) for start in starts for one, other in self.flip_pairs)

    @staticmethod
    def made(array: Any, flip_pairs: tuple[tuple[int, int], ...], visible: npt.NDArray[Any]) -> Keypoints:
        """Return keypoints of arrays that need no check: we computed them."""
        keypoints = object.__new__(Keypoints)
        vars(keypoints).update(array=array, flip_pairs=flip_pairs, visible=visible)
        return keypoints


def is_plain(array: npt.NDArray[Any]) -> bool:
    """Return True for points `(K, 2)`, without instances and visibility."""
    return array.ndim == 2 and array.shape[1] == 2


def points_of(given: Any) -> npt.NDArray[np.float64]:
    """Return points as an array of their own; without any, `(0, 2)` unless its axes say more. Raises TargetError."""
    shape: tuple[int, ...] = tuple(getattr(given, "shape", ()))
    array = numbers_of(given, "keypoints", 2)
    known = len(shape) in _AXES and shape[-1] in (2, _WITH_V)
    return array.reshape(shape) if array.size == 0 and known else array


def points_like(given: Any, points: Points, visible: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return points `(M, 2)` and their visibility in the axes that were given: instances, and v if it stood there.

    A mix may have changed the number of points that belong to no instance.
    """
    shape = points_of(given).shape
    array = points if shape[-1] == 2 else np.concatenate([points, visible[:, None]], axis=1)
    return array.reshape(shape) if len(shape) == 3 else array


def _visibility(given: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return the visibility of points as an array of its own. Raises TargetError."""
    if given is None:
        return np.ones(shape, dtype=bool)
    try:
        visible = np.array(given)
    except ValueError:  # rows of unequal lengths
        visible = np.array(None)
    if visible.dtype.kind != "b" and not (visible.dtype.kind in "iuf" and np.isin(visible, (0, 1, 2)).all()):
        told = " ".join(repr(given).split())
        raise TargetError(f"visible holds True or False, or COCO's v (0, 1 or 2), for each keypoint, not {told}")
    if 0 in shape and visible.size == 0:
        return visible.reshape(shape)
    if visible.shape != shape:
        raise TargetError(f"visible is an array {shape}, one value a keypoint, not one of shape {visible.shape}")
    return visible


def check_points(array: npt.NDArray[np.float64]) -> None:
    """Raise TargetError unless an array holds finite points in axes that are known."""
    if array.ndim not in _AXES or array.shape[-1] not in (2, _WITH_V) or not np.isfinite(array).all():
        raise TargetError(
            f"keypoints are a finite array (K, 2) of x and y, or (K, 3) with COCO's v, or (N, K, 2) or (N, K, 3) for N "
            f"instances, not one of shape {array.shape}"
        )


_AXES = (2, 3)
_WITH_V = 3
"""Columns of x, y and v."""
