"""Numbers for loaders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Never, SupportsIndex

import numpy as np
import numpy.typing as npt

from augplug.errors import SettingsError
from augplug.ranges import natural, refuse_unknown
from augplug.rng import Stream, key_of

_AGAIN = 2**32
"""What the epoch of an index is raised by, each time that it comes again in one epoch."""


class EpochSampler:
    """Yields `(epoch, index)` for a set of `size` images: every index once an epoch, in an order of its own each epoch.

    Each iteration over it is the next epoch, so that no epoch repeats another; `set_epoch` says which comes next, to go
    on after a restart. `shuffle=False` keeps the order 0, 1, 2, ...

    Of several processes that train together, each makes one with the same seed and its own `rank` in 0..replicas-1:
    together they yield what a single one would, each pair once, whatever the number of `replicas`. If `size` is no
    multiple of it, the first ranks yield a pair more; `even=True` lets the others repeat a pair of the epoch instead,
    for training that waits for all of them at each step.

    With `weights` `(size,)` an epoch is `size` indices drawn with replacement, each as likely as its weight says. An
    index that comes again in an epoch has 2**32 added to that pair's epoch, each time, so that its image is augmented
    in another way.

    >>> sampler = EpochSampler(3, shuffle=False)
    >>> list(sampler), list(sampler)
    ([(0, 0), (0, 1), (0, 2)], [(1, 0), (1, 1), (1, 2)])
    >>> list(EpochSampler(5, shuffle=False, rank=1, replicas=2))
    [(0, 1), (0, 3)]
    """

    def __init__(
        self,
        size: SupportsIndex,
        *,
        seed: int = 0,
        shuffle: bool = True,
        epoch: SupportsIndex = 0,
        rank: SupportsIndex = 0,
        replicas: SupportsIndex = 1,
        weights: Sequence[float] | npt.NDArray[Any] | None = None,
        even: bool = False,
        **unknown: Never,
    ) -> None:
        """Take the number of images, the seed of the orders, and the epoch to begin with. Raises SettingsError."""
        known = ("seed", "shuffle", "epoch", "rank", "replicas", "weights", "even")
        refuse_unknown("EpochSampler", unknown, known)
        self.size = natural("size", size)
        self.seed = natural("seed", seed)
        self.shuffle = shuffle
        self.rank, self.replicas = natural("rank", rank), natural("replicas", replicas, lowest=1)
        if self.rank >= self.replicas:
            raise SettingsError(f"rank counts from 0 to replicas - 1, which is {self.replicas - 1}, and is {self.rank}")
        self.even = even
        self._ends = None if weights is None else _ends_of(weights, self.size)
        self._epoch = natural("epoch", epoch)

    def __len__(self) -> int:
        """Return the number of pairs in an epoch of this rank."""
        most = -(-self.size // self.replicas)
        return most if self.even else len(range(self.rank, self.size, self.replicas))

    def set_epoch(self, epoch: SupportsIndex) -> None:
        """Let the next iteration be that epoch."""
        self._epoch = natural("epoch", epoch)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the next epoch's pairs."""
        epoch = self._epoch
        self._epoch += 1
        order = self._order(epoch)
        epochs = np.full(self.size, epoch, dtype=np.uint64)
        if self._ends is not None:
            epochs += _times_before(order).astype(np.uint64) * np.uint64(_AGAIN)
        places = np.arange(self.rank, self.rank + len(self) * self.replicas, self.replicas) % max(self.size, 1)
        yield from zip(epochs[places].tolist(), order[places].tolist(), strict=True)

    def _order(self, epoch: int) -> npt.NDArray[np.int64]:
        """Return the indices of an epoch, for all replicas."""
        if self._ends is None and not self.shuffle:
            return np.arange(self.size)
        stream = Stream(b"augplug.EpochSampler", key_of(self.seed, epoch, 0))
        words = np.array([stream.word() for _ in range(self.size)], dtype=np.uint64)
        if self._ends is None:
            # Sorting by random words is a shuffle whose order no numpy release can change.
            return np.argsort(words, kind="stable")
        parts = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
        drawn = np.searchsorted(self._ends, parts * self._ends[-1], side="right")
        last = np.searchsorted(self._ends, self._ends[-1])  # the last one that has a weight: products may round up
        found: npt.NDArray[np.int64] = np.minimum(drawn, last)
        return found


def _ends_of(given: Any, size: int) -> npt.NDArray[np.float64]:
    """Return where the share of each weight ends, all shares in a row. Raises SettingsError."""
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"weights are numbers, one an image: {error}") from error
    if weights.shape != (size,) or not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise SettingsError(
            f"weights are {size} finite numbers, one an image, none below 0 and not all 0; these have the shape "
            f"{weights.shape} and lie in {weights.min(initial=np.inf):g}..{weights.max(initial=-np.inf):g}"
        )
    return np.cumsum(weights)


def _times_before(order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how often each index has come before in an order."""
    by_index = np.argsort(order, kind="stable")
    ordered = order[by_index]
    first = np.searchsorted(ordered, ordered, side="left")
    times = np.empty_like(order)
    times[by_index] = np.arange(len(order)) - first
    return times
