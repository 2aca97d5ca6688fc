"""Albumentations' transforms as operations. Made by tools/albumentations_operations.py."""

from __future__ import annotations

import augplug
from augplug_albumentations.operations import (
    blur,
    color,
    crops,
    detail,
    distortion,
    dropout,
    flip,
    geometry,
    light,
    noise,
    resize,
    spectrogram,
    tone,
    weather,
)


def every() -> list[type[augplug.Operation]]:
    """All of them."""
    return [
        *blur.operations(),
        *color.operations(),
        *crops.operations(),
        *detail.operations(),
        *distortion.operations(),
        *dropout.operations(),
        *flip.operations(),
        *geometry.operations(),
        *light.operations(),
        *noise.operations(),
        *resize.operations(),
        *spectrogram.operations(),
        *tone.operations(),
        *weather.operations(),
    ]
