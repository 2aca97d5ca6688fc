"""Shapes and value ranges, in aliases.

Images are `(H, W)` or `(H, W, C)`. The unit in which operations think is the *8-bit value*: a real number in 0..255,
whatever the dtype of the image (uint16 v is v / 257, a float v is 255 v).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug.renamed import module_getattr

Image: TypeAlias = npt.NDArray[Any]
"""`(H, W)` or `(H, W, C)`: uint8, uint16, or float32/float64 in [0, 1]."""

Values: TypeAlias = npt.NDArray[np.float64]
"""Real numbers in 8-bit units, 0..255, of any shape."""

Histograms: TypeAlias = npt.NDArray[np.int64]
"""Histograms `(C, L)`: how many pixels of each channel have each of L values; a row a channel."""

Points: TypeAlias = npt.NDArray[np.float64]
"""`(K, 2)`: x (right) and y (down); the centre of the first pixel is (0, 0)."""

Matrix: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""A 3x3 homogeneous matrix in float64 that maps input to output points; a tuple, so that effects compare and hash."""

Interpolation: TypeAlias = Literal["nearest", "linear", "cubic", "area"]
"""How a value is had between pixels; `area` is the mean under the output pixel, for making smaller."""

MaskInterpolation: TypeAlias = Literal["nearest", "linear", "cubic"]
"""How a value of a mask is had between pixels, if it is not left to the mask's dtype."""
MASK_INTERPOLATIONS: tuple[MaskInterpolation, ...] = ("nearest", "linear", "cubic")

Border: TypeAlias = Literal["constant", "edge", "reflect", "wrap"]
"""What lies outside an image: its fill, or its own pixels as numpy.pad's modes of these names repeat them."""

FuseMode: TypeAlias = Literal["none", "exact"]
"""How far effects are fused: not at all, or as far as every bit stays the same."""
FUSE_MODES: tuple[FuseMode, ...] = ("none", "exact")

Fill: TypeAlias = float | tuple[float, ...]
"""A value in 8-bit units for every channel, or one a channel."""


@dataclass(frozen=True)
class Canvas:
    """What `describe` knows of an image at its step: `height` and `width` in pixels and the number of `channels`.

    A grey image `(H, W)` has one channel. The dtype is not in it: an operation means the same on every dtype.
    """

    height: int
    width: int
    channels: int


if not TYPE_CHECKING:  # type checkers refuse unknown names themselves
    __getattr__ = module_getattr(__name__)


@dataclass(frozen=True, eq=False)  # by identity: arrays have no single truth
class CanvasTargets:
    """What `decide` knows of the targets on a canvas: those that are in view.

    `boxes` `(N, 4)` are left, top, right and bottom in pixels from the corner, with their `labels`; `masks` have the
    canvas' height and width; `keypoints` are `(K, 2)`.
    """

    boxes: npt.NDArray[np.float64]
    labels: tuple[Any, ...]
    masks: tuple[Image, ...]
    keypoints: Points
