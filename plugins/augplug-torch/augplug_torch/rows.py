"""Hugging Face's data sets: columns in, columns out, for `Dataset.with_transform`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsIndex

import numpy as np

import augplug
from augplug_torch.datasets import as_tensor


class HFTransform:
    """Augments the rows of a `datasets.Dataset` when they are asked for: `ds.with_transform(HFTransform(...))`.

    A transform gets neither index nor epoch. So the rows have a column of their numbers, `ds.add_column("index",
    range(len(ds)))`, and `set_epoch` says which epoch begins: it reaches workers that live on, too. Images become
    tensors `(C, H, W)`; the other columns stay as they are.
    """

    def __init__(
        self,
        policy: Any,
        *,
        seed: int = 0,
        image: str = "image",
        index: str = "index",
        targets: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        """Take a policy, its name or file; the columns of images and numbers; and an Augmenter's settings.

        `targets` says which columns follow the image: `{"mask": "segmentation"}`, by augplug's keywords. Raises
        SettingsError for a policy that mixes images.
        """
        import torch

        self.augment = augplug.Augmenter(policy, seed=seed, **settings)
        if self.augment.mixes:
            raise augplug.SettingsError("a transform sees no whole batch to mix images of: that is Collate's part")
        self.image, self.index, self.targets = image, index, dict(targets or {})
        # In memory that workers share, forked or spawned.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: SupportsIndex) -> None:
        """Say which epoch the rows that come next belong to."""
        self._epoch[0] = int(epoch)

    def __call__(self, rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return columns augmented. Raises SettingsError without the column of numbers."""
        if self.index not in rows:
            raise augplug.SettingsError(
                f"these rows have no column {self.index!r}, which says which images they are: "
                f"ds = ds.add_column({self.index!r}, range(len(ds)))"
            )
        made = {name: list(column) for name, column in rows.items()}
        epoch = int(self._epoch[0])
        for place, index in enumerate(rows[self.index]):
            given = {key: rows[column][place] for key, column in self.targets.items()}
            result = self.augment(image=_pixels(rows[self.image][place]), **given, index=index, epoch=epoch)
            made[self.image][place] = as_tensor(result["image"], self.augment)
            for key, column in self.targets.items():
                made[column][place] = result[key]
        return made


def _pixels(image: Any) -> Any:
    """Return an image as it is; one in nested lists as an array of bytes."""
    return np.asarray(image, dtype=np.uint8) if isinstance(image, list) else image
