"""Keywords in, dict out: names people know, kinds that come back as they came, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

import augplug
from augplug._sample.targets import Targets
from augplug.errors import AugplugError, TargetError
from augplug.types import Image

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
FLIP = augplug.Augmenter(augplug.step("HorizontalFlip"))
TURN = augplug.sequence(augplug.step("Rotate", degrees=(-40, 40), mask_fill=255), augplug.step("Solarize", threshold=9))


def test_keywords_give_a_dict_of_what_was_given() -> None:
    """Albumentations' names are taken; lists stay lists, arrays arrays, None is None, the image is that of a call."""
    made = FLIP(
        image=IMAGE,
        mask=IMAGE[..., 0],
        masks=[IMAGE[..., 1], IMAGE[..., 2] > 9],
        bboxes=[[1, 2, 5, 9], [40, 2, 50, 9]],
        labels=["in", "out"],
        keypoints=np.array([[1.0, 2.0]]),
        label=7,
        index=3,
    )

    assert list(made) == ["image", "mask", "masks", "bboxes", "labels", "keypoints", "label"]
    assert np.array_equal(made["image"], FLIP(IMAGE, index=3))
    assert np.array_equal(made["mask"], IMAGE[:, ::-1, 0])
    assert np.array_equal(made["masks"][1], IMAGE[:, ::-1, 2] > 9)
    assert made["bboxes"] == [(25, 2, 29, 9)]
    assert made["labels"] == ["in"]
    assert made["keypoints"].tolist() == [[28, 2]]
    assert made["label"] == 7
    assert FLIP(image=IMAGE, mask=None, index=0)["mask"] is None


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "bool", "float32", "float64", ">i4"])
@pytest.mark.parametrize("channels", [None, 1, 4, 7])
def test_masks_of_every_dtype(backend: str, dtype: str, channels: int | None) -> None:
    """Integers move by nearest neighbour: no new value but mask_fill; floats keep their range."""
    shape = IMAGE.shape[:2] if channels is None else (*IMAGE.shape[:2], channels)
    mask = (np.random.default_rng(1).random(shape) * (1.4 if dtype == "bool" else 7)).round().astype(dtype)
    augment = augplug.Augmenter(TURN, backend=backend)
    made = augment(image=IMAGE, mask=mask, index=1)["mask"]

    assert made.shape == mask.shape
    assert made.dtype == mask.dtype.newbyteorder("=")
    if mask.dtype.kind != "f":
        fill = 1 if dtype == "bool" else 255
        assert set(np.unique(made)) <= {*np.unique(mask), fill}
    assert not np.array_equal(made, mask)


@pytest.mark.parametrize("backend", ["reference", "opencv"])
def test_integer_masks_of_any_dtype_move_alike(backend: str) -> None:
    """The pixels of a mask do not depend on its dtype, nor on the other targets."""
    mask = IMAGE[..., 0] // 32
    affine = augplug.step("Affine", degrees=(-40, 40), scale=(0.7, 1.3), shear_x=(-9, 9), mask_fill=7)
    for node in (TURN, affine):
        augment = augplug.Augmenter(node, backend=backend, seed=4)
        for index in range(20):
            kinds = ("u1", "u2", "i4", "i8", "f4")
            made = [augment(image=IMAGE, mask=mask.astype(kind), index=index)["mask"] for kind in kinds]
            assert all(np.array_equal(made[0], other) for other in made[1 : None if node is TURN else 4])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_pictures_come_back_as_pictures(mode: str) -> None:
    """Of the same mode, positional and by keyword."""
    picture = Pictures.fromarray(IMAGE).convert(mode)
    made = FLIP(picture, index=0)

    assert isinstance(made, Pictures.Image)
    assert made.mode == mode
    assert np.array_equal(np.asarray(made), np.asarray(picture)[:, ::-1])
    assert FLIP(image=picture, mask=picture.convert("L"), index=0)["mask"].mode == "L"


