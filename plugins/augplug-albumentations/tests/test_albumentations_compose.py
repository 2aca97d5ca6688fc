"""augplug's policies within Albumentations' pipelines: the same as calling an Augmenter, in every format."""

import copy
import json
import pickle
from typing import Any

import albumentations as alb
import numpy as np
import pytest
from augplug_albumentations import AugplugTransform
from skimage import data

import augplug
from augplug import PolicyError, SettingsError, TargetError

PHOTO = np.ascontiguousarray(data.astronaut()[100:164, 180:252])  # type: ignore[no-untyped-call]  # it has no types
"""A part of a photograph, 64 high and 72 wide."""
BOXES = np.array([[5.0, 6.0, 30.0, 40.0], [10.0, 12.0, 50.0, 60.0], [40.0, 20.0, 70.0, 44.0]])
POINTS = np.array([[3.0, 4.0], [50.0, 30.0], [20.0, 20.0]])
LABELS = ["a", "b", "c"]
POLICIES = ("autoaugment-imagenet", "randaugment:n=2,m=12", "trivialaugment-wide", "autoaugment-cifar10")


def pipeline(policy: Any = "randaugment:n=2,m=12", seed: int = 5, **params: Any) -> Any:
    """A pipeline of one policy that takes everything."""
    boxes = alb.BboxParams(**{"format": "pascal_voc", "label_fields": ["labels"]} | params)
    points = alb.KeypointParams(format="xy", remove_invisible=False)
    return alb.Compose([AugplugTransform(policy)], bbox_params=boxes, keypoint_params=points, seed=seed)


