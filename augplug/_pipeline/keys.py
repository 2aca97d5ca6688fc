"""Keys of draws: by index and epoch, or by counting the calls that have neither."""

from __future__ import annotations

import itertools
import os
import struct
from typing import SupportsIndex

from augplug.errors import SettingsError
from augplug.ranges import natural
from augplug.rng import key_of, key_of_count


class Keys:
    """The keys of an Augmenter's draws.

    Calls without an index are counted, beside 64 random bits of the process: a fork gets bits of its own.
    """

    def __init__(self, seed: int) -> None:
        """Take a seed in 0..2**64-1."""
        self._seed = seed
        self._state = _fresh()

    def of(self, index: SupportsIndex | None, epoch: SupportsIndex) -> bytes:
        """Return the key of an index and an epoch, or that of the next call without them. Raises SettingsError."""
        if index is None:
            if epoch != 0:
                raise SettingsError(f"epoch {epoch!r} without an index says nothing: give index= too, or neither")
            if self._state[0] != os.getpid():
                # Two threads may both do this: they get different bits, which is all that matters.
                self._state = _fresh()
            _, process, numbers = self._state
            return key_of_count(self._seed, process, next(numbers))
        try:
            return key_of(self._seed, epoch, index)
        except (struct.error, TypeError):  # asked first, each number would be checked twice
            return key_of(self._seed, natural("epoch", epoch), natural("index", index))


def _fresh() -> tuple[int, int, itertools.count[int]]:
    return os.getpid(), int.from_bytes(os.urandom(8), "little"), itertools.count()
