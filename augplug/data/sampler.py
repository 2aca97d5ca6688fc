"""Numbers for loaders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Never

import numpy as np

from augplug.ranges import natural, refuse_unknown
from augplug.rng import Stream, key_of


class EpochSampler:
    """Yields `(epoch, index)` for a set of `size` images: every index once an epoch, in an order of its own each epoch.

    Each iteration over it is the next epoch, so that no epoch repeats another; `set_epoch` says which comes next, to go
    on after a restart. `shuffle=False` keeps the order 0, 1, 2, ...

    >>> sampler = EpochSampler(3, shuffle=False)
    >>> list(sampler), list(sampler)
    ([(0, 0), (0, 1), (0, 2)], [(1, 0), (1, 1), (1, 2)])
    """

    def __init__(self, size: int, *, seed: int = 0, shuffle: bool = True, epoch: int = 0, **unknown: Never) -> None:
        """Take the number of images, the seed of the orders, and the epoch to begin with."""
        refuse_unknown("EpochSampler", unknown, ("seed", "shuffle", "epoch"))
        self.size = natural("size", size)
        self.seed = seed
        self.shuffle = shuffle
        self._epoch = natural("epoch", epoch)

    def __len__(self) -> int:
        """Return the number of images in an epoch."""
        return self.size

    def set_epoch(self, epoch: int) -> None:
        """Let the next iteration be that epoch."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the next epoch's pairs."""
        epoch = self._epoch
        self._epoch += 1
        order = np.arange(self.size)
        if self.shuffle:
            # Sorting by random words is a shuffle whose order no numpy release can change.
            stream = Stream(b"augplug.EpochSampler", key_of(self.seed, epoch, 0))
            order = np.argsort(np.array([stream.word() for _ in range(self.size)], dtype=np.uint64), kind="stable")
        for index in order.tolist():
            yield epoch, index
