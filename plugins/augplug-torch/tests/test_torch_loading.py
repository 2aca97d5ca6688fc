"""Training loops: the picture of a pair (epoch, index) depends on nothing else, whatever loads it."""

import hashlib
from typing import Any

import augplug_torch
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import augplug

COUNT, SEED = 24, 7
POLICY = "autoaugment-cifar10"
WAYS = [
    (0, False, None),
    *((workers, persistent, how) for workers in (1, 2, 4) for persistent in (False, True) for how in ("fork", "spawn")),
]
FEW = [(0, False, None), (2, True, "fork"), (1, False, "spawn")]


def images() -> Any:
    return np.random.default_rng(0).integers(0, 256, (COUNT, 12, 10, 3), np.uint8)


def digests(batches: Any) -> dict[tuple[int, int], str]:
    """A digest for each pair."""
    found = {}
    for pictures, labels, pairs in batches:
        for picture, label, epoch, index in zip(pictures, labels, *pairs, strict=True):
            assert int(label) == int(index)
            found[int(epoch), int(index)] = hashlib.sha256(picture.numpy().tobytes()).hexdigest()
    return found


def loaded(workers: int, persistent: bool, how: str | None, epochs: int = 3) -> dict[tuple[int, int], str]:
    """What a DataLoader yields in some epochs, read by one rank."""
    data = augplug_torch.dataset((images(), np.arange(COUNT)), POLICY, seed=SEED, keyed=True)
    loader = DataLoader(
        data,
        batch_size=5,
        sampler=augplug_torch.sampler(COUNT, seed=SEED),
        num_workers=workers,
        persistent_workers=persistent,
        multiprocessing_context=how,
    )
    return digests(batch for _ in range(epochs) for batch in loader)


@pytest.fixture(scope="module")
def expected() -> dict[tuple[int, int], str]:
    """What an Augmenter makes of each image, called by itself."""
    augment = augplug.Augmenter(POLICY, seed=SEED)
    return {
        (epoch, index): hashlib.sha256(
            np.moveaxis(augment(image, index=index, epoch=epoch), -1, 0).tobytes()
        ).hexdigest()
        for epoch in range(3)
        for index, image in enumerate(images())
    }


@pytest.mark.parametrize(("workers", "persistent", "how"), FEW)
def test_workers_change_no_picture(expected: Any, workers: int, persistent: bool, how: str | None) -> None:
    assert loaded(workers, persistent, how) == expected


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:This DataLoader will create 4 worker processes")
@pytest.mark.parametrize(("workers", "persistent", "how"), [way for way in WAYS if way not in FEW])
def test_workers_of_any_number_and_kind_change_no_picture(
    expected: Any, workers: int, persistent: bool, how: str | None
) -> None:
    assert loaded(workers, persistent, how) == expected


def test_no_two_epochs_are_alike(expected: Any) -> None:
    epochs = [[expected[epoch, index] for index in range(COUNT)] for epoch in range(3)]

    for first, then in ((0, 1), (1, 2), (0, 2)):
        assert sum(one != other for one, other in zip(epochs[first], epochs[then], strict=True)) > COUNT // 2


def test_an_index_alone_is_refused() -> None:
    data = augplug_torch.dataset((images(), np.arange(COUNT)), POLICY)

    with pytest.raises(augplug.SettingsError, match=r"by \(epoch, index\), not by 3: give the DataLoader sampler="):
        next(map(data.__getitem__, [3]))


def test_an_output_normalises() -> None:
    output = augplug.Output(mean=0.5, std=0.25)
    data = augplug_torch.dataset(images(), augplug.sequence(), output=output)

    made = data[0, 4]

    assert made.dtype == torch.float32
    np.testing.assert_allclose(made.numpy(), (np.moveaxis(images()[4], -1, 0) / 255 - 0.5) / 0.25, atol=1e-6)


def test_a_grey_image_has_a_channel() -> None:
    assert augplug_torch.dataset(images()[..., 0], POLICY)[0, 0].shape == (1, 12, 10)


def test_dicts_keep_their_other_entries_and_move_their_targets() -> None:
    items = [{"image": images()[0], "mask": images()[0][..., 0], "name": "first"}]
    data = augplug_torch.dataset(items, augplug.step("HorizontalFlip"), keyed=True)

    made = data[2, 0]

    assert made["name"] == "first"
    assert made["key"] == (2, 0)
    assert np.array_equal(made["mask"], items[0]["mask"][:, ::-1])
    assert np.array_equal(made["image"], np.moveaxis(items[0]["image"][:, ::-1], -1, 0))


@pytest.mark.parametrize("policy", ["CutMix", "MixUp"])
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_mixed_alike_whatever_loads_them(policy: str, workers: int) -> None:
    data = augplug_torch.dataset((images(), np.arange(COUNT) % 3), POLICY, seed=SEED, keyed=True)
    collate = augplug_torch.Collate(policy, classes=3, seed=SEED, output=augplug.Output(layout="CHW"))
    loader = DataLoader(
        data, 8, sampler=augplug_torch.sampler(COUNT, seed=SEED), collate_fn=collate, num_workers=workers
    )
    augment = augplug.Augmenter(augplug.step(policy), seed=SEED, classes=3)
    pairs = list(augplug.EpochSampler(COUNT, seed=SEED))
    first = np.stack([np.moveaxis(data[pair][0].numpy(), 0, -1) for pair in pairs[:8]])
    labels = [int(data[pair][1]) for pair in pairs[:8]]
    keys = [f"{epoch}/{index}" for epoch, index in pairs[:8]]
    expected_batch = augment.batch(first, label=labels, keys=keys)

    mixed, weights = next(iter(loader))

    assert mixed.shape == (8, 3, 12, 10)
    np.testing.assert_allclose(mixed.numpy(), np.moveaxis(expected_batch["image"], -1, 1) / 255, atol=1e-6)
    np.testing.assert_allclose(weights.sum(dim=1), 1, atol=1e-6)
    np.testing.assert_allclose(weights.numpy(), np.stack(expected_batch["label"]), atol=1e-6)
    assert not np.array_equal(np.moveaxis(first, -1, 1) / 255, mixed.numpy())


def test_collate_asks_for_keys() -> None:
    data = augplug_torch.dataset((images(), np.arange(COUNT) % 3), POLICY)

    with pytest.raises(augplug.SettingsError, match="keyed=True"):
        augplug_torch.Collate("CutMix", classes=3)([data[0, 0], data[0, 1]])


def test_a_policy_that_mixes_is_sent_to_collate() -> None:
    with pytest.raises(augplug.SettingsError, match="mixing part to augplug_torch"):
        augplug_torch.dataset(images(), augplug.step("MixUp"))


class Threads:
    """Says how many threads OpenCV has where an item is loaded."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        return np.zeros((4, 4, 3), np.uint8), index


def threads_seen(item: Any, /, *, index: Any, epoch: Any) -> int:
    import cv2

    return cv2.getNumThreads()


def test_opencv_has_one_thread_in_workers_and_keeps_its_own_here() -> None:
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        data = augplug_torch.dataset(Threads(), threads_seen)
        loader = DataLoader(data, 2, sampler=augplug_torch.sampler(4), num_workers=1)
        assert {int(seen) for batch in loader for seen in batch} == {1}
        assert data[0, 0] == 3
    finally:
        cv2.setNumThreads(before)
