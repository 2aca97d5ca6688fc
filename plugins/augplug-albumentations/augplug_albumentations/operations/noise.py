"""Albumentations' transforms: noise. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AAdditiveNoise(augplug.Operation):
    """Albumentations' AdditiveNoise: the image; masks, boxes and keypoints stay."""

    noise_type: str = augplug.parameter(choices=("uniform", "gaussian", "laplace", "beta"), default="uniform")
    spatial_mode: str = augplug.parameter(choices=("constant", "per_pixel", "shared"), default="constant")
    approximation: float = augplug.parameter(low=0, high=1, unit="fraction of the side", default=1.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("per_channel")})
class AGaussNoise(augplug.Operation):
    """Albumentations' GaussNoise: the image; masks, boxes and keypoints stay."""

    std_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the range", level=(0, 0.3), default=(0.2, 0.44)
    )
    mean_range: float | tuple[float, ...] = augplug.parameter(
        low=-1, high=1, unit="fraction of the range", default=(0.0, 0.0)
    )
    per_channel: bool = augplug.parameter(default=True)
    noise_scale_factor: float = augplug.parameter(low=0, high=1, unit="factor", default=1.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("std_range", "mean_range"))


@augplug.operation(source=SOURCE)
class AISONoise(augplug.Operation):
    """Albumentations' ISONoise: the image; masks, boxes and keypoints stay."""

    color_shift: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the colour circle", default=(0.01, 0.05)
    )
    intensity: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.1, 0.5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(3,), pairs=("color_shift", "intensity"))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("per_channel", "elementwise")})
class AMultiplicativeNoise(augplug.Operation):
    """Albumentations' MultiplicativeNoise: the image; masks, boxes and keypoints stay."""

    multiplier: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.9, 1.1))
    per_channel: bool = augplug.parameter(default=False)
    elementwise: bool = augplug.parameter(default=False)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ASaltAndPepper(augplug.Operation):
    """Albumentations' SaltAndPepper: the image; masks, boxes and keypoints stay."""

    amount: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the pixels", default=(0.01, 0.06)
    )
    salt_vs_pepper: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction that is salt", default=(0.4, 0.6)
    )
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("amount", "salt_vs_pepper"))


@augplug.operation(source=SOURCE)
class AShotNoise(augplug.Operation):
    """Albumentations' ShotNoise: the image; masks, boxes and keypoints stay."""

    scale_range: float | tuple[float, ...] = augplug.parameter(low=0, unit="factor", default=(0.1, 0.3))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("scale_range",))


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AAdditiveNoise,
        AGaussNoise,
        AISONoise,
        AMultiplicativeNoise,
        ASaltAndPepper,
        AShotNoise,
    ]
