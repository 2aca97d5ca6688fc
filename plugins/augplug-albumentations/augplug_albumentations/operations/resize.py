"""Albumentations' transforms: resize. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations import sizes
from augplug_albumentations.calling import call

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class ALongestMaxSize(augplug.Operation):
    """Albumentations' LongestMaxSize: image, masks, boxes and keypoints."""

    max_size: int = augplug.parameter(high=16384, unit="pixels")
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.scaled(canvas, self.max_size, max(canvas.height, canvas.width)))


@augplug.operation(source=SOURCE)
class APad(augplug.Operation):
    """Albumentations' Pad: image, masks, boxes and keypoints."""

    padding: int | tuple[int, ...] = augplug.parameter(low=0, high=16384, unit="pixels", default=0)
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.padded(canvas, self.padding))


@augplug.operation(source=SOURCE)
class APadIfNeeded(augplug.Operation):
    """Albumentations' PadIfNeeded: image, masks, boxes and keypoints."""

    min_height: int = augplug.parameter(low=1, high=16384, unit="pixels", default=1024)
    min_width: int = augplug.parameter(low=1, high=16384, unit="pixels", default=1024)
    position: str = augplug.parameter(
        choices=("center", "top_left", "top_right", "bottom_left", "bottom_right", "random"), default="center"
    )
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.at_least(canvas, self.min_height, self.min_width))


@augplug.operation(source=SOURCE)
class ARandomScale(augplug.Operation):
    """Albumentations' RandomScale: image, masks, boxes and keypoints."""

    scale_limit: float | tuple[float, ...] = augplug.parameter(unit="factor", default=(-0.1, 0.1))
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AResize(augplug.Operation):
    """Albumentations' Resize: image, masks, boxes and keypoints."""

    height: int = augplug.parameter(low=1, high=16384, unit="pixels")
    width: int = augplug.parameter(low=1, high=16384, unit="pixels")
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=(self.height, self.width))


@augplug.operation(source=SOURCE)
class ASmallestMaxSize(augplug.Operation):
    """Albumentations' SmallestMaxSize: image, masks, boxes and keypoints."""

    max_size: int = augplug.parameter(high=16384, unit="pixels")
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.scaled(canvas, self.max_size, min(canvas.height, canvas.width)))


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        ALongestMaxSize,
        APad,
        APadIfNeeded,
        ARandomScale,
        AResize,
        ASmallestMaxSize,
    ]