def everything() -> Any:
    return {"image": PHOTO, "mask": PHOTO[..., 0] // 64, "bboxes": BOXES, "labels": LABELS, "keypoints": POINTS}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_in_compose_is_the_augmenter_itself(policy: Any) -> None:
    """Image, masks, boxes, labels and points are those of a call with the index that the pipeline drew."""
    pipe, augment = pipeline(policy), augplug.Augmenter(policy)
    changed = 0
    for _ in range(40):
        masks = [PHOTO[..., 1] // 64, PHOTO[..., 2] // 64]
        made = pipe(**everything(), masks=masks)
        index = pipe.transforms[0].get_applied_params()["index"]
        boxes = augplug.Boxes(BOXES, labels=LABELS)
        direct = augment(image=PHOTO, masks=[PHOTO[..., 0] // 64, *masks], boxes=boxes, keypoints=POINTS, index=index)

        assert np.array_equal(made["image"], direct["image"])
        for mask, expected in zip([made["mask"], *made["masks"]], direct["masks"], strict=True):
            assert np.array_equal(mask, expected)
        assert list(made["labels"]) == list(direct["boxes"].labels)
        assert np.allclose(made["bboxes"], direct["boxes"].array, atol=1e-3)
        assert np.allclose(made["keypoints"], direct["keypoints"], atol=1e-3)
        changed += int(not np.allclose(made["keypoints"], POINTS))
    assert changed > 2


@pytest.mark.parametrize("form", ["coco", "yolo", "albumentations", "pascal_voc"])
def test_every_format_of_boxes_is_kept(form: Any) -> None:
    """The same draw in four formats gives the same boxes."""
    scale = np.array([72, 64, 72, 64])
    given = {
        "pascal_voc": BOXES,
        "coco": np.hstack([BOXES[:, :2], BOXES[:, 2:] - BOXES[:, :2]]),
        "albumentations": BOXES / scale,
        "yolo": np.hstack([(BOXES[:, :2] + BOXES[:, 2:]) / 2, BOXES[:, 2:] - BOXES[:, :2]]) / scale,
    }[form]
    expected = pipeline()(**everything())["bboxes"]
    made = np.asarray(pipeline(format=form)(**everything() | {"bboxes": given})["bboxes"])
    if form == "coco":
        made[:, 2:] += made[:, :2]
    elif form == "yolo":
        made = np.hstack([made[:, :2] - made[:, 2:] / 2, made[:, :2] + made[:, 2:] / 2]) * scale
    elif form == "albumentations":
        made = made * scale

    assert np.allclose(made, expected, atol=1e-2)


def test_the_pipelines_seed_decides() -> None:
    first, again, other = (pipeline(seed=seed) for seed in (5, 5, 6))
    rows = [[pipe(**everything())["image"] for _ in range(8)] for pipe in (first, again, other)]

    assert all(np.array_equal(one, two) for one, two in zip(rows[0], rows[1], strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(rows[0], rows[2], strict=True))
    assert len({image.tobytes() for image in rows[0]}) > 3


def test_p_is_the_probability_of_the_policy() -> None:
    pipe = alb.Compose([AugplugTransform(augplug.step("Invert"), p=0.3)], seed=5)
    inverted = sum(int(np.array_equal(pipe(image=PHOTO)["image"], 255 - PHOTO)) for _ in range(300))

    assert 60 < inverted < 120


def test_it_stands_among_other_transforms() -> None:
    pipe = alb.Compose([alb.HorizontalFlip(p=1.0), AugplugTransform(augplug.step("Invert")), alb.VerticalFlip(p=1.0)])

    assert np.array_equal(pipe(image=PHOTO)["image"], 255 - PHOTO[::-1, ::-1])


def test_a_policy_that_changes_the_size() -> None:
    crop = augplug.step("RandomCrop", height=40, width=48)
    made = pipeline(crop)(**everything())

    assert made["image"].shape == (40, 48, 3)
    assert np.array_equal(made["mask"], made["image"][..., 0] // 64)


def test_additional_targets_move_too() -> None:
    names = {"second": "image", "other": "mask", "more": "bboxes", "dots": "keypoints"}
    params = {"bbox_params": alb.BboxParams(format="pascal_voc"), "keypoint_params": alb.KeypointParams(format="xy")}
    pipe = alb.Compose([AugplugTransform(augplug.step("HorizontalFlip", p=1))], additional_targets=names, **params)
    rows = np.hstack([BOXES, [[0], [1], [2]]])
    made = pipe(image=PHOTO, second=255 - PHOTO, other=PHOTO[..., 0], bboxes=rows, more=rows[1:], dots=POINTS)

    assert np.array_equal(made["second"], 255 - made["image"])
    assert np.array_equal(made["other"], made["image"][..., 0])
    assert np.allclose(made["more"], made["bboxes"][1:])
    assert np.allclose(made["more"][:, 0], 72 - BOXES[1:, 2])
    assert np.allclose(made["dots"][:, 0], 71 - POINTS[:, 0])


def test_limits_of_boxes_are_the_pipelines() -> None:
    """A box is judged by what it lost, though augplug has already cut it."""
    left = augplug.step("Crop", left=36, right=72, top=0, bottom=64)
    kept = pipeline(left)(**everything())
    strict = pipeline(left, min_visibility=0.5)(**everything())

    assert list(kept["labels"]) == ["b", "c"]
    assert list(strict["labels"]) == ["c"]


def test_saved_pipelines_come_back(tmp_path: Any) -> None:
    """`A.to_dict`, JSON and `A.save` hold the policy itself; objects pickle and copy."""
    node = augplug.one_of(augplug.step("Rotate", degrees=(-30, 30)), augplug.step("Posterize", bits=(2, 6)))
    pipe = pipeline(node)
    alb.save(pipe, tmp_path / "pipe.json")
    copies = [
        alb.from_dict(json.loads(json.dumps(alb.to_dict(pipe)))),
        alb.load(tmp_path / "pipe.json"),
        pickle.loads(pickle.dumps(pipe)),  # DataLoader workers get their transforms like this
        copy.deepcopy(pipe),
    ]
    expected = [pipeline(node)(**everything())["image"]]
    for other in copies:
        other.set_random_seed(5)
        assert np.array_equal(other(**everything())["image"], expected[0])


def test_replay_compose_replays() -> None:
    replayed = alb.ReplayCompose([AugplugTransform("randaugment:n=2,m=12"), alb.HorizontalFlip(p=0.5)])
    for _ in range(10):
        made = replayed(image=PHOTO, mask=PHOTO[..., 0])
        again = alb.ReplayCompose.replay(json.loads(json.dumps(made["replay"], default=str)), image=PHOTO)

        assert np.array_equal(again["image"], made["image"])


def test_operations_of_this_plugin_work_inside_too() -> None:
    """A transform of Albumentations in a policy of augplug in a pipeline of Albumentations."""
    made = pipeline(augplug.sequence(augplug.step("AHorizontalFlip"), augplug.step("Invert")))(**everything())

    assert np.array_equal(made["image"], 255 - PHOTO[:, ::-1])
    assert np.allclose(made["keypoints"][:, 0], 71 - POINTS[:, 0])


def test_what_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="mixes images, and Compose has one at a time"):
        AugplugTransform(augplug.step("MixUp"))
    with pytest.raises(SettingsError, match="no policy"):
        AugplugTransform("randomaugment")
    with pytest.raises(PolicyError, match="no operation"):
        AugplugTransform({"augplug_policy": 1, "policy": {"op": "Rotat"}})
    with pytest.raises(SettingsError, match="probability"):
        AugplugTransform("trivialaugment-wide", p=1.5)
    turned = alb.KeypointParams(format="xya")
    with pytest.raises(TargetError, match="turns none"):
        alb.Compose([AugplugTransform("trivialaugment-wide")], keypoint_params=turned)(
            image=PHOTO, keypoints=[[1, 2, 3]]
        )
