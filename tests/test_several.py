"""Several images, videos and targets without an image: one draw for all that a call holds, and the same in a replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from scipy import ndimage

import augplug
from augplug.errors import AugplugError, ImageError, PlanError, TargetError

RANDOM = np.random.default_rng(0)
LEFT = RANDOM.integers(0, 256, (40, 50, 3)).astype(np.uint8)
RIGHT = RANDOM.integers(0, 256, (40, 50, 3)).astype(np.uint8)
DEPTH = RANDOM.random((40, 50)).astype(np.float32)
IMAGES: dict[str, npt.NDArray[Any]] = {"left": LEFT, "right": RIGHT, "depth": DEPTH}
VIDEO = RANDOM.integers(0, 256, (5, 40, 50, 3)).astype(np.uint8)
MASK = (LEFT[..., 0] > 99).astype(np.int32)
BOXES = np.array([[3.0, 4, 20, 30], [25, 5, 45, 38]])
POINTS = np.array([[3.0, 4], [40, 20]])
POLICY = augplug.sequence(
    augplug.step("Rotate", degrees=(-30, 30), border="reflect"),
    augplug.step("Brightness", factor=(0.5, 1.5)),
    augplug.step("Cutout", size=0.3, mask_value=3),
    augplug.step("GaussianNoise", std=4.0),
    augplug.step("RandomCrop", height=32, width=36),
)
EACH = pytest.mark.parametrize("backend", ["reference", "opencv"])


def augmenter(backend: str = "opencv", **settings: Any) -> augplug.Augmenter:
    return augplug.Augmenter(POLICY, seed=3, backend=backend, **settings)


@EACH
def test_images_by_name_are_each_what_they_are_alone(backend: str) -> None:
    augment = augmenter(backend)
    for index in range(10):
        made = augment(images=IMAGES, mask=MASK, boxes=BOXES, keypoints=POINTS, label=7, index=index)
        alone = augment(image=LEFT, mask=MASK, boxes=BOXES, keypoints=POINTS, index=index)

        assert list(made) == ["images", "mask", "boxes", "keypoints", "label"]
        assert list(made["images"]) == ["left", "right", "depth"]
        for name, image in IMAGES.items():
            assert made["images"][name].dtype == image.dtype
            assert np.array_equal(made["images"][name], augment(image, index=index))
        for name in ("mask", "boxes", "keypoints"):
            assert np.array_equal(made[name], alone[name])


@EACH
def test_all_frames_of_a_video_share_the_draw(backend: str) -> None:
    augment = augmenter(backend)
    made = augment(video=VIDEO, mask=MASK, key="clip.mp4", epoch=2)

    assert made["video"].dtype == np.uint8
    assert np.array_equal(made["video"], [augment(frame, key="clip.mp4", epoch=2) for frame in VIDEO])
    assert np.array_equal(made["mask"], augment(image=VIDEO[0], mask=MASK, key="clip.mp4", epoch=2)["mask"])
    again = augment(image=LEFT, images={"right": RIGHT}, video=VIDEO, key="clip.mp4", epoch=2)
    assert np.array_equal(again["video"], made["video"])
    assert np.array_equal(again["image"], augment(LEFT, key="clip.mp4", epoch=2))
    assert np.array_equal(again["images"]["right"], augment(RIGHT, key="clip.mp4", epoch=2))


def test_a_video_without_frames_keeps_its_shape() -> None:
    for video in (VIDEO[:0], VIDEO[:0, ..., :1].astype(np.float32)):
        made = augmenter()(video=video, boxes=BOXES, index=0)

        assert (made["video"].shape, made["video"].dtype) == ((0, 32, 36, video.shape[3]), video.dtype)
        assert np.array_equal(made["boxes"], augmenter()(image=LEFT, boxes=BOXES, index=0)["boxes"])


def test_an_output_ends_every_image() -> None:
    output = augplug.Output(mean=0.5, std=0.25, layout="CHW")
    augment = augmenter(output=output)
    made = augment(images={"left": LEFT}, video=VIDEO, index=1)

    assert (made["video"].shape, made["video"].dtype) == ((5, 3, 32, 36), np.float32)
    assert np.array_equal(made["images"]["left"], augment(LEFT, index=1))
    assert np.array_equal(made["video"][4], augment(VIDEO[4], index=1))


def test_pictures_and_tensors_come_back_as_such() -> None:
    torch = pytest.importorskip("torch")
    pictures = pytest.importorskip("PIL.Image")
    augment = augmenter()
    tensor = torch.from_numpy(np.ascontiguousarray(VIDEO.transpose(0, 3, 1, 2)))
    made = augment(images={"left": pictures.fromarray(LEFT)}, video=tensor, index=0)

    assert np.array_equal(np.asarray(made["images"]["left"]), augment(LEFT, index=0))
    assert np.array_equal(made["video"].numpy().transpose(0, 2, 3, 1), augment(video=VIDEO, index=0)["video"])


def test_alpha_of_one_image_moves_with_it() -> None:
    rgba = np.dstack([LEFT, np.full((40, 50), 255, np.uint8)])
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=(10, 30)), channels="RGBA")
    made = augment(images={"left": rgba, "right": rgba}, video=rgba[None], index=0)

    assert np.array_equal(made["images"]["right"], augment(rgba, index=0))
    assert np.array_equal(made["video"][0], augment(rgba, index=0))


@EACH
@pytest.mark.parametrize("name", ["images", "video"])
def test_alpha_of_several_images_is_that_of_each_alone(name: str, backend: str) -> None:
    """Tones, noise and painting leave alpha; a rotation moves it, with the image's border; a crop cuts it."""
    alpha = RANDOM.integers(0, 256, (2, 40, 50, 1)).astype(np.uint8)
    pair = np.concatenate([np.stack([LEFT, RIGHT]), alpha], axis=3)
    augment = augmenter(backend, channels="RGBA")
    given: dict[str, Any] = {"images": {"left": pair[0], "right": pair[1]}} if name == "images" else {"video": pair}
    made = augment(**given, index=4)[name]
    for place, key in enumerate(("left", "right")):
        one = made[key] if name == "images" else made[place]
        assert np.array_equal(one, augment(pair[place], index=4))
        assert one.shape == (32, 36, 4)
    opaque = pair.copy()
    opaque[..., 3] = 255
    tones = augplug.Augmenter(augplug.sequence(*POLICY.children[1:4]), backend=backend, channels="RGBA")
    still = tones(images={"left": opaque[0], "right": LEFT.repeat(2, axis=2)[..., 1:5]}, index=0)["images"]
    assert (still["left"][..., 3] == 255).all()
    assert np.array_equal(still["right"][..., 3], LEFT[..., 2])


