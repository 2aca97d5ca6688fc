"""The child models `torch-cnn` and `wrn`: their settings, and how a policy becomes a reward."""

from __future__ import annotations

import hashlib
import json
import os
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

import augplug
from augplug_torch import ranks
from augplug_torch.recipes import Recipe, smoothed, steps_an_epoch

CHECKPOINTS = "AUGPLUG_TORCH_CHECKPOINTS"
"""The variable that names the folder of checkpoints; without it there are none."""
DEVICES = ("auto", "cpu", "cuda")
SCHEDULES = {"reduced": (120, 0.01, 1e-4), "full": (200, 0.1, 5e-4)}
"""Epochs, learning rate and weight decay of AutoAugment, arXiv 1805.09501: for children on reduced CIFAR-10, and for
networks on the whole of it, as RandAugment's too."""
Margins = npt.NDArray[np.float64]
Progress = Callable[[float], None]


class TorchChild(augplug.Evaluator):
    """Trains a network on images that the policy augments, by the keys (epoch, index).

    The reward is the smoothed accuracy on the validation images. One thread and deterministic algorithms: the same seed
    gives the same reward to the bit on one machine.
    """

    name: ClassVar[str]

    def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, processes: int, device: str) -> None:
        """Take the images, in how many processes a network is trained, and on which device."""
        self._train, self._valid = train, valid
        self._processes, self._device = processes, device

    @abstractmethod
    def recipe(self, budget: float) -> Recipe:
        """Return how the network is trained in a part of the full training."""

    def evaluate(
        self,
        policy: augplug.Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Progress | None = None,
    ) -> float:
        """Return the smoothed accuracy on the validation images: the mean of 1 / (1 + exp(-10 margin)).

        `budget` in (0, 1] takes that part of the steps, with a schedule of its own; `progress` hears nine
        times on the way of the smoothed accuracy on at most 500 of the validation images, the same for every policy.
        """
        return smoothed(self.margins(policy, seed=seed, budget=budget, progress=progress))

    def margins(
        self,
        policy: augplug.Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Progress | None = None,
    ) -> Margins:
        """Return for each validation image the probability of its class minus that of the best other one, `(N,)`.

        They are divided by five times their mean size, so that no policy gains by making the network unsure.

        Raises SettingsError for a budget outside (0, 1].
        """
        if budget is not None and not 0 < budget <= 1:
            raise augplug.SettingsError(f"a budget is a part of the full training in (0, 1], not {budget!r}")
        recipe = self.recipe(1.0 if budget is None else budget)
        checkpoint = self._checkpoint(recipe, policy, seed)
        if self._processes > 1:
            return self._by_ranks(recipe, policy, seed, checkpoint, progress)
        from augplug_torch.training import Trial  # torch takes a second to import

        trial = Trial(recipe, self._train, self._valid, policy, seed, device=self._device)
        return trial.run(progress, checkpoint)

    def _by_ranks(
        self, recipe: Recipe, policy: augplug.Policy, seed: int, checkpoint: Path | None, progress: Progress | None
    ) -> Margins:
        if self._processes > recipe.batch // 2 or self._processes > len(self._train) // 2:
            raise augplug.SettingsError(
                f"{self.name}: {self._processes} processes need batches of twice as many images, and as many images"
            )
        return ranks.margins_by_ranks(
            self.name,
            recipe,
            (self._train, self._valid),
            policy,
            seed,
            processes=self._processes,
            device=self._device,
            checkpoint=checkpoint,
            progress=progress,
        )

    @staticmethod
    def run_rank(folder: str) -> None:
        """Train as one of several processes: what each that torchrun started calls."""
        ranks.run_rank(folder)

    def _checkpoint(self, recipe: Recipe, policy: augplug.Policy, seed: int) -> Path | None:
        """Return where the checkpoint of a trial is: its name is made of all that decides the trial."""
        folder = os.environ.get(CHECKPOINTS)
        if not folder:
            return None
        import torch

        facts = {"recipe": asdict(recipe), "seed": seed, "torch": torch.__version__, "processes": self._processes}
        running = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        running.update(policy.digest)
        for part in (self._train, self._valid):
            running.update(np.ascontiguousarray(part.x).tobytes())
            running.update(np.ascontiguousarray(part.y).tobytes())
        Path(folder).mkdir(parents=True, exist_ok=True)
        return Path(folder, f"{self.name}-{running.hexdigest()[:32]}.checkpoint")


