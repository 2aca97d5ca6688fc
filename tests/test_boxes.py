"""Boxes and keypoints: what is taken and refused, formats, and that none leaves its image or loses its label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import augplug
from augplug._sample.boxes import BoxFormat
from augplug.errors import TargetError

IMAGE = np.zeros((40, 60, 3), dtype=np.uint8)
WILD = augplug.sequence(
    augplug.step("Affine", degrees=(-180, 180), scale=(0.3, 3), shear_x=(-40, 40), x=(-0.5, 0.5), y=(-0.5, 0.5)),
    augplug.one_of(
        augplug.step("Perspective"), augplug.step("ElasticTransform", spacing=20, amplitude=4), weights=[15, 1]
    ),
    augplug.step("RandomResizedCrop", height=30, width=50),
)
numbers = st.floats(-200, 200, allow_nan=False)


@pytest.mark.parametrize(
    ("given_boxes", "says"),
    [
        ({"array": [[0, 0, np.nan, 4]]}, "box 0 is .*nan.*finite"),
        ({"array": [[0, 0, 5, 4], [0, 0, np.inf, 4]]}, "box 1 is .*inf"),
        ({"array": [[9, 0, 5, 4]]}, "box 0 is .*sides not negative"),
        ({"array": [[9, 0, -5, 4]], "format": "xywh"}, "box 0 is .*sides not negative"),
        ({"array": [[1, 2, 3]]}, r"\(N, 4\), not one of shape \(1, 3\)"),
        ({"array": "boxes"}, "array"),
        ({"array": [[0, 0, 1, 1]], "format": "xyx"}, "did you mean 'xyxy'"),
        ({"array": [[0, 0, 1, 1]], "labels": ["a", "b"]}, "1 boxes need as many labels, not 2"),
        ({"array": [[0, 0, 1, 1]], "min_visibility": 2}, "min_visibility"),
        ({"array": [[0, 0, 1, 1]], "min_area": -1}, "min_area"),
    ],
)
def test_malformed_boxes_are_refused(given_boxes: dict[str, Any], says: str) -> None:
    """One typed error that names the box."""
    with pytest.raises(TargetError, match=says):
        augplug.Boxes(**given_boxes)


@pytest.mark.parametrize(
    ("given_points", "says"),
    [
        ({"array": [[0, np.nan]]}, "finite"),
        ({"array": [[0, 1, 0.5]]}, r"\(K, 2\)"),
        ({"array": [[0, 1, 2, 3]]}, r"\(K, 2\)"),
        ({"array": [[0, 1, 2]], "visible": [2]}, "leave visible= out"),
        ({"array": [[[0, 1], [2, 3]]], "visible": [2, 2]}, r"\(1, 2\)"),
        ({"array": [[0, 1]], "flip_pairs": ((0, 1),)}, "rows of 1 keypoints"),
        ({"array": [[0, 1], [2, 3]], "flip_pairs": ((0, 0),)}, "different rows"),
    ],
)
def test_malformed_keypoints_are_refused(given_points: dict[str, Any], says: str) -> None:
    """One typed error that says what is wrong."""
    with pytest.raises(TargetError, match=says):
        augplug.Keypoints(**given_points)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("xyxy", [6, 10, 18, 30]),
        ("pascal_voc", [6, 10, 18, 30]),
        ("xywh", [6, 10, 12, 20]),
        ("coco", [6, 10, 12, 20]),
        ("cxcywh", [12, 20, 12, 20]),
        ("yolo", [0.2, 0.5, 0.2, 0.5]),
        ("albumentations", [0.1, 0.25, 0.3, 0.75]),
    ],
)
def test_every_format_is_the_same_box(name: BoxFormat, row: list[float]) -> None:
    """A box mirrored in any format is the mirrored box in that format."""
    flip = augplug.Augmenter(augplug.step("HorizontalFlip"))
    given_boxes = augplug.Boxes([row], format=name, labels=["x"])
    made = flip(image=IMAGE, boxes=given_boxes, index=0)["boxes"]

    assert np.allclose(made.to_xyxy(40, 60), [[42, 10, 54, 30]])
    assert made.format == name
    assert made.labels == ["x"]
    assert np.allclose(flip(image=IMAGE, boxes=made, index=0)["boxes"].array, [row])


@given(st.lists(st.tuples(numbers, numbers, st.floats(0, 300), st.floats(0, 300)), max_size=6), st.integers(0, 10**6))
def test_no_box_leaves_its_image_or_its_label(rows: list[tuple[float, ...]], index: int) -> None:
    """Whatever boxes go in, outside or without area too."""
    labels = [f"box {place}" for place in range(len(rows))]
    boxes = augplug.Boxes(np.array(rows), format="xywh", labels=labels)
    made = augplug.Augmenter(WILD)(image=IMAGE, boxes=boxes, index=index)["boxes"]
    edges = made.to_xyxy(30, 50)

    assert len(made.labels) == len(edges)
    assert set(made.labels) <= set(labels)
    assert len(set(made.labels)) == len(made.labels)
    assert (edges >= -1e-9).all()
    assert (edges <= np.array([50, 30, 50, 30]) + 1e-9).all()
    assert (edges[:, 2:] > edges[:, :2]).all()


def test_ten_thousand_draws_keep_boxes_inside() -> None:
    """The same by number: 10,000 draws of five boxes."""
    augment = augplug.Augmenter(WILD, seed=1)
    rows = np.array([[0, 0, 60, 40], [1, 1, 2, 2], [30, 10, 50, 39], [-5, -5, 9, 9], [59, 39, 80, 80.0]])
    boxes = augplug.Boxes(rows, labels=np.arange(5))
    small = np.zeros((40, 60), dtype=np.uint8)
    left = 0
    for index in range(10_000):
        made = augment(image=small, boxes=boxes, index=index)["boxes"]
        left += len(made.array)
        assert len(made.labels) == len(made.array)
        assert ((made.array >= 0) & (made.array <= [50, 30, 50, 30])).all()
    assert 10_000 < left < 50_000


def test_a_hundred_thousand_boxes_at_once() -> None:
    """They go through matrices and fields."""
    rng = np.random.default_rng(0)
    first = rng.random((100_000, 2)) * [50, 30]
    boxes = augplug.Boxes(np.concatenate([first, rng.random((100_000, 2)) * 10], axis=1), format="xywh")
    node = augplug.sequence(augplug.step("Rotate", degrees=20), augplug.step("HorizontalFlip"))
    made = augplug.Augmenter(node)(image=IMAGE, boxes=boxes, index=0)["boxes"].to_xyxy(40, 60)

    assert 80_000 < len(made) < 100_000
    assert ((made >= -1e-9) & (made <= 60 + 1e-9)).all()


def test_empty_boxes_and_keypoints_stay_empty() -> None:
    """No boxes in, none out, in their shape."""
    made = augplug.Augmenter(WILD)(image=IMAGE, boxes=augplug.Boxes([]), keypoints=np.zeros((0, 2)), index=0)

    assert made["boxes"].array.shape == (0, 4)
    assert made["keypoints"].shape == (0, 2)


def test_what_is_mostly_cut_off_is_left_out() -> None:
    """min_visibility and min_area count what is left in the image, and labels stay in step."""
    crop = augplug.Augmenter(augplug.step("Crop", left=20, top=0, right=60, bottom=40))
    rows = [[10, 0, 30, 10], [18, 0, 58, 10], [0, 0, 20, 10]]  # half, 95 % and nothing is left

    def kept(**limits: Any) -> Any:
        boxes = augplug.Boxes(rows, labels=["half", "most", "none"], **limits)
        return crop(image=IMAGE, boxes=boxes, index=0)["boxes"].labels

    assert kept() == ["half", "most"]
    assert kept(min_visibility=0.5) == ["half", "most"]
    assert kept(min_visibility=0.51) == ["most"]
    assert kept(min_area=101) == ["most"]
    assert kept(min_area=400) == []


def test_left_and_right_change_places_in_a_mirror_only() -> None:
    """Pairs swap on a flip and a transpose, not on a half turn; points that leave are marked."""
    eyes = augplug.Keypoints([[10.0, 5.0], [30.0, 5.0], [0.0, 0.0]], flip_pairs=((0, 1),))

    def moved(op: str, **fields: Any) -> Any:
        return augplug.Augmenter(augplug.step(op, **fields))(image=IMAGE, keypoints=eyes, index=0)["keypoints"]

    assert moved("HorizontalFlip").array.tolist() == [[29, 5], [49, 5], [59, 0]]
    assert moved("Rotate", degrees=180).array.tolist() == [[49, 34], [29, 34], [59, 39]]
    shifted = moved("TranslateX", pixels=-20)
    assert shifted.visible.tolist() == [False, True, False]
    assert shifted.array[1].tolist() == [10, 5]
