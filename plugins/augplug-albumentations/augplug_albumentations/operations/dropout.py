"""Albumentations' transforms: dropout. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call, flags

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AChannelDropout(augplug.Operation):
    """Albumentations' ChannelDropout: the image; masks, boxes and keypoints stay."""

    channel_drop_range: int | tuple[int, ...] = augplug.parameter(low=1, unit="channels", default=(1, 1))
    fill: float = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, channels=(2, 3, 4, 5), pairs=("channel_drop_range",))


@augplug.operation(source=SOURCE)
class ACoarseDropout(augplug.Operation):
    """Albumentations' CoarseDropout: image, masks, boxes and keypoints."""

    num_holes_range: int | tuple[int, ...] = augplug.parameter(low=1, unit="holes", default=(1, 2))
    hole_height_range: float | tuple[float, ...] = augplug.parameter(
        low=0, unit="pixels, or below 1 a fraction of the side", default=(0.1, 0.2)
    )
    hole_width_range: float | tuple[float, ...] = augplug.parameter(
        low=0, unit="pixels, or below 1 a fraction of the side", default=(0.1, 0.2)
    )
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("num_holes_range", "hole_height_range", "hole_width_range"))


@augplug.operation(source=SOURCE)
class AErasing(augplug.Operation):
    """Albumentations' Erasing: image, masks, boxes and keypoints."""

    scale: float | tuple[float, ...] = augplug.parameter(low=0, unit="fraction of the area", default=(0.02, 0.33))
    ratio: float | tuple[float, ...] = augplug.parameter(low=0, unit="width / height", default=(0.3, 3.3))
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("scale", "ratio"))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("random_offset")})
class AGridDropout(augplug.Operation):
    """Albumentations' GridDropout: image, masks, boxes and keypoints."""

    ratio: float = augplug.parameter(low=0, high=1, unit="fraction of a cell", default=0.5)
    random_offset: bool = augplug.parameter(default=True)
    shift_xy: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels", default=(0, 0))
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, pairs=("shift_xy",))


@augplug.operation(source=SOURCE, version=2, upgrades={1: flags("per_channel")})
class APixelDropout(augplug.Operation):
    """Albumentations' PixelDropout: image, masks, boxes and keypoints."""

    dropout_prob: float = augplug.parameter(low=0, high=1, unit="probability", default=0.01)
    per_channel: bool = augplug.parameter(default=False)
    drop_value: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AXYMasking(augplug.Operation):
    """Albumentations' XYMasking: image, masks, boxes and keypoints."""

    num_masks_x: int | tuple[int, ...] = augplug.parameter(low=0, unit="stripes", default=(1, 1))
    num_masks_y: int | tuple[int, ...] = augplug.parameter(low=0, unit="stripes", default=(1, 1))
    mask_x_length: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels", default=(10, 10))
    mask_y_length: int | tuple[int, ...] = augplug.parameter(low=0, unit="pixels", default=(10, 10))
    fill: float | tuple[float, ...] = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AChannelDropout,
        ACoarseDropout,
        AErasing,
        AGridDropout,
        APixelDropout,
        AXYMasking,
    ]
