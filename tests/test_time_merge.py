"""TestTime: what merges to what, by numbers from the papers' formulas, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug
from augplug._test_time.boxes import fuse_boxes, seen_of
from augplug._test_time.geometry import geometry_of
from tests.test_scene import scene

IMAGE, LABELS = scene()


def two(first: dict[str, Any], second: dict[str, Any]) -> Any:
    """Merge a prediction on the image and one on its mirror image."""
    return augplug.TestTime("flip").views(IMAGE).merge([first, second])


def test_boxes_are_the_weighted_boxes_fusion_of_the_paper() -> None:
    """Edges weighted by scores, the mean score, and less if a view saw nothing: worked out by the paper's formulas."""
    first = {"boxes": augplug.Boxes([[10, 10, 30, 30], [50, 5, 60, 15]], labels=["a", "b"]), "scores": [0.9, 0.6]}
    # In a mirror image of width 72: left 12, right 32 of the image; and the same box with another label.
    second = {"boxes": augplug.Boxes([[40, 10, 60, 34], [40, 10, 60, 34]], labels=["a", "c"]), "scores": [0.3, 0.2]}
    merged = two(first, second)

    left, bottom = (0.9 * 10 + 0.3 * 12) / 1.2, (0.9 * 30 + 0.3 * 34) / 1.2
    expected: Any = [[left, 10, left + 20, bottom], [50, 5, 60, 15], [12, 10, 32, 34]]
    assert np.allclose(merged["boxes"].array, expected, atol=1e-12)
    assert np.allclose(merged["scores"], [0.6, 0.3, 0.1])
    assert list(merged["boxes"].labels) == ["a", "b", "c"]


def test_boxes_of_two_models_are_fused_label_by_label() -> None:
    """Two models on one image: clusters of IoU above 0.55 with one label, worked out box by box."""
    models = (
        ([[0.00, 0.51, 0.81, 0.91], [0.10, 0.31, 0.71, 0.61], [0.01, 0.32, 0.83, 0.93], [0.02, 0.53, 0.11, 0.94]],
         [0.9, 0.8, 0.2, 0.4], [0, 1, 0, 1]),
        ([[0.04, 0.56, 0.84, 0.92], [0.12, 0.33, 0.72, 0.64], [0.38, 0.66, 0.79, 0.95]], [0.5, 0.8, 0.7], [1, 1, 1]),
    )  # fmt: skip
    whole = geometry_of((), (1000, 1000), "a view")
    boxes = [box for edges, scores, labels in models for box in seen_of(whole, np.array(edges) * 1000, scores, labels)]
    made = fuse_boxes(boxes, [whole, whole], 0.55)

    pair = (np.array(models[0][0][1]) * 0.8 + np.array(models[1][0][1]) * 0.8) / 1.6 * 1000
    told = {(one.label, round(one.score, 6)): one.edges for one in made}
    assert np.allclose(told[1, 0.8], pair)
    # IoU of the two boxes of label 0 is 0.59: one box of both.
    zero = (np.array(models[0][0][0]) * 0.9 + np.array(models[0][0][2]) * 0.2) / 1.1 * 1000
    assert np.allclose(told[0, 0.55], zero)
    assert sorted(told) == [(0, 0.55), (1, 0.2), (1, 0.25), (1, 0.35), (1, 0.8)]


def test_four_models_give_what_the_authors_code_gives() -> None:
    """Near the threshold, as ensemble-boxes 1.0.9, the code of the paper's authors, fused the same boxes."""
    models = (
        ([[669, 133, 736, 301], [471, 268, 596, 335]], [0.64, 0.57]),
        ([[666, 120, 752, 319], [435, 293, 623, 362]], [0.74, 0.64]),
        ([[695, 118, 737, 328], [438, 321, 622, 334]], [0.2, 0.79]),
        ([[696, 135, 744, 344], [449, 297, 629, 355]], [0.06, 0.44]),
    )
    expected = [
        [667.3913, 126.029, 744.5797, 310.6522],
        [440.7037, 294.6296, 625.4445, 359.1481],
        [438.0, 321.0, 622.0, 334.0],
        [471.0, 268.0, 596.0, 335.0],
        [695.2308, 121.9231, 738.6155, 331.6923],
    ]
    whole = geometry_of((), (1000, 1000), "a view")
    boxes = [box for edges, scores in models for box in seen_of(whole, np.array(edges), scores, [0, 0])]
    made = fuse_boxes(boxes, [whole] * 4, 0.55)

    assert np.allclose([one.edges for one in made], expected, atol=1e-3)
    assert np.allclose([one.score for one in made], [0.345, 0.27, 0.1975, 0.1425, 0.065])


def test_a_box_that_the_border_of_a_view_cuts_does_not_narrow_the_others() -> None:
    """A crop shows half of the thing; the merged box is that of the view which shows it whole."""
    crop = augplug.TestTime(augplug.step("CenterCrop", height=64, width=40), count=2).views(IMAGE)
    whole = augplug.Boxes([[40, 20, 70, 40]])
    cut = augplug.Boxes([[24, 20, 40, 40]])  # the crop begins at column 16: it shows columns 16 to 56

    assert crop.merge([{"boxes": whole}, {"boxes": cut}])["boxes"].array.tolist() == [[40, 20, 70, 40]]