class Tensor:
    """What augplug needs of a torch tensor."""

    __module__ = "torch"

    def __init__(self, array: Image) -> None:
        self.array, self.device = array, "cpu"

    def detach(self) -> Tensor:
        """As torch."""
        return self

    def cpu(self) -> Tensor:
        """As torch."""
        return self

    def numpy(self) -> Image:
        """As torch."""
        return self.array

    def permute(self) -> None:
        """Never called: its presence tells a tensor."""

    def to(self, device: str) -> Tensor:
        """As torch."""
        assert device == "cpu"
        return self


class Torch:
    """What augplug needs of torch: whoever holds a tensor has it loaded."""

    from_numpy = staticmethod(Tensor)


def test_tensors_come_back_as_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """`(C, H, W)` in and out, `(B, C, H, W)` in a batch, and torch is not imported."""
    monkeypatch.setitem(__import__("sys").modules, "torch", Torch)
    chw = np.ascontiguousarray(IMAGE.transpose(2, 0, 1))
    one = FLIP(Tensor(chw), index=0)
    grey = FLIP(image=Tensor(chw[0]), index=0)["image"]

    assert np.array_equal(one.array, chw[:, :, ::-1])
    assert np.array_equal(grey.array, chw[0, :, ::-1])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: FLIP(image=IMAGE, maks=IMAGE), "no argument 'maks'.*did you mean 'mask"),  # type: ignore[call-overload]  # given on purpose
        (lambda: FLIP(boxes=[[1.0, 2, 5, 6]]), r"size=\(height, width\)"),
        (lambda: FLIP(IMAGE, mask=IMAGE[..., 0]), "a keyword too"),  # type: ignore[call-overload]  # given on purpose
        (lambda: FLIP(image=IMAGE, mask=IMAGE[:9]), r"image's size \(20, 30\)"),
        (lambda: FLIP(image=IMAGE, mask="mask.png"), "a mask is an array"),
        (lambda: FLIP(image=IMAGE, mask=IMAGE.astype(complex)), "a mask is an array"),
        (lambda: FLIP(image=IMAGE, boxes=[[0, 0, 1, 1]], bboxes=[[0, 0, 1, 1]]), "two names of one thing"),
        (lambda: FLIP(image=IMAGE, labels=[1]), "no boxes"),
        (lambda: FLIP(image=IMAGE, boxes=[[0, 0, 1, 1]], labels=[1, 2]), "as many labels"),
        (lambda: FLIP(image=IMAGE, boxes=augplug.Boxes([[0, 0, 1, 1]]), labels=[1]), "holds its labels itself"),
        (lambda: FLIP(Pictures.fromarray(IMAGE).convert("P")), "mode P"),
        (lambda: FLIP(IMAGE, epoch=3), "epoch 3 without an index"),
        (lambda: FLIP.batch(IMAGE[None], mask=[]), "one value for each"),
        (lambda: FLIP.batch(IMAGE[None], msk=[IMAGE]), "did you mean 'mask'"),  # type: ignore[call-overload]  # given on purpose
    ],
)
def test_wrong_calls_are_told_so(call: Any, says: str) -> None:
    """One typed error that says what to do."""
    with pytest.raises(AugplugError, match=says):
        call()


def test_a_batch_with_targets_equals_the_calls() -> None:
    """Bit for bit, under the same keywords, by one thread and two."""
    images = np.stack([IMAGE, IMAGE[::-1], IMAGE[:, ::-1]])
    masks = [image[..., 0] for image in images]
    boxes = [[[1, 2, 9, 9]], [], [[0, 0, 30, 20], [3, 3, 5, 5]]]
    augment = augplug.Augmenter(TURN, seed=3)
    for threads in (1, 2):
        made = augment.batch(
            images, indices=[5, 6, 7], epoch=1, threads=threads, mask=masks, boxes=boxes, keypoints=None
        )
        assert made["keypoints"] is None
        for place in range(3):
            one = augment(image=images[place], mask=masks[place], boxes=boxes[place], index=5 + place, epoch=1)
            assert np.array_equal(made["image"][place], one["image"])
            assert np.array_equal(made["mask"][place], one["mask"])
            assert made["boxes"][place] == one["boxes"]


