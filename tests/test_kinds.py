"""What comes back: the dtype, the container and the shape of what was given, and never its memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pictures

import augplug
from augplug._sample.few import FEW
from augplug.errors import TargetError

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
MASK = IMAGE[..., 0] // 32
STEPS = {
    "nothing": augplug.step("Identity"),
    "a flip": augplug.step("HorizontalFlip"),
    "a turn": augplug.step("Rotate", degrees=20),
    "a bend": augplug.step("ElasticTransform"),
}
EVERY = pytest.mark.parametrize("name", STEPS)
BOX, POINT = [3.0, 4.0, 12.0, 15.0], [5.0, 6.0]


def augment(name: str) -> Any:
    """Return an Augmenter of one of the steps."""
    return augplug.Augmenter(STEPS[name])


@EVERY
@pytest.mark.parametrize("count", [0, 1, FEW + 1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_boxes_and_points_keep_their_dtype(name: str, dtype: str, count: int) -> None:
    """Plain arrays, Boxes and Keypoints; integers become float64, since rounding would move them."""
    boxes, points = np.zeros((count, 4), dtype) + np.array(BOX, dtype), np.zeros((count, 2), dtype)
    made = augment(name)(image=IMAGE, boxes=boxes, keypoints=points, index=0)
    held = augment(name)(image=IMAGE, boxes=augplug.Boxes(boxes), keypoints=augplug.Keypoints(points), index=0)
    whole = augment(name)(image=IMAGE, boxes=boxes.astype(np.int64), keypoints=points.astype(np.int32), index=0)

    assert (made["boxes"].dtype, made["boxes"].shape) == (boxes.dtype, (count, 4))
    assert (made["keypoints"].dtype, made["keypoints"].shape) == (points.dtype, (count, 2))
    assert np.array_equal(held["boxes"].array, made["boxes"])
    assert np.array_equal(held["keypoints"].array, made["keypoints"])
    assert (held["boxes"].array.dtype, held["keypoints"].array.dtype) == (boxes.dtype, points.dtype)
    assert (whole["boxes"].dtype, whole["keypoints"].dtype) == (np.float64, np.float64)


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("count", [0, 1, FEW + 1])
def test_lists_and_tuples_come_back(kind: Any, count: int) -> None:
    """Of rows, of their labels, of masks, and of a row of class weights."""
    mix = augplug.Augmenter(augplug.step("MixUp"), classes=3)
    given = {"boxes": kind([BOX] * count), "labels": kind(["a"] * count), "keypoints": kind([POINT] * count)}
    made = augment("a flip")(image=IMAGE, masks=kind([MASK] * count), **given, index=0)
    mixed = mix(image=IMAGE, label=kind([0.5, 0.5, 0]), partner={"image": IMAGE, "label": 1}, index=0)

    for keyword in given:
        assert (type(made[keyword]), len(made[keyword])) == (kind, count), keyword
    assert (type(made["masks"]), len(made["masks"])) == (kind, count)
    assert mixed["label"].__class__ is kind


@EVERY
@pytest.mark.parametrize("dtype", ["int32", "float32", "U3", "object"])
def test_labels_of_no_box_keep_their_shape(name: str, dtype: str) -> None:
    """Rows of class scores stay rows, and so in Boxes."""
    lost = augplug.Augmenter(augplug.sequence(STEPS[name], augplug.step("Crop", left=29, top=19, right=30, bottom=20)))
    for labels in (np.ones((1, 7)).astype(dtype), np.ones((1, 2, 3)).astype(dtype), np.ones(1).astype(dtype)):
        for boxes in ({"boxes": [BOX], "labels": labels}, {"boxes": augplug.Boxes([BOX], labels=labels)}):
            some: dict[str, Any] = augment(name)(image=IMAGE, **boxes, index=0)
            none: dict[str, Any] = lost(image=IMAGE, **boxes, index=0)
            for made, count in ((some, 1), (none, 0)):
                found = made["labels"] if "labels" in made else made["boxes"].labels
                assert (found.shape, found.dtype) == ((count, *labels.shape[1:]), labels.dtype)
                assert not np.shares_memory(found, labels)
            assert np.array_equal(some["labels"] if "labels" in some else some["boxes"].labels, labels)


@EVERY
@pytest.mark.parametrize("shape", [(5, 20, 30), (5, 20, 30, 2), (0, 20, 30), (1, 20, 30), (0, 20, 30, 4)])
def test_masks_in_one_array(name: str, shape: tuple[int, ...]) -> None:
    """`(N, H, W)` is N masks, moved as each by itself."""
    masks = np.random.default_rng(1).integers(0, 9, shape).astype(np.uint8)
    made = augment(name)(image=IMAGE, masks=masks, index=0)["masks"]

    assert (made.shape, made.dtype) == (shape, masks.dtype)
    assert not np.shares_memory(made, masks)
    for one, mask in zip(made, masks, strict=True):
        assert np.array_equal(one, augment(name)(image=IMAGE, mask=mask, index=0)["mask"])
    turned = augplug.Augmenter(augplug.step("Rotate90", turns=1))(image=IMAGE, masks=masks, index=0)["masks"]
    assert turned.shape == (shape[0], 30, 20, *shape[3:])


def test_a_mask_of_no_channel() -> None:
    """As detection has it where nothing was found."""
    for name in STEPS:
        made = augment(name)(image=IMAGE, mask=np.zeros((20, 30, 0), np.uint8), index=0)["mask"]
        assert made.shape == (20, 30, 0)


def test_malformed_masks_are_refused() -> None:
    """One array has three or four axes."""
    with pytest.raises(TargetError, match=r"masks in one array are \(N, H, W\)"):
        augment("a flip")(image=IMAGE, masks=MASK, index=0)


@EVERY
@pytest.mark.parametrize("mode", ["1", "L", "P", "I", "F", "I;16", "RGB"])
def test_pictures_of_every_mode_are_masks(name: str, mode: str) -> None:
    """They come back in their mode, a palette with its colours."""
    picture = Pictures.fromarray((MASK // 4).astype(bool)) if mode == "1" else Pictures.fromarray(MASK).convert("L")
    if mode == "P":
        picture.putpalette([7 * number % 256 for number in range(24)])
    elif mode == "I;16":
        picture = Pictures.fromarray(MASK.astype(np.uint16))
    elif mode != "1":
        picture = picture.convert(mode)
    made = augment(name)(image=IMAGE, mask=picture, index=0)["mask"]
    expected = augment(name)(image=IMAGE, mask=np.asarray(picture).copy(), index=0)["mask"]

    assert made.mode == mode
    assert np.array_equal(np.asarray(made), expected)
    assert made.getpalette() == picture.getpalette()


def test_a_picture_that_is_no_mask_is_refused() -> None:
    """Converting it is up to whoever knows what it means."""
    with pytest.raises(TargetError, match="a mask is a PIL image of mode"):
        augment("a flip")(image=IMAGE, mask=Pictures.fromarray(IMAGE).convert("CMYK"), index=0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_class_weights_keep_their_dtype(dtype: str) -> None:
    """Mixed or not; the number of a class becomes float64."""
    row = np.array([0.25, 0.75], dtype)
    for op in ("MixUp", "CutMix"):
        mix = augplug.Augmenter(augplug.step(op, share=0.5), classes=2)
        made = mix(image=IMAGE, label=row, partner={"image": IMAGE, "label": row[::-1]}, index=0)["label"]
        assert made.dtype == row.dtype
        assert mix(image=IMAGE, label=1, partner={"image": IMAGE, "label": 0}, index=0)["label"].dtype == np.float64


@pytest.mark.parametrize("label", [np.array([0.2, 0.8]), [0.2, 0.8], {"a": [1]}, np.array(3)])
@EVERY
def test_a_label_is_not_the_one_that_was_given(name: str, label: Any) -> None:
    """It is equal, and its container is its own."""
    made = augment(name)(image=IMAGE, label=label, index=0)["label"]

    assert type(made) is type(label)
    assert np.array_equal(made, label)
    assert made is not label


@EVERY
def test_labels_in_a_list_are_copied(name: str) -> None:
    """Rows of arrays in a list belong to the caller."""
    labels = [np.ones(3)]
    made = augment(name)(image=IMAGE, boxes=[BOX], labels=labels, index=0)["labels"]

    assert np.array_equal(made, labels)
    assert not np.shares_memory(made[0], labels[0])


def test_columns_of_a_batch_come_back_in_their_container() -> None:
    """An array of masks and one of labels stay arrays, a list a list; boxes that are lost leave a list."""
    images = np.stack([IMAGE, IMAGE[::-1]])
    masks: npt.NDArray[Any] = images[..., 0] // 32
    flip: Any = augment("a flip")
    made = flip.batch(images, mask=masks, label=np.array([3, 4]), keypoints=[[POINT], []], indices=[0, 1])
    boxes = flip.batch(images, boxes=np.array([[BOX, BOX], [BOX, [-9, -9, -5, -5]]]), indices=[0, 1])["boxes"]

    assert np.array_equal(made["mask"], masks[:, :, ::-1])
    assert made["mask"].dtype == masks.dtype
    assert (made["label"].tolist(), made["label"].dtype) == ([3, 4], np.int64)
    assert isinstance(made["keypoints"], list)
    assert [len(rows) for rows in boxes] == [2, 1]
    assert flip.batch(images, label=(1, 2), indices=[0, 1])["label"] == (1, 2)


@EVERY
def test_tensors(name: str) -> None:
    """Images, masks, boxes, keypoints and labels: dtype and device, and none shares memory."""
    torch = pytest.importorskip("torch")
    given: dict[str, Any] = {
        "image": torch.from_numpy(IMAGE.transpose(2, 0, 1).copy()),
        "mask": torch.from_numpy(MASK.astype(np.int64)),
        "masks": torch.from_numpy(np.stack([MASK, MASK])),
        "boxes": torch.tensor([BOX], dtype=torch.float16, requires_grad=True),
        "labels": torch.tensor([[1, 2]], dtype=torch.int32),
        "keypoints": torch.tensor([POINT, POINT], dtype=torch.float32),
        "label": torch.tensor([0.5, 0.5]),
    }
    made = augment(name)(**given, index=0)
    plain = augment(name)(image=IMAGE, mask=MASK, boxes=[BOX], keypoints=[POINT], index=0)

    for keyword, value in given.items():
        assert made[keyword].__class__ is torch.Tensor, keyword
        assert made[keyword].dtype == value.dtype, keyword
        assert made[keyword].shape == value.shape, keyword
        assert not np.shares_memory(made[keyword].detach().numpy(), value.detach().numpy()), keyword
    assert np.array_equal(made["image"].numpy().transpose(1, 2, 0), plain["image"])
    assert np.array_equal(made["mask"].numpy(), plain["mask"])
    assert np.allclose(made["boxes"].tolist(), plain["boxes"], atol=0.02)
    assert np.allclose(made["keypoints"][0].tolist(), plain["keypoints"], atol=1e-5)
    none = augment(name)(image=IMAGE, boxes=torch.zeros((0, 4)), labels=torch.zeros((0, 3)), masks=given["masks"][:0])
    assert (none["boxes"].shape, none["labels"].shape, none["masks"].shape) == ((0, 4), (0, 3), (0, 20, 30))


def test_tensors_in_boxes_and_keypoints() -> None:
    """They hold tensors when they were given tensors; integers come back as torch's own floats."""
    torch = pytest.importorskip("torch")
    boxes = augplug.Boxes(torch.tensor([BOX]), labels=torch.tensor([5]), format="xywh")
    points = augplug.Keypoints(torch.tensor([POINT]))
    whole = augment("a flip")(image=IMAGE, boxes=torch.tensor([[3, 4, 12, 15]]), index=0)["boxes"]
    made = augment("a flip")(image=IMAGE, boxes=boxes, keypoints=points, index=0)

    assert whole.dtype == torch.float32
    assert made["boxes"].array.tolist() == [[15, 4, 12, 15]]
    assert made["boxes"].labels.tolist() == [5]
    assert made["keypoints"].array.tolist() == [[24, 6]]
    assert {made["boxes"].array.dtype, made["keypoints"].array.dtype} == {torch.float32}
    with pytest.raises(TargetError, match="bfloat16 has no dtype in numpy"):
        augplug.Boxes(torch.tensor([BOX], dtype=torch.bfloat16))


