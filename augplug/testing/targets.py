"""Checks of an operation's targets: a disc is augmented, and found again where its targets say it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from augplug._sample.boxes import Boxes
from augplug.effects import Opaque, Warp
from augplug.errors import TargetError
from augplug.ops.base import Operation
from augplug.testing.base import Check, Failed, Skipped, Subject, require
from augplug.testing.samples import augmenter, effects_of, examples
from augplug.types import Image

_SIZE = (64, 80)
_CENTRES = ((30.0, 26.0), (46.0, 40.0), (40.0, 22.0))
_RADIUS = 7.0
_BRIGHT, _DARK = np.array([230, 220, 210], dtype=np.uint8), np.array([20, 20, 20], dtype=np.uint8)
_TOLERANCE = 2.0
"""Pixels: the rounding of nearest neighbour and of thresholds, twice."""
_LABEL = 201
"""What the mask says of the disc; nothing that an operation fills in."""
_STRAY = 0.05
"""Part of the disc that may be elsewhere than its mask, its edge left out."""
_LARGEST = 3.0
"""How many times as long as the disc's own a side of its box may be: boxes of turned boxes grow."""


def targets_follow(subject: Subject) -> None:
    """Do masks, boxes and keypoints lie where the pixels are afterwards, or are refused?

    When it fails: move them in the Opaque's function as the pixels move, or name in `targets=` only those that it
    moves. A Warp moves them by itself.
    """
    compared = 0
    if "partner" in subject.value.about.parameters:
        raise Skipped("it mixes images, and the targets of both with them")
    for operation in map(_plain_outside, examples(subject)):
        effects = effects_of(operation, _SIZE)
        if not all(isinstance(effect, Warp | Opaque) for effect in effects):
            raise Skipped("its effects are not all Warp or Opaque, so they move nothing by themselves")
        claimed = _claimed(effects)
        outcomes = [_compare(augmenter(subject, operation), centre, claimed) for centre in _CENTRES]
        told = [outcome for outcome in outcomes if outcome is not None]
        wrong = [outcome for outcome in told if outcome]
        # Noise may eat at one disc; what is not moved along is wrong wherever it lies.
        require(2 * len(wrong) <= len(told), wrong[0] if wrong else "")
        compared += len(told)
    if not compared:
        raise Skipped("the disc was found nowhere after any draw")


def _plain_outside(operation: Operation) -> Operation:
    """Return the operation with a plain outside: copies of the disc, which no target follows, would hide it.

    Not every number that a mask may be filled with is one that the dtype of this mask holds.
    """
    outside = {"border": "constant", "mask_fill": 0.0}
    made: Any = operation  # @operation makes every class a dataclass, which a type checker does not see
    known = operation.about.parameters
    plain: Operation = replace(made, **{name: value for name, value in outside.items() if name in known})
    return plain


def _claimed(effects: list[Any]) -> frozenset[str]:
    claimed = frozenset({"masks", "boxes", "keypoints"})
    for effect in effects:
        claimed = claimed & effect.targets if isinstance(effect, Opaque) else claimed
    return claimed


def _compare(augment: Any, centre: tuple[float, float], claimed: frozenset[str]) -> str | None:
    """Augment a disc with the targets that are claimed; return what is wrong, or None where the disc is not found."""
    image, mask = _disc(centre)
    x, y = centre
    box = [x - _RADIUS + 0.5, y - _RADIUS + 0.5, x + _RADIUS + 0.5, y + _RADIUS + 0.5]
    given = {"masks": [mask], "boxes": Boxes(np.array([box])), "keypoints": np.array([[x, y]])}
    try:
        made = augment(image=image, index=0, **{name: given[name] for name in sorted(claimed)})
    except TargetError as error:
        raise Failed(f"targets that are claimed are refused: {error}") from error
    found = _found(made["image"])
    if found is None:
        return None
    try:
        _compare_found(found, made, str(augment.policy.node.to_json()))
    except Failed as error:
        return str(error)
    return ""


def _disc(centre: tuple[float, float]) -> tuple[Image, Image]:
    ys, xs = np.mgrid[: _SIZE[0], : _SIZE[1]]
    inside = (xs - centre[0]) ** 2 + (ys - centre[1]) ** 2 <= _RADIUS**2
    return np.where(inside[..., None], _BRIGHT, _DARK), np.where(inside, _LABEL, 0).astype(np.uint8)


def _found(image: Image) -> npt.NDArray[np.bool_] | None:
    """Return where the disc is: what stands out from the corners; None where that is unclear, cut or too small."""
    real = image.astype(float)
    apart = np.abs(real - np.median(real, axis=(0, 1))).max(axis=2) > 90
    apart = ndimage.median_filter(apart, 5)  # dots and scratches do not count as a disc
    names, count = ndimage.label(apart)
    if not count:
        return None
    sizes = np.bincount(names.ravel())[1:]
    region: npt.NDArray[np.bool_] = names == sizes.argmax() + 1
    rim = np.concatenate([region[:2].ravel(), region[-2:].ravel(), region[:, :2].ravel(), region[:, -2:].ravel()])
    if rim.any() or sizes.max() < 20 or sizes.max() < 0.9 * sizes.sum():
        return None
    return region


def _compare_found(found: npt.NDArray[np.bool_], made: dict[str, Any], told: str) -> None:
    ys, xs = np.nonzero(found)
    centre = np.array([xs.mean(), ys.mean()])
    edges = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], dtype=float)
    if "keypoints" in made:
        point = _array(made["keypoints"]).reshape(-1, 2)[0]
        require(np.abs(point - centre).max() <= _TOLERANCE + 0.5, f"{told}: keypoint at {point}, pixels at {centre}")
    if "boxes" in made:
        boxes = _array(made["boxes"]).reshape(-1, 4)
        require(len(boxes) == 1, f"{told}: the box is lost, the pixels are there")
        box = boxes[0]
        apart = np.concatenate([box[:2] - edges[:2], edges[2:] - box[2:]])
        sides, own = box[2:] - box[:2], edges[2:] - edges[:2]
        fits = apart.max() <= _TOLERANCE and (sides <= _LARGEST * own + _TOLERANCE).all()
        require(fits, f"{told}: box {box.round(1)}, pixels {edges}")
        middle = (box[:2] + box[2:]) / 2 - 0.5
        require(np.abs(middle - centre).max() <= 2 * _TOLERANCE, f"{told}: box {box.round(1)}, pixels {edges}")
    if "masks" in made:
        mask = np.asarray(made["masks"][0]) == _LABEL
        near = ndimage.binary_dilation(found, iterations=2) & ~ndimage.binary_erosion(found, iterations=2)
        wrong = (mask != found)[~near].sum()
        require(wrong <= _STRAY * found.sum(), f"{told}: the mask is not where the pixels are")


def _array(given: Any) -> npt.NDArray[np.float64]:
    return np.asarray(getattr(given, "array", given), dtype=np.float64)


CHECKS: tuple[Check, ...] = (targets_follow,)
