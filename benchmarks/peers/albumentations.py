"""Albumentations' transforms at p = 1, from array to array; AlbumentationsX, where somebody has installed that instead.

Both import as `albumentations`; the successor renamed `..._limit` to `..._range`, and so on: `made` knows the rule.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from functools import cache, partial
from typing import Any

import cv2
import numpy as np

import augplug
from augplug._pipeline.items import Drawn
from benchmarks.peers.common import MEAN, RAND, STD, TARGETS, Call, Peer

_SAME: dict[str, Any] = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
_WAYS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR}


@cache
def distribution() -> str:
    """Return which of the two is imported here."""
    return importlib.metadata.packages_distributions()["albumentations"][0]


def made(name: str, *first: Any, **given: Any) -> Any:
    """Return a transform, its settings named as the installed one names them."""
    import albumentations

    maker = getattr(albumentations, name)
    known = inspect.signature(maker.__init__).parameters
    settings = {
        key if key in known else f"{key.removesuffix('_limit')}_range": value
        for key, value in ({"p": 1} | given).items()
    }
    if not set(settings) <= set(known):
        raise TypeError(f"{name} of this version has no {sorted(set(settings) - set(known))}")
    return maker(*first, **settings)


def operations(size: int) -> Peer:
    """Return its transforms; left out: what returns a view, quarter turns (an identity is among them), hue (in HSV)."""
    nearest, linear = _WAYS["nearest"], _WAYS["linear"]
    target, edge, part = TARGETS[size], size // 8, size * 3 // 4
    resized = partial(made, "Resize", target, target)
    cut = partial(made, "CoarseDropout", (1, 1), (0.25, 0.25), (0.25, 0.25))
    erased = partial(made, "Erasing", (0.02, 0.4), (0.3, 3.3))
    transforms = {
        **_values(),
        **_warps(size),
        "HorizontalFlip": made("HorizontalFlip"),
        "VerticalFlip": made("VerticalFlip"),
        "Transpose": made("Transpose"),
        "Rotate nearest": made("Rotate", (20, 20), interpolation=nearest),
        "Rotate linear": made("Rotate", (20, 20), interpolation=linear),
        "Resize area": resized(interpolation=cv2.INTER_AREA),
        "Resize linear": resized(interpolation=linear),
        "RandomResizedCrop": made("RandomResizedCrop", (target, target), interpolation=cv2.INTER_AREA),
        "Crop": made("Crop", edge, edge, size - edge, size - edge),
        "CenterCrop": made("CenterCrop", part, part),
        "RandomCrop": made("RandomCrop", part, part),
        "Pad": made("Pad", edge),
        "Cutout": cut(fill=0),
        "RandomErasing": erased(fill=0),
        "RandomErasing noise": erased(fill="random"),
        "GridMask": made("GridDropout", 0.5, unit_size_range=(size // 4, size // 4 + 1)),
        "GridDistortion": made("GridDistortion", 5, distort_limit=(-0.2, 0.2), interpolation=linear),
        "OpticalDistortion": made("OpticalDistortion", (0.1, 0.1), interpolation=linear),
        "Perspective": made("Perspective", (0.1, 0.1), interpolation=linear),
        "Normalize HWC": made("Normalize", MEAN, STD),
    }
    if distribution() == "albumentations":  # the successor's is another field: control points, as ours
        transforms["ElasticTransform"] = made("ElasticTransform", alpha=50, sigma=10, interpolation=linear)
    calls: dict[str, Call] = {name: partial(_transformed, transform) for name, transform in transforms.items()}
    for name in ("Crop", "CenterCrop", "RandomCrop"):  # they return views; ours is an image of its own
        calls[name] = partial(_owned, transforms[name])
    return Peer(np.copy, calls)  # its own, or it would find in the cache what ours has just read


def _values() -> dict[str, Any]:
    return {
        "Invert": made("InvertImg"),
        "Solarize": made("Solarize", (0.5, 0.5)),
        "Posterize": made("Posterize", (4, 4)),
        "AutoContrast": made("AutoContrast", method="pil"),
        "Equalize": made("Equalize"),
        "Brightness": made("RandomBrightnessContrast", brightness_limit=(0, 0), contrast_limit=(0.5, 0.5)),
        "Contrast": made("ColorJitter", **{**_SAME, "contrast": (1.5, 1.5)}),
        "Color": made("ColorJitter", **{**_SAME, "saturation": (1.5, 1.5)}),
        "Saturation": made("ColorJitter", **{**_SAME, "saturation": (1.5, 1.5)}),
        "Gamma": made("RandomGamma", (150, 150)),
        "ToneCurve": made("RandomToneCurve"),
        "Grayscale": made("ToGray"),
        "ChannelShuffle": made("ChannelShuffle"),
        "GaussianBlur": made("GaussianBlur", blur_limit=(13, 13), sigma_limit=(1.5, 1.5)),
        "MotionBlur": made("MotionBlur", (9, 9)),
        "Sharpen": made("UnsharpMask", (9, 9), (1.0, 1.0), (0.5, 0.5), threshold=0),
        "GaussianNoise": made("GaussNoise", std_range=(0.05, 0.05)),
    }


def _warps(size: int) -> dict[str, Any]:
    still = {"x": (0.0, 0.0), "y": (0.0, 0.0)}
    found = {}
    for axis in ("x", "y"):
        for word, way in _WAYS.items():
            shear = {**still, axis: (11.3, 11.3)}
            found[f"Shear{axis.upper()} {word}"] = made("Affine", shear=shear, interpolation=way)
        move = {"x": (0, 0), "y": (0, 0), axis: (size // 4, size // 4)}
        found[f"Translate{axis.upper()}"] = made("Affine", translate_px=move, interpolation=cv2.INTER_NEAREST)
    found["Scale"] = made("Affine", scale=(0.8, 0.8))
    places = {"x": (0.125, 0.125), "y": (0.0, 0.0)}
    lean = {**still, "x": (10.0, 10.0)}
    found["Affine"] = made("Affine", scale=(0.8, 0.8), translate_percent=places, rotate=(20, 20), shear=lean)
    return found


def _transformed(transform: Any, image: Any) -> Any:
    return transform(image=image)["image"]


def _owned(transform: Any, image: Any) -> Any:
    return np.array(transform(image=image)["image"])


def policies(interpolation: str) -> Peer:
    """Return the AutoAugment tables and RandAugment, composed of its own transforms at the values that ours draw.

    What differs: a step that ours turns to either side goes to one; Sharpness is its UnsharpMask.
    """
    from albumentations import SomeOf

    names = [f"autoaugment-{table}" for table in ("cifar10", "svhn", "imagenet")]
    calls: dict[str, Call] = {name: partial(_transformed, one_of(name, interpolation)) for name in names}
    number, magnitude = RAND
    policy = augplug.policy("randaugment", n=number, m=magnitude).to_json()
    steps = [_step(step, policy["scale"], interpolation) for step in policy["policy"]["some_of"]]
    calls["randaugment"] = partial(_transformed, SomeOf(steps, n=number, replace=True, p=1))
    return Peer(np.copy, calls)


def one_of(name: str, interpolation: str) -> Any:
    """Return the transform that an AutoAugment table is, in its own words."""
    from albumentations import OneOf, Sequential

    policy = augplug.policy(name).to_json()
    rows = [row["sequence"] for row in policy["policy"]["one_of"]]
    chains = [Sequential([_step(step, policy["scale"], interpolation) for step in row], p=1) for row in rows]
    return OneOf(chains, p=1)


def _step(step: dict[str, Any], scale: str, interpolation: str) -> Any:
    """Return the transform that does one step of a policy file."""
    fields = {"level": step["level"]} if "level" in step else {}
    policy = augplug.Policy(augplug.step(step["op"], **fields), scale=scale)
    (item,) = augplug.Augmenter(policy).plan(np.zeros((8, 8, 3), dtype=np.uint8), index=0).items
    assert isinstance(item, Drawn)  # noqa: S101  # a step at p = 1 is one drawn operation
    name, settings = _translated(step["op"], item.operation)
    if name in ("Rotate", "Affine"):
        settings["interpolation"] = _WAYS[interpolation]
    return made(name, **settings, p=step["p"])


def _translated(name: str, op: Any) -> tuple[str, dict[str, Any]]:
    """Return the name and the settings of the transform that does what a drawn operation does."""
    if name in _PLAIN:
        return _PLAIN[name], {"method": "pil"} if name == "AutoContrast" else {}
    if name in _SETTINGS:
        renamed, settings = _SETTINGS[name]
        return renamed, settings(op)
    axis, still = name[-1].lower(), {"x": (0.0, 0.0), "y": (0.0, 0.0)}
    if name.startswith("Shear"):
        degrees = float(np.degrees(np.arctan(op.factor)))
        return "Affine", {"shear": {**still, axis: (degrees, degrees)}}
    return "Affine", {"translate_percent": {**still, axis: (op.fraction, op.fraction)}}


def _turned(op: Any) -> dict[str, Any]:
    return {"limit" if distribution() == "albumentations" else "angle_range": (op.degrees, op.degrees)}


def _sharpened(op: Any) -> dict[str, Any]:
    amount = min(1.0, abs(op.factor - 1))
    return {"blur_limit": (3, 3), "alpha": (amount, amount), "threshold": 0}


_PLAIN = {"Identity": "NoOp", "Invert": "InvertImg", "AutoContrast": "AutoContrast", "Equalize": "Equalize"}
_SETTINGS: dict[str, tuple[str, Call]] = {
    "Solarize": ("Solarize", lambda op: {"threshold_range": (op.threshold / 256,) * 2}),
    "Posterize": ("Posterize", lambda op: {"num_bits": (op.bits, op.bits)}),
    "Brightness": (
        "RandomBrightnessContrast",
        lambda op: {"brightness_limit": (0, 0), "contrast_limit": (op.factor - 1, op.factor - 1)},
    ),
    "Contrast": ("ColorJitter", lambda op: {**_SAME, "contrast": (op.factor, op.factor)}),
    "Color": ("ColorJitter", lambda op: {**_SAME, "saturation": (op.factor, op.factor)}),
    "Sharpness": ("UnsharpMask", _sharpened),
    "Rotate": ("Rotate", _turned),
}