def shift(sample: dict[str, Any], key: int, pixels: int) -> dict[str, Any]:
    """Another library's transform: everything one way, the last box lost."""
    assert key == 5
    made = {"image": np.roll(sample["image"], pixels, axis=1)}
    if "boxes" in sample:
        made |= {"boxes": sample["boxes"][:-1] + np.array([pixels, 0, pixels, 0]), "labels": sample["labels"][:-1]}
    if "masks" in sample:
        made["masks"] = [np.roll(mask, pixels, axis=1) for mask in sample["masks"]]
    return made


@augplug.operation(source="a test")
class Shift(augplug.Operation):
    """Shift by an opaque function."""

    pixels: int = augplug.parameter(low=0, high=10, unit="pixels", default=3)

    def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
        """One opaque effect."""
        targets = frozenset({"boxes", "masks"})
        return [augplug.Opaque(function=shift, key=5, arguments=(self.pixels,), targets=targets)]


def test_an_opaque_function_sees_the_sample_between_the_others() -> None:
    """Boxes, their labels and masks go through it, keypoints are refused by name, and images alone go too."""
    from augplug._policies.grammar import Step

    own = Step(op="Shift", address="test:Shift", operation=Shift)
    augment = augplug.Augmenter(augplug.sequence(augplug.step("HorizontalFlip"), own, augplug.step("HorizontalFlip")))
    boxes = augplug.Boxes([[10, 2, 14, 9], [0, 0, 3, 3]], labels=["a", "b"])
    made = augment(image=IMAGE, mask=IMAGE[..., 0], boxes=boxes, index=0)

    assert np.array_equal(made["image"], np.roll(IMAGE, -3, axis=1))
    assert np.array_equal(made["image"], augment(IMAGE, index=0))
    assert np.array_equal(made["mask"], made["image"][..., 0])
    assert made["boxes"].labels == ["a"]
    assert made["boxes"].array.tolist() == [[7, 2, 11, 9]]
    with pytest.raises(TargetError, match="shift moves no keypoints"):
        augment(image=IMAGE, keypoints=[[1, 1]], index=0)


def halve(sample: dict[str, Any], _key: int) -> dict[str, Any]:
    """Another library's resize: every other row and column, targets in step."""
    made = {"image": sample["image"][::2, ::2]}
    if "masks" in sample:
        made["masks"] = [mask[::2, ::2] for mask in sample["masks"]]
    if "keypoints" in sample:
        made["keypoints"] = sample["keypoints"] / 2
    return made


