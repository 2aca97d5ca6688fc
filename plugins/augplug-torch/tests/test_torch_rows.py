"""HFTransform on columns, without the library."""

from typing import Any

import augplug_torch
import numpy as np
import pytest
import torch

import augplug


def columns(count: int = 4) -> dict[str, list[Any]]:
    images = np.random.default_rng(0).integers(0, 256, (count, 6, 8, 3), np.uint8)
    return {
        "image": list(images),
        "seg": [image[..., 0] for image in images],
        "label": list(range(count)),
        "index": [10 + number for number in range(count)],
    }


def test_rows_are_augmented_by_their_numbers_and_the_epoch() -> None:
    given = columns()
    transform = augplug_torch.HFTransform("autoaugment-cifar10", seed=5)
    augment = augplug.Augmenter("autoaugment-cifar10", seed=5)

    for epoch in (0, 3):
        transform.set_epoch(epoch)
        made = transform(given)
        for place, image in enumerate(given["image"]):
            expected = augment(image, index=10 + place, epoch=epoch)
            assert torch.equal(made["image"][place], torch.from_numpy(np.moveaxis(expected, -1, 0).copy()))
        assert made["label"] == given["label"]


def test_targets_follow() -> None:
    given = columns()

    made = augplug_torch.HFTransform(augplug.step("HorizontalFlip"), targets={"mask": "seg"})(given)

    assert np.array_equal(made["seg"][2], given["seg"][2][:, ::-1])


def test_without_numbers_it_says_how_to_add_them() -> None:
    given = {name: column for name, column in columns().items() if name != "index"}

    with pytest.raises(augplug.SettingsError, match=r"ds = ds\.add_column\('index', range\(len\(ds\)\)\)"):
        augplug_torch.HFTransform("autoaugment-cifar10")(given)
