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
from typing import SupportsIndex, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from augplug.errors import SettingsError

WORD = 1 << 64
Words: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = npt.NDArray[np.intp]
Result = TypeVar("Result")


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


class Streams:
    """The streams of many draws, read side by side: the words of each row are those of its own `Stream`, in order."""

    def __init__(self, digest: bytes, keys: Sequence[bytes], blocks: int = 1) -> None:
        """Start one stream a key; the first `blocks` blocks of eight words are computed at once."""
        self._digest, self._keys = digest, keys
        self._used = np.zeros(len(keys), np.intp)
        self._own: dict[int, Callable[[int], Stream]] = {}
        self._blocks = [_block(digest, keys, block) for block in range(blocks)]
        self._words = np.concatenate(self._blocks, axis=1)

    @property
    def blocks(self) -> int:
        """The number of blocks computed so far."""
        return len(self._blocks)

    def words(self, rows: Rows) -> Words:
        """Return the next word of each of these rows."""
        places = self._used[rows]
        if places.size and places.max() >= self._words.shape[1]:
            self._blocks.append(_block(self._digest, self._keys, self.blocks))
            self._words = np.concatenate(self._blocks, axis=1)
        self._used[rows] = places + 1
        return self._words[rows, places]

    def of(self, rows: Rows) -> RowStreams:
        """Return the streams of some rows."""
        return RowStreams(self, rows)

    def own(self, row: int, step: int) -> Stream:
        """Return what `Stream.own` of a row returns for a step."""
        own = self._own.get(row)
        if own is None:
            own = self._own[row] = own_streams(self._digest, self._keys[row])
        return own(step)


class RowStreams:
    """Some rows of `Streams`. What is read here is used up for every other view of the same rows."""

    def __init__(self, streams: Streams, rows: Rows) -> None:
        """View the streams of these rows, each of which occurs once."""
        self.streams, self.rows = streams, rows

    def words(self) -> Words:
        """Return the next 64 random bits of each row."""
        return self.streams.words(self.rows)

    def reals(self) -> npt.NDArray[np.float64]:
        """Return a real in [0, 1) for each row: the bits of `Stream.real`."""
        return (self.words() >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, bound: int) -> Rows:
        """Return an integer in 0..bound-1 for each row: that of `Stream.below`."""
        if bound > 1 << 32:
            return np.array(self.each(lambda stream: stream.below(bound)), np.intp)
        # The high half of a product of 128 bits, from two products of 96 bits.
        words, wide, half = self.words(), np.uint64(bound), np.uint64(32)
        low = ((words & np.uint64(0xFFFFFFFF)) * wide) >> half
        return (((words >> half) * wide + low) >> half).astype(np.intp)

    def own(self, step: int) -> list[Stream]:
        """Return a stream of the step's own for each row, as `Stream.own` does."""
        return [self.streams.own(row, step) for row in self.rows.tolist()]

    def each(self, draw: Callable[[Stream], Result]) -> list[Result]:
        """Return what a function draws from the stream of each row, one row after the other."""
        made: list[Result] = []
        stream = Stream.__new__(Stream)
        for place in range(len(self.rows)):
            stream.word = partial(_next_word, self.streams, self.rows[place : place + 1])
            made.append(draw(stream))
        return made


def _next_word(streams: Streams, row: Rows) -> int:
    return int(streams.words(row)[0])


def _block(digest: bytes, keys: Sequence[bytes], block: int) -> Words:
    """Return block `block` of the streams of these keys, `(N, 8)`."""
    keyed, number, digests = _keyed(digest), block.to_bytes(4, "little"), []
    for key in keys:
        hasher = keyed.copy()
        hasher.update(key + number)
        digests.append(hasher.digest())
    return np.frombuffer(b"".join(digests), "<u8").reshape(-1, 8)


_FIRST = bytes(4)
_UNPACK = struct.Struct("<8Q").unpack


@lru_cache(maxsize=256)
def _keyed(digest: bytes) -> blake2b:
    # Copying a keyed hash is a third of the cost of making one.
    return blake2b(key=digest)


_PACK = struct.Struct("<BQQQ").pack
# Functions of C, since every draw asks for a key.
key_of: Callable[[int, SupportsIndex, SupportsIndex], bytes] = partial(_PACK, 0)
"""Return the key of (seed, epoch, index); each number in 0..2**64-1."""
key_of_count: Callable[[int, int, int], bytes] = partial(_PACK, 1)
"""Return the key of the call number `count` without an index: (seed, 64 random bits of the process, count)."""
_PACK_TEXT = struct.Struct("<BQQ").pack


def key_of_text(seed: int, epoch: SupportsIndex, text: str) -> bytes:
    """Return the key of (seed, epoch, text): the text takes the place of the index.

    The first byte, 2, is that of no key of an index or of a count, so none of them can be equal. Two texts have equal
    keys with a probability of 2**-128: the key holds the BLAKE2b digest of 16 bytes of the text as UTF-8. Raises
    UnicodeEncodeError for a text with lone surrogates.
    """
    return _PACK_TEXT(2, seed, epoch) + blake2b(text.encode(), digest_size=16).digest()


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


def pick_rows(weights: Sequence[float], streams: RowStreams) -> Rows:
    """Return what `pick` returns for each row."""
    targets = streams.reals() * sum(weights)
    chosen = np.full(len(targets), max(i for i, weight in enumerate(weights) if weight > 0), np.intp)
    pending = np.ones(len(targets), np.bool_)
    for index, weight in enumerate(weights):
        targets -= weight
        found = pending & (targets < 0)
        chosen[found] = index
        pending &= ~found
    return chosen


def check_weights(weights: Sequence[float], count: int) -> None:
    """Refuse weights that are negative, all zero, or not `count` many."""
    if len(weights) != count or not all(weight >= 0 for weight in weights) or not 0 < sum(weights) < math.inf:
        raise SettingsError(f"{count} weights are needed, none negative and not all zero; given {list(weights)}")
