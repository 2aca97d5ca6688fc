"""Keypoints of several instances, with COCO's v, in step with boxes. Right values: the same points handed in flat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug
from augplug.errors import TargetError

IMAGE = np.zeros((40, 60, 3), dtype=np.uint8)
RNG = np.random.default_rng(2)
POINTS = RNG.uniform((0, 0), (59, 39), (3, 4, 2))
SEEN = RNG.integers(0, 3, (3, 4))
PAIRS = ((0, 1), (2, 3))
STEPS = [
    augplug.step("HorizontalFlip"),
    augplug.step("Rotate", degrees=30),
    augplug.step("Crop", left=20, top=5, right=50, bottom=35),
    augplug.step("ElasticTransform", alpha=5, sigma=5),
    augplug.step("Perspective", distortion=0.3),
]


def flat(augment: augplug.Augmenter) -> augplug.Keypoints:
    """Return what becomes of all points as one row, with the pairs of every instance."""
    pairs = tuple((4 * one + a, 4 * one + b) for one in range(3) for a, b in PAIRS)
    given = augplug.Keypoints(POINTS.reshape(-1, 2), flip_pairs=pairs, visible=SEEN.reshape(-1))
    made: augplug.Keypoints = augment(image=IMAGE, keypoints=given, index=0)["keypoints"]
    return made


@pytest.mark.parametrize("node", STEPS)
def test_instances_move_as_their_points(node: Any) -> None:
    augment = augplug.Augmenter(node)
    right = flat(augment)
    made = augment(image=IMAGE, keypoints=augplug.Keypoints(POINTS, flip_pairs=PAIRS, visible=SEEN), index=0)[
        "keypoints"
    ]
    assert (made.array.shape, made.visible.shape, made.flip_pairs) == ((3, 4, 2), (3, 4), PAIRS)
    np.testing.assert_array_equal(made.array.reshape(-1, 2), right.array)
    np.testing.assert_array_equal(made.visible.reshape(-1), right.visible)
    rows = np.concatenate([POINTS, SEEN[..., None]], axis=2)
    whole = augment(image=IMAGE, keypoints=augplug.Keypoints(rows, flip_pairs=PAIRS), index=0)["keypoints"]
    np.testing.assert_array_equal(whole.array[..., :2], made.array)
    np.testing.assert_array_equal(whole.array[..., 2], made.visible)
    again = augment(image=IMAGE, keypoints=whole, index=0)["keypoints"]  # what came back can go in
    assert again.array.shape == (3, 4, 3)


@pytest.mark.parametrize("kind", [list, np.asarray, lambda rows: np.asarray(rows, np.float32)])
@pytest.mark.parametrize("axes", [(3, 4, 2), (3, 4, 3), (12, 3), (12, 2)])
def test_plain_points_come_back_as_they_came(kind: Any, axes: tuple[int, ...]) -> None:
    rows = np.concatenate([POINTS, SEEN[..., None]], axis=2)[..., : axes[-1]].reshape(axes)
    augment = augplug.Augmenter(augplug.step("HorizontalFlip"))
    given = rows.tolist() if kind is list else kind(rows)
    made = augment(image=IMAGE, keypoints=given, index=0)["keypoints"]
    assert type(made) is type(given)
    array = np.asarray(made)
    assert array.shape == axes
    np.testing.assert_allclose(array[..., 0], 59 - rows[..., 0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(array[..., 1:], rows[..., 1:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 17, 3), (0, 17, 2), (0, 3), (0, 2)])
def test_no_points_keep_their_axes(shape: tuple[int, ...]) -> None:
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=30))
    for given in (np.zeros(shape), augplug.Keypoints(np.zeros(shape))):
        made = augment(image=IMAGE, keypoints=given, index=0)["keypoints"]
        assert getattr(made, "array", made).shape == shape


@pytest.mark.parametrize("many", [1, 7])
def test_a_box_that_is_left_out_takes_its_points_along(many: int) -> None:
    """Few boxes and many: the points of those that are left, in their order."""
    boxes = [[0, 0, 10, 10], [30, 10, 50, 30], [0, 20, 12, 40]] * many
    points = np.tile(np.concatenate([POINTS, SEEN[..., None]], axis=2), (many, 1, 1))
    augment = augplug.Augmenter(augplug.step("Crop", left=20, top=0, right=60, bottom=40))
    for form in (augplug.Boxes(boxes), boxes):
        made = augment(image=IMAGE, boxes=form, keypoints=points, index=0)
        left = getattr(made["boxes"], "array", made["boxes"])
        assert len(left) == many
        np.testing.assert_allclose(made["keypoints"][..., :2], points[1::3, :, :2] - [20, 0], rtol=0, atol=1e-9)
    apart = augment(image=IMAGE, boxes=boxes, keypoints=points[..., :2].reshape(-1, 2), index=0)
    assert len(apart["keypoints"]) == 12 * many


def test_what_cannot_stay_together_is_refused_at_the_first_call() -> None:
    flip, mix = augplug.Augmenter(augplug.step("HorizontalFlip")), augplug.Augmenter(augplug.step("CutMix"), classes=2)
    with pytest.raises(TargetError, match="keypoints of 3 instances and 2 boxes"):
        flip(image=IMAGE, boxes=[[0, 0, 1, 1], [2, 2, 4, 4]], keypoints=POINTS, index=0)
    with pytest.raises(TargetError, match="instances would be torn apart"):
        mix(image=IMAGE, keypoints=POINTS, partner=IMAGE, index=0)


def test_instances_are_replayed_and_batched() -> None:
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=augplug.Uniform(-30, 30)))
    right = augment(image=IMAGE, keypoints=POINTS, index=5)["keypoints"]
    plan = augment.plan(IMAGE, index=5)
    np.testing.assert_array_equal(augplug.replay(plan, image=IMAGE, keypoints=POINTS)["keypoints"], right)
    made = augment.batch(np.stack([IMAGE, IMAGE]), indices=[4, 5], keypoints=[POINTS, POINTS])["keypoints"]
    assert np.shape(made) == (2, 3, 4, 2)
    np.testing.assert_array_equal(made[1], right)
