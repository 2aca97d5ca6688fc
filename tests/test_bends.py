"""Boxes under bends, and left and right under strong perspectives, against the pixels and against brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import augplug
from augplug import coords
from augplug._backends import fields
from augplug._sample.few import FEW
from augplug._sample.outlines import padded, sampled
from augplug._sample.targets import corners_of
from augplug.effects import DisplacementField, Warp
from augplug.ops.distortion import Perspective
from augplug.types import Canvas

SIZE = (150, 200)
STEPS: dict[str, Any] = {
    "elastic": augplug.step("ElasticTransform", spacing=20, amplitude=4),
    "fine": augplug.step("ElasticTransform", spacing=8, amplitude=1.6),
    "grid": augplug.step("GridDistortion", spacing=30, amplitude=6),
    "lens": augplug.step("OpticalDistortion", k=0.15),
    "barrel": augplug.step("OpticalDistortion", k=-0.15),
    "twice": augplug.sequence(
        augplug.step("ElasticTransform", spacing=20, amplitude=4),
        augplug.step("Rotate", degrees=(-30, 30)),
        augplug.step("GridDistortion", spacing=30, amplitude=6),
    ),
}


def outline(edges: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return 4,000 points of a box's outline, from pixel centres."""
    left, top, right, bottom = (value - 0.5 for value in edges)
    t = np.linspace(0, 1, 1000, endpoint=False)
    sides = [(left + t * (right - left), top + 0 * t), (right + 0 * t, top + t * (bottom - top))]
    sides += [(right + t * (left - right), bottom + 0 * t), (left + 0 * t, bottom + t * (top - bottom))]
    return np.concatenate([np.stack(side, axis=1) for side in sides])


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_bent_box_holds_what_was_in_it(name: str, count: int) -> None:
    """It lies within half a pixel of the box around 4,000 points of its outline."""
    image = np.zeros((*SIZE, 3), dtype=np.uint8)
    augment = augplug.Augmenter(STEPS[name], seed=1)
    box = (50, 45, 150, 105)
    for index in range(25):
        made = augment(image=image, boxes=augplug.Boxes([box] * count), index=index)["boxes"].array
        points = outline(box)
        for effect in augment.plan(image, index=index).effects(image)[0]:
            assert isinstance(effect, Warp)
            if isinstance(effect.transform, DisplacementField):
                points = fields.push_points(effect.transform, points, effect.size)
            else:
                points = coords.apply(effect.transform, points)
        edges = np.concatenate([points.min(axis=0), points.max(axis=0)]) + 0.5
        if (edges >= 2).all() and (edges[2:] <= np.array(SIZE[::-1]) - 2).all():
            assert np.abs(made - edges).max() <= 0.5


@pytest.mark.parametrize("name", STEPS)
def test_a_bent_rectangle_is_found_in_its_box(name: str) -> None:
    """The pixels of a bright rectangle end within a pixel and a half of its box."""
    image = np.zeros(SIZE, dtype=np.uint8)
    image[45:105, 50:150] = 255
    augment = augplug.Augmenter(STEPS[name], seed=2)
    found = 0
    for index in range(25):
        made = augment(image=image, boxes=[[50, 45, 150, 105]], index=index)
        ys, xs = np.nonzero(made["image"] >= 128)
        edges = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        if edges[0] > 1 and edges[1] > 1 and edges[2] < SIZE[1] - 1 and edges[3] < SIZE[0] - 1:
            assert np.abs(np.array(made["boxes"][0]) - edges).max() <= 1.5
            found += 1
    assert found >= 10


def test_points_on_outlines() -> None:
    """At most a step apart, each outline by itself, and a box without a side is one point or a line."""
    boxes = corners_of(np.array([[0, 0, 10, 4], [0, 0, 100, 3], [5, 5, 5, 5], [2, 2, 2, 30.0]]))
    made = sampled(boxes, 3.0)
    apart = np.abs(np.roll(made, -1, axis=1) - made).max(axis=2)

    assert apart.max() <= 3
    assert np.allclose(made.min(axis=1), boxes.min(axis=1))
    assert np.allclose(made.max(axis=1), boxes.max(axis=1))
    for row in range(len(boxes)):
        alone = sampled(boxes[row : row + 1], 3.0)
        assert np.array_equal(made[row : row + 1], padded(alone, made.shape[1]))
    assert np.array_equal(sampled(padded(boxes, 9), 3.0), made)
    assert sampled(boxes[:0], 3.0).shape == (0, 4, 2)


