"""Arrays that a kernel needs only while it runs: kept by thread, since fresh pages can cost more than the work."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

FEW = 1 << 14
"""Number of values below which allocating an array costs next to nothing."""
_MOST = 1 << 24
"""Bytes of the largest array that is kept."""


class _Kept(threading.local):
    """What this thread keeps: bytes by number."""

    def __init__(self) -> None:
        self.arrays: dict[int, npt.NDArray[np.uint8]] = {}


_KEPT = _Kept()


def scratch(number: int, shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    """Return an array of anything, C-contiguous; the next call with the same `number` in this thread overwrites it.

    A kernel numbers what it needs at a time from 0 on, and returns none of it, so that all kernels share a few.
    """
    count = math.prod(shape)
    if count < FEW or (size := count * np.dtype(dtype).itemsize) > _MOST:
        return np.empty(shape, dtype)
    kept = _KEPT.arrays.get(number)
    if kept is None or kept.size < size:
        kept = _KEPT.arrays[number] = np.empty(size, np.uint8)
    return np.ndarray(shape, dtype, kept.data)
