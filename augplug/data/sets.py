"""Labelled images as arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug.errors import DataError
from augplug.types import Image


@dataclass(frozen=True)
class Labelled:
    """`x`: uint8 `(N, H, W)` or `(N, H, W, 3)`; `y`: class numbers `(N,)` int64 in 0..K-1; `classes`: K names."""

    x: Image
    y: npt.NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse arrays of another kind with a DataError."""
        grey_or_rgb = self.x.ndim == 3 or (self.x.ndim == 4 and self.x.shape[3] == 3)
        if self.x.dtype != np.uint8 or not grey_or_rgb or not self.x.size:
            raise DataError(
                f"images must be uint8 of shape (N, H, W) or (N, H, W, 3) with no side of 0, not {self.x.dtype} of "
                "shape "
                f"{self.x.shape}; convert them first"
            )
        if self.y.shape != self.x.shape[:1] or self.y.dtype != np.int64:
            raise DataError(
                f"{len(self.x)} images need labels of shape ({len(self.x)},) int64, not {self.y.shape} {self.y.dtype}"
            )
        if self.y.min() < 0 or self.y.max() >= len(self.classes):
            raise DataError(f"labels lie in 0..{len(self.classes) - 1}, not {self.y.min()}..{self.y.max()}")

    def __len__(self) -> int:
        """The number of images."""
        return len(self.x)

    def take(self, indices: npt.NDArray[np.int64]) -> Labelled:
        """Return the images at `indices` `(M,)`, in that order."""
        return Labelled(self.x[indices], self.y[indices], self.classes)


def digest(data: Labelled) -> str:
    """Return 64 hex digits, the SHA-256 of shapes, pixels, labels and class names."""
    running = hashlib.sha256(repr((data.x.shape, data.classes)).encode())
    running.update(np.ascontiguousarray(data.x).tobytes())
    running.update(np.ascontiguousarray(data.y, dtype="<i8").tobytes())
    return running.hexdigest()
