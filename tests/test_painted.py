"""Boxes that are painted over: alone by default, counted as lost where that is asked. Right values: counted pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug
from augplug._sample.few import FEW
from augplug.errors import TargetError

IMAGE = np.full((40, 60, 3), 200, dtype=np.uint8)
BOXES: list[list[float]] = [
    [0, 0, 10, 10],
    [20, 10, 40, 30],
    [24.5, 14.25, 35.75, 25.5],
    [28, 18, 32, 22],
    [50, 30, 60, 40],
]
POLICIES = {
    "Cutout": augplug.step("Cutout", size=0.5, x=0.5, y=0.5),
    "holes": augplug.step("Cutout", size=0.3, x=0.5, y=0.5, holes=5),
    "RandomErasing": augplug.step("RandomErasing", scale=0.2, noise=False),
    "GridMask": augplug.step("GridMask", period=0.4),
}


def part_left(painted: Any, box: list[float]) -> float:
    """Return the part of a box that is not painted, of pixels split into 4 x 4."""
    fine = np.kron(painted, np.ones((4, 4)))
    left, top, right, bottom = (round(4 * edge) for edge in box)
    return 1 - float(fine[top:bottom, left:right].mean())


@pytest.mark.parametrize("count", [1, FEW])
@pytest.mark.parametrize("name", list(POLICIES))
def test_what_is_painted_counts_where_it_is_asked(name: str, count: int) -> None:
    augment = augplug.Augmenter(POLICIES[name], seed=3)
    for index in range(20):
        painted = augment(IMAGE, index=index)[..., 0] == 0
        rows = BOXES * count
        shown = [part_left(painted, box) for box in rows]
        for least in (0.0, 0.3, 0.7, 1.0):
            alone = augplug.Boxes(rows, labels=[*range(len(rows))], min_visibility=least)
            assert len(augment(image=IMAGE, boxes=alone, index=index)["boxes"].array) == len(rows)
            counted = augplug.Boxes(rows, labels=[*range(len(rows))], min_visibility=least, count_painted=True)
            made = augment(image=IMAGE, boxes=counted, index=index)["boxes"]
            right = [place for place, part in enumerate(shown) if part > 0 and part >= least - 1e-9]
            assert list(made.labels) == right, (index, least)
            np.testing.assert_allclose(made.array, np.array(rows, float)[right], rtol=0, atol=1e-9)


def test_a_box_that_is_painted_over_wholly_is_lost_whatever_the_rounding_leaves() -> None:
    augment = augplug.Augmenter(augplug.step("Cutout", size=1.0, x=0.5, y=0.5))
    rng = np.random.default_rng(1)
    ends = np.sort(rng.uniform(0, 40, (2000, 2, 2)), axis=1)  # left and top, then right and bottom
    boxes = augplug.Boxes(ends.reshape(-1, 4), count_painted=True)

    made = augment(image=np.full((40, 40, 3), 200, dtype=np.uint8), boxes=boxes, index=0)

    assert len(made["boxes"].array) == 0


def test_a_crop_behind_it_counts_both() -> None:
    """Half is painted, and half of the box is cut off: a quarter is left."""
    half = augplug.step("Cutout", size=0.5, x=0.0, y=0.25)  # 20 x 20 pixels around (0, 10): columns 0..9, rows 0..19
    both = augplug.Augmenter(augplug.compose([half, augplug.step("Crop", left=0, top=0, right=60, bottom=10)]))
    for least, kept in ((0.24, 1), (0.26, 0)):
        boxes = augplug.Boxes([[0, 0, 20, 20]], min_visibility=least, count_painted=True)
        assert len(both(image=IMAGE, boxes=boxes, index=0)["boxes"].array) == kept


def test_count_painted_is_a_flag() -> None:
    with pytest.raises(TargetError, match="count_painted is True or False, not 1"):
        augplug.Boxes([[0, 0, 1, 1]], count_painted=1)  # type: ignore[arg-type]  # on purpose
