"""Albumentations' transforms: distortion. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("approximate", "same_dxdy")})
class AElasticTransform(augplug.Operation):
    """Albumentations' ElasticTransform: image, masks, boxes and keypoints."""

    alpha: float = augplug.parameter(low=0, unit="pixels", level=(0, 100), default=1.0)
    sigma: float = augplug.parameter(low=1, unit="pixels", default=50.0)
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    approximate: bool = augplug.parameter(default=False)
    same_dxdy: bool = augplug.parameter(default=False)
    noise_distribution: str = augplug.parameter(choices=("gaussian", "uniform"), default="gaussian")
    keypoint_remapping_method: str = augplug.parameter(choices=("direct", "mask"), default="mask")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("normalized")})
class AGridDistortion(augplug.Operation):
    """Albumentations' GridDistortion: image, masks, boxes and keypoints."""

    num_steps: int = augplug.parameter(low=1, unit="cells a side", default=5)
    distort_limit: float | tuple[float, ...] = augplug.parameter(
        unit="distortion coefficient", level=(0, 0.5), default=(-0.3, 0.3)
    )
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    normalized: bool = augplug.parameter(default=True)
    keypoint_remapping_method: str = augplug.parameter(choices=("direct", "mask"), default="mask")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AGridElasticDeform(augplug.Operation):
    """Albumentations' GridElasticDeform: image, masks, boxes and keypoints."""

    num_grid_xy: int | tuple[int, ...] = augplug.parameter(low=1, unit="cells")
    magnitude: int = augplug.parameter(low=0, unit="pixels")
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(1, 3), pairs=("num_grid_xy",))


@augplug.operation(source=SOURCE)
class AOpticalDistortion(augplug.Operation):
    """Albumentations' OpticalDistortion: image, masks, boxes and keypoints."""

    distort_limit: float | tuple[float, ...] = augplug.parameter(
        unit="distortion coefficient", level=(0, 0.5), default=(-0.05, 0.05)
    )
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    mode: str = augplug.parameter(choices=("camera", "fisheye"), default="camera")
    keypoint_remapping_method: str = augplug.parameter(choices=("direct", "mask"), default="mask")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("absolute_scale")})
class APiecewiseAffine(augplug.Operation):
    """Albumentations' PiecewiseAffine: image, masks, boxes and keypoints."""

    scale: float | tuple[float, ...] = augplug.parameter(low=0, unit="fraction of the side", default=(0.03, 0.05))
    nb_rows: int | tuple[int, ...] = augplug.parameter(low=2, unit="rows of the grid", default=(4, 4))
    nb_cols: int | tuple[int, ...] = augplug.parameter(low=2, unit="columns of the grid", default=(4, 4))
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    absolute_scale: bool = augplug.parameter(default=False)
    keypoint_remapping_method: str = augplug.parameter(choices=("direct", "mask"), default="mask")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AThinPlateSpline(augplug.Operation):
    """Albumentations' ThinPlateSpline: image, masks, boxes and keypoints."""

    scale_range: float | tuple[float, ...] = augplug.parameter(
        low=0, high=1, unit="fraction of the side", default=(0.2, 0.4)
    )
    num_control_points: int = augplug.parameter(low=2, unit="points a side", default=4)
    interpolation: str = augplug.parameter(choices=("nearest", "linear", "cubic", "area", "lanczos4"), default="linear")
    keypoint_remapping_method: str = augplug.parameter(choices=("direct", "mask"), default="mask")
    border_mode: str = augplug.parameter(choices=("constant", "replicate"), default="constant")
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    fill_mask: float | tuple[float, ...] = augplug.parameter(unit="mask values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("scale_range",))


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AElasticTransform,
        AGridDistortion,
        AGridElasticDeform,
        AOpticalDistortion,
        APiecewiseAffine,
        AThinPlateSpline,
    ]
