"""UniformAugment, AugMix, 3-Augment and a hand-made one: policies with nothing to search, in the grammar's words."""

from __future__ import annotations

from augplug._policies.building import blend, color_jitter, levelled, one_of, sequence, some_of, step
from augplug._policies.grammar import Policy, Value
from augplug._policies.randaugment import OPERATIONS
from augplug._policies.reader import Operations
from augplug.distributions import Integers, Uniform
from augplug.errors import SettingsError

AUTOAUGMENT = (*(op for op in OPERATIONS if op != "Identity"), "Invert", "Cutout")
"""AutoAugment's operations without SamplePairing."""
TONES = ("AutoContrast", "Equalize", "Posterize", "Solarize")
MOVES = ("Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY")
MOST_CHAINED = 64
_PADDED = 0.125
_LOWEST = 0.1
"""The least severity AugMix draws."""


def uniformaugment(operations: Operations, *, n: int = 2, interpolation: str = "nearest", fill: float = 0) -> Policy:
    """Return UniformAugment: `n` of 15 operations, each at probability 0.5 and at a level anywhere in the scale.

    The paper draws the probability uniformly too: for an operation drawn once that is 0.5. Raises SettingsError.
    """
    steps = [levelled(operations, op, Uniform(0, 9), p=0.5) for op in AUTOAUGMENT]
    defaults: dict[str, Value] = {"interpolation": interpolation, "fill": fill, "mask_fill": 0}
    source = "UniformAugment, arXiv 2003.14348, section 4"
    return Policy(some_of(n, *steps), "uniformaugment", source=source, defaults=defaults)


def augmix(operations: Operations, *, severity: float = 3, width: int = 3, depth: int = 3, alpha: float = 1) -> Policy:
    """Return AugMix: `width` chains of 1 to `depth` operations, blended with each other and with the image.

    Levels lie in 0.1..`severity`. A blend of images that moved has no mask, boxes or keypoints: those take
    `augmix-tones`. Raises SettingsError.
    """
    return _augmix("augmix", operations, (*TONES, *MOVES), severity, width, depth, alpha)


def augmix_tones(
    operations: Operations, *, severity: float = 3, width: int = 3, depth: int = 3, alpha: float = 1
) -> Policy:
    """Return AugMix with the operations that move nothing, for images with any targets. Raises SettingsError."""
    return _augmix("augmix-tones", operations, TONES, severity, width, depth, alpha)


def _augmix(
    name: str, operations: Operations, ops: tuple[str, ...], severity: float, width: int, depth: int, alpha: float
) -> Policy:
    for what, given in (("width", width), ("depth", depth)):
        if given not in range(1, MOST_CHAINED + 1):
            raise SettingsError(f"{name} takes a {what} in 1..{MOST_CHAINED}, a whole number, not {given}")
    if not severity >= _LOWEST:
        raise SettingsError(f"{name} takes a severity in {_LOWEST}..10, not {severity}")
    steps = [levelled(operations, op, Uniform(_LOWEST, severity)) for op in ops]
    chain = some_of(Integers(1, int(depth)), *steps)
    defaults: dict[str, Value] = {"interpolation": "linear", "fill": 0, "mask_fill": 0}
    source = "AugMix, arXiv 1912.02781, section 3 and its released code"
    return Policy(blend(*[chain] * int(width), alpha=alpha), name, "augmix", source=source, defaults=defaults)


def three_augment(operations: Operations, *, jitter: float = 0.3) -> Policy:
    """Return 3-Augment: grey, solarized or blurred, then a colour jitter of `jitter` and a flip at 0.5.

    The random crop that precedes it depends on the size that a model is trained at: put RandomResizedCrop or
    RandomCrop first, in a `compose` with this policy. Raises SettingsError.
    """
    one = one_of(
        step(operations, "Grayscale"),
        step(operations, "Solarize", threshold=128),
        step(operations, "GaussianBlur", sigma=Uniform(0.1, 2.0)),
    )
    jittered = color_jitter(operations, jitter, jitter, jitter)
    mirrored = step(operations, "HorizontalFlip", p=0.5)
    source = "3-Augment, arXiv 2204.07118 (DeiT III), section 3.2 and its released augment.py"
    return Policy(sequence(mirrored, one, jittered), "3-augment", source=source)


def flip(operations: Operations) -> Policy:
    """Return a horizontal flip of every second image: what fits most photographs, and no text."""
    return Policy(sequence(step(operations, "HorizontalFlip", p=0.5)), "flip", source="common practice")


def flip_crop(operations: Operations) -> Policy:
    """Return a flip, and a crop after reflecting an eighth of each side: 4 pixels of 32, as is usual on CIFAR.

    Padding and cropping back to the size is a shift by whole pixels. Unlike a crop it needs no size.
    """
    shifts = [
        step(operations, f"Translate{axis}", fraction=Uniform(-_PADDED, _PADDED), border="reflect") for axis in "XY"
    ]
    source = (
        "He et al., arXiv 1512.03385, section 4.2, with the border reflected, as Zagoruyko and Komodakis, 1605.07146"
    )
    return Policy(sequence(step(operations, "HorizontalFlip", p=0.5), *shifts), "flip-crop", source=source)


def hand_made(operations: Operations, *, fill: float = 0) -> Policy:
    """Return what people write without a search: turns, zooms, shifts, brightness and contrast, all small.

    Rotations within 10 degrees, zooms within 10 %, shifts within 5 % of the side, brightness and contrast within 20 %.
    Every search is compared with it. Raises SettingsError for a fill that no operation takes.
    """
    moves = step(operations, "Affine", degrees=(-10, 10), scale=(0.9, 1.1), x=(-0.05, 0.05), y=(-0.05, 0.05))
    tones = [step(operations, op, factor=(0.8, 1.2)) for op in ("Brightness", "Contrast")]
    return Policy(sequence(moves, *tones), "hand-made", source="common practice", defaults={"fill": fill})
