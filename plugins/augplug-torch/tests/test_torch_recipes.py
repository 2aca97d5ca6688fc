"""The recipes of docs/torch.md for Lightning and Hugging Face, run by these libraries (tox: torch-heavy)."""

import hashlib
import sys
import warnings
from pathlib import Path
from typing import Any

import augplug_torch
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import augplug

pytestmark = pytest.mark.heavy
COUNT, SEED = 20, 9


def images() -> Any:
    return np.random.default_rng(1).integers(0, 256, (COUNT, 10, 10, 3), np.uint8)


def expected(epochs: int) -> dict[tuple[int, int], str]:
    augment = augplug.Augmenter("autoaugment-cifar10", seed=SEED)
    return {
        (epoch, index): digest(np.moveaxis(augment(image, index=index, epoch=epoch), -1, 0))
        for epoch in range(epochs)
        for index, image in enumerate(images())
    }


def digest(array: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


@pytest.mark.parametrize("workers", [0, 2])
def test_lightning_trains_on_the_pairs_of_each_epoch(workers: int, tmp_path: Path) -> None:
    warnings.simplefilter("ignore")
    lightning = pytest.importorskip("pytorch_lightning")
    seen: dict[tuple[int, int], str] = {}

    class Data(lightning.LightningDataModule):  # type: ignore[misc, name-defined]  # it carries no types here
        def train_dataloader(self) -> Any:  # pylint: disable=no-self-use  # Lightning calls it
            data = augplug_torch.dataset((images(), np.arange(COUNT) % 2), "autoaugment-cifar10", seed=SEED, keyed=True)
            sampler = augplug_torch.sampler(len(data), seed=SEED)
            return DataLoader(data, 4, sampler=sampler, num_workers=workers, persistent_workers=workers > 0)

    class Model(lightning.LightningModule):  # type: ignore[misc, name-defined]  # as above
        def __init__(self) -> None:
            super().__init__()
            self.head = torch.nn.Linear(300, 2)

        def training_step(self, batch: Any, _number: int) -> Any:
            pictures, labels, (epochs, indices) = batch
            for picture, epoch, index in zip(pictures, epochs.tolist(), indices.tolist(), strict=True):
                assert epoch == self.current_epoch
                seen[epoch, index] = digest(picture.numpy())
            return torch.nn.functional.cross_entropy(self.head(pictures.flatten(1).float() / 255), labels)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    trainer = lightning.Trainer(
        max_epochs=3,
        accelerator="cpu",
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(Model(), Data())

    assert seen == expected(3)


@pytest.mark.parametrize(("workers", "how"), [(0, None), (2, "fork"), (2, "spawn")])
def test_hugging_faces_rows_are_those_of_the_epoch(workers: int, how: str | None) -> None:
    warnings.simplefilter("ignore")
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_dict(
        {"image": list(images()), "label": list(range(COUNT))},
        features=datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")}),
    )
    transform = augplug_torch.HFTransform("autoaugment-cifar10", seed=SEED)
    rows = rows.add_column("index", list(range(COUNT))).with_transform(transform)
    loader = DataLoader(
        rows, 4, shuffle=True, num_workers=workers, persistent_workers=workers > 0, multiprocessing_context=how
    )
    seen = {}
    for epoch in range(3):
        transform.set_epoch(epoch)
        for batch in loader:
            for picture, index in zip(batch["image"], batch["index"].tolist(), strict=True):
                seen[epoch, index] = digest(picture.numpy())

    assert seen == expected(3)


def test_hugging_faces_data_set_is_a_source_too() -> None:
    warnings.simplefilter("ignore")
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_dict(
        {"image": list(images())}, features=datasets.Features({"image": datasets.Image()})
    )

    data = augplug_torch.dataset(rows, "autoaugment-cifar10", seed=SEED)

    found = {(epoch, index): digest(data[epoch, index]["image"].numpy()) for epoch in (0, 1) for index in range(COUNT)}
    assert found == expected(2)
    assert "datasets" in sys.modules
