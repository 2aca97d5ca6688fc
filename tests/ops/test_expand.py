"""Rotate with `expand`: the canvas holds the whole picture, and nothing changes where it is not asked for."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

import augplug

BACKENDS = pytest.mark.parametrize("backend", ["reference", "opencv"])


def turn(degrees: float, **more: Any) -> Any:
    """Return an Augmenter that turns by an angle and lets the canvas grow."""
    backend = more.pop("backend", None)
    return augplug.Augmenter(augplug.step("Rotate", degrees=degrees, expand=True, **more), backend=backend)


@BACKENDS
@pytest.mark.parametrize("shape", [(40, 60, 3), (31, 20), (1, 9), (33, 33, 3)])
def test_quarter_turns_lose_no_pixel(backend: str, shape: tuple[int, ...]) -> None:
    """They are numpy's."""
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for quarters in range(-4, 5):
        made = turn(90 * quarters, backend=backend)(image, index=0)
        assert np.array_equal(made, np.rot90(image, quarters))


@pytest.mark.parametrize("degrees", [1, 17.5, 30, 45, 80, 91, 135, 200, -33])
@pytest.mark.parametrize("size", [(40, 60), (61, 20), (1, 50)])
def test_the_canvas_is_the_smallest_that_holds_it(degrees: float, size: tuple[int, int]) -> None:
    """Its sides are those of the box around the turned corners, rounded up; Pillow's are at most 1 pixel more."""
    height, width = size
    made = turn(degrees)(np.zeros(size, np.uint8), index=0).shape
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    pillow = Pictures.fromarray(np.zeros(size, np.uint8)).rotate(degrees, expand=True).size

    assert made == (math.ceil(width * sin + height * cos - 1e-6), math.ceil(width * cos + height * sin - 1e-6))
    assert all(0 <= theirs - ours <= 1 for theirs, ours in zip(pillow[::-1], made, strict=True))


@BACKENDS
def test_the_whole_picture_is_there(backend: str) -> None:
    """A white image keeps its area, its box and its corners lie inside, and its mask is where it is."""
    image, mask = np.full((60, 90), 255, np.uint8), np.ones((60, 90), np.uint8)
    corners = [[0, 0], [89, 0], [89, 59], [0, 59]]
    for degrees in range(0, 360, 7):
        boxes = augplug.Boxes([[0, 0, 90, 60]], min_visibility=1.0)
        made = turn(degrees, backend=backend)(
            image=image, mask=mask, boxes=boxes, keypoints=augplug.Keypoints(corners), index=0
        )
        height, width = made["image"].shape
        assert abs(int(made["mask"].sum()) - 60 * 90) <= 90
        assert np.abs((made["image"] > 127).astype(int) - made["mask"]).sum() <= 2
        assert made["keypoints"].visible.all()
        assert np.abs(made["boxes"].array[0] - [0, 0, width, height]).max() <= 1


def test_sizes_of_a_batch_differ() -> None:
    """One typed error says so, and equal angles are no error."""
    images = np.zeros((3, 20, 30, 3), np.uint8)
    drawn = augplug.Augmenter(augplug.step("Rotate", degrees=(-45, 45), expand=True))

    assert turn(30).batch(images, indices=range(3)).shape[0] == 3
    with pytest.raises(augplug.ImageError, match="unequal sizes"):
        drawn.batch(images, indices=range(3))


def test_the_default_is_in_no_digest_and_in_no_plan() -> None:
    """Policies and plans without it are what they were; with it, it is read again."""
    plain, told = augplug.step("Rotate", degrees=(-9, 9)), augplug.step("Rotate", degrees=(-9, 9), expand=False)
    grown = augplug.step("Rotate", degrees=(-9, 9), expand=True)
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    digests = [augplug.Policy(node).digest for node in (plain, told, grown)]
    plans = [augplug.Augmenter(node, seed=1).plan(image, index=0) for node in (plain, told, grown)]

    assert digests[0] == digests[1] != digests[2]
    assert "expand" not in plans[0].to_json()
    assert "expand" not in str(plans[0])
    assert json.loads(plans[2].to_json())["steps"][0]["fields"]["expand"] is True
    again = augplug.replay(augplug.load_plan(plans[2].to_json()), image)
    assert np.array_equal(again, augplug.Augmenter(grown, seed=1)(image, index=0))
    assert again.shape != image.shape