def test_tensors_of_class_weights() -> None:
    """A row keeps its dtype, the number of a class becomes one of torch's floats; in a batch they are one tensor."""
    torch = pytest.importorskip("torch")
    mix = augplug.Augmenter(augplug.step("MixUp", share=0.5), classes=2)
    other = {"image": IMAGE, "label": 0}
    row = mix(image=IMAGE, label=torch.tensor([0.5, 0.5], dtype=torch.float64), partner=other, index=0)["label"]
    number = mix(image=IMAGE, label=torch.tensor(1), partner=other, index=0)["label"]
    images = torch.from_numpy(np.stack([IMAGE, IMAGE]).transpose(0, 3, 1, 2).copy())
    batch = mix.batch(images, label=torch.tensor([0, 1]), mask=None, indices=[0, 1])

    assert (row.dtype, number.dtype, batch["label"].dtype) == (torch.float64, torch.float32, torch.float32)
    assert batch["label"].shape == (2, 2)
    assert batch["image"].shape == images.shape


def test_tv_tensors() -> None:
    """Each comes back as its class, boxes in their format and with the size of the new image."""
    pytest.importorskip("torch")
    kinds = pytest.importorskip("torchvision.tv_tensors")
    image = kinds.Image(IMAGE.transpose(2, 0, 1).copy())
    turn = augplug.Augmenter(augplug.step("Rotate90", turns=2))
    crop = augplug.Augmenter(augplug.step("Crop", left=0, top=0, right=25, bottom=16))
    for form, row in (("XYXY", BOX), ("XYWH", [3, 4, 9, 11]), ("CXCYWH", [7.5, 9.5, 9, 11])):
        boxes = kinds.BoundingBoxes([row], format=form, canvas_size=(20, 30))
        given: dict[str, Any] = {"image": image, "mask": kinds.Mask(MASK), "boxes": boxes}
        made = turn(**given, masks=kinds.Mask(np.stack([MASK, MASK])), index=0)
        again = turn(**{name: made[name] for name in given}, index=0)
        small = crop(**given, index=0)

        for name, value in (*given.items(), ("masks", given["mask"])):
            assert type(made[name]) is type(value), name
        assert again["boxes"].tolist() == boxes.tolist()
        assert made["boxes"].format == boxes.format
        assert made["boxes"].canvas_size == (20, 30)
        assert small["boxes"].canvas_size == (16, 25)
        assert small["boxes"].tolist() == boxes.tolist()
    if hasattr(kinds, "KeyPoints"):
        points = crop(image=image, keypoints=kinds.KeyPoints([POINT], canvas_size=(20, 30)), index=0)["keypoints"]
        assert (type(points), points.canvas_size) == (kinds.KeyPoints, (16, 25))