@augplug.operation(source="a test")
class Halve(augplug.Operation):
    """Halve by an opaque function; `wrong` rows more are announced than come."""

    wrong: int = augplug.parameter(low=0, high=9, unit="pixels", default=0)

    def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
        """One opaque effect that says its size."""
        size = ((canvas.height + 1) // 2 + self.wrong, (canvas.width + 1) // 2)
        return [augplug.Opaque(function=halve, key=0, targets=frozenset({"masks", "keypoints"}), size=size)]


@pytest.mark.parametrize("fuse", ["none", "exact"])
def test_an_opaque_function_may_say_another_size(fuse: Any) -> None:
    """What follows is described on that size, and a point that lies half a pixel outside is not visible."""
    from augplug._policies.grammar import Step

    turn, flip = augplug.step("Rotate90", turns=1), augplug.step("HorizontalFlip")
    own = Step(op="Halve", address="test:Halve", operation=Halve)
    augment = augplug.Augmenter(augplug.sequence(flip, own, turn, flip), fuse=fuse)
    points = augplug.Keypoints([[1, 0], [IMAGE.shape[1] - 1, 3], [0, 0]])
    made = augment(image=IMAGE, mask=IMAGE[..., 0], keypoints=points, index=0)
    expected = augplug.Augmenter(augplug.sequence(turn, flip))(IMAGE[:, ::-1][::2, ::2], index=0)

    assert np.array_equal(made["image"], expected)
    assert np.array_equal(augment(IMAGE, index=0), expected)
    assert np.array_equal(made["mask"], expected[..., 0])
    assert made["keypoints"].visible.tolist() == [True, True, False]
    announced = Step(op="Halve", address="test:Halve", operation=Halve, fields=(("wrong", 2),))
    with pytest.raises(augplug.OperationError, match=r"halve made .* the shape that its effect says"):
        augplug.Augmenter(announced)(IMAGE, index=0)
    with pytest.raises(augplug.OperationError, match="halve made masks of another number, shape or dtype"):
        augplug.Augmenter(announced)(image=IMAGE, mask=IMAGE[..., 0], index=0)
    with pytest.raises(augplug.ImageError, match="cannot be blended"):
        augplug.Augmenter(augplug.blend(own))(IMAGE, index=0)


def test_paint_fills_masks_when_it_is_told_to() -> None:
    """Cutout leaves masks alone unless mask_value says otherwise."""
    mask = np.full(IMAGE.shape[:2], 3, dtype=np.uint8)
    plain = augplug.Augmenter(augplug.step("Cutout", size=0.5))(image=IMAGE, mask=mask, index=0)
    told = augplug.Augmenter(augplug.step("Cutout", size=0.5, mask_value=9))(image=IMAGE, mask=mask, index=0)

    assert (plain["mask"] == 3).all()
    assert np.array_equal(told["mask"] == 9, (told["image"] == 0).all(axis=2) | (told["mask"] == 9))
    assert (told["mask"] == 9).sum() >= 25


def test_a_blend_that_moves_has_no_targets() -> None:
    """It is refused by name; one that only changes values takes them all."""
    moving = augplug.Augmenter(augplug.blend(augplug.step("Rotate", degrees=9)))
    tones = augplug.Augmenter(augplug.blend(augplug.step("Invert")))

    with pytest.raises(TargetError, match="no masks and no keypoints"):
        moving(image=IMAGE, mask=IMAGE[..., 0], keypoints=[[1, 1]], index=0)
    assert np.array_equal(tones(image=IMAGE, mask=IMAGE[..., 0], index=0)["mask"], IMAGE[..., 0])


@pytest.mark.parametrize("fuse", ["none", "exact"])
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_output_is_normalised_with_and_without_targets(layout: Any, fuse: Any) -> None:
    """Float32 (v / 255 - mean) / std, boxes in the image's own sizes, the same in calls, batches and mixes."""
    output = augplug.Output(mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4), layout=layout)
    plain = augplug.Augmenter(TURN, seed=1, fuse=fuse)
    augment = augplug.Augmenter(TURN, seed=1, fuse=fuse, output=output)
    expected = (plain(IMAGE, index=3) / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    expected = expected.transpose(2, 0, 1) if layout == "CHW" else expected
    boxes = augplug.Boxes([[0.5, 0.5, 0.2, 0.2]], format="yolo")
    made = augment(image=IMAGE, boxes=boxes, index=3)
    picture = augment(Pictures.fromarray(IMAGE), index=3)

    assert made["image"].dtype == np.float32
    assert np.abs(made["image"] - expected).max() <= 1e-6
    assert np.array_equal(augment(IMAGE, index=3), made["image"])
    assert np.array_equal(picture, made["image"])
    assert np.array_equal(augment.batch(IMAGE[None], indices=[3])[0], made["image"])
    assert np.allclose(made["boxes"].array, plain(image=IMAGE, boxes=boxes, index=3)["boxes"].array)
    mixing = augplug.Augmenter(augplug.step("MixUp", share=0.5), output=output)
    assert mixing(IMAGE, partner=IMAGE, index=0).shape == made["image"].shape


def test_an_augmenter_with_output_pickles() -> None:
    """With its settings."""
    import pickle  # the test's own: augplug writes none

    output = augplug.Output(mean=0.5, std=0.25, layout="CHW")
    augment = augplug.Augmenter(TURN, output=output, classes=7, max_pixels=1000)
    again = pickle.loads(pickle.dumps(augment))  # our own bytes, a line above

    assert (again.output, again.classes, again.max_pixels) == (output, 7, 1000)
    assert np.array_equal(again(IMAGE, index=1), augment(IMAGE, index=1))
    with pytest.raises(augplug.SettingsError, match="not tuple"):
        augplug.Augmenter(TURN, output=(0.5, 0.5))  # type: ignore[arg-type]  # the test is that it is refused


def test_targets_that_were_not_given_are_empty() -> None:
    none = Targets()

    assert (none.corners.shape, none.shown.shape, none.tags.shape) == ((0, 4, 2), (0,), (0,))
    assert (none.points.shape, none.visible.shape) == ((0, 2), (0,))
