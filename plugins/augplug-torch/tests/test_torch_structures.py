"""V2Transform: TVTensors in and out, in whatever structure, by itself and in torchvision's Compose."""

from typing import Any

import augplug_torch
import numpy as np
import pytest
import torch
from PIL import Image as Pictures
from torchvision import tv_tensors
from torchvision.transforms import v2

import augplug

FLIP = augplug.step("HorizontalFlip")


def sample() -> tuple[Any, dict[str, Any]]:
    """An image 10x12 with all of the targets, as torchvision's data sets of detection give them."""
    values = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 10, 12), np.uint8))
    target = {
        "boxes": tv_tensors.BoundingBoxes(
            torch.tensor([[1.0, 2, 5, 6], [8, 3, 12, 9]]), format="XYXY", canvas_size=(10, 12)
        ),
        "masks": tv_tensors.Mask(torch.stack([values[0] > 100, values[1] > 100]).to(torch.uint8)),
        "labels": torch.tensor([3, 4]),
        "image_id": 7,
    }
    return tv_tensors.Image(values), target


def test_everything_is_flipped_as_torchvision_flips_it() -> None:
    image, target = sample()
    points = tv_tensors.KeyPoints(torch.tensor([[[1.0, 2.0], [4.0, 4.0]]]), canvas_size=(10, 12))
    given = (image, {**target, "points": points})

    made_image, made = augplug_torch.V2Transform(FLIP)(*given)
    expected_image, expected = v2.RandomHorizontalFlip(p=1)(*given)

    assert isinstance(made_image, tv_tensors.Image)
    assert torch.equal(made_image, expected_image)
    for name, kind in (("boxes", tv_tensors.BoundingBoxes), ("masks", tv_tensors.Mask)):
        assert isinstance(made[name], kind)
        assert torch.equal(made[name], expected[name])
    assert (made["boxes"].format, made["boxes"].canvas_size) == (target["boxes"].format, (10, 12))
    assert isinstance(made["points"], tv_tensors.KeyPoints)
    assert torch.equal(made["points"], expected["points"])
    assert (made["image_id"], made["labels"].tolist()) == (7, [3, 4])


@pytest.mark.parametrize("form", ["XYXY", "XYWH", "CXCYWH"])
def test_boxes_keep_their_format(form: str) -> None:
    image, target = sample()
    boxes = v2.functional.convert_bounding_box_format(target["boxes"], new_format=form)

    _, made = augplug_torch.V2Transform(FLIP)(image, {"boxes": boxes})

    expected = v2.RandomHorizontalFlip(p=1)({"boxes": boxes})["boxes"]
    assert made["boxes"].format == boxes.format
    assert torch.allclose(made["boxes"], expected)


def test_what_left_the_image_is_gone_from_every_row_in_step() -> None:
    image, target = sample()
    left = augplug.step("TranslateX", pixels=-7.0, p=1.0)

    _, made = augplug_torch.V2Transform(left)(image, target)

    assert len(made["boxes"]) == 1
    assert made["labels"].tolist() == [4]
    assert made["masks"].shape == (1, 10, 12)
    assert isinstance(made["masks"], tv_tensors.Mask)
    np.testing.assert_allclose(made["boxes"].numpy(), [[1, 3, 5, 9]])


def test_a_crop_says_the_new_size_of_the_canvas() -> None:
    image, target = sample()

    made_image, made = augplug_torch.V2Transform(augplug.step("CenterCrop", height=6, width=8))(image, target)

    assert made_image.shape == (3, 6, 8)
    assert made["boxes"].canvas_size == (6, 8)
    assert made["masks"].shape[-2:] == (6, 8)


def test_pictures_and_plain_tensors_are_images() -> None:
    tensor = torch.arange(48, dtype=torch.uint8).reshape(3, 4, 4)
    picture = Pictures.fromarray(np.ascontiguousarray(np.moveaxis(tensor.numpy(), 0, -1)))

    flipped = augplug_torch.V2Transform(FLIP)

    assert torch.equal(flipped(tensor), tensor.flip(-1))
    made, label = flipped(picture, 3)
    assert (type(made), label) == (type(picture), 3)
    assert np.array_equal(np.asarray(made), np.asarray(picture)[:, ::-1])


def test_it_stands_in_a_compose_and_index_and_epoch_decide() -> None:
    image, target = sample()
    transform = augplug_torch.V2Transform("autoaugment-cifar10", seed=5)
    source = [(image, target)] * 6

    both = v2.Compose([transform, v2.ToDtype(torch.float32, scale=True)])(image, target)
    data = augplug_torch.dataset(source, transform)
    once, again = [[data[epoch, index][0] for index in range(6)] for epoch in (0, 0)]
    later = [data[1, index][0] for index in range(6)]

    assert both[0].dtype == torch.float32
    assert all(map(torch.equal, once, again))
    assert not all(map(torch.equal, once, later))
    expected = augplug.Augmenter("autoaugment-cifar10", seed=5)(np.moveaxis(image.numpy(), 0, -1), index=4, epoch=1)
    assert np.array_equal(np.moveaxis(later[4].numpy(), 0, -1), expected)


def test_what_it_cannot_take_is_told_so() -> None:
    image, target = sample()
    flipped = augplug_torch.V2Transform(FLIP)

    with pytest.raises(augplug.TargetError, match="one image a sample, not 0"):
        flipped({"label": 3})
    with pytest.raises(augplug.TargetError, match="one BoundingBoxes a sample, not 2"):
        flipped(image, target["boxes"], {"more": tv_tensors.wrap(target["boxes"].clone(), like=target["boxes"])})
    with pytest.raises(augplug.SettingsError, match=r"augplug_torch\.Collate"):
        augplug_torch.V2Transform(augplug.step("CutMix"))
