"""Albumentations' transforms: spectrogram. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug import Canvas, Effect
from augplug_albumentations.calling import call

SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"


@augplug.operation(source=SOURCE)
class AFrequencyMasking(augplug.Operation):
    """Albumentations' FrequencyMasking: image, masks, boxes and keypoints."""

    freq_mask_param: int = augplug.parameter(low=0, unit="pixels", default=30)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


@augplug.operation(source=SOURCE)
class ATimeMasking(augplug.Operation):
    """Albumentations' TimeMasking: image, masks, boxes and keypoints."""

    time_mask_param: int = augplug.parameter(low=0, unit="pixels", default=40)
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One call of it."""
        return call(self, canvas)


def operations() -> list[type[augplug.Operation]]:
    """The operations of this module."""
    return [
        AFrequencyMasking,
        ATimeMasking,
    ]
