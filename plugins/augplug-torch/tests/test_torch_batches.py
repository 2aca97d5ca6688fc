"""BatchAugmenter: the draws of an Augmenter, on whole batches of tensors."""

from typing import Any

import augplug_torch
import numpy as np
import pytest
import torch
from augplug_torch.backend import Torch

import augplug

COUNT = 40
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"))]
EXACT = ["autoaugment-cifar10", "autoaugment-imagenet", "randaugment", "trivialaugment-wide"]


def images(side: int = 32) -> Any:
    return np.random.default_rng(side).integers(0, 256, (COUNT, side, side + 3, 3), np.uint8)


def tensor(array: Any) -> Any:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("policy", EXACT)
def test_the_draws_and_the_pixels_are_those_of_the_reference(policy: str, device: str) -> None:
    augment = augplug.Augmenter(policy, seed=3, backend=augplug.backends()["reference"]())
    batch = augplug_torch.BatchAugmenter(policy, seed=3, device=device)
    indices = np.random.default_rng(1).permutation(1000)[:COUNT]

    made = batch(tensor(images()), indices=indices, epoch=5)

    assert (made.device.type, made.dtype) == (device, torch.uint8)
    expected = [augment(image, index=index, epoch=5) for image, index in zip(images(), indices, strict=True)]
    assert torch.equal(made.cpu(), tensor(np.stack(expected)))


@pytest.mark.parametrize("policy", ["hand-made", "augmix", "cropped", "elsewhere", "grey"])
def test_a_batch_is_the_loop_of_the_backend(policy: str) -> None:
    steps = {
        "cropped": [
            augplug.step("RandomResizedCrop", height=20, width=24, interpolation="linear"),
            augplug.step("Rotate", degrees=augplug.Uniform(-20, 20), p=0.5),
        ],
        "elsewhere": [augplug.step("GaussianBlur", sigma=1.0, p=0.5), augplug.step("Equalize", p=0.5)],
    }
    given: Any = augplug.sequence(*steps[policy]) if policy in steps else policy.replace("grey", "hand-made")
    pixels = images()[..., :1] if policy == "grey" else images()
    batch = augplug_torch.BatchAugmenter(given, seed=4, device="cpu")
    augment = augplug.Augmenter(given, seed=4, backend=Torch(augplug.default_backend()))

    made = batch(tensor(pixels), indices=range(COUNT))

    expected = [augment(image, index=index) for index, image in enumerate(pixels)]
    assert torch.equal(made, tensor(np.stack(expected)))


def test_a_batch_leaves_normalised_in_half_precision() -> None:
    output = augplug.Output(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3), layout="CHW")
    given = tensor(images())
    before = given.clone()

    half = augplug_torch.BatchAugmenter(augplug.sequence(), output=output, device="cpu")(given, indices=range(COUNT))
    full = augplug_torch.BatchAugmenter(
        augplug.sequence(), device="cpu", dtype=torch.float32, output=augplug.Output(mean=0.5, std=0.25)
    )(given, indices=range(COUNT))

    expected = (images() / 255 - np.array([0.4, 0.5, 0.6])) / np.array([0.2, 0.25, 0.3])
    assert half.dtype == torch.float16
    np.testing.assert_allclose(half.numpy(), np.moveaxis(expected, -1, 1), atol=2e-3)
    assert (full.dtype, full.shape) == (torch.float32, (COUNT, 32, 35, 3))
    np.testing.assert_allclose(full.numpy(), (images() / 255 - 0.5) / 0.25, atol=1e-5)
    assert torch.equal(given, before)


def test_what_it_cannot_take_is_told_so() -> None:
    batch = augplug_torch.BatchAugmenter("autoaugment-cifar10", device="cpu")
    with pytest.raises(augplug.ImageError, match=r"uint8 tensor \(B, C, H, W\)"):
        batch(tensor(images()).float(), indices=range(COUNT))
    with pytest.raises(augplug.ImageError, match="40 images need as many indices, not 39"):
        batch(tensor(images()), indices=range(39))
    with pytest.raises(augplug.SettingsError, match=r"augplug_torch\.Collate does"):
        augplug_torch.BatchAugmenter(augplug.step("CutMix"), device="cpu")
    turned = augplug_torch.BatchAugmenter(augplug.step("Transpose", p=0.5), device="cpu")
    with pytest.raises(augplug.ImageError, match="come out in unequal shapes"):
        turned(tensor(images()), indices=range(COUNT))