def test_a_thing_outside_a_view_is_not_rated_lower_for_it() -> None:
    """The second view cannot see the thing, so that its silence says nothing."""
    crop = augplug.TestTime(augplug.step("CenterCrop", height=64, width=40), count=2).views(IMAGE)
    merged = crop.merge([{"boxes": [[2, 2, 10, 10]], "scores": [0.8]}, {"boxes": np.zeros((0, 4)), "scores": []}])

    assert np.allclose(merged["boxes"], [[2, 2, 10, 10]])
    assert merged["scores"] == [0.8]


def test_what_a_canvas_on_the_way_cuts_off_is_no_vote() -> None:
    """Shifted out of the canvas and back, part of the image is lost: the view has no say there."""
    policy = augplug.sequence(augplug.step("Affine", x=0.5), augplug.step("Affine", x=-0.5))
    views = augplug.TestTime(policy, count=4).views(IMAGE)
    masks = [augplug.replay(plan, IMAGE, mask=LABELS + 1)["mask"] for plan in views.plans]

    assert (masks[1] == 0).mean() == 0.5
    assert np.array_equal(views.merge([{"mask": mask} for mask in masks])["mask"], LABELS + 1)


def test_a_pixel_that_a_canvas_on_the_way_shows_in_part_counts_in_part() -> None:
    """Shifted by 5.5 of 20 pixels and back: of column 14 half is left, and 0 to 13 are whole."""
    policy = augplug.sequence(augplug.step("Affine", x=0.275), augplug.step("Affine", x=-0.275))
    views = augplug.TestTime(policy, count=2).views(np.zeros((16, 20, 3), np.uint8))
    merged = views.merge([{"mask": np.full((16, 20), value)} for value in (1.0, 3.0)])["mask"]

    expected = [2.0] * 14 + [(1 + 0.5 * 3) / 1.5] + [1.0] * 5
    assert np.allclose(merged, expected)


def test_what_a_view_says_of_lost_pixels_does_not_count() -> None:
    """Not even if it is not a number."""
    policy = augplug.sequence(augplug.step("Affine", x=0.25), augplug.step("Affine", x=-0.25))
    views = augplug.TestTime(policy, count=2).views(np.zeros((16, 20, 3), np.uint8))
    second = np.full((16, 20), 3.0)
    second[:, 16:] = np.nan
    merged = views.merge([{"mask": np.ones((16, 20))}, {"mask": second}])["mask"]

    assert np.allclose(merged, [2.0] * 15 + [1.0] * 5)


def test_a_canvas_on_the_way_hides_things_from_a_view() -> None:
    """The view ends where the image does, and yet it cannot see the thing: its silence says nothing."""
    policy = augplug.sequence(augplug.step("Affine", x=0.5), augplug.step("Affine", x=-0.5))
    views = augplug.TestTime(policy, count=2).views(IMAGE)
    merged = views.merge([{"boxes": [[60, 2, 70, 10]], "scores": [0.8]}, {"boxes": np.zeros((0, 4)), "scores": []}])

    assert merged["scores"] == [0.8]


def test_more_boxes_than_views_do_not_raise_the_score() -> None:
    """The paper's score: the mean, times min(boxes, views) / views."""
    boxes = [[10.0, 10.0, 30.0, 30.0]] * 3
    merged = two({"boxes": boxes, "scores": [0.6] * 3}, {"boxes": np.zeros((0, 4)), "scores": []})

    assert np.allclose(merged["scores"], [0.6])


def test_boxes_whose_centre_lies_outside_the_image_are_left_out() -> None:
    """Whatever side of the 72 x 64 pixels it lies on."""
    outside = [[-30, 10, 20, 30], [60, 10, 90, 30], [10, -30, 30, 20], [10, 50, 30, 80]]
    merged = two(*({"boxes": [[10, 10, 30, 30], *outside]} for _ in range(2)))

    assert sorted(np.asarray(merged["boxes"]).tolist()) == [[10, 10, 30, 30], [42, 10, 62, 30]]


def test_a_point_that_one_view_shows_is_visible_and_there() -> None:
    """Its place is that of the view which shows it, and so is its visibility."""
    first, second = (
        {"keypoints": augplug.Keypoints(place, visible=seen)}
        for place, seen in (([[9, 9], [20, 5]], [0, 2]), ([[40, 7], [51, 5]], [1, 0]))
    )
    merged = two(first, second)["keypoints"]

    assert merged.array.tolist() == [[31, 7], [20, 5]]  # the mirror image is 72 pixels wide
    assert merged.visible.tolist() == [1, 2]


def test_class_scores_are_averaged_and_class_numbers_elected() -> None:
    """Rows of scores alone give a row; as `label` they give a dict; of equal votes the first view's counts."""
    views = augplug.TestTime("d4").views(IMAGE)
    scores = np.random.default_rng(0).random((8, 5))

    assert np.allclose(views.merge(scores), scores.mean(axis=0))
    assert np.allclose(views.merge([{"label": row} for row in scores])["label"], scores.mean(axis=0))
    assert views.merge([{"label": value} for value in (3, 1, 1, 3, 2, 0, 3, 1)]) == {"label": 3}


