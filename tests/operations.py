"""Every built-in operation as a step with random fields, for the matrix of images and the scene of targets."""

from __future__ import annotations

from typing import Any

import augplug
from augplug._policies.grammar import Step

FIELDS: dict[str, dict[str, Any]] = {
    "Affine": {"degrees": (-40, 40), "scale": (0.7, 1.4), "shear_x": (-15, 15), "x": (-0.2, 0.2), "y": (-0.2, 0.2)},
    "BoxCrop": {"height": 24, "width": 30},
    "BoxSafeCrop": {"height": 24, "width": 30, "scale": (0.3, 1), "ratio": (0.75, 1.333)},
    "Brightness": {"factor": (0, 2)},
    "CenterCrop": {"height": 24, "width": 30},
    "Color": {"factor": (0, 2)},
    "Contrast": {"factor": (0, 2)},
    "Crop": {"left": 0, "top": 0, "right": 1, "bottom": 1},
    "Cutout": {"size": (0.1, 0.5)},
    "ElasticTransform": {"spacing": (16, 40), "amplitude": (1, 3)},
    "Gamma": {"gamma": (0.4, 2.5)},
    "GaussianBlur": {"sigma": (0.3, 2.5)},
    "GaussianNoise": {"std": (1, 30)},
    "GridDistortion": {"spacing": (16, 40), "amplitude": (1, 3)},
    "HueShift": {"degrees": (-90, 90)},
    "Letterbox": {"height": 24, "width": 30, "x": (0, 1), "y": (0, 1)},
    "MaskCrop": {"height": 24, "width": 30},
    "MotionBlur": {"length": (1, 9)},
    "OpticalDistortion": {"k": (-0.15, 0.15)},
    "Pad": {"left": 3, "top": 2, "right": 1, "bottom": 4},
    "Posterize": {"bits": (1, 8)},
    "RandomCrop": {"height": 24, "width": 30, "padding": 4},
    "RandomResizedCrop": {"height": 24, "width": 30, "scale": (0.3, 1), "ratio": (0.75, 1.333)},
    "Resize": {"height": 24, "width": 30},
    "ResizeLonger": {"side": 40},
    "ResizeShorter": {"side": 24, "longest": 50},
    "Rotate": {"degrees": (-180, 180)},
    "SamplePairing": {"weight": (0, 0.4)},
    "Saturation": {"factor": (0, 2)},
    "Scale": {"factor": (0.7, 1.4)},
    "Sharpen": {"strength": (0, 2)},
    "Sharpness": {"factor": (0, 2)},
    "ShearX": {"factor": (-0.3, 0.3)},
    "ShearY": {"factor": (-0.3, 0.3)},
    "Solarize": {"threshold": (0, 256)},
    "SolarizeAdd": {"add": (0, 110)},
    "TranslateX": {"fraction": (-0.3, 0.3)},
    "TranslateY": {"fraction": (-0.3, 0.3)},
}
"""Fields that are not left to the operation's own draw; the others draw all of theirs."""

MIXING = ("CutMix", "MixUp", "SamplePairing")
NEED_RGB = ("Color", "Grayscale", "HueShift", "Saturation")
"""They mix red, green and blue: they may refuse images of 2, 4, 5 and 13 channels."""


def names() -> list[str]:
    """Return the names of all operations that are built in."""
    return sorted(name for name in augplug.operations() if ":" not in name)


def step(name: str, **more: Any) -> Step:
    """Return a step that draws the operation's fields."""
    return augplug.step(name, **{**FIELDS.get(name, {}), **more})


def size_after(name: str, height: int, width: int) -> set[tuple[int, int]]:
    """Return the sizes that an operation may leave of an image, worked out by hand from its fields above."""
    fixed = {"CenterCrop": (24, 30), "RandomCrop": (24, 30), "RandomResizedCrop": (24, 30), "Resize": (24, 30)}
    fixed |= dict.fromkeys(("Letterbox", "BoxCrop", "BoxSafeCrop", "MaskCrop"), (24, 30))
    if name == "ResizeLonger":
        return {(max(round(height * 40 / max(height, width)), 1), max(round(width * 40 / max(height, width)), 1))}
    if name == "ResizeShorter":
        part = min(24 / min(height, width), 50 / max(height, width))
        return {(max(round(height * part), 1), max(round(width * part), 1))}
    if name in fixed:
        return {fixed[name]}
    if name == "Crop":
        return {(1, 1)}
    if name == "Pad":
        return {(height + 6, width + 4)}
    turned = {"Rotate90": {(height, width), (width, height)}, "Transpose": {(width, height)}}
    return turned.get(name, {(height, width)})
