"""Data sets whose items are augmented by the pair (epoch, index), and batches whose images are mixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, SupportsIndex, TypeAlias

import numpy as np

import augplug

PolicyLike: TypeAlias = Any
"""A policy, a node of one, a name, or the path of a file: whatever `augplug.Augmenter` takes."""
_TARGETS = ("image", "mask", "masks", "boxes", "bboxes", "keypoints", "label", "labels")


class Source(Protocol):
    """What is augmented: a map-style data set of torch, or any sequence."""

    def __len__(self) -> int:
        """Return the number of items."""

    def __getitem__(self, index: int, /) -> Any:
        """Return the item at an index."""


class Transform(Protocol):
    """What augments an item by index and epoch, such as `V2Transform`."""

    def __call__(self, item: Any, /, *, index: SupportsIndex, epoch: SupportsIndex) -> Any:
        """Return the item augmented."""


class AugmentedDataset:
    """A map-style data set whose items are asked for by `(epoch, index)`, as `augplug.EpochSampler` yields them.

    The picture of a pair depends on the policy, the seed, the epoch and the index alone: not on the number of workers,
    not on how they were started, and not on which of several ranks asks.
    """

    def __init__(self, source: Source, transform: Transform, *, keyed: bool = False) -> None:
        """Take the items and what augments them; with `keyed`, each item ends with its pair."""
        self.source = source
        self.transform = transform
        self.keyed = keyed

    def __len__(self) -> int:
        """Return the number of items of the source."""
        return len(self.source)

    def __getitem__(self, pair: Any) -> Any:
        """Return the item `(epoch, index)`. Raises SettingsError for an index alone."""
        if not isinstance(pair, tuple):
            raise augplug.SettingsError(
                f"an item of this data set is asked for by (epoch, index), not by {pair!r}: give the DataLoader "
                "sampler=augplug_torch.sampler(len(data)) in the place of shuffle=True"
            )
        _quiet_opencv()
        epoch, index = pair
        made = self.transform(self.source[index], index=index, epoch=epoch)
        if not self.keyed:
            return made
        if isinstance(made, dict):
            return {**made, "key": (epoch, index)}
        return (*(made if isinstance(made, tuple | list) else (made,)), (epoch, index))


class ItemTransform:
    """Augments an image, a tuple that begins with one, or a dict with augplug's keywords; images become tensors."""

    def __init__(self, augment: augplug.Augmenter) -> None:
        """Take what augments."""
        self.augment = augment

    def __call__(self, item: Any, /, *, index: SupportsIndex, epoch: SupportsIndex) -> Any:
        """Return the item augmented: images `(C, H, W)`, targets as they were given, other entries as they are."""
        if isinstance(item, dict):
            sample = {name: value for name, value in item.items() if name in _TARGETS}
            made = self.augment(**sample, index=index, epoch=epoch)
            return {**item, **made, "image": as_tensor(made["image"], self.augment)}
        if isinstance(item, tuple | list):
            return (as_tensor(self.augment(item[0], index=index, epoch=epoch), self.augment), *item[1:])
        return as_tensor(self.augment(item, index=index, epoch=epoch), self.augment)


def dataset(
    source: Source | tuple[Any, Any],
    policy: PolicyLike,
    *,
    seed: int = 0,
    keyed: bool = False,
    **settings: Any,
) -> AugmentedDataset:
    """Return a data set of torch whose items are those of `source`, augmented by `policy`.

    `source` has `len()` and items by number: an image (an array, a PIL image or a tensor), a tuple that begins with
    one, or a dict with augplug's keywords (`image`, `mask`, `masks`, `boxes`, `keypoints`); or it is a pair of arrays
    `(images, labels)`. Images come as tensors `(C, H, W)`: of the dtype they had, or float32 and normalised, if an
    `output=` is among the `settings` of the Augmenter. `policy` is a policy, its name or file; an `augplug.Augmenter`,
    whose settings then hold; or anything that is called with an item, `index=` and `epoch=`, such as `V2Transform`.
    With `keyed` an item ends with its pair `(epoch, index)`, as `Collate` wants it. Raises SettingsError for a policy
    that mixes images, which is for `Collate`.
    """
    items = _Pairs(*source) if isinstance(source, tuple) else source
    if not isinstance(policy, augplug.Augmenter) and callable(policy):
        return AugmentedDataset(items, policy, keyed=keyed)
    augment = policy if isinstance(policy, augplug.Augmenter) else augplug.Augmenter(policy, seed=seed, **settings)
    if augment.mixes:
        raise augplug.SettingsError(
            "this policy mixes images of a batch, which a data set does not have: give its mixing part to "
            "augplug_torch.Collate(...), and the rest to the data set"
        )
    return AugmentedDataset(items, ItemTransform(augment), keyed=keyed)


