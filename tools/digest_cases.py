"""What `tools/digest_draws.py` digests: deterministic images and targets, and the policies that are applied to them.

Only public names of augplug are used, so that the same file runs on two versions of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

import augplug
from augplug._sample.boxes import BoxFormat

Array: TypeAlias = npt.NDArray[Any]
CLASSES = 5
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "Affine": {"degrees": (-40, 40), "scale": (0.7, 1.4), "shear_x": (-15, 15), "x": (-0.2, 0.2), "y": (-0.2, 0.2)},
    "BoxCrop": {"height": 24, "width": 30},
    "BoxSafeCrop": {"height": 24, "width": 30},
    "CenterCrop": {"height": 24, "width": 30},
    "Crop": {"left": 2, "top": 1, "right": 27, "bottom": 25},
    "Gamma": {"gamma": (0.4, 2.5)},
    "GaussianBlur": {"sigma": (0.3, 2.5)},
    "GaussianNoise": {"std": (1, 30)},
    "HueShift": {"degrees": (-90, 90)},
    "Letterbox": {"height": 24, "width": 30},
    "MaskCrop": {"height": 24, "width": 30},
    "MotionBlur": {"length": (1, 9)},
    "Pad": {"left": 3, "top": 2, "right": 1, "bottom": 4, "fill": 128},
    "RandomCrop": {"height": 24, "width": 30, "padding": 4},
    "RandomResizedCrop": {"height": 24, "width": 30, "scale": (0.3, 1)},
    "Resize": {"height": 24, "width": 30},
    "ResizeLonger": {"side": 24},
    "ResizeShorter": {"side": 24},
    "Saturation": {"factor": (0, 2)},
    "Scale": {"factor": (0.7, 1.4)},
    "Sharpen": {"strength": (0, 2)},
}
"""Fields of operations that have no level to draw from; other fields keep their own default or draw."""
RANDAUGMENT = ((1, 5), (2, 9), (3, 15), (4, 30))


@dataclass(frozen=True)
class Subject:
    """What is digested: `policies` take turns; `mixes` says that they need a partner image."""

    name: str
    policies: tuple[augplug.Policy, ...]
    mixes: bool = False


@cache
def image(number: int, size: tuple[int, int], channels: int, dtype: str) -> Array:
    """Return an image: waves, a flat corner and a noisy half; every fourth one is a view with negative strides."""
    values = np.random.default_rng([number, *size, channels])
    rows, columns = np.mgrid[: size[0], : size[1]]
    phases = values.uniform(0, 6, channels)
    made = 0.5 + 0.45 * np.sin(rows[..., None] / 7 + columns[..., None] / 11 + phases)
    made[:, size[1] // 2 :] += values.normal(0, 0.15, (size[0], size[1] - size[1] // 2, channels))
    made[: size[0] // 4, : size[1] // 4] = 0.25 * (number % 5)
    made = np.clip(made if channels > 1 else made[..., 0], 0, 1)
    scaled: Array = (
        made.astype(dtype) if dtype.startswith("float") else np.rint(made * np.iinfo(dtype).max).astype(dtype)
    )
    return scaled[::-1, ::-1] if number % 4 == 3 else scaled


def sample(number: int, size: tuple[int, int], channels: int, dtype: str) -> dict[str, Any]:
    """Return an image with a mask, masks, boxes, keypoints and a label, by the keywords of a call."""
    values = np.random.default_rng([number, *size])
    height, width = size
    corners = values.uniform(0, [width / 2, height / 2], (3, 2))
    edges = np.concatenate([corners, corners + values.uniform(1, [width / 2, height / 2], (3, 2))], axis=1)
    kinds: tuple[BoxFormat, ...] = ("xyxy", "xywh", "albumentations")
    array = edges / ([width, height] * 2 if number % 3 == 2 else 1)
    return {
        "image": image(number, size, channels, dtype),
        "mask": values.integers(0, CLASSES, size, dtype=np.uint8),
        "masks": [values.integers(0, 2, size, dtype=np.uint8) for _ in range(2)],
        "boxes": augplug.Boxes(array, kinds[number % 3], labels=["a", "b", "c"], min_visibility=0.1 * (number % 4)),
        "keypoints": augplug.Keypoints(values.uniform(-1, [width, height], (6, 2)), flip_pairs=((0, 1), (2, 5))),
        "label": int(values.integers(CLASSES)),
    }


def operations() -> Iterator[Subject]:
    """Yield every operation that augplug itself provides, once per interpolation."""
    known = augplug.operations()
    for address in sorted(known):
        if address.startswith("augplug:"):
            name = address.partition(":")[2]
            declared = known[address].about.parameters
            choices = declared["interpolation"].choices if "interpolation" in declared else ()
            variants = [{"interpolation": choice} for choice in choices] or [{}]
            steps = [augplug.step(address, **{**fields(address, name), **more}) for more in variants]
            yield Subject(name, tuple(augplug.Policy(step, name=name.lower()) for step in steps), "partner" in declared)


def fields(address: str, name: str) -> dict[str, Any]:
    """Return the fields of an operation's step: those of FIELDS, or the span of its level, to both sides if signed."""
    about = augplug.operations()[address].about
    if about.level_field is None:
        return dict(FIELDS.get(name, {}))
    declared = about.parameters[about.level_field]
    assert declared.level is not None  # noqa: S101  # the level field is the one that has a level
    weakest, strongest = declared.level
    other = 2 * weakest - strongest if declared.signed else weakest
    return {about.level_field: (min(other, strongest), max(other, strongest))}


def named() -> Iterator[Subject]:
    """Yield every named policy with its default arguments, and RandAugment with others."""
    for name in sorted(augplug.policies()):
        yield Subject(f"policy:{name}", (augplug.policy(name),))
    for n, m in RANDAUGMENT:
        yield Subject(f"policy:randaugment:n={n},m={m}", (augplug.policy("randaugment", n=n, m=m),))


def sequences() -> Iterator[Subject]:
    """Yield nodes of the grammar that fusing merges: tones, transforms, crops, colours, blends and mixes."""
    step = augplug.step
    tones = [step("Solarize", threshold=100), step("Brightness", factor=(0.5, 1.5)), step("Gamma", gamma=(0.5, 2))]
    warps = [step("Rotate", degrees=(-30, 30)), step("ShearX", factor=(-0.3, 0.3)), step("HorizontalFlip", p=0.5)]
    crop = step("RandomCrop", height=24, width=24, padding=2)
    colours = [step("Color", factor=(0, 2)), step("HueShift", degrees=(-30, 30)), step("Grayscale", p=0.3)]
    nodes = {
        "tones": augplug.sequence(*tones),
        "warps": augplug.sequence(*warps, crop),
        "colours": augplug.sequence(*colours, *tones),
        "jitter": augplug.color_jitter(0.4, 0.4, 0.4, 0.1),
        "blend": augplug.blend(augplug.sequence(*warps), *tones),
        "choices": augplug.sequence(augplug.one_of(*tones), augplug.some_of(2, *warps, *colours), crop),
    }
    for name, node in nodes.items():
        yield Subject(f"sequence:{name}", (augplug.Policy(node, name=name),))
    mixing = augplug.sequence(*warps[:2], *tones[:1], step("MixUp"))
    yield Subject("sequence:mixing", (augplug.Policy(mixing, name="mixing"),), mixes=True)
