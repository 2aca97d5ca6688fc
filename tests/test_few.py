"""A few boxes and keypoints are plain floats, many are arrays: both move alike, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import augplug
from augplug import coords
from augplug._backends import default_backend, sampling
from augplug._backends.reference import Reference
from augplug._pipeline.follow import Follow, prepare_follow
from augplug._pipeline.masks import mask_kernel
from augplug._sample.boxes import FORMATS, BoxFormat
from augplug._sample.few import FEW, FewBoxes, FewPoints
from augplug._sample.targets import Targets, as_tags, clip, corners_of, edges_of
from augplug.effects import Blend, Noise, Paint, Region, Tone, Warp
from augplug.types import Image, Matrix

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
NUMBERS = st.one_of(st.floats(-60, 60), st.integers(-60, 60).map(float), st.integers(-60, 60).map(lambda n: n + 0.5))
FACTORS = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 0.5]), st.floats(0.01, 2), st.floats(-2, -0.01))


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    a, b, d, e = (draw(FACTORS) for _ in range(4))
    assume(abs(a * e - b * d) > 0.01)
    return ((a, b, draw(NUMBERS)), (d, e, draw(NUMBERS)), (0.0, 0.0, 1.0))


def upright(rows: list[tuple[float, float, float, float]]) -> list[list[float]]:
    return [[min(x, right), min(y, bottom), max(x, right), max(y, bottom)] for x, y, right, bottom in rows]


BOXES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=5).map(upright)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=6)
MOTIONS = st.lists(st.tuples(matrices(), SIZES), max_size=4)


@given(BOXES, SIZES, MOTIONS)
def test_few_boxes_move_as_arrays_do(rows: Any, size: tuple[int, int], transforms: Any) -> None:
    edges = np.array(rows, dtype=np.float64).reshape(-1, 4)
    tags = list(range(len(rows)))
    many = Targets(corners=corners_of(edges), shown=np.ones(len(rows)), tags=as_tags(tags))
    clip(many, size)
    few = Targets()
    few.few_boxes = FewBoxes(rows, tags, size)
    for transform, canvas in transforms:
        for targets in (few, many):
            Follow([Warp(transform=transform, size=canvas)], default_backend(), (*canvas, 3))(targets)
    assert few.few_boxes is not None

    assert np.array_equal(few.shown, many.shown)
    assert np.array_equal(edges_of(few.corners), edges_of(many.corners))
    assert few.tags.tolist() == tags
    assert few.few_boxes is None  # one of the arrays was asked for


@given(POINTS, SIZES, MOTIONS)
def test_few_keypoints_move_as_arrays_do(rows: Any, size: tuple[int, int], transforms: Any) -> None:
    array = np.array(rows, dtype=np.float64)
    seen = np.array([True] * (len(rows) - 1) + [False])
    many = Targets(points=array, visible=seen, swap=((0, 1),))
    clip(many, size)
    few = Targets(swap=((0, 1),))
    few.few_points = FewPoints(array[:, 0].tolist(), array[:, 1].tolist(), seen, size, array)
    for transform, canvas in transforms:
        for targets in (few, many):
            Follow([Warp(transform=transform, size=canvas)], default_backend(), (*canvas, 3))(targets)
    assert few.few_points is not None

    assert np.array_equal(few.visible, many.visible)
    assert np.array_equal(few.points, many.points)


@given(BOXES, st.sampled_from(FORMATS), SIZES)
def test_few_and_many_boxes_are_read_and_returned_alike(rows: Any, name: BoxFormat, size: tuple[int, int]) -> None:
    plain = augplug.Boxes(np.zeros((len(rows), 4)), format=name, labels=list(range(len(rows))))
    edges = np.array(rows, dtype=np.float64).reshape(-1, 4)
    boxes = plain.replace_xyxy(edges, list(plain.label_array()), *size)
    few = plain.moved_few(list(map(tuple, rows)), list(plain.label_array()), *size)

    assert np.array_equal(few.array, boxes.array)
    assert (few.labels, few.format) == (boxes.labels, name)
    assert np.array_equal(np.array(few.rows(*size)).reshape(-1, 4), boxes.to_xyxy(*size))


@pytest.mark.parametrize("kind", [augplug.Boxes, np.asarray, list])
@pytest.mark.parametrize("op", ["Rotate", "HorizontalFlip", "Perspective", "ElasticTransform", "Invert"])
def test_a_box_does_not_depend_on_how_many_there_are(op: str, kind: Any) -> None:
    """Nor on the number of keypoints."""
    augment = augplug.Augmenter(a_step(op), seed=3)
    rng = np.random.default_rng(0)
    first = rng.uniform(-5, 40, (FEW + 1, 2))
    boxes = np.concatenate([first, first + rng.uniform(0, 20, (FEW + 1, 2))], axis=1)
    points = rng.uniform(0, 40, (FEW + 1, 2))
    image = np.zeros((30, 40, 3), np.uint8)
    for index in range(5):
        many = augment(image=image, boxes=kind(boxes.tolist()), keypoints=points.tolist(), index=index)
        one = [
            augment(image=image, boxes=kind([box.tolist()]), keypoints=[point.tolist()], index=index)
            for box, point in zip(boxes, points, strict=True)
        ]
        alone = np.concatenate([array_of(each["boxes"]) for each in one])
        assert np.array_equal(array_of(many["boxes"]), alone)
        assert many["keypoints"] == [each["keypoints"][0] for each in one]


def a_step(op: str) -> Any:
    return augplug.step(op, degrees=(-30, 30)) if op == "Rotate" else augplug.step(op)


def array_of(boxes: Any) -> Any:
    return np.asarray(getattr(boxes, "array", boxes), dtype=np.float64).reshape(-1, 4)


@pytest.mark.parametrize("op", ["Invert", "HorizontalFlip", "Rotate"])
@pytest.mark.parametrize("count", [1, FEW + 1])
def test_nothing_that_is_returned_shares_memory_with_what_was_given(op: str, count: int) -> None:
    made: dict[str, Any]
    mask = np.zeros((30, 40), np.uint8)
    boxes, points = augplug.Boxes([[0, 0, 9, 9]] * count), augplug.Keypoints([[1, 1]] * count)
    rows, pairs = boxes.array.copy(), points.array.copy()
    image = np.zeros((30, 40, 3), np.uint8)
    for given_boxes, given_points in ((boxes, points), (rows, pairs)):
        made = augplug.Augmenter(a_step(op))(
            image=image, mask=mask, masks=[mask], boxes=given_boxes, keypoints=given_points, index=0
        )
        found = [made["mask"], made["masks"][0], array_of(made["boxes"])]
        found.append(getattr(made["keypoints"], "array", made["keypoints"]))
        for one in found:
            assert one.flags.writeable
            for other in (mask, boxes.array, points.array, points.visible, rows, pairs, image):
                assert not np.shares_memory(one, other)
    assert not np.shares_memory(made["mask"], made["masks"][0])


def test_a_subclass_of_boxes_comes_back_as_itself() -> None:
    class Mine(augplug.Boxes):
        pass

    made = augplug.Augmenter(augplug.step("HorizontalFlip"))(
        image=np.zeros((9, 9), np.uint8), boxes=Mine([[0, 0, 2, 2]], min_area=1), index=0
    )["boxes"]
    assert isinstance(made, Mine)
    assert (made.array.tolist(), made.min_area, made.labels) == ([[7, 0, 9, 2]], 1, None)


DTYPES = ["bool", "uint8", "int16", "uint16", "int32", "int64", "float16", "float32", "float64"]


@given(matrices(), SIZES, SIZES, st.sampled_from(DTYPES), st.sampled_from([(), (1,), (2,), (3,), (7,)]))
def test_masks_show_the_pixels_of_the_specification(
    transform: Matrix, size: tuple[int, int], before: tuple[int, int], dtype: str, channels: tuple[int, ...]
) -> None:
    mask = np.random.default_rng(0).integers(0, 99, (*before, *channels)).astype(dtype)
    effect = Warp(transform=transform, size=size, mask_fill=7)
    made = mask_kernel(effect, mask.shape, mask.dtype, Reference())(mask)
    points = sampling.nearest_points(coords.inverse(transform), size)
    fill = np.full(channels or 1, 7).astype(dtype)

    assert np.array_equal(made, sampling.gather(mask, *points, fill))
    assert made.dtype == mask.dtype
    assert made.flags.c_contiguous


@given(matrices(), SIZES, SIZES, st.sampled_from(DTYPES), st.sampled_from([(), (1,), (2,), (3,), (7,)]))
def test_masks_of_every_dtype_show_the_same_points(
    transform: Matrix, size: tuple[int, int], before: tuple[int, int], dtype: str, channels: tuple[int, ...]
) -> None:
    """Those that a uint8 mask of one channel shows, on every backend."""
    mask = np.random.default_rng(0).integers(0, 2, (*before, *channels), np.uint8)
    effect = Warp(transform=transform, size=size, mask_fill=1)

    def moved(mask: Image) -> Image:
        return mask_kernel(effect, mask.shape, mask.dtype, default_backend())(mask)

    alone = [moved(plane) for plane in np.moveaxis(np.atleast_3d(mask), 2, 0).copy()]
    assert np.array_equal(moved(mask.astype(dtype)), np.stack(alone, axis=2).reshape(*size, *channels).astype(dtype))


def test_large_masks_of_every_dtype_are_moved_alike() -> None:
    mask = np.random.default_rng(0).integers(0, 120, (350, 340), np.uint8)
    effect = Warp(transform=coords.rotation(20, 350, 340), size=(350, 340), mask_fill=1)
    expected = mask_kernel(effect, mask.shape, mask.dtype, default_backend())(mask)
    for dtype in DTYPES[1:]:
        other = mask.astype(dtype)
        assert np.array_equal(mask_kernel(effect, other.shape, other.dtype, default_backend())(other), expected), dtype


@pytest.mark.parametrize("fill", [1e-40, 1e30, -7.5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_number_may_stand_outside_a_mask(fill: float, dtype: str) -> None:
    effect = Warp(transform=coords.rotation(30, 64, 64), size=(64, 64), mask_fill=fill)
    moved = mask_kernel(effect, (64, 64), np.dtype(dtype), default_backend())(np.ones((64, 64), dtype))

    assert np.array_equal(moved[0, 0], np.asarray(fill, dtype), equal_nan=True)
    assert moved[32, 32] == 1


def invert(values: Any) -> Any:
    return 255 - values


def test_what_moves_nothing_has_no_mover() -> None:
    effects = (Tone(invert), Noise(key=1, std=2), Blend((1.0,), ((),)))
    assert not prepare_follow(effects, default_backend(), (9, 9))


def test_a_mover_is_used_again_for_any_masks() -> None:
    """It keeps the kernels of a bounded number of shapes and dtypes."""
    flip = Warp(transform=coords.flip_x(9), size=(9, 9))
    paint = Paint(regions=(Region(0, 0, 9, 1),), mask_value=3)
    movers = prepare_follow((flip, paint), default_backend(), (9, 9))
    for _ in range(2):
        for channels in range(1, 20):
            mask = np.random.default_rng(channels).integers(0, 99, (9, 9, channels)).astype(np.uint8)
            targets = Targets([mask])
            for move in movers:
                move(targets)
            assert np.array_equal(targets.masks[0][:, 1:], mask[:, :-1][:, ::-1])
            assert (targets.masks[0][:, 0] == 3).all()
