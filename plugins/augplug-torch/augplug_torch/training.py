"""One trial: a network trained on augmented images, and what it says of the validation images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.parallel import DistributedDataParallel

import augplug
from augplug_torch.arrays import read_arrays, write_arrays
from augplug_torch.datasets import rows_of
from augplug_torch.networks import network
from augplug_torch.recipes import Recipe, smoothed, steps_an_epoch

REPORTS = 10
"""How often in a training the validation images are looked at: for progress, and a checkpoint."""
_CHUNK = 500
GLANCE = 500
"""Validation images at most that are looked at on the way, the same in every trial: thousands would cost more than the
training does."""

_SIZE = 5
"""Margins are 0.2 in the mean, so that 10 times the margin is smoothed; those of kernel-ridge are 0.3 to 0.6."""

Margins = npt.NDArray[np.float64]


class Trial:
    """Trains a network by a recipe. The same arguments give the same margins to the bit on one machine."""

    def __init__(
        self,
        recipe: Recipe,
        train: augplug.Labelled,
        valid: augplug.Labelled,
        policy: augplug.Policy,
        seed: int,
        *,
        device: str = "auto",
        rank: int = 0,
        replicas: int = 1,
    ) -> None:
        """Take a recipe, the images, the policy and the seed, and which of how many processes this is.

        Raises SettingsError for a device that is not here.
        """
        self.recipe, self.train = recipe, train
        self.rank, self.replicas = rank, replicas
        self.device = device_of(device, rank)
        mean, std = _statistics(train.x)
        self.augment = augplug.Augmenter(
            policy,
            seed=seed,
            classes=len(train.classes),
            output=augplug.Output(mean=mean, std=std, layout="HWC"),
        )
        self.sampler = augplug.EpochSampler(len(train), seed=seed)
        channels = 1 if train.x.ndim == 3 else 3
        made = network(recipe.network, channels, len(train.classes), seed, recipe.depth, recipe.width)
        # Channels last in memory: the small network trains in two thirds of the time.
        self.model = made.to(self.device, memory_format=torch.channels_last)
        self.optimizer = _optimizer(recipe, self.model)
        self.step = 0
        self._valid = self._placed(_normalised(valid.x, mean, std)), valid.y
        places = [self.device.index] if self.device.type == "cuda" else None
        self._trained = DistributedDataParallel(self.model, device_ids=places) if replicas > 1 else self.model

    def run(
        self,
        report: Callable[[float], None] | None = None,
        checkpoint: Path | None = None,
        each: Callable[[], object] = bool,
    ) -> Margins:
        """Train to the end, from the checkpoint if there is one, and return the margins of the validation images.

        `report` is called some times on the way with the smoothed accuracy on at most 500 of them, `each` before every
        step.
        """
        with _deterministic():
            if checkpoint is not None and checkpoint.exists():
                self.restore(checkpoint)
            every = max(1, self.recipe.steps // REPORTS)
            some = np.sort(augplug.generator(0).permutation(len(self._valid[1]))[:GLANCE])
            for batch in self._batches():
                each()
                self._train_on(batch)
                self.step += 1
                if self.step % every == 0 and self.step < self.recipe.steps:
                    if checkpoint is not None:
                        self.save(checkpoint)
                    if report is not None:
                        report(smoothed(self._margins_at(some)))
            made = self.margins()
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)
        return made

    def _batches(self) -> Iterator[tuple[npt.NDArray[np.int64], int, int]]:
        """Yield the indices of this rank's part of each batch, the epoch, and the images of the whole batch."""
        many = steps_an_epoch(len(self.train), self.recipe.batch)
        while self.step < self.recipe.steps:
            epoch, done = divmod(self.step, many)
            self.sampler.set_epoch(epoch)
            order = np.array([index for _, index in self.sampler])
            for whole in np.array_split(order, many)[done : done + self.recipe.steps - self.step]:
                yield whole[self.rank :: self.replicas], epoch, len(whole)

    def _train_on(self, batch: tuple[npt.NDArray[np.int64], int, int]) -> None:
        indices, epoch, whole = batch
        images, labels = self._augmented(indices, epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate_at(self.step)
        self._trained.train()
        self.optimizer.zero_grad(set_to_none=True)
        with self._precision():
            scores = self._trained(images)
        losses = torch.nn.functional.cross_entropy(scores.float(), labels, reduction="sum")
        # Ranks average their gradients: so the sum over all of them is the mean over the whole batch.
        (losses * (self.replicas / whole)).backward()
        if self.recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        self.optimizer.step()

    def _augmented(self, indices: npt.NDArray[np.int64], epoch: int) -> tuple[Any, Any]:
        """Return images and labels, or rows of weights of a policy that mixes, on the device."""
        x, y = self.train.x[indices], self.train.y[indices]
        if not self.augment.mixes:
            made = self.augment.batch(x, indices=indices, epoch=epoch)
            return self._placed(made), torch.from_numpy(y).to(self.device)
        mixed: dict[str, Any] = self.augment.batch(x, label=y, indices=indices, epoch=epoch)
        rows = np.stack(rows_of(mixed["label"], len(self.train.classes)))
        return self._placed(mixed["image"]), torch.from_numpy(rows).to(self.device)

    def _placed(self, images: npt.NDArray[np.float32]) -> Any:
        """Return images `(N, H, W)` or `(N, H, W, C)` as `(N, C, H, W)` on the device, channels last in memory."""
        channels = images if images.ndim == 4 else images[..., None]
        return torch.from_numpy(channels).permute(0, 3, 1, 2).to(self.device)

    def _precision(self) -> Any:
        mixed = self.recipe.mixed and self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=mixed)

    def margins(self) -> Margins:
        """Return for each validation image the probability of its class minus that of the best other one.

        They are divided by five times their mean size. A smoothed accuracy of probabilities as they are would prefer
        networks that are unsure: one that knows nothing has margins of nearly 0, and each would count half.
        """
        return self._margins_at(slice(None))

    def _margins_at(self, places: slice | npt.NDArray[np.int64]) -> Margins:
        images, labels = (values[places] for values in self._valid)
        self.model.eval()
        parts = []
        with torch.inference_mode(), self._precision():
            for start in range(0, len(images), _CHUNK):
                scores = self.model(images[start : start + _CHUNK])
                parts.append(torch.softmax(scores.double(), dim=1).cpu().numpy())
        found = np.concatenate(parts)
        rows = np.arange(len(found))
        own: Margins = found[rows, labels]
        found[rows, labels] = 0  # so that the largest is that of another class; of one class alone it is 0
        own -= found.max(axis=1)
        own /= max(_SIZE * np.abs(own).mean(), np.finfo(np.float64).tiny)
        return own

    def save(self, path: Path) -> None:
        """Write where the training stands."""
        state = self.optimizer.state_dict()["state"]
        arrays = {f"model/{name}": value.cpu().numpy() for name, value in self.model.state_dict().items()}
        for number, values in state.items():
            arrays |= {f"optimizer/{number}/{name}": value.cpu().numpy() for name, value in values.items()}
        if self.rank == 0:
            write_arrays(path, arrays, step=self.step)

    def restore(self, path: Path) -> None:
        """Go on from where `save` was called."""
        arrays, facts = read_arrays(path)
        tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        self.model.load_state_dict(
            {name.removeprefix("model/"): value for name, value in tensors.items() if name.startswith("model/")}
        )
        state = self.optimizer.state_dict()
        for name, value in tensors.items():
            if name.startswith("optimizer/"):
                _, number, key = name.split("/")
                state["state"].setdefault(int(number), {})[key] = value
        self.optimizer.load_state_dict(state)
        self.step = int(facts["step"])


