"""Albumentations' transforms: crops. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations import sizes
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("pad_if_needed")})
class ACenterCrop(augplug.Operation):
    """Albumentations' CenterCrop: image, masks, boxes and keypoints."""

    height: int = augplug.parameter(low=1, high=16384, unit="pixels")
    width: int = augplug.parameter(low=1, high=16384, unit="pixels")
    pad_if_needed: bool = augplug.parameter(default=False)
    pad_position: str = augplug.parameter(
        choices=("center", "top_left", "top_right", "bottom_left", "bottom_right", "random"), default="center"
    )
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.part(canvas, self.height, self.width, pad=self.pad_if_needed))


@augplug.operation(source=SOURCE)
class ACrop(augplug.Operation):
    """Albumentations' Crop: image, masks, boxes and keypoints."""

    x_min: int = augplug.parameter(low=0, unit="pixels", default=0)
    y_min: int = augplug.parameter(low=0, unit="pixels", default=0)
    x_max: int = augplug.parameter(low=0, unit="pixels")
    y_max: int = augplug.parameter(low=0, unit="pixels")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.cropped(canvas, self.x_min, self.y_min, self.x_max, self.y_max))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("keep_size", "sample_independently")})
class ACropAndPad(augplug.Operation):
    """Albumentations' CropAndPad: image, masks, boxes and keypoints."""

    percent: float | tuple[float, ...] = augplug.parameter(low=-0.49, high=10, unit="fraction of the side")
    keep_size: bool = augplug.parameter(default=True)
    sample_independently: bool = augplug.parameter(default=True)
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("pad_if_needed")})
class ARandomCrop(augplug.Operation):
    """Albumentations' RandomCrop: image, masks, boxes and keypoints."""

    height: int = augplug.parameter(low=1, high=16384, unit="pixels")
    width: int = augplug.parameter(low=1, high=16384, unit="pixels")
    pad_if_needed: bool = augplug.parameter(default=False)
    pad_position: str = augplug.parameter(
        choices=("center", "top_left", "top_right", "bottom_left", "bottom_right", "random"), default="center"
    )
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.part(canvas, self.height, self.width, pad=self.pad_if_needed))


@augplug.operation(source=SOURCE)
class ARandomCropFromBorders(augplug.Operation):
    """Albumentations' RandomCropFromBorders: image, masks, boxes and keypoints."""

    crop_left: float = augplug.parameter(low=0, high=0.5, unit="fraction of the side", default=0.1)
    crop_right: float = augplug.parameter(low=0, high=0.5, unit="fraction of the side", default=0.1)
    crop_top: float = augplug.parameter(low=0, high=0.5, unit="fraction of the side", default=0.1)
    crop_bottom: float = augplug.parameter(low=0, high=0.5, unit="fraction of the side", default=0.1)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ARandomResizedCrop(augplug.Operation):
    """Albumentations' RandomResizedCrop: image, masks, boxes and keypoints."""

    size: int | tuple[int, ...] = augplug.parameter(low=1, high=16384, unit="pixels")
    scale: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the area", default=(0.08, 1.0)
    )
    ratio: float | tuple[float, ...] = augplug.parameter(
        low=0, unit="width / height", default=(0.75, 1.3333333333333333)
    )
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("size", "scale", "ratio"), size=sizes.pair("size", self.size))


@augplug.operation(source=SOURCE)
class ARandomSizedCrop(augplug.Operation):
    """Albumentations' RandomSizedCrop: image, masks, boxes and keypoints."""

    min_max_height: int | tuple[int, ...] = augplug.parameter(low=1, unit="pixels")
    size: int | tuple[int, ...] = augplug.parameter(low=1, high=16384, unit="pixels")
    w2h_ratio: float = augplug.parameter(low=0, unit="width / height", default=1.0)
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("min_max_height", "size"), size=sizes.pair("size", self.size))


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        ACenterCrop,
        ACrop,
        ACropAndPad,
        ARandomCrop,
        ARandomCropFromBorders,
        ARandomResizedCrop,
        ARandomSizedCrop,
    ]
