"""Steps of every operation that describes a batch, whose fields are drawn at their edges and between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import augplug
from augplug._policies.grammar import Step
from augplug.distributions import Distribution
from augplug.rng import Stream

NUMBERS: dict[str, dict[str, tuple[float, ...]]] = {
    "Affine": {
        "degrees": (-360, -90, 0, 90, 180, 270, 360, 1e-9, 45),
        "scale": (0.01, 0.5, 1, 2, 100),
        "shear_x": (-80, 0, 45, 80),
        "x": (-10, 0, 0.25, 0.5, 10),
        "y": (-0.5, 0, 1),
    },
    "Brightness": {"factor": (0, 0.5, 1, 1.5, 2, 2.000001, 10)},
    "Cutout": {"size": (0, 1 / 28, 0.25, 0.5, 1), "x": (0, 0.25, 0.999, 1), "y": (0, 0.5, 1)},
    "Color": {"factor": (0, 0.5, 1, 1.5, 2, 2.000001, 10)},
    "Contrast": {"factor": (0, 0.5, 1, 1.5, 2, 2.000001, 10)},
    "Gamma": {"gamma": (0.01, 0.5, 1, 2, 3, 100)},
    "GaussianBlur": {"sigma": (0, 0.0999, 0.1, 0.125, 1, 6)},
    "GaussianNoise": {"std": (0, 1e-6, 0.5, 1, 255), "key": (0, 1, 2**53 - 1)},
    "HueShift": {"degrees": (-360, -180, -90, 0, 1e-9, 120, 360)},
    "MotionBlur": {"length": (1, 1.5, 2, 3, 9), "degrees": (-360, 0, 45, 90, 180)},
    "Perspective": {"distortion": (0, 1e-9, 0.3, 0.6, 2 / 3, 0.9), "key": (0, 1, 2**53 - 1)},
    "RandomCrop": {"x": (0, 0.5, 1), "y": (0, 0.25, 1)},
    "RandomErasing": {
        "scale": (0, 1e-6, 0.02, 0.4, 1),
        "ratio": (1e-3, 0.3, 1, 1 / 0.3, 1e3),
        "x": (0, 0.5, 1),
        "y": (0, 1),
        "key": (0, 1, 2**53 - 1),
    },
    "RandomResizedCrop": {"scale": (1e-6, 0.25, 1), "ratio": (1e-3, 0.5, 1, 2, 1e3), "x": (0, 0.5, 1), "y": (0, 1)},
    "Rotate": {"degrees": (-360, -180, -90, -1e-9, 0, 1e-9, 45, 90, 180, 270, 360)},
    "Saturation": {"factor": (0, 0.5, 1, 1.5, 2, 10)},
    "Scale": {"factor": (0.01, 0.5, 1, 1.5, 2, 100)},
    "Sharpen": {"strength": (0, 0.5, 1, 10), "sigma": (0.1, 1, 6)},
    "Sharpness": {"factor": (0, 0.5, 1, 1.5, 2, 10)},
    "ShearX": {"factor": (-2, -1, 0, 0.5, 1, 2)},
    "ShearY": {"factor": (-2, -1, 0, 0.5, 1, 2)},
    "Solarize": {"threshold": (0, 0.5, 1, 127.5, 128, 255, 256)},
    "SolarizeAdd": {"add": (-255, 0, 110, 255), "threshold": (0, 128, 256)},
    "ToneCurve": {"shadows": (0, 1 / 3, 1), "highlights": (0, 2 / 3, 1)},
    "TranslateX": {"pixels": (-100, -1, 0, 0.5, 3), "fraction": (-1, 0, 0.25, 0.4999999, 1)},
    "TranslateY": {"pixels": (-100, -1, 0, 0.5, 3), "fraction": (-1, 0, 0.25, 0.4999999, 1)},
}
"""What is drawn of each operation that describes a batch: the ends, and the values at which the structure changes."""


@dataclass(frozen=True)
class Edgy(Distribution):
    """One of the values given, or a real between the lowest and the highest."""

    values: tuple[float, ...]

    def draw(self, stream: Stream) -> float:
        if stream.below(3) == 0:
            return self.values[stream.below(len(self.values))]
        low, high = self.bounds
        return low + (high - low) * stream.real()

    @property
    def bounds(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def to_json(self) -> dict[str, object]:
        return {"edgy": list(self.values)}


def edgy(name: str, size: tuple[int, int] = (24, 30), **more: Any) -> Step:
    """Return a step that draws the fields of NUMBERS."""
    fixed = {"height": size[0], "width": size[1]} if name in ("RandomCrop", "RandomResizedCrop") else {}
    padding = {"padding": 4} if name == "RandomCrop" else {}
    drawn = {field: Edgy(values) for field, values in NUMBERS[name].items() if field != "key"}
    return augplug.step(name, **{**fixed, **padding, **drawn, **more})
