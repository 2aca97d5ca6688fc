"""Crops that look at boxes and masks: they never lose what they are about, and plans hold what they decided."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import augplug
from augplug.ops.looking import MaskCrop, around
from augplug.types import Canvas, CanvasTargets

IMAGE = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
BOXES = [[10.5, 20.25, 30, 33], [40, 5, 55.5, 18]]
NOWHERE: npt.NDArray[np.float64] = np.zeros((0, 2))


def spots(*classes: int) -> npt.NDArray[np.uint8]:
    """Return a mask with a single pixel of each class."""
    mask = np.zeros((60, 90), np.uint8)
    for number in classes:
        mask[7 * number % 60, 31 * number % 90] = number
    return mask


@pytest.mark.parametrize("extent", [1, 5, 9])
@pytest.mark.parametrize("side", [1, 4, 9])
def test_places_around_a_range(extent: int, side: int) -> None:
    """Every place that holds the range, or lies in it, and no other, within the axis; each as likely."""
    for low in range(extent):
        for high in range(low + 1, extent + 1):
            found = {around(low, high, side, extent, part) for part in np.linspace(0, 1, 200)}
            room = range(extent - side + 1)
            right = {at for at in room if (at <= low and high <= at + side) or (low <= at and at + side <= high)}
            assert found == (right or {-((side - extent) // 2)})


@pytest.mark.parametrize("backend", ["reference", "opencv"])
def test_a_box_safe_crop_loses_nothing(backend: str) -> None:
    """Every box comes back whole at every draw, where a crop without looking loses many."""
    step = augplug.step("BoxSafeCrop", height=24, width=30)
    blind = augplug.Augmenter(augplug.step("RandomResizedCrop", height=24, width=30), seed=1)
    augment = augplug.Augmenter(step, seed=1, backend=backend)
    lost, sizes = 0, set()
    for index in range(300):
        boxes = augplug.Boxes(BOXES, labels=["a", "b"], min_visibility=1.0)
        made = augment(image=IMAGE, boxes=boxes, index=index)
        assert made["image"].shape == (24, 30, 3)
        assert made["boxes"].labels == ["a", "b"]
        lost += len(blind(image=IMAGE, boxes=boxes, index=index)["boxes"].labels) < 2
        sizes.add(round(float(made["boxes"].array[0, 2] - made["boxes"].array[0, 0]), 3))
    assert lost > 100
    assert len(sizes) > 20


def test_a_box_crop_holds_a_box() -> None:
    """One of them is whole, and each of them sometimes; a larger one fills the crop."""
    augment = augplug.Augmenter(augplug.step("BoxCrop", height=24, width=30), seed=2)
    whole: set[str] = set()
    for index in range(200):
        boxes = augplug.Boxes(BOXES, labels=["a", "b"], min_visibility=1.0)
        made = augment(image=IMAGE, boxes=boxes, index=index)["boxes"].labels
        assert made
        whole |= {"".join(made)}
        large = augment(image=IMAGE, boxes=[[5, 3, 85, 58]], index=index)
        assert large["boxes"] == [(0, 0, 30, 24)]
    assert {"a", "b"} <= whole


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float32"])
def test_a_mask_crop_holds_its_class(dtype: str) -> None:
    """Of a single pixel too, which a crop anywhere would show one time in eight."""
    mask = spots(1, 2, 3)
    for value in (None, 2) if dtype != "bool" else (None, 1):
        step = augplug.step("MaskCrop", height=24, width=30, value=value)
        augment, places = augplug.Augmenter(step, seed=3), set()
        for index in range(200):
            made = augment(image=IMAGE, mask=mask.astype(dtype), index=index)
            assert made["image"].shape == (24, 30, 3)
            found = made["mask"] == 2 if value == 2 else made["mask"] != 0
            assert found.any()
            places |= set(map(tuple, np.argwhere(found).tolist()))
        assert len(places) > 100


def test_every_pixel_of_a_class_is_as_likely() -> None:
    """Two pixels of a class, far apart, are each in view about half of the time."""
    mask = np.zeros((60, 90), np.uint8)
    mask[0, 0] = mask[59, 89] = 7
    augment = augplug.Augmenter(augplug.step("MaskCrop", height=8, width=8, value=7), seed=3)
    first = sum(
        bool(augment(image=IMAGE, mask=mask, index=index)["image"][0, 0].tolist() == IMAGE[0, 0].tolist())
        for index in range(400)
    )
    assert 150 < first < 250


@pytest.mark.parametrize("op", ["BoxSafeCrop", "BoxCrop", "MaskCrop"])
def test_without_its_target_a_crop_lies_anywhere(op: str) -> None:
    """An image alone, no boxes, a mask without the class, and a batch of images are no error."""
    augment = augplug.Augmenter(augplug.step(op, height=24, width=30), seed=4)
    alone = [augment(IMAGE, index=index) for index in range(8)]
    given: dict[str, Any] = {"boxes": [], "mask": np.zeros((60, 90), np.uint8)}

    assert len({one.tobytes() for one in alone}) == 8
    for index, one in enumerate(alone):
        assert np.array_equal(augment(image=IMAGE, **given, index=index)["image"], one)
    assert np.array_equal(augment.batch(np.stack([IMAGE] * 8), indices=range(8)), alone)
    assert augment(IMAGE[:9, :9], index=0).shape == (24, 30, 3)


@pytest.mark.parametrize("op", ["BoxSafeCrop", "BoxCrop", "MaskCrop"])
def test_a_plan_replays_what_was_decided(op: str) -> None:
    """To the bit, from JSON, without the targets; a batch decides as the calls do."""
    given: dict[str, Any] = {"boxes": BOXES, "mask": spots(1, 2)}
    node = augplug.sequence(
        augplug.step("HorizontalFlip", p=0.5), augplug.step(op, height=24, width=30), augplug.step("Invert")
    )
    augment = augplug.Augmenter(node, seed=5)
    batch = augment.batch(
        np.stack([IMAGE] * 20), boxes=[BOXES] * 20, mask=[given["mask"]] * 20, indices=list(range(20)), threads=2
    )
    for index in range(20):
        made = augment(image=IMAGE, **given, index=index)
        plan = augment.plan(IMAGE, index=index, **given)
        again = augplug.load_plan(plan.to_json())
        assert np.array_equal(augplug.replay(again, IMAGE), made["image"])
        assert np.array_equal(batch["image"][index], made["image"])
        assert batch["boxes"][index] == made["boxes"]
        assert ("region" if op == "BoxSafeCrop" else "corner") in str(plan)
        assert again.to_json() == plan.to_json()


def test_a_crop_sees_what_the_steps_before_it_left() -> None:
    """The moved boxes on the moved canvas, through an opaque function and raw mixes too."""
    turn = augplug.sequence(
        augplug.step("Rotate90", turns=1),
        augplug.step("SamplePairing", weight=0.3),
        augplug.step("Crop", left=5, top=30, right=60, bottom=80),
        augplug.step("BoxSafeCrop", height=24, width=30),
        augplug.step("BoxCrop", height=12, width=15),
    )
    augment: Any = augplug.Augmenter(turn, seed=6)
    for index in range(50):
        boxes = augplug.Boxes([[30, 20, 34, 24]], min_visibility=1.0)
        made = augment(image=IMAGE, boxes=boxes, index=index, partner=IMAGE[::-1])
        assert len(made["boxes"].array) == 1
        plan = augment.plan(IMAGE, index=index, partner=IMAGE[::-1], boxes=boxes)
        assert np.array_equal(augplug.replay(plan, IMAGE, partner=IMAGE[::-1]), made["image"])


def test_an_output_and_a_mix_come_after_the_decision() -> None:
    """The image is normalised once, and labels and boxes of both are mixed."""
    step = augplug.sequence(augplug.step("HorizontalFlip"), augplug.step("BoxCrop", height=24, width=30))
    output = augplug.Output(layout="CHW")
    made = augplug.Augmenter(step, seed=7, output=output)(image=IMAGE, boxes=BOXES, index=0)
    plain = augplug.Augmenter(step, seed=7)(image=IMAGE, boxes=BOXES, index=0)
    mix = augplug.Augmenter(augplug.sequence(step, augplug.step("CutMix", share=1)), seed=7)
    mixed = mix.batch(np.stack([IMAGE, IMAGE]), boxes=[BOXES, BOXES], indices=[0, 1])

    assert np.allclose(made["image"], plain["image"].transpose(2, 0, 1) / 255, atol=1e-6)
    assert made["boxes"] == plain["boxes"]
    assert all(mixed["boxes"])


def test_a_region_outside_of_the_image_is_refused() -> None:
    """A plan of a larger image says so."""
    plan = augplug.Augmenter(augplug.step("BoxSafeCrop", height=24, width=30)).plan(IMAGE, index=0, boxes=BOXES)
    with pytest.raises(augplug.OperationError, match="BoxSafeCrop decided on columns"):
        augplug.replay(plan, IMAGE[:10, :10])


def test_deciding_is_pure_and_done_once() -> None:
    """The same targets give the same decision, and a decision stays."""
    operation = MaskCrop(height=24, width=30, pixel=0.3, x=0.5, y=0.5)
    targets = CanvasTargets(np.zeros((0, 4)), (), (spots(1),), NOWHERE)
    first = operation.decide(Canvas(60, 90, 3), targets)

    assert first == operation.decide(Canvas(60, 90, 3), targets)
    assert first.decide(Canvas(60, 90, 3), CanvasTargets(np.zeros((0, 4)), (), (spots(2),), NOWHERE)) is first


def test_a_plan_takes_targets_and_nothing_else() -> None:
    """A misspelt keyword is one typed error."""
    augment: Any = augplug.Augmenter(augplug.step("BoxCrop", height=24, width=30))
    with pytest.raises(augplug.SettingsError, match=r"plan has no argument 'boxs'.*'boxes'"):
        augment.plan(IMAGE, index=0, boxs=BOXES)
