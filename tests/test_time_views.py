"""TestTime on the labelled scene: predictions on views, brought back and merged, lie where the truth is.

The scene is that of test_scene: what a perfect detector finds in a view is read from the view's pixels, or is the truth
as an Augmenter moves it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import augplug
from tests.test_scene import DISCS, RECTANGLE, scene

POLICIES = 200
TRUTH = np.array([RECTANGLE], dtype=np.float64)
AFFINE: dict[str, Any] = {"degrees": (-180, 180), "shear_x": (-15, 15), "shear_y": (-15, 15)}
AFFINE |= {"x": (-0.2, 0.2), "y": (-0.2, 0.2)}
IMAGE, LABELS = scene()
FLAT = ndimage.maximum_filter(LABELS, 3) == ndimage.minimum_filter(LABELS, 3)
"""Pixels further than 1 pixel from every edge in the truth."""


def predictions_of(views: augplug.Views) -> list[dict[str, Any]]:
    """Return the truth as the Augmenter moved it to each view."""
    truth = {"mask": LABELS, "boxes": augplug.Boxes(TRUTH, labels=["sign"]), "keypoints": augplug.Keypoints(DISCS)}
    moved = [augplug.replay(plan, IMAGE, **truth) for plan in views.plans]
    return [{name: one[name] for name in truth} for one in moved]


def seen_in(view: Any) -> dict[str, Any]:
    """Return what a detector finds in the pixels of a view alone: the class map and the rectangle's box."""
    mask = ((view.argmax(axis=2) + 1) * (view.max(axis=2) >= 128)).astype(np.uint8)
    ys, xs = np.nonzero(view[..., 2] >= 128)
    found = [[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]] if len(xs) else []
    return {"mask": mask, "boxes": augplug.Boxes(np.array(found), labels=["sign"] * len(found))}


def check(merged: dict[str, Any], told: str, pixels: float = 1.0) -> None:
    """Every target lies within this many pixels of the truth."""
    assert np.array_equal(merged["mask"][FLAT], LABELS[FLAT]), told
    assert len(merged["boxes"].array) == 1, told
    assert np.abs(merged["boxes"].array - TRUTH).max() <= pixels, told
    if "keypoints" in merged:
        assert np.abs(merged["keypoints"].array - DISCS).max() <= pixels, told


@pytest.mark.parametrize("group", ["flip", "d4"])
def test_flips_and_quarter_turns_are_exact(group: str) -> None:
    """Every view alone, and all merged, give the truth to the bit."""
    views = augplug.TestTime(group).views(IMAGE)
    predictions = predictions_of(views)
    merged = views.merge(predictions)

    assert np.array_equal(merged["mask"], LABELS)
    assert np.array_equal(merged["boxes"].array, TRUTH)
    assert np.array_equal(merged["keypoints"].array, DISCS)
    assert merged["scores"].tolist() == [1.0]


def test_the_views_of_d4_are_its_eight_elements() -> None:
    """They are numpy's flips and turns of the image, each once."""
    views = augplug.TestTime("d4").views(IMAGE)
    expected = [turned for k in range(4) for turned in (np.rot90(IMAGE, k), np.rot90(IMAGE, k)[:, ::-1])]

    assert len({view.tobytes() for view in views}) == len(views) == 8
    assert {(view.shape, view.tobytes()) for view in views} == {(one.shape, one.tobytes()) for one in expected}
    assert np.array_equal(views[0], IMAGE)


@pytest.mark.parametrize("seed", range(POLICIES))
def test_drawn_affine_policies_bring_targets_back_within_a_pixel(seed: int) -> None:
    """The truth moved to the views, and what pixels of the views show, come back; also if the first view sees none."""
    drawn = np.random.default_rng(seed)
    ranges: dict[str, Any] = {
        name: tuple(np.round(np.array(limits) * drawn.uniform(0, 1), 3)) for name, limits in AFFINE.items()
    }
    ranges["scale"] = tuple(np.sort(drawn.uniform(0.7, 1.4, 2)))
    policy = augplug.sequence(augplug.step("Affine", **ranges), augplug.step("HorizontalFlip"))
    views = augplug.TestTime(policy, seed=seed).views(IMAGE)
    told = f"{ranges}"

    check(views.merge(predictions_of(views)), told)
    check(views.merge([seen_in(view) for view in views]), told)
    blind = predictions_of(views)
    blind[0]["boxes"] = augplug.Boxes(np.zeros((0, 4)), labels=[])
    blind[0]["keypoints"] = augplug.Keypoints(DISCS + 30, visible=[False, False])
    merged = views.merge(blind)
    assert np.abs(merged["boxes"].array - TRUTH).max() <= 1, told
    for row, seen in enumerate(merged["keypoints"].visible):
        if seen:
            assert np.abs(merged["keypoints"].array[row] - DISCS[row]).max() <= 1e-9, told