def test_pictures_with_and_without_alpha_come_back_in_their_modes() -> None:
    """A PIL image says itself that it has alpha: one call may hold both kinds."""
    rgba = np.dstack([LEFT, np.full((40, 50), 255, np.uint8)])
    pictures = {"a": Image.fromarray(rgba), "b": Image.fromarray(RIGHT), "c": Image.fromarray(rgba).convert("LA")}
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=45))
    made = augment(images=pictures, index=0)["images"]
    assert [made[name].mode for name in "abc"] == ["RGBA", "RGB", "LA"]
    assert np.array_equal(np.asarray(made["a"])[..., 3], np.asarray(made["c"])[..., 1])
    assert np.asarray(made["a"])[0, 0, 3] == 0  # outside is transparent
    inverted = augplug.Augmenter(augplug.step("Invert"))(images=pictures, index=0)["images"]
    assert all(np.asarray(inverted[name])[..., -1].min() == 255 for name in "ac")


@EACH
def test_targets_without_an_image_move_as_with_one(backend: str) -> None:
    augment = augmenter(backend)
    for index in range(10):
        whole = augment(image=LEFT, mask=MASK, boxes=BOXES, keypoints=POINTS, index=index)
        by_mask = augment(mask=MASK, boxes=BOXES, keypoints=POINTS, index=index)
        by_masks = augment(masks=[MASK], image=None, index=index)
        by_size = augment(boxes=BOXES, keypoints=POINTS, size=(40, 50), label="cat", index=index)

        assert list(by_mask) == ["mask", "boxes", "keypoints"]
        assert all(np.array_equal(by_mask[name], whole[name]) for name in by_mask)
        assert np.array_equal(by_masks["masks"][0], whole["mask"])
        assert all(np.array_equal(by_size[name], whole[name]) for name in ("boxes", "keypoints"))
        assert (by_size["size"], by_size["label"]) == ((32, 36), "cat")


def test_a_mask_that_nothing_moves_is_a_copy() -> None:
    made = augplug.Augmenter(augplug.step("Invert"))(mask=MASK, index=0)["mask"]

    assert np.array_equal(made, MASK)
    assert not np.shares_memory(made, MASK)


