"""Albumentations' transforms: detail. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import math

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class ADownscale(augplug.Operation):
    """Albumentations' Downscale: the image; masks, boxes and keypoints stay."""

    scale_range: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="factor", default=(0.25, 0.25))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("scale_range",))


@augplug.operation(source=SOURCE)
class AEmboss(augplug.Operation):
    """Albumentations' Emboss: the image; masks, boxes and keypoints stay."""

    alpha: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="opacity", default=(0.2, 0.5))
    strength: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.2, 0.7))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("alpha", "strength"))


@augplug.operation(source=SOURCE)
class AImageCompression(augplug.Operation):
    """Albumentations' ImageCompression: the image; masks, boxes and keypoints stay."""

    compression_type: str = augplug.parameter(choices=("jpeg", "webp"), default="jpeg")
    quality_range: int | tuple[int, ...] = augplug.parameter(
        low=1, high=100, unit="percent", level=(100, 10), default=(99, 100)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("quality_range",))


@augplug.operation(source=SOURCE)
class ARingingOvershoot(augplug.Operation):
    """Albumentations' RingingOvershoot: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=(7, 15))
    cutoff: float | tuple[float, ...] = augplug.parameter(
        low=0, high=math.pi, unit="radians a pixel", default=(0.7853981633974483, 1.5707963267948966)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("cutoff",))


@augplug.operation(source=SOURCE)
class ASharpen(augplug.Operation):
    """Albumentations' Sharpen: the image; masks, boxes and keypoints stay."""

    alpha: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="opacity", default=(0.2, 0.5))
    lightness: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.5, 1.0))
    method: str = augplug.parameter(choices=("kernel", "gaussian"), default="kernel")
    kernel_size: int = augplug.parameter(low=3, unit="pixels", default=5)
    sigma: float = augplug.parameter(low=0, unit="pixels", default=1.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("alpha", "lightness"))


@augplug.operation(source=SOURCE)
class ASuperpixels(augplug.Operation):
    """Albumentations' Superpixels: the image; masks, boxes and keypoints stay."""

    p_replace: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="probability", default=(0.0, 0.1))
    n_segments: int | tuple[int, ...] = augplug.parameter(low=1, unit="segments", default=(100, 100))
    max_size: int = augplug.parameter(low=1, high=16384, unit="pixels", default=128)
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AUnsharpMask(augplug.Operation):
    """Albumentations' UnsharpMask: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=(3, 7))
    sigma_limit: float | tuple[float, ...] = augplug.parameter(low=0, unit="pixels", default=0.0)
    alpha: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="opacity", default=(0.2, 0.5))
    threshold: int = augplug.parameter(low=0, high=255, unit="8-bit values", default=10)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        ADownscale,
        AEmboss,
        AImageCompression,
        ARingingOvershoot,
        ASharpen,
        ASuperpixels,
        AUnsharpMask,
    ]
