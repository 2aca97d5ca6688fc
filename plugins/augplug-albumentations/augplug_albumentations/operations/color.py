"""Albumentations' transforms: color. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AChannelShuffle(augplug.Operation):
    """Albumentations' ChannelShuffle: the image; masks, boxes and keypoints stay."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AChromaticAberration(augplug.Operation):
    """Albumentations' ChromaticAberration: the image; masks, boxes and keypoints stay."""

    primary_distortion_limit: float | tuple[float, ...] = augplug.parameter(
        unit="distortion coefficient", default=(-0.02, 0.02)
    )
    secondary_distortion_limit: float | tuple[float, ...] = augplug.parameter(
        unit="distortion coefficient", default=(-0.05, 0.05)
    )
    mode: str = augplug.parameter(choices=("green_purple", "red_blue", "random"), default="green_purple")
    interpolation: str = augplug.parameter(
        choices=("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact"), default="linear"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


@augplug.operation(source=SOURCE)
class AColorJitter(augplug.Operation):
    """Albumentations' ColorJitter: the image; masks, boxes and keypoints stay."""

    brightness: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.8, 1.2))
    contrast: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.8, 1.2))
    saturation: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.8, 1.2))
    hue: float | tuple[float, ...] = augplug.parameter(
        low=-0.5, high=0.5, unit="fraction of the colour circle", default=(-0.5, 0.5)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(1, 3))


@augplug.operation(source=SOURCE)
class AFancyPCA(augplug.Operation):
    """Albumentations' FancyPCA: the image; masks, boxes and keypoints stay."""

    alpha: float = augplug.parameter(low=0, unit="standard deviation", default=0.1)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("augment_background")})
class AHEStain(augplug.Operation):
    """Albumentations' HEStain: the image; masks, boxes and keypoints stay."""

    method: str = augplug.parameter(choices=("preset", "random_preset", "vahadane", "macenko"), default="random_preset")
    intensity_scale_range: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.7, 1.3))
    intensity_shift_range: float | tuple[float, ...] = augplug.parameter(
        low=-1, high=1, unit="fraction of the range", default=(-0.2, 0.2)
    )
    augment_background: bool = augplug.parameter(default=False)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,), pairs=("intensity_scale_range", "intensity_shift_range"))


@augplug.operation(source=SOURCE)
class AHueSaturationValue(augplug.Operation):
    """Albumentations' HueSaturationValue: the image; masks, boxes and keypoints stay."""

    hue_shift_limit: float | tuple[float, ...] = augplug.parameter(
        unit="180ths of the colour circle", default=(-20.0, 20.0)
    )
    sat_shift_limit: float | tuple[float, ...] = augplug.parameter(unit="8-bit values", default=(-30.0, 30.0))
    val_shift_limit: float | tuple[float, ...] = augplug.parameter(unit="8-bit values", default=(-20.0, 20.0))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


@augplug.operation(source=SOURCE)
class APlanckianJitter(augplug.Operation):
    """Albumentations' PlanckianJitter: the image; masks, boxes and keypoints stay."""

    mode: str = augplug.parameter(choices=("blackbody", "cied"), default="blackbody")
    sampling_method: str = augplug.parameter(choices=("uniform", "gaussian"), default="uniform")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


@augplug.operation(source=SOURCE)
class ARGBShift(augplug.Operation):
    """Albumentations' RGBShift: the image; masks, boxes and keypoints stay."""

    r_shift_limit: float | tuple[float, ...] = augplug.parameter(unit="8-bit values", default=(-20.0, 20.0))
    g_shift_limit: float | tuple[float, ...] = augplug.parameter(unit="8-bit values", default=(-20.0, 20.0))
    b_shift_limit: float | tuple[float, ...] = augplug.parameter(unit="8-bit values", default=(-20.0, 20.0))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(1, 2, 3))


@augplug.operation(source=SOURCE)
class AToGray(augplug.Operation):
    """Albumentations' ToGray: the image; masks, boxes and keypoints stay."""

    method: str = augplug.parameter(
        choices=("weighted_average", "from_lab", "desaturation", "average", "max", "pca"), default="weighted_average"
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


@augplug.operation(source=SOURCE)
class AToRGB(augplug.Operation):
    """Albumentations' ToRGB: the image; masks, boxes and keypoints stay."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


@augplug.operation(source=SOURCE)
class AToSepia(augplug.Operation):
    """Albumentations' ToSepia: the image; masks, boxes and keypoints stay."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(1, 3))


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AChannelShuffle,
        AChromaticAberration,
        AColorJitter,
        AFancyPCA,
        AHEStain,
        AHueSaturationValue,
        APlanckianJitter,
        ARGBShift,
        AToGray,
        AToRGB,
        AToSepia,
    ]