def test_what_looks_at_targets_decides_once_for_all_images() -> None:
    """A crop that keeps the boxes crops every image, and targets without an image, as the image with the targets."""
    steps = (augplug.step("BoxSafeCrop", height=24, width=30), augplug.step("HorizontalFlip", p=0.5))
    augment = augplug.Augmenter(augplug.sequence(*steps), seed=1)
    for index in range(20):
        made = augment(images=IMAGES, video=VIDEO, boxes=BOXES[:1], index=index)
        alone = augment(image=LEFT, boxes=BOXES[:1], index=index)
        plan = augment.plan(images=IMAGES, boxes=BOXES[:1], index=index)
        again = augplug.replay(augplug.load_plan(plan.to_json()), images=IMAGES, boxes=BOXES[:1])

        assert np.array_equal(made["images"]["left"], alone["image"])
        assert np.array_equal(made["images"]["right"], augment(image=RIGHT, boxes=BOXES[:1], index=index)["image"])
        assert np.array_equal(made["video"][3], augment(image=VIDEO[3], boxes=BOXES[:1], index=index)["image"])
        assert np.array_equal(augment(boxes=BOXES[:1], size=(40, 50), index=index)["boxes"], alone["boxes"])
        assert all(np.array_equal(again["images"][name], made["images"][name]) for name in IMAGES)
        assert np.array_equal(again["boxes"], made["boxes"])


STEPS = [augplug.step("CutMix"), augplug.step("MixUp"), augplug.step("SamplePairing", weight=0.3)]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.op)
def test_a_policy_that_mixes_mixes_each_image_with_its_own(step: Any) -> None:
    augment = augplug.Augmenter(step, seed=2)
    partner = {"images": {"left": RIGHT, "right": LEFT}, "boxes": BOXES + 1}
    made = augment(images={"left": LEFT, "right": RIGHT}, boxes=BOXES, index=3, partner=partner)
    alone = augment(image=LEFT, boxes=BOXES, index=3, partner={"image": RIGHT, "boxes": BOXES + 1})

    assert np.array_equal(made["images"]["left"], alone["image"])
    assert np.array_equal(made["boxes"], alone["boxes"])
    assert np.array_equal(made["images"]["right"], augment(RIGHT, index=3, partner=LEFT))
    plan = augplug.load_plan(augment.plan(images={"left": LEFT, "right": RIGHT}, index=3, partner=partner).to_json())
    again = augplug.replay(plan, images={"left": LEFT, "right": RIGHT}, boxes=BOXES, partner=partner)
    assert np.array_equal(again["images"]["right"], made["images"]["right"])
    with pytest.raises(PlanError, match="another partner"):
        augplug.replay(plan, images={"left": LEFT, "right": RIGHT}, partner={"images": {"left": LEFT, "right": LEFT}})


def test_a_replay_takes_all_that_a_call_takes() -> None:
    for interpolation in (None, "linear"):
        augment = augmenter(mask_interpolation=interpolation)
        plan = augplug.load_plan(augment.plan(images=IMAGES, index=6, epoch=1).to_json())
        given: dict[str, Any] = {"images": IMAGES, "video": VIDEO, "mask": MASK, "boxes": BOXES, "keypoints": POINTS}
        made, expected = augplug.replay(plan, **given), augment(**given, index=6, epoch=1)

        assert plan.images == ("left", "right", "depth")
        assert list(made) == list(expected)
        for name in ("video", "mask", "boxes", "keypoints"):
            assert np.array_equal(made[name], expected[name])
        assert all(np.array_equal(made["images"][name], expected["images"][name]) for name in IMAGES)
        with_image = augplug.replay(augment.plan(LEFT, index=2), LEFT, mask=MASK, boxes=augplug.Boxes(BOXES))
        assert np.array_equal(with_image["mask"], augment(image=LEFT, mask=MASK, index=2)["mask"])
        assert np.array_equal(augplug.replay(augment.plan(index=2), mask=MASK)["mask"], with_image["mask"])


def test_a_plan_is_of_format_2_only_if_it_says_something_new() -> None:
    plain, interpolated = augplug.Augmenter("randaugment"), augplug.Augmenter("randaugment", mask_interpolation="cubic")

    assert json.loads(plain.plan(LEFT, index=0).to_json())["augplug_plan"] == 1
    document = json.loads(interpolated.plan(images={"a": LEFT}, index=0).to_json())
    assert [document[name] for name in ("augplug_plan", "mask_interpolation", "images")] == [2, "cubic", ["a"]]
    assert json.loads(plain.plan(LEFT, index=0).to_json())["steps"] == document["steps"]
    for wrong in ({"images": "a"}, {"images": [1]}, {"mask_interpolation": "area"}):
        with pytest.raises(PlanError):
            augplug.load_plan(json.dumps(document | wrong))