class _Pairs:
    """Two arrays, item by item."""

    def __init__(self, images: Any, labels: Any) -> None:
        if len(images) != len(labels):
            raise augplug.SettingsError(f"{len(images)} images need as many labels, not {len(labels)}")
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.images[index], self.labels[index]


class Collate:
    """Makes a batch of keyed items `(image, label, (epoch, index))` and mixes it: a `collate_fn` for DataLoader.

    Which images are mixed, and how, depends on the policy, the seed and the pairs in the batch. The images are uint8
    tensors `(C, H, W)` of one shape, the labels numbers of classes; out come `(B, C, H, W)`, normalised if `output=`
    says so, and rows `(B, classes)` of weights, which `torch.nn.functional.cross_entropy` takes.
    """

    def __init__(self, policy: PolicyLike = "CutMix", *, classes: int, seed: int = 0, **settings: Any) -> None:
        """Take `"CutMix"`, `"MixUp"`, or any policy, the number of classes, and further settings of an Augmenter."""
        mixing = augplug.step(policy) if policy in ("CutMix", "MixUp") else policy
        self.augment = augplug.Augmenter(mixing, seed=seed, classes=classes, **settings)

    def __call__(self, items: Sequence[Any]) -> tuple[Any, Any]:
        """Return the images and the weights of classes of a batch. Raises SettingsError for items without keys."""
        import torch

        _quiet_opencv()
        if not all(isinstance(item, tuple) and len(item) == 3 and isinstance(item[2], tuple) for item in items):
            raise augplug.SettingsError(
                "Collate takes items (image, label, (epoch, index)): make the data set with dataset(..., keyed=True)"
            )
        images = np.stack([np.moveaxis(np.asarray(image), 0, -1) for image, _, _ in items])
        labels = [int(label) for _, label, _ in items]
        keys = [f"{epoch}/{index}" for _, _, (epoch, index) in items]
        made: dict[str, Any] = self.augment.batch(images, label=labels, keys=keys)
        rows = np.stack(rows_of(made["label"], self.augment.classes or 0))
        return torch.stack([as_tensor(image, self.augment) for image in made["image"]]), torch.from_numpy(rows)


def rows_of(labels: Sequence[Any], classes: int) -> list[Any]:
    """Return every label as a row of weights, float32: a number of a class as 1 at its place."""
    rows = np.eye(classes, dtype=np.float32)
    return [rows[int(label)] if np.ndim(label) == 0 else np.asarray(label, dtype=np.float32) for label in labels]


def as_tensor(image: Any, augment: augplug.Augmenter) -> Any:
    """Return an image that an Augmenter made as a tensor `(C, H, W)`, a grey one as `(1, H, W)`."""
    import torch

    if isinstance(image, torch.Tensor):
        return image if image.ndim == 3 else image[None]
    array = np.asarray(image)
    if augment.output is None or augment.output.layout == "HWC":
        array = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
    return torch.from_numpy(np.ascontiguousarray(array))


def sampler(
    size: int, *, seed: int = 0, shuffle: bool = True, epoch: int = 0, weights: Any = None
) -> augplug.EpochSampler:
    """Return the sampler of this process: `augplug.EpochSampler` with its rank, if torch.distributed is initialised.

    Every rank yields equally many pairs, since training waits for all of them at each step. Give all ranks one seed.
    """
    import torch.distributed as ranks

    many = ranks.is_available() and ranks.is_initialized()
    rank, replicas = (ranks.get_rank(), ranks.get_world_size()) if many else (0, 1)
    return augplug.EpochSampler(
        size, seed=seed, shuffle=shuffle, epoch=epoch, rank=rank, replicas=replicas, weights=weights, even=replicas > 1
    )


def worker_init(worker: int = 0) -> None:
    """Hold OpenCV to one thread in this process: a `worker_init_fn` for data sets of your own.

    `AugmentedDataset` and `Collate` do it by themselves in workers. Workers are processes side by side: threads of each
    would only get in each other's way.
    """
    del worker
    try:
        import cv2
    except ImportError:  # the reference backend renders, on one thread
        return
    if cv2.getNumThreads() != 1:
        # 0, not 1: 1 waits for the threads of the pool to end, and a forked process has none of them: it would hang.
        cv2.setNumThreads(0)


def _quiet_opencv() -> None:
    """Hold OpenCV to one thread if this process is a worker of a DataLoader."""
    from torch.utils.data import get_worker_info

    if get_worker_info() is not None:
        worker_init()
