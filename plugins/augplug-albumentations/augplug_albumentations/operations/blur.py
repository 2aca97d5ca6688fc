"""Albumentations' transforms: blur. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AAdvancedBlur(augplug.Operation):
    """Albumentations' AdvancedBlur: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=(3, 7))
    sigma_x_limit: float | tuple[float, ...] = augplug.parameter(low=0, unit="pixels", default=(0.2, 1.0))
    sigma_y_limit: float | tuple[float, ...] = augplug.parameter(low=0, unit="pixels", default=(0.2, 1.0))
    rotate_limit: int | tuple[int, ...] = augplug.parameter(unit="degrees", default=(-90, 90))
    beta_limit: float | tuple[float, ...] = augplug.parameter(low=0, unit="exponent", default=(0.5, 8.0))
    noise_limit: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.9, 1.1))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ABlur(augplug.Operation):
    """Albumentations' Blur: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=(3, 7))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ADefocus(augplug.Operation):
    """Albumentations' Defocus: the image; masks, boxes and keypoints stay."""

    radius: int | tuple[int, ...] = augplug.parameter(low=1, unit="pixels", default=(3, 10))
    alias_blur: float | tuple[float, ...] = augplug.parameter(low=0, unit="pixels", default=(0.1, 0.5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AGaussianBlur(augplug.Operation):
    """Albumentations' GaussianBlur: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=0)
    sigma_limit: float | tuple[float, ...] = augplug.parameter(low=0, unit="pixels", default=(0.5, 3.0))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AGlassBlur(augplug.Operation):
    """Albumentations' GlassBlur: the image; masks, boxes and keypoints stay."""

    sigma: float = augplug.parameter(low=0, unit="pixels", default=0.7)
    max_delta: int = augplug.parameter(low=1, unit="pixels", default=4)
    iterations: int = augplug.parameter(low=1, unit="passes", default=2)
    mode: str = augplug.parameter(choices=("fast", "exact"), default="fast")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AMedianBlur(augplug.Operation):
    """Albumentations' MedianBlur: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=(3, 7))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("allow_shifted")})
class AMotionBlur(augplug.Operation):
    """Albumentations' MotionBlur: the image; masks, boxes and keypoints stay."""

    blur_limit: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels, odd", default=(3, 7))
    allow_shifted: bool = augplug.parameter(default=True)
    angle_range: float | tuple[float, ...] = augplug.parameter(low=0, high=360, unit="degrees", default=(0.0, 360.0))
    direction_range: float | tuple[float, ...] = augplug.parameter(
        low=-1, high=1, unit="shift along the line", default=(-1.0, 1.0)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("angle_range", "direction_range"))


@augplug.operation(source=SOURCE)
class AZoomBlur(augplug.Operation):
    """Albumentations' ZoomBlur: the image; masks, boxes and keypoints stay."""

    max_factor: float | tuple[float, ...] = augplug.parameter(low=1, unit="factor", default=(1.0, 1.31))
    step_factor: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.01, 0.03))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AAdvancedBlur,
        ABlur,
        ADefocus,
        AGaussianBlur,
        AGlassBlur,
        AMedianBlur,
        AMotionBlur,
        AZoomBlur,
    ]
