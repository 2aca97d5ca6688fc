"""Albumentations' transforms: weather. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class ARandomFog(augplug.Operation):
    """Albumentations' RandomFog: the image; masks, boxes and keypoints stay."""

    alpha_coef: float = augplug.parameter(low=0, high=1, unit="opacity", default=0.08)
    fog_coef_range: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="opacity", default=(0.3, 1.0))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,), pairs=("fog_coef_range",))


@augplug.operation(source=SOURCE)
class ARandomGravel(augplug.Operation):
    """Albumentations' RandomGravel: the image; masks, boxes and keypoints stay."""

    gravel_roi: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fractions: x_min, y_min, x_max, y_max", default=(0.1, 0.4, 0.9, 0.9)
    )
    number_of_patches: int = augplug.parameter(low=1, unit="patches", default=2)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


@augplug.operation(source=SOURCE)
class ARandomRain(augplug.Operation):
    """Albumentations' RandomRain: the image; masks, boxes and keypoints stay."""

    slant_range: float | tuple[float, ...] = augplug.parameter(low=-45, high=45, unit="degrees", default=(-10.0, 10.0))
    drop_width: int = augplug.parameter(low=1, unit="pixels", default=1)
    drop_color: int | tuple[int, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=(200, 200, 200))
    blur_value: int = augplug.parameter(low=1, unit="pixels", default=7)
    brightness_coefficient: float = augplug.parameter(low=0, high=1, unit="factor", default=0.7)
    rain_type: str = augplug.parameter(choices=("drizzle", "heavy", "torrential", "default"), default="default")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,), pairs=("slant_range",))


@augplug.operation(source=SOURCE)
class ARandomShadow(augplug.Operation):
    """Albumentations' RandomShadow: the image; masks, boxes and keypoints stay."""

    shadow_roi: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fractions: x_min, y_min, x_max, y_max", default=(0.0, 0.5, 1.0, 1.0)
    )
    num_shadows_limit: int | tuple[int, ...] = augplug.parameter(low=1, unit="shadows", default=(1, 2))
    shadow_dimension: int = augplug.parameter(low=3, unit="corners", default=5)
    shadow_intensity_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="opacity", default=(0.5, 0.5)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("num_shadows_limit", "shadow_intensity_range"))


@augplug.operation(source=SOURCE)
class ARandomSnow(augplug.Operation):
    """Albumentations' RandomSnow: the image; masks, boxes and keypoints stay."""

    brightness_coeff: float = augplug.parameter(low=0, unit="factor", default=2.5)
    snow_point_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the range", default=(0.1, 0.3)
    )
    method: str = augplug.parameter(choices=("bleach", "texture"), default="bleach")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,), pairs=("snow_point_range",))


@augplug.operation(source=SOURCE)
class ARandomSunFlare(augplug.Operation):
    """Albumentations' RandomSunFlare: the image; masks, boxes and keypoints stay."""

    flare_roi: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fractions: x_min, y_min, x_max, y_max", default=(0.0, 0.0, 1.0, 0.5)
    )
    src_radius: int = augplug.parameter(low=1, unit="pixels", default=400)
    src_color: int | tuple[int, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=(255, 255, 255))
    angle_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of a turn", default=(0.0, 1.0)
    )
    num_flare_circles_range: int | tuple[int, ...] = augplug.parameter(low=1, unit="circles", default=(6, 10))
    method: str = augplug.parameter(choices=("overlay", "physics_based"), default="overlay")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,), pairs=("angle_range", "num_flare_circles_range"))


@augplug.operation(source=SOURCE)
class ASpatter(augplug.Operation):
    """Albumentations' Spatter: the image; masks, boxes and keypoints stay."""

    mean: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the range", default=(0.65, 0.65)
    )
    std: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="fraction of the range", default=(0.3, 0.3))
    gauss_sigma: float | tuple[float, ...] = augplug.parameter(low=0, unit="pixels", default=(2.0, 2.0))
    cutout_threshold: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the range", default=(0.68, 0.68)
    )
    intensity: float | tuple[float, ...] = augplug.parameter(low=0, high=1, unit="factor", default=(0.6, 0.6))
    mode: str = augplug.parameter(choices=("rain", "mud"), default="rain")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,))


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        ARandomFog,
        ARandomGravel,
        ARandomRain,
        ARandomShadow,
        ARandomSnow,
        ARandomSunFlare,
        ASpatter,
    ]
