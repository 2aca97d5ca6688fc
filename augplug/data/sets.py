"""Labelled images as arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug.errors import DataError
from augplug.types import Image

PARTS = ("train", "valid", "test")
"""The parts of a data set that comes split, by their numbers."""


@dataclass(frozen=True)
class Labelled:
    """`x`: uint8 `(N, H, W)` or `(N, H, W, 3)`; `y`: class numbers `(N,)` int64 in 0..K-1; `classes`: K names.

    `parts`, if the data come split: for each image 0 (train), 1 (valid) or 2 (test), `(N,)` int64.
    """

    x: Image
    y: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    parts: npt.NDArray[np.int64] | None = None

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
        if any("\ud800" <= char <= "\udfff" for name in self.classes for char in name):
            raise DataError("a class has a name that is not Unicode; give it another")
        if self.parts is not None and (self.parts.shape != self.y.shape or not set(self.parts.tolist()) <= {0, 1, 2}):
            raise DataError(f"parts are 0, 1 or 2 for each of the {len(self.x)} images: train, valid or test")

    def __len__(self) -> int:
        """The number of images."""
        return len(self.x)

    def take(self, indices: npt.NDArray[np.int64]) -> Labelled:
        """Return the images at `indices` `(M,)`, in that order."""
        parts = None if self.parts is None else self.parts[indices]
        return Labelled(self.x[indices], self.y[indices], self.classes, parts)


def digest(data: Labelled) -> str:
    """Return 64 hex digits, the SHA-256 of shapes, pixels, labels, class names, and parts if there are any."""
    running = hashlib.sha256(repr((data.x.shape, data.classes)).encode())
    running.update(np.ascontiguousarray(data.x).tobytes())
    running.update(np.ascontiguousarray(data.y, dtype="<i8").tobytes())
    if data.parts is not None:
        running.update(np.ascontiguousarray(data.parts, dtype="<i8").tobytes())
    return running.hexdigest()
