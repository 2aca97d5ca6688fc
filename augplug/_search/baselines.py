"""The fixed policies that every search is raced against: nobody had to search for them on these images."""

from __future__ import annotations

from collections.abc import Mapping

from augplug._policies import building, grammar
from augplug._policies.grammar import Policy
from augplug._policies.mixtures import flip, flip_crop, hand_made, three_augment
from augplug._policies.published import PUBLISHED, published
from augplug._policies.randaugment import randaugment
from augplug._policies.reader import Operations
from augplug._policies.trivialaugment import trivialaugment_wide

NONE = Policy(grammar.Sequence(()), name="none", source="no augmentation")
REFERENCE = "hand-made"
"""The policy that scores of a cell are differences to."""


def simple(operations: Operations) -> dict[str, Policy]:
    """Return what people write by hand, by name."""
    return {
        "none": NONE,
        REFERENCE: hand_made(operations),
        "flip": flip(operations),
        "flip-crop": flip_crop(operations),
    }


def published_ones(operations: Operations) -> dict[str, Policy]:
    """Return published policies with their papers' settings, by the names that a user types.

    RandAugment has those of CIFAR-10 with WRN-28-2 and of ImageNet with ResNet-50 (arXiv 1909.13719, section 4.2).
    """
    return {
        "trivialaugment-wide": trivialaugment_wide(operations),
        "randaugment:n=3,m=4": randaugment(operations, n=3, m=4),
        "randaugment:n=2,m=9": randaugment(operations, n=2, m=9),
        **{name: published(name, operations) for name in PUBLISHED},
        "3-augment": three_augment(operations),
    }


def probes(operations: Operations) -> dict[str, Policy]:
    """Return policies that are too strong for most images, by name.

    The fixed policies are all mild, and may be equally good. Whoever cannot tell these from them can tell nothing.
    """
    steps = {
        "vertical flips": building.step(operations, "VerticalFlip", p=0.5),
        "turns": building.step(operations, "Rotate", degrees=(-45, 45)),
        "inversions": building.step(operations, "Invert", p=0.5),
        "noise": building.step(operations, "GaussianNoise", std=(0, 48)),
        "blur": building.step(operations, "GaussianBlur", sigma=(0, 3)),
    }
    strong = {name: Policy(building.sequence(step), "probe", source="a probe") for name, step in steps.items()}
    return strong | {"randaugment:n=3,m=25": randaugment(operations, n=3, m=25)}


def flipped(operations: Operations, policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return the policies with a flip in front, but for those that have one already, by name."""
    step = building.step(operations, "HorizontalFlip", p=0.5)
    return {
        f"flip+{name}": Policy(building.sequence(step, policy), f"flip-{policy.name}", source=policy.source)
        for name, policy in policies.items()
        if name != "3-augment"
    }
