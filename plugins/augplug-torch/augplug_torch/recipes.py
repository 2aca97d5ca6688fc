"""How a network is trained: everything that decides a trial but its images, its policy and its seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    `network` is `cnn` or `wrn`; `steps` batches of about `batch` images; `rate` the highest learning rate; `decay` the
    weight decay; `optimizer` `adamw`, with a rate in one cycle, or `sgd`, with Nesterov's momentum 0.9 and a cosine;
    `clip` the largest norm of a gradient, 0 for any; `mixed` precision, on GPUs.
    """

    network: str
    steps: int
    batch: int
    rate: float
    decay: float
    optimizer: str = "adamw"
    clip: float = 0.0
    depth: int = 0
    width: int = 0
    mixed: bool = True

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        part = step / self.steps
        if self.optimizer == "sgd":
            return self.rate * _cosine(part)
        # One cycle as torch's OneCycleLR has it: up from 1/25 in three tenths of the steps, then down to nearly 0.
        rising = 0.3
        if part < rising:
            return self.rate * (1 - 24 / 25 * _cosine(part / rising))
        return self.rate * _cosine((part - rising) / (1 - rising))


def _cosine(part: float) -> float:
    return (1 + math.cos(math.pi * part)) / 2


def steps_an_epoch(count: int, batch: int) -> int:
    """Return into how many batches of nearly equal size an epoch of `count` images is cut."""
    return max(1, math.ceil(count / batch))


def smoothed(margins: Any) -> float:
    """Return the smoothed accuracy of margins `(N,)`: the mean of 1 / (1 + exp(-10 margin))."""
    return float(sum(1 / (1 + math.exp(-10 * margin)) for margin in margins.tolist()) / len(margins))