@EACH
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int64", "bool", "float32", "float64"])
def test_another_interpolation_for_masks(dtype: str, backend: str) -> None:
    """Beside scipy's: integers are rounded, booleans are true from a half on, and the image is as it was."""
    step = augplug.step("Rotate", degrees=20, interpolation="cubic", mask_fill=1)
    linear = augplug.Augmenter(step, mask_interpolation="linear", backend=backend)
    mask = (ndimage.gaussian_filter(RANDOM.random((40, 50)), 2) > 0.5 if dtype == "bool" else DEPTH * 200).astype(dtype)
    made = linear(image=LEFT, mask=mask, index=0)
    turn = np.deg2rad(20)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])  # of row and column
    centre = np.array([19.5, 24.5])
    real = ndimage.affine_transform(
        mask.astype(np.float64), matrix, centre - matrix @ centre, order=1, mode="grid-constant", cval=1.0
    )
    expected = real >= 0.5 if dtype == "bool" else np.floor(real + 0.5) if mask.dtype.kind in "iu" else real

    assert made["mask"].dtype == mask.dtype
    near = 1.0 if mask.dtype.kind in "iu" else 0.5 if mask.dtype.kind == "f" else 0
    apart = np.abs(made["mask"].astype(np.float64) - expected)
    assert (apart > near).mean() <= (0.01 if dtype == "bool" else 0)
    assert np.array_equal(made["image"], augplug.Augmenter(step, backend=backend)(LEFT, index=0))


def test_float_masks_by_nearest_neighbour_hold_no_new_value() -> None:
    step = augplug.step("Rotate", degrees=20, interpolation="linear")
    made = augplug.Augmenter(step, mask_interpolation="nearest")(image=LEFT, mask=DEPTH, index=0)["mask"]

    assert set(np.unique(made)) <= {*np.unique(DEPTH), 0.0}


WRONG: dict[str, tuple[type[AugplugError], Callable[[Any], object]]] = {
    "'left' has .40, 50., 'right' .39, 50.": (ImageError, lambda a: a(images={"left": LEFT, "right": RIGHT[1:]})),
    "image has .40, 50., video .40, 49.": (ImageError, lambda a: a(image=LEFT, video=VIDEO[:, :, 1:])),
    "maps names to images": (ImageError, lambda a: a(images=[LEFT, RIGHT])),
    r"frames \(T, H, W, C\), not \(5, 40, 50\)": (ImageError, lambda a: a(video=VIDEO[..., 0])),
    "not list": (ImageError, lambda a: a(video=[LEFT])),
    "a mask is an array": (TargetError, lambda a: a(images=IMAGES, mask=MASK[1:])),
    r"size=\(height, width\)": (TargetError, lambda a: a(boxes=BOXES)),
    "the mask says the size": (TargetError, lambda a: a(mask=MASK, size=(40, 50))),
    "the image says the size": (TargetError, lambda a: a(image=LEFT, size=(40, 50))),
    "two integers of at least 1": (TargetError, lambda a: a(boxes=BOXES, size=(0, 50))),
    "two integers": (TargetError, lambda a: a(boxes=BOXES, size=40)),
    "no argument 'vidoe'": (TargetError, lambda a: a(vidoe=VIDEO)),
    "batch has no argument 'video'": (TargetError, lambda a: a.batch(VIDEO, video=[VIDEO])),
    "mixes no images": (TargetError, lambda a: a(images=IMAGES, partner={"images": IMAGES})),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_call_is_one_typed_error(message: str) -> None:
    kind, call = WRONG[message]
    with pytest.raises(kind, match=message) as caught:
        call(augmenter())

    assert len(str(caught.value)) < 250


def test_other_typed_errors() -> None:
    mixing = augplug.Augmenter(augplug.step("MixUp"))
    with pytest.raises(TargetError, match="a policy that mixes images needs them"):
        mixing(boxes=BOXES, size=(40, 50), index=0)
    with pytest.raises(TargetError, match="lacks or adds 'right'"):
        mixing(images={"left": LEFT, "right": RIGHT}, partner={"images": {"left": LEFT}}, index=0)
    with pytest.raises(PlanError, match="made for the images left, right, depth, not left"):
        augplug.replay(augmenter().plan(images=IMAGES, index=0), images={"left": LEFT})
    with pytest.raises(AugplugError, match="mask_interpolation is nearest, linear or cubic, not 'area'"):
        augplug.Augmenter("randaugment", mask_interpolation="area")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ImageError, match="more than 100 pixels"):
        augmenter(max_pixels=100)(mask=MASK, index=0)
