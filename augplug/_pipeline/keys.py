"""Keys of draws: by index or text and epoch, or by counting the calls that have neither."""

from __future__ import annotations

import itertools
import os
import struct
from typing import SupportsIndex

from augplug.errors import SettingsError
from augplug.ranges import natural
from augplug.rng import key_of, key_of_count, key_of_text


class Keys:
    """The keys of an Augmenter's draws.

    Calls without an index are counted, beside 64 random bits of the process: a fork gets bits of its own.
    """

    def __init__(self, seed: int) -> None:
        """Take a seed in 0..2**64-1."""
        self._seed = seed
        self._state = _fresh()

    def of(self, index: SupportsIndex | None, epoch: SupportsIndex, text: str | None = None) -> bytes:
        """Return the key of an index (or of a text) and an epoch, or that of the next call without them.

        Raises SettingsError.
        """
        if text is not None:
            return self.of_text(index, epoch, text)
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

    def of_text(self, index: SupportsIndex | None, epoch: SupportsIndex, text: object) -> bytes:
        """Return the key of a text and an epoch. Raises SettingsError, also for an index beside the text."""
        if index is not None:
            raise SettingsError(f"key={text!r} takes the place of an index; give key= or index=, not both")
        if not isinstance(text, str) or text == "":
            raise SettingsError(f"key is a text that names the image, such as 'shard-3/000123.jpg', not {text!r}")
        try:
            return key_of_text(self._seed, natural("epoch", epoch), text)
        except UnicodeEncodeError as error:
            raise SettingsError(
                f"the key {ascii(text)[:80]} has a lone surrogate, which no UTF-8 can hold; a file name that is not "
                "UTF-8 can be given as os.fsencode(name).hex()"
            ) from error


def _fresh() -> tuple[int, int, itertools.count[int]]:
    return os.getpid(), int.from_bytes(os.urandom(8), "little"), itertools.count()