def device_of(name: str, rank: int = 0) -> Any:
    """Return a device by name; `auto` is a GPU, of several that of the rank, else the CPU. Raises SettingsError."""
    here = torch.cuda.is_available()
    if name == "auto":
        name = "cuda" if here else "cpu"
    if name == "cuda" and not here:
        raise augplug.SettingsError("there is no GPU that torch can use here; give device=cpu, or device=auto")
    return torch.device("cuda", rank % torch.cuda.device_count()) if name == "cuda" else torch.device("cpu")


def _optimizer(recipe: Recipe, model: Any) -> Any:
    # One kernel a tensor: `foreach` and `fused` kernels add in another order on other devices.
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            model.parameters(), lr=recipe.rate, momentum=0.9, nesterov=True, weight_decay=recipe.decay, foreach=False
        )
    return torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay, foreach=False)


def _statistics(images: npt.NDArray[np.uint8]) -> tuple[Any, Any]:
    """Return the mean and the standard deviation of each channel, on the scale 0..1."""
    channels = images.reshape(-1, 1 if images.ndim == 3 else 3) / 255.0
    return tuple(channels.mean(axis=0).tolist()), tuple((channels.std(axis=0) + 1e-3).tolist())


def _normalised(images: npt.NDArray[np.uint8], mean: Sequence[float], std: Sequence[float]) -> npt.NDArray[np.float32]:
    rows = images.reshape(*images.shape[:3], -1) / 255.0
    return np.asarray((rows - mean) / std, dtype=np.float32)


@contextmanager
def _deterministic() -> Iterator[None]:
    """Hold torch to one thread and to algorithms that always add in one order, then give back."""
    # What cuBLAS asks for then; it reads it when its first matrix is multiplied.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    threads, before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.set_num_threads(threads)
