"""Other libraries: one that needs help to be imported, and one that has AutoAugment's operations but not its tables."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import cv2
import numpy as np


def torchvision() -> Any:
    """Return torchvision's `transforms.v2`, also where its compiled operators were built for another torch.

    Its Python part asks when it is imported for the schemas of two of them, which no transform calls. Raises
    ImportError where it is not installed.
    """
    # pylint: disable=import-error  # torch is in the group bench alone
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        with suppress(RuntimeError):  # the compiled operators are there and have declared it
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _HELD.append(library)
    from torchvision.transforms import v2

    return v2


_HELD: list[object] = []
"""A declaration is taken back when the object that made it goes."""


def albumentation(alb: Any, step: Any) -> Any:
    """Return Albumentations' transform for a step of our policies at the scale `autoaugment`."""
    name, part, p = step.operation.__name__, (step.level or 0) / 9, step.p
    still = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    jitters = {"Brightness": "brightness", "Contrast": "contrast", "Color": "saturation"}
    if name in jitters:
        return alb.ColorJitter(**{**still, jitters[name]: (1 - 0.9 * part, 1 + 0.9 * part)}, p=p)
    degrees = float(np.degrees(np.arctan(0.3 * part)))
    return {
        "Rotate": lambda: alb.Rotate((-30 * part, 30 * part), interpolation=cv2.INTER_NEAREST, p=p),
        "ShearX": lambda: alb.Affine(shear={"x": (-degrees, degrees)}, interpolation=cv2.INTER_NEAREST, p=p),
        "Posterize": lambda: alb.Posterize(max(1, 8 - round(4 * part)), p=p),
        "Solarize": lambda: alb.Solarize((1 - part, 1 - part), p=p),
        "AutoContrast": lambda: alb.AutoContrast(p=p),
        "Equalize": lambda: alb.Equalize(p=p),
        "Invert": lambda: alb.InvertImg(p=p),
        "Sharpness": lambda: alb.Sharpen(alpha=(0, 0.9 * part), p=p),
    }[name]()
