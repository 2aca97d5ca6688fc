"""What counts as visible: rounding cuts nothing off a box, and COCO's v of keypoints is taken and comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug
from augplug._sample.few import FEW
from augplug.errors import TargetError

IMAGE = np.zeros((40, 60, 3), dtype=np.uint8)
IDENTITY = augplug.Augmenter(augplug.step("Identity"))
POINTS = [[1.0, 1.0], [30.0, 20.0], [58.0, 38.0]]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_resize_cuts_nothing_off(count: int) -> None:
    """Whole boxes stay at min_visibility=1, whatever the factor: rounding is not a cut."""
    for height in (33, 77, 100, 123, 224):
        for width in (31, 77, 100, 640):
            resize = augplug.Augmenter(augplug.step("Resize", height=height, width=width))
            for box in ([0, 0, 60, 40], [1, 2, 7, 9], [0.1, 0.3, 59.9, 39.7]):
                boxes = augplug.Boxes([box] * count, min_visibility=1.0)
                assert len(resize(image=IMAGE, boxes=boxes, index=0)["boxes"].array) == count


def test_min_area_allows_for_rounding() -> None:
    """A box of 3x3 pixels at ten times the size has 900 pixels."""
    resize = augplug.Augmenter(augplug.step("Resize", height=400, width=600))
    for offset in np.linspace(0, 30, 100):
        boxes = augplug.Boxes([[offset, offset, offset + 3, offset + 3]], min_area=900)
        assert len(resize(image=IMAGE, boxes=boxes, index=0)["boxes"].array) == 1


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize(("height", "width"), [(480, 640), (3000, 4000), (500, 12000)])
def test_six_digits_of_yolo_are_whole_boxes(height: int, width: int, count: int) -> None:
    """Boxes at the border, written with six decimals, are cut by half a millionth of a side, which is not a cut."""
    image = np.zeros((height, width), dtype=np.uint8)
    chance = np.random.default_rng(0)
    for _ in range(40 if width > 640 else 300):
        w, h = int(chance.integers(1, width // 2)), int(chance.integers(1, height // 2))
        x, y = chance.choice([0, width - w]), chance.choice([0, height - h])
        row = [round((x + w / 2) / width, 6), round((y + h / 2) / height, 6), round(w / width, 6), round(h / height, 6)]
        boxes = augplug.Boxes([row] * count, format="yolo", min_visibility=1.0)
        made = IDENTITY(image=image, boxes=boxes, index=0)["boxes"]
        assert len(made.array) == count
        assert (made.to_xyxy(height, width) >= 0).all()
        assert (made.to_xyxy(height, width) <= np.array([width, height, width, height]) * (1 + 1e-12)).all()


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_cut_of_more_than_rounding_counts(count: int) -> None:
    """Of ten pixels, a tenth of one is a part."""
    for rows, kept in (([55, 0, 60.1, 10], 0), ([55, 0, 60.004, 10], count)):
        boxes = augplug.Boxes([rows] * count, min_visibility=1.0)
        assert len(IDENTITY(image=IMAGE, boxes=boxes, index=0)["boxes"].array) == kept


@pytest.mark.parametrize(
    "visible", [[2, 1, 0], [2.0, 1.0, 0.0], np.array([2, 1, 0], np.int64), (2, 1, 2), [True, False, True]]
)
@pytest.mark.parametrize("count", [1, FEW])
def test_visibility_comes_back(visible: Any, count: int) -> None:
    """COCO's v and flags stay, in their dtype, and become 0 outside the image."""
    points = augplug.Keypoints(POINTS * count, visible=np.tile(visible, count))
    kept = IDENTITY(image=IMAGE, keypoints=points, index=0)["keypoints"].visible
    moved = augplug.Augmenter(augplug.step("TranslateX", pixels=10))
    made = moved(image=IMAGE, keypoints=points, index=0)["keypoints"].visible

    assert kept.tolist() == list(visible) * count
    assert kept.dtype == np.asarray(visible).dtype == made.dtype
    assert made.tolist() == [visible[0], visible[1], 0] * count
    assert not np.shares_memory(kept, points.visible)
    assert not np.shares_memory(points.visible, np.asarray(visible))


def test_visibility_swaps_with_its_point() -> None:
    """Row 0 of a mirrored pair has what row 1 had."""
    for count in (1, FEW):
        points = augplug.Keypoints(POINTS * count, flip_pairs=((0, 1),), visible=[2, 1, 0] * count)
        made = augplug.Augmenter(augplug.step("HorizontalFlip"))(image=IMAGE, keypoints=points, index=0)["keypoints"]
        assert made.visible.tolist()[:3] == [1, 2, 0]


@pytest.mark.parametrize(
    ("visible", "says"),
    [
        ([2, 1], r"an array \(3,\), one value a keypoint, not one of shape \(2,\)"),
        (np.array([[2], [1], [0]]), r"not one of shape \(3, 1\)"),
        ([2, 1, 3], r"0, 1 or 2"),
        (["a", "b", "c"], r"True or False, or COCO's v"),
        ([[1], [1, 2], [0]], r"True or False, or COCO's v"),
        (2, r"not one of shape \(\)"),
    ],
)
def test_malformed_visibility_is_refused(visible: Any, says: str) -> None:
    """One typed error that says what is expected."""
    with pytest.raises(TargetError, match=says):
        augplug.Keypoints(POINTS, visible=visible)


def test_no_keypoints_have_no_visibility() -> None:
    """Empty lists stay empty."""
    assert augplug.Keypoints([], visible=[]).visible.shape == (0,)
    assert augplug.Keypoints([]).visible.shape == (0,)