def test_masks_of_scores_are_averaged_and_class_maps_elected() -> None:
    """Floats keep their channels and dtype; booleans and integers are put to the vote."""
    views = augplug.TestTime("flip").views(IMAGE)
    score = np.random.default_rng(1).random((64, 72, 3)).astype(np.float32)
    merged = views.merge([{"mask": score}, {"mask": np.zeros_like(score)}])["mask"]
    first, second = LABELS > 0, np.zeros(LABELS.shape, bool)

    assert merged.dtype == np.float32
    assert np.allclose(merged, score / 2)
    assert np.array_equal(views.merge([{"mask": first}, {"mask": second}])["mask"], first)


def test_keypoints_take_their_sides_back_in_mirrored_views() -> None:
    """The left eye of a mirror image is the right eye; points that no view shows stay those of the first view."""
    points = np.array([[10.0, 5.0], [30.0, 6.0], [70.0, 60.0]])
    truth = augplug.Keypoints(points, flip_pairs=((0, 1),), visible=[2, 2, 0])
    views = augplug.TestTime("d4").views(IMAGE)
    moved = [{"keypoints": augplug.replay(plan, IMAGE, keypoints=truth)["keypoints"]} for plan in views.plans]
    merged = views.merge(moved)["keypoints"]

    assert np.array_equal(merged.array, points)
    assert merged.visible.tolist() == [2, 2, 0]
    assert merged.flip_pairs == ((0, 1),)


def test_views_are_of_the_kind_that_was_given_and_the_same_every_time() -> None:
    """PIL images give PIL images; a policy draws the same views again; an Output normalises them."""
    from PIL import Image as Pictures

    views = augplug.TestTime("flip").views(Pictures.fromarray(IMAGE))
    assert np.array_equal(np.asarray(views[1]), IMAGE[:, ::-1])
    times = [augplug.TestTime("hand-made", count=5, seed=3).views(IMAGE) for _ in range(2)]
    assert len(times[0]) == len(augplug.TestTime("hand-made", count=5)) == 5
    assert all(np.array_equal(one, other) for one, other in zip(*times, strict=True))
    assert times[0].matrices == times[1].matrices
    augment = augplug.Augmenter("hand-made", seed=3)
    assert all(np.array_equal(times[0][index + 1], augment(IMAGE, index=index)) for index in range(4))
    made = augplug.TestTime("d4", output=augplug.Output(mean=(0.0,) * 3, std=(1.0,) * 3)).views(IMAGE)
    assert made[0].dtype == np.float32


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (augplug.step("ElasticTransform", p=1.0), "bends the image by a field"),
        (augplug.step("MixUp", p=1.0), "mixes"),
        ("augmix", "blends images that moved differently"),
    ],
)
def test_policies_without_an_inverse_are_refused(node: Any, words: str) -> None:
    """PolicyError says what cannot be undone, and what can."""
    with pytest.raises(augplug.PolicyError, match=words):
        augplug.TestTime(node).views(IMAGE)


@pytest.mark.parametrize(
    ("predictions", "words"),
    [
        ([{"mask": LABELS}], "2 views need as many predictions, not 1"),
        ([{"mask": LABELS}, {}], "every prediction is a dict with the keys mask"),
        ([{"masks": LABELS}] * 2, "did you mean 'mask'"),
        ([{"scores": [1.0]}] * 2, "scores belong to boxes"),
        ([{"mask": LABELS}, {"mask": LABELS[:10]}], "the mask of view 1 is 64x72"),
        ([{"mask": LABELS}, {"mask": LABELS.astype(int)}], "one dtype"),
        ([{"boxes": [[1, 1, 2, 2]], "scores": [2.0]}] * 2, "scores, each in 0..1"),
        ([{"boxes": [[1, 1, 2, 2]], "scores": []}] * 2, "need as many scores"),
        ([{"keypoints": [[1, 2]]}, {"keypoints": [[1, 2], [3, 4]]}], "keypoints is the same kind of thing"),
        ([[0.1, np.nan], [0.5, 0.5]], "finite class scores"),
        ([["a"], ["b"]], "not numbers"),
    ],
)
def test_predictions_of_other_views_are_refused(predictions: list[Any], words: str) -> None:
    """TargetError says which view, and what was expected."""
    with pytest.raises(augplug.TargetError, match=words):
        augplug.TestTime("flip").views(IMAGE).merge(predictions)


def test_wrong_settings_are_refused() -> None:
    """The group has its views; a count is at least 1."""
    with pytest.raises(augplug.SettingsError, match="'d4' has 8 views"):
        augplug.TestTime("d4", count=3)
    with pytest.raises(augplug.SettingsError, match="count"):
        augplug.TestTime("hand-made", count=0)
    with pytest.raises(augplug.TargetError, match="iou"):
        augplug.TestTime("flip").views(IMAGE).merge([{"boxes": [[1, 1, 2, 2]]}] * 2, iou=1.0)
