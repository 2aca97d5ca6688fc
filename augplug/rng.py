"""Chance: one keyed hash, from (policy, seed, epoch, index) to draws.

A `Stream` is a counter-based generator: block b of the stream is BLAKE2b-512 of (key, b), keyed with the policy's
digest. Nothing is global and nothing is remembered, so a draw is the same in any process, thread, order and shard.
Integers and uniform reals come from the words by our own mapping; reals that go through a mathematical library (normal,
beta) are rounded to 2**-24, so that the last bits of a platform's library do not matter.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from hashlib import blake2b

import numpy as np

from augplug.errors import SettingsError

WORD = 1 << 64


class Stream:
    """The random words of one draw: `word()` returns the next 64 random bits. Eight words a hash call.

    `own(step)` returns another stream, for the step of that number in the policy. It takes no word from this one, and
    is a new one at each call: the first time, the second time, and so on that the step occurs in the draw.
    """

    __slots__ = ("own", "word")

    def __init__(self, digest: bytes, key: bytes) -> None:
        """Start the stream of `key` under the policy whose `digest` has at most 64 bytes."""
        self.word: Callable[[], int] = _words(digest, key).__next__
        self.own: Callable[[int], Stream] = own_streams(digest, key)

    def below(self, bound: int) -> int:
        """Return an integer in 0..bound-1 (bias below bound / 2**64)."""
        return (self.word() * bound) >> 64

    def real(self) -> float:
        """Return a real in [0, 1), a multiple of 2**-53."""
        return (self.word() >> 11) * 2.0**-53

    def sign(self) -> int:
        """Return -1 or 1."""
        return 1 if self.word() >> 63 else -1


def _words(digest: bytes, key: bytes) -> Iterator[int]:
    keyed = _keyed(digest)
    for block in itertools.count():
        hasher = keyed.copy()
        hasher.update(key + block.to_bytes(4, "little"))
        yield from _UNPACK(hasher.digest())


def own_streams(digest: bytes, key: bytes) -> Callable[[int], Stream]:
    """Return the `own` of the stream of a key: from the number of a step to the next of the streams of that step."""
    counts: dict[int, int] = {}

    def own(step: int) -> Stream:
        count = counts.get(step, 0)
        counts[step] = count + 1
        return Stream(digest, key + _OWN(step, count))

    return own


_OWN = struct.Struct("<II").pack


def beginnings(digest: bytes) -> Callable[[bytes, int], Stream]:
    """Return the function from (key, blocks) to the first 8 `blocks` words of a stream: `word` raises IndexError then.

    A third of the time that a whole `Stream` takes to begin: no generator, one call, and no `own`.
    """
    keyed = _keyed(digest)
    new = Stream.__new__

    def begin(key: bytes, blocks: int) -> Stream:
        if blocks == 1:
            hasher = keyed.copy()
            hasher.update(key + _FIRST)
            words = [*_UNPACK(hasher.digest())]
        else:
            words = [*itertools.islice(_words(digest, key), 8 * blocks)]
        words.reverse()
        stream = new(Stream)
        stream.word = words.pop
        return stream

    return begin


_FIRST = bytes(4)
_UNPACK = struct.Struct("<8Q").unpack


@lru_cache(maxsize=256)
def _keyed(digest: bytes) -> blake2b:
    # Copying a keyed hash is a third of the cost of making one.
    return blake2b(key=digest)


_PACK = struct.Struct("<BQQQ").pack
# Functions of C, since every draw asks for a key.
key_of: Callable[[int, int, int], bytes] = partial(_PACK, 0)
"""Return the key of (seed, epoch, index); each number in 0..2**64-1."""
key_of_count: Callable[[int, int, int], bytes] = partial(_PACK, 1)
"""Return the key of the call number `count` without an index: (seed, 64 random bits of the process, count)."""


def generator(key: int) -> np.random.Generator:
    """Return numpy's generator (Philox) of the key that an effect carries: for the function of an `Opaque`.

    Whoever asks, in whatever process or thread, gets the same numbers: to the bit on one machine and one version of
    numpy. `key` is in 0..2**64-1, else SettingsError.
    """
    if not 0 <= key < WORD:
        raise SettingsError(f"the key of a generator is a whole number in 0..2**64-1, not {key!r}")
    return np.random.Generator(np.random.Philox(key=key))


def pick(weights: Sequence[float], stream: Stream) -> int:
    """Return an index, likely in proportion to its weight."""
    target = stream.real() * sum(weights)
    for index, weight in enumerate(weights):
        target -= weight
        if target < 0:
            return index
    return max(i for i, weight in enumerate(weights) if weight > 0)


def check_weights(weights: Sequence[float], count: int) -> None:
    """Refuse weights that are negative, all zero, or not `count` many."""
    if len(weights) != count or not all(weight >= 0 for weight in weights) or not 0 < sum(weights) < math.inf:
        raise SettingsError(f"{count} weights are needed, none negative and not all zero; given {list(weights)}")
