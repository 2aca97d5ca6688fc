"""Albumentations' transforms: flip. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations import sizes
from augplug_albumentations.calling import call

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AD4(augplug.Operation):
    """Albumentations' D4: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class AHorizontalFlip(augplug.Operation):
    """Albumentations' HorizontalFlip: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ANoOp(augplug.Operation):
    """Albumentations' NoOp: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ARandomRotate90(augplug.Operation):
    """Albumentations' RandomRotate90: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ASquareSymmetry(augplug.Operation):
    """Albumentations' SquareSymmetry: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ATimeReverse(augplug.Operation):
    """Albumentations' TimeReverse: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ATranspose(augplug.Operation):
    """Albumentations' Transpose: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas, size=sizes.transposed(canvas))


@augplug.operation(source=SOURCE)
class AVerticalFlip(augplug.Operation):
    """Albumentations' VerticalFlip: image, masks, boxes and keypoints."""

    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AD4,
        AHorizontalFlip,
        ANoOp,
        ARandomRotate90,
        ASquareSymmetry,
        ATimeReverse,
        ATranspose,
        AVerticalFlip,
    ]
