"""Sizes that keep the aspect: by the longer or shorter side, and in a frame, with their targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug

SIZES = [(500, 750), (750, 500), (333, 333), (1, 7), (7, 1), (480, 640), (37, 1001)]


def shape_of(step: Any, height: int, width: int) -> tuple[int, ...]:
    """Return the shape that a step makes of an image of a size."""
    made: tuple[int, ...] = augplug.Augmenter(step)(np.zeros((height, width), np.uint8), index=0).shape
    return made


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_one_side_is_what_was_asked_for(height: int, width: int) -> None:
    """The other one keeps the aspect to half a pixel."""
    for side in (1, 64, 333):
        longer = shape_of(augplug.step("ResizeLonger", side=side), height, width)
        assert max(longer) == side
        assert abs(longer[0] - max(height * side / max(height, width), 1)) <= 0.5
        assert abs(longer[1] - max(width * side / max(height, width), 1)) <= 0.5
    for side in (1, 24, 60):
        shorter = shape_of(augplug.step("ResizeShorter", side=side), height, width)
        assert min(shorter) == side
        assert abs(shorter[0] - height * side / min(height, width)) <= 0.5
        assert abs(shorter[1] - width * side / min(height, width)) <= 0.5


def test_the_shorter_side_stops_at_the_longest() -> None:
    """As detection has it: 800 pixels, and never above 1333."""
    step = augplug.step("ResizeShorter", side=800, longest=1333)

    assert shape_of(step, 480, 640) == (800, 1067)
    assert shape_of(step, 300, 1000) == (400, 1333)
    assert shape_of(step, 1000, 300) == (1333, 400)


def test_a_drawn_side() -> None:
    """A range draws whole pixels."""
    augment = augplug.Augmenter(augplug.step("ResizeShorter", side=(20, 30)))
    sides = {min(augment(np.zeros((50, 60), np.uint8), index=index).shape) for index in range(100)}
    assert sides == set(range(20, 31))


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize(("x", "y"), [(0.5, 0.5), (0, 0), (1, 1)])
def test_a_frame_holds_the_resized_image(backend: str, height: int, width: int, x: float, y: float) -> None:
    """Its pixels are those of ResizeLonger or Resize, and `fill` is all around, not mixed with them."""
    image = np.random.default_rng(0).integers(130, 256, (height, width, 3), dtype=np.uint8)
    frame = augplug.step("Letterbox", height=48, width=90, x=x, y=y, fill=114)
    made = augplug.Augmenter(frame, backend=backend)(image, index=0)
    rows, columns = np.nonzero((made != 114).any(axis=2))
    top, left, bottom, right = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    inner = augplug.Augmenter(augplug.step("Resize", height=bottom - top, width=right - left), backend=backend)

    assert made.shape == (48, 90, 3)
    assert bottom - top == 48 or right - left == 90
    assert abs((bottom - top) - min(48, max(height * 90 / width, 1))) <= 0.5
    assert abs((right - left) - min(90, max(width * 48 / height, 1))) <= 0.5
    assert np.array_equal(made[top:bottom, left:right], inner(image, index=0))
    assert (top, left) == (int(y * (48 - (bottom - top))), int(x * (90 - (right - left))))


def test_targets_of_a_frame() -> None:
    """Masks, boxes and keypoints lie where the pixels are; outside stands mask_fill."""
    mask = np.zeros((40, 80), np.uint8)
    mask[10:30, 20:60] = 1
    frame = augplug.Augmenter(augplug.step("Letterbox", height=100, width=100, mask_fill=255))
    made: dict[str, Any] = frame(
        image=mask * 200, mask=mask, boxes=[[20, 10, 60, 30]], keypoints=[[39.5, 19.5]], index=0
    )

    assert made["boxes"] == [(25, 37.5, 75, 62.5)]
    assert made["keypoints"] == [(49.5, 49.5)]
    assert (made["mask"][:25] == 255).all()
    assert (made["mask"][75:] == 255).all()
    assert set(np.unique(made["mask"][25:75])) == {0, 1}
    assert np.array_equal(made["mask"][38:62] == 1, made["image"][38:62] > 100)


def test_names_of_other_libraries() -> None:
    """They are answered with what to write."""
    for name, here in (("LongestMaxSize", "ResizeLonger"), ("SmallestMaxSize", "ResizeShorter")):
        with pytest.raises(augplug.AugplugError, match=rf'written augplug.step\("{here}", side=256\)'):
            augplug.step(name)
    with pytest.raises(augplug.AugplugError, match="Letterbox"):
        augplug.step("LetterBox")
