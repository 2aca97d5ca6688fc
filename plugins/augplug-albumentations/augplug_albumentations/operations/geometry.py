"""Albumentations' transforms: geometry. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("fit_output", "keep_ratio", "balanced_scale")})
class AAffine(augplug.Operation):
    """Albumentations' Affine: image, masks, boxes and keypoints."""

    scale: float | tuple[float, ...] = augplug.parameter(unit="factor", default=(1.0, 1.0))
    translate_percent: float | tuple[float, ...] = augplug.parameter(unit="fraction of the side", default=(0.0, 0.0))
    rotate: float | tuple[float, ...] = augplug.parameter(unit="degrees", default=0.0)
    shear: float | tuple[float, ...] = augplug.parameter(unit="degrees", default=(0.0, 0.0))
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    fit_output: bool = augplug.parameter(default=False)
    keep_ratio: bool = augplug.parameter(default=False)
    rotate_method: str = augplug.parameter(choices=("largest_box", "ellipse"), default="largest_box")
    balanced_scale: bool = augplug.parameter(default=False)
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AMorphological(augplug.Operation):
    """Albumentations' Morphological: image, masks, boxes and keypoints."""

    scale: int | tuple[int, ...] = augplug.parameter(low=1, unit="pixels", default=(2, 3))
    operation: str = augplug.parameter(choices=("erosion", "dilation"), default="dilation")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("keep_size", "fit_output")})
class APerspective(augplug.Operation):
    """Albumentations' Perspective: image, masks, boxes and keypoints."""

    scale: float | tuple[float, ...] = augplug.parameter(
        low=0, unit="fraction of the side", level=(0, 0.2), default=(0.05, 0.1)
    )
    keep_size: bool = augplug.parameter(default=True)
    fit_output: bool = augplug.parameter(default=False)
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ARandomGridShuffle(augplug.Operation):
    """Albumentations' RandomGridShuffle: image, masks, boxes and keypoints."""

    grid: int | tuple[int, ...] = augplug.parameter(low=1, unit="cells", default=(3, 3))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("grid",))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("crop_border")})
class ARotate(augplug.Operation):
    """Albumentations' Rotate: image, masks, boxes and keypoints."""

    limit: float | tuple[float, ...] = augplug.parameter(unit="degrees", level=(0, 30), default=(-90.0, 90.0))
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    rotate_method: str = augplug.parameter(choices=("largest_box", "ellipse"), default="largest_box")
    crop_border: bool = augplug.parameter(default=False)
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ASafeRotate(augplug.Operation):
    """Albumentations' SafeRotate: image, masks, boxes and keypoints."""

    limit: float | tuple[float, ...] = augplug.parameter(unit="degrees", level=(0, 30), default=(-90.0, 90.0))
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    rotate_method: str = augplug.parameter(choices=("largest_box", "ellipse"), default="largest_box")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AShiftScaleRotate(augplug.Operation):
    """Albumentations' ShiftScaleRotate: image, masks, boxes and keypoints."""

    shift_limit: float | tuple[float, ...] = augplug.parameter(unit="fraction of the side", default=(-0.0625, 0.0625))
    scale_limit: float | tuple[float, ...] = augplug.parameter(unit="factor", default=(-0.1, 0.1))
    rotate_limit: float | tuple[float, ...] = augplug.parameter(unit="degrees", default=(-45.0, 45.0))
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    rotate_method: str = augplug.parameter(choices=("largest_box", "ellipse"), default="largest_box")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AAffine,
        AMorphological,
        APerspective,
        ARandomGridShuffle,
        ARotate,
        ASafeRotate,
        AShiftScaleRotate,
    ]