@dataclass(frozen=True)
class TorchCNNSettings:
    """What `--set` takes for `torch-cnn`."""

    steps: int = augplug.setting(600, low=1, high=10_000_000, doc="Batches that the network is trained on.")
    batch_size: int = augplug.setting(64, low=1, high=100_000, doc="Images in a batch, at most.")
    rate: float = augplug.setting(0.01, low=1e-6, high=10.0, doc="The highest learning rate of the one cycle.")
    decay: float = augplug.setting(0.01, low=0.0, high=10.0, doc="AdamW's weight decay.")
    processes: int = augplug.setting(1, low=1, high=1024, doc="Processes that train one network together.")
    device: str = augplug.setting("auto", choices=DEVICES, doc="Where it is trained; auto takes a GPU if there is one.")
    mixed: bool = augplug.setting(default=True, doc="Mixed precision, bfloat16, on a GPU.")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        augplug.check_ranges("torch-cnn", self)


class TorchCNN(TorchChild):
    """Three convolutions of 16, 32 and 64 channels, AdamW, one cycle: seconds a trial on a CPU."""

    Settings = TorchCNNSettings
    name = "torch-cnn"

    def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, **settings: Any) -> None:
        """Take uint8 images, grey or RGB, and settings. Raises SettingsError."""
        augplug.check_known(self.name, settings, TorchCNNSettings)
        self.settings = TorchCNNSettings(**settings)
        super().__init__(train, valid, self.settings.processes, self.settings.device)

    def recipe(self, budget: float) -> Recipe:
        """Return how the network is trained."""
        chosen = self.settings
        steps = max(1, round(chosen.steps * budget))
        return Recipe("cnn", steps, chosen.batch_size, chosen.rate, chosen.decay, mixed=chosen.mixed)


@dataclass(frozen=True)
class WRNSettings:
    """What `--set` takes for `wrn`. `schedule` names what a paper did; the numbers below it change single ones."""

    depth: int = augplug.setting(40, low=10, high=1000, doc="Convolutions of the network: 6 n + 4.")
    width: int = augplug.setting(2, low=1, high=100, doc="The factor by which the network is wider than a ResNet.")
    schedule: str = augplug.setting(
        "reduced",
        choices=tuple(SCHEDULES),
        doc="AutoAugment's training of children on reduced CIFAR-10, or of networks on the full set.",
    )
    batch_size: int = augplug.setting(128, low=1, high=100_000, doc="Images in a batch, at most.")
    epochs: int | None = augplug.setting(None, low=1, high=1_000_000, doc="Passes over the images.")
    rate: float | None = augplug.setting(None, low=1e-6, high=10.0, doc="The first learning rate of the cosine.")
    decay: float | None = augplug.setting(None, low=0.0, high=10.0, doc="Weight decay.")
    processes: int = augplug.setting(1, low=1, high=1024, doc="Processes that train one network together.")
    device: str = augplug.setting("auto", choices=DEVICES, doc="Where it is trained; auto takes a GPU if there is one.")
    mixed: bool = augplug.setting(default=True, doc="Mixed precision, bfloat16, on a GPU.")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        augplug.check_ranges("wrn", self)
        if self.depth % 6 != 4:
            raise augplug.SettingsError(f"wrn: depth is 6 n + 4, such as 10, 16, 28 or 40, not {self.depth}")


class WRN(TorchChild):
    """A Wide ResNet with the schedules of AutoAugment's paper: minutes to hours a trial."""

    Settings = WRNSettings
    name = "wrn"

    def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, **settings: Any) -> None:
        """Take uint8 images, grey or RGB, and settings. Raises SettingsError."""
        augplug.check_known(self.name, settings, WRNSettings)
        self.settings = WRNSettings(**settings)
        super().__init__(train, valid, self.settings.processes, self.settings.device)

    def recipe(self, budget: float) -> Recipe:
        """Return how the network is trained."""
        chosen = self.settings
        epochs, rate, decay = (
            usual if given is None else given
            for given, usual in zip((chosen.epochs, chosen.rate, chosen.decay), SCHEDULES[chosen.schedule], strict=True)
        )
        steps = max(1, round(epochs * budget * steps_an_epoch(len(self._train), chosen.batch_size)))
        return Recipe(
            "wrn",
            steps,
            chosen.batch_size,
            rate,
            decay,
            optimizer="sgd",
            clip=5.0,
            depth=chosen.depth,
            width=chosen.width,
            mixed=chosen.mixed,
        )
