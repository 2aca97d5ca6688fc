"""augplug for PyTorch: augmented data sets, mixed batches, transforms of torchvision's v2, and child models.

    data = augplug_torch.dataset(pairs, "autoaugment-cifar10", seed=7)
    loader = DataLoader(data, batch_size=64, sampler=augplug_torch.sampler(len(data)), num_workers=4)

torch is imported when something is used, never when this package is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import augplug
from augplug_torch.batches import BatchAugmenter
from augplug_torch.children import WRN, TorchCNN
from augplug_torch.datasets import AugmentedDataset, Collate, dataset, sampler, worker_init
from augplug_torch.rows import HFTransform
from augplug_torch.structures import V2Transform

__all__ = [
    "WRN",
    "AugmentedDataset",
    "BatchAugmenter",
    "Collate",
    "HFTransform",
    "TorchCNN",
    "V2Transform",
    "dataset",
    "sampler",
    "worker_init",
]


@augplug.hookimpl
def augplug_evaluators() -> Mapping[str, type[augplug.Evaluator]]:
    """Return the child models."""
    return {"torch-cnn": TorchCNN, "wrn": WRN}


@augplug.hookimpl
def augplug_backends() -> Mapping[str, Callable[[], augplug.Backend]]:
    """Return one backend, on OpenCV where it is importable, else on the reference."""
    return {"torch": _torch}


def _torch() -> augplug.Backend:
    from augplug_torch.backend import Torch  # torch takes a second to import

    return Torch(augplug.default_backend())
