"""RandAugment: n of 14 operations at one magnitude m. Source: arXiv 1909.13719, section 3 and figure 2."""

from __future__ import annotations

from augplug._policies.building import levelled, some_of
from augplug._policies.grammar import Policy, Value
from augplug._policies.reader import Operations

OPERATIONS = (
    "Identity",
    "AutoContrast",
    "Equalize",
    "Rotate",
    "Solarize",
    "Color",
    "Posterize",
    "Contrast",
    "Brightness",
    "Sharpness",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
)
"""The 14 operations, in the order of the paper's figure 2."""


def randaugment(
    operations: Operations,
    *,
    n: int = 2,
    m: float = 9,
    scale: str = "randaugment",
    interpolation: str = "nearest",
    fill: float = 0,
) -> Policy:
    """Return RandAugment: `n` of the 14 operations, drawn with replacement, each always applied at level `m`.

    `scale` says what m means: on `randaugment`, the paper's, 10 is AutoAugment's strongest and m goes to 30. The
    paper's best for ResNet-50 on ImageNet is n = 2, m = 9. Raises SettingsError.
    """
    steps = [levelled(operations, op, m) for op in OPERATIONS]
    defaults: dict[str, Value] = {"interpolation": interpolation, "fill": fill, "mask_fill": 0}
    source = "RandAugment, arXiv 1909.13719, section 3"
    return Policy(some_of(n, *steps), "randaugment", scale, source=source, defaults=defaults)