def test_mixes_take_bent_boxes() -> None:
    """Of an image and its partner, whose outlines have other numbers of points."""
    for op in ("CutMix", "MixUp"):
        node = augplug.sequence(augplug.step("ElasticTransform", p=0.5), augplug.step(op, share=0.5, **_middle(op)))
        images = np.zeros((6, 40, 60, 3), dtype=np.uint8)
        boxes = [[[5, 5, 30, 30]], [[1, 1, 59, 39], [2, 2, 3, 3]]] * 3
        made = augplug.Augmenter(node)
        assert any(made.batch(images, boxes=boxes, indices=range(6))["boxes"])


def _middle(op: str) -> dict[str, Any]:
    return {"x": 0.5, "y": 0.5} if op == "CutMix" else {}


def shown(matrix: Any) -> npt.NDArray[np.float64]:
    """Return where a perspective shows four points around the middle of a canvas of 40x60, in turn."""
    middle = np.array([29.5, 19.5])
    return coords.apply(matrix, middle + np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]))


def turn(points: npt.NDArray[np.float64]) -> float:
    """Return the signed area of a polygon: positive if it turns as the corners of a canvas do."""
    x, y = points.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


@pytest.mark.parametrize("distortion", [0.3, 0.66, 0.8, 0.9])
def test_no_perspective_swaps_left_and_right(distortion: float) -> None:
    """A view from the side mirrors nothing; after a flip everything is mirrored, however strong the view."""
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    step = augplug.step("Perspective", distortion=distortion)
    plain = augplug.Augmenter(step, seed=5)
    flipped = augplug.Augmenter(augplug.sequence(augplug.step("HorizontalFlip"), step), seed=5)
    for index in range(400):
        effect = plain.plan(image, index=index).effects(image)[0][0]
        assert isinstance(effect, Warp)
        assert not isinstance(effect.transform, DisplacementField)
        assert turn(shown(effect.transform)) > 0
        for augment, mirrored in ((plain, False), (flipped, True)):
            made = augment(
                image=image, keypoints=augplug.Keypoints([[20, 20], [40, 20]], flip_pairs=((0, 1),)), index=index
            )["keypoints"].array
            before = augment(image=image, keypoints=[[20, 20], [40, 20]], index=index)["keypoints"]
            assert np.allclose(made, before[::-1] if mirrored else before)


@pytest.mark.parametrize("size", [(40, 60), (200, 30)])
def test_strong_perspectives_stay_convex(size: tuple[int, int]) -> None:
    """The picture fills the quadrilateral of its corners and nothing else; weak ones are what they were."""
    height, width = size
    corners = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    inner = np.stack(np.meshgrid(np.linspace(-0.5, width - 0.5, 9), np.linspace(-0.5, height - 0.5, 9)), -1)
    for key in range(2000):
        effect = Perspective(distortion=0.9, key=key).describe(Canvas(*size, 3))[0]
        assert isinstance(effect, Warp)
        assert not isinstance(effect.transform, DisplacementField)
        moved = coords.apply(effect.transform, corners)
        sides = np.roll(moved, -1, axis=0) - moved
        after = np.roll(sides, -1, axis=0)
        assert (sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0] > 0).all()
        seen = coords.apply(effect.transform, inner.reshape(-1, 2))
        for start, side in zip(moved, sides, strict=True):
            assert (side[0] * (seen[:, 1] - start[1]) - side[1] * (seen[:, 0] - start[0]) >= -1e-6).all()


def test_a_mirror_is_seen_at_the_image() -> None:
    """In the middle of the canvas, whatever the matrix is scaled by, and wherever its corner of the upper left lies."""
    for factor in (1.0, -2.0):
        view = np.array([[0.2, 0.1, 3], [-0.8, 0.3, 60], [-0.012, 0.001, 1]]) * factor
        matrix = coords.to_matrix(view)
        assert coords.mirrors(matrix, 40, 60) == (turn(shown(matrix)) < 0)
        assert coords.mirrors(coords.multiply(coords.flip_x(60), matrix), 40, 60) != coords.mirrors(matrix, 40, 60)
