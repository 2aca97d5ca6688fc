"""What `benchmarks/ops.py` races: for every operation the settings of ours; the peers' are in `benchmarks/peers`."""

from __future__ import annotations

from typing import Any, NamedTuple

import augplug
from benchmarks.peers.common import TARGETS


class Contest(NamedTuple):
    """An operation, and its fields."""

    op: str
    fields: dict[str, Any]


def contests(size: int) -> dict[str, Contest]:
    """Return every contest on an image of that side, by name; the first word is the operation's."""
    fields = {**FIELDS, **_sized(size)}
    return {name: Contest(name.partition(" ")[0], given) for name, given in fields.items()}


def operation(name: str, size: int) -> augplug.Operation:
    """Return the operation of a contest with all its numbers; of those that draw none."""
    op, fields = contests(size)[name]
    return augplug.operations()[op](**fields)


FIELDS: dict[str, dict[str, Any]] = {
    "Identity": {},
    "Invert": {},
    "AutoContrast": {},
    "Equalize": {},
    "Solarize": {"threshold": 128},
    "SolarizeAdd": {"add": 50},
    "Posterize": {"bits": 4},
    "Brightness": {"factor": 1.5},
    "Contrast": {"factor": 1.5},
    "Gamma": {"gamma": 1.5},
    "ToneCurve": {},
    "Color": {"factor": 1.5},
    "Saturation": {"factor": 1.5},
    "Grayscale": {},
    "HueShift": {"degrees": 30},
    "ChannelShuffle": {},
    "Sharpness": {"factor": 1.5},
    "GaussianBlur": {"sigma": 1.5},
    "MotionBlur": {"length": 9},
    "Sharpen": {"strength": 0.5, "sigma": 1},
    "GaussianNoise": {"std": 12.75},
    "ShearX nearest": {"factor": 0.2},
    "ShearX linear": {"factor": 0.2, "interpolation": "linear"},
    "ShearY nearest": {"factor": 0.2},
    "ShearY linear": {"factor": 0.2, "interpolation": "linear"},
    "TranslateX": {"fraction": 0.25},
    "TranslateY": {"fraction": 0.25},
    "Rotate nearest": {"degrees": 20},
    "Rotate linear": {"degrees": 20, "interpolation": "linear"},
    "HorizontalFlip": {},
    "VerticalFlip": {},
    "Scale": {"factor": 0.8, "interpolation": "linear"},
    "Affine": {"degrees": 20, "scale": 0.8, "shear_x": 10, "x": 0.125},
    "Transpose": {},
    "Rotate90": {"turns": 1},
    "RandomResizedCrop": {},
    "ElasticTransform": {"alpha": 50, "sigma": 10},
    "GridDistortion": {"spacing": 40, "amplitude": 8},
    "OpticalDistortion": {"k": 0.1},
    "Perspective": {"distortion": 0.2},
    "Cutout": {"size": 0.25},
    "RandomErasing": {"noise": 0},
    "RandomErasing noise": {},
    "GridMask": {"period": 0.25},
}


def _sized(size: int) -> dict[str, dict[str, Any]]:
    target = {"height": TARGETS[size], "width": TARGETS[size]}
    part = {"height": size * 3 // 4, "width": size * 3 // 4}
    edge = size // 8
    return {
        "Crop": {"left": edge, "top": edge, "right": size - edge, "bottom": size - edge},
        "CenterCrop": part,
        "RandomCrop": part,
        "RandomResizedCrop": target,
        "Resize area": target,
        "Resize linear": {**target, "interpolation": "linear"},
        "Pad": dict.fromkeys(("left", "top", "right", "bottom"), edge),
    }


MIXES: dict[str, Contest] = {
    "CutMix": Contest("CutMix", {}),
    "MixUp": Contest("MixUp", {}),
    "SamplePairing": Contest("SamplePairing", {"weight": 0.3}),
}
"""They need a partner: raced on a batch, in time an image."""
ON_NUMBA = {"AutoContrast": 64} | dict.fromkeys(
    ("Equalize", "Contrast", "Color", "Saturation", "Grayscale", "Sharpness", "MixUp", "SamplePairing"), 1 << 15
)
"""What the plugin augplug-numba compiles, and up to which side of an image."""
LAYOUTS = {"Normalize HWC": "HWC", "Normalize CHW": "CHW"}
"""The last step alone: from uint8 to float32, normalised."""
