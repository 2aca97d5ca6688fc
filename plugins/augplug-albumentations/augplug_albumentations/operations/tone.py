"""Albumentations' transforms: tone. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AAutoContrast(augplug.Operation):
    """Albumentations' AutoContrast: the image; masks, boxes and keypoints stay."""

    cutoff: float = augplug.parameter(low=0, high=100, unit="percent of the pixels", default=0.0)
    method: str = augplug.parameter(choices=("cdf", "pil"), default="cdf")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ACLAHE(augplug.Operation):
    """Albumentations' CLAHE: the image; masks, boxes and keypoints stay."""

    clip_limit: float | tuple[float, ...] = augplug.parameter(low=1, unit="contrast limit", default=4.0)
    tile_grid_size: int | tuple[int, ...] = augplug.parameter(low=1, unit="tiles", default=(8, 8))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(1, 3), pairs=("tile_grid_size",))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("by_channels")})
class AEqualize(augplug.Operation):
    """Albumentations' Equalize: the image; masks, boxes and keypoints stay."""

    mode: str = augplug.parameter(choices=("cv", "pil"), default="cv")
    by_channels: bool = augplug.parameter(default=True)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(1, 3))


@augplug.operation(source=SOURCE)
class AFromFloat(augplug.Operation):
    """Albumentations' FromFloat: the image; masks, boxes and keypoints stay."""

    dtype: str = augplug.parameter(choices=("uint8", "uint16", "uint32"), default="uint8")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, takes=("float32",))


@augplug.operation(source=SOURCE)
class AInvertImg(augplug.Operation):
    """Albumentations' InvertImg: the image; masks, boxes and keypoints stay."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ANormalize(augplug.Operation):
    """Albumentations' Normalize: the image; masks, boxes and keypoints stay."""

    mean: float | tuple[float, ...] = augplug.parameter(unit="fraction of the range", default=(0.485, 0.456, 0.406))
    std: float | tuple[float, ...] = augplug.parameter(unit="fraction of the range", default=(0.229, 0.224, 0.225))
    normalization: str = augplug.parameter(
        choices=("standard", "image", "image_per_channel", "min_max", "min_max_per_channel"), default="standard"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, takes=("uint8",))


@augplug.operation(source=SOURCE)
class APosterize(augplug.Operation):
    """Albumentations' Posterize: the image; masks, boxes and keypoints stay."""

    num_bits: int | tuple[int, ...] = augplug.parameter(low=1, high=7, unit="bits", level=(7, 3), default=4)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ASolarize(augplug.Operation):
    """Albumentations' Solarize: the image; masks, boxes and keypoints stay."""

    threshold_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the range", level=(1, 0), default=(0.5, 0.5)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("threshold_range",))


@augplug.operation(source=SOURCE)
class AToFloat(augplug.Operation):
    """Albumentations' ToFloat: the image; masks, boxes and keypoints stay."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AAutoContrast,
        ACLAHE,
        AEqualize,
        AFromFloat,
        AInvertImg,
        ANormalize,
        APosterize,
        ASolarize,
        AToFloat,
    ]
