"""Albumentations' transforms: light. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AIllumination(augplug.Operation):
    """Albumentations' Illumination: the image; masks, boxes and keypoints stay."""

    mode: str = augplug.parameter(choices=("linear", "corner", "gaussian"), default="linear")
    intensity_range: float | tuple[float, ...] = augplug.parameter(
        low=0.01, high=0.2, unit="fraction of the range", default=(0.01, 0.2)
    )
    effect_type: str = augplug.parameter(choices=("brighten", "darken", "both"), default="both")
    angle_range: float | tuple[float, ...] = augplug.parameter(low=0, high=360, unit="degrees", default=(0.0, 360.0))
    center_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the side", default=(0.1, 0.9)
    )
    sigma_range: float | tuple[float, ...] = augplug.parameter(
        low=0.2, high=1, unit="fraction of the side", default=(0.2, 1.0)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("intensity_range", "angle_range", "center_range", "sigma_range"))


@augplug.operation(source=SOURCE)
class APlasmaBrightnessContrast(augplug.Operation):
    """Albumentations' PlasmaBrightnessContrast: the image; masks, boxes and keypoints stay."""

    brightness_range: float | tuple[float, ...] = augplug.parameter(
        low=-1, high=1, unit="fraction of the range", default=(-0.3, 0.3)
    )
    contrast_range: float | tuple[float, ...] = augplug.parameter(
        low=-1, high=1, unit="fraction of the range", default=(-0.3, 0.3)
    )
    plasma_size: int = augplug.parameter(low=1, high=16384, unit="pixels", default=256)
    roughness: float = augplug.parameter(low=0, unit="exponent", default=3.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("brightness_range", "contrast_range"))


@augplug.operation(source=SOURCE)
class APlasmaShadow(augplug.Operation):
    """Albumentations' PlasmaShadow: the image; masks, boxes and keypoints stay."""

    shadow_intensity_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="opacity", default=(0.3, 0.7)
    )
    plasma_size: int = augplug.parameter(low=1, high=16384, unit="pixels", default=256)
    roughness: float = augplug.parameter(low=0, unit="exponent", default=3.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("shadow_intensity_range",))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("brightness_by_max", "ensure_safe_range")})
class ARandomBrightnessContrast(augplug.Operation):
    """Albumentations' RandomBrightnessContrast: the image; masks, boxes and keypoints stay."""

    brightness_limit: float | tuple[float, ...] = augplug.parameter(unit="fraction of the range", default=(-0.2, 0.2))
    contrast_limit: float | tuple[float, ...] = augplug.parameter(unit="fraction of the range", default=(-0.2, 0.2))
    brightness_by_max: bool = augplug.parameter(default=True)
    ensure_safe_range: bool = augplug.parameter(default=False)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ARandomGamma(augplug.Operation):
    """Albumentations' RandomGamma: the image; masks, boxes and keypoints stay."""

    gamma_limit: float | tuple[float, ...] = augplug.parameter(low=1, unit="hundredths", default=(80.0, 120.0))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("per_channel")})
class ARandomToneCurve(augplug.Operation):
    """Albumentations' RandomToneCurve: the image; masks, boxes and keypoints stay."""

    scale: float = augplug.parameter(low=0, high=1, unit="fraction of the range", level=(0, 0.4), default=0.1)
    per_channel: bool = augplug.parameter(default=False)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AIllumination,
        APlasmaBrightnessContrast,
        APlasmaShadow,
        ARandomBrightnessContrast,
        ARandomGamma,
        ARandomToneCurve,
    ]
