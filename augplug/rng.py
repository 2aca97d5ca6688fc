"""Chance: one keyed hash, from (policy, seed, epoch, index) to draws.

A `Stream` is a counter-based generator: block b of the stream is BLAKE2b-512 of (key, b), keyed with the policy's
digest. Nothing is global and nothing is remembered, so a draw is the same in any process, thread, order and shard.
Integers and uniform reals come from the words by our own mapping; reals that go through a mathematical library (normal,
beta) are rounded to 2**-24, so that the last bits of a platform's library do not matter.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist

from augplug.errors import SettingsError

WORD = 1 << 64
_ROUND = float(1 << 24)


class Stream:
    """The random words of one draw: 64-bit integers, eight a hash call."""

    __slots__ = ("_block", "_digest", "_key", "_next", "_words")

    def __init__(self, digest: bytes, key: bytes) -> None:
        """Start the stream of `key` under the policy whose `digest` has at most 64 bytes."""
        self._digest = digest
        self._key = key
        self._block = 0
        self._next = 8
        self._words: Sequence[int] = ()

    def word(self) -> int:
        """Return the next 64 random bits."""
        if self._next == 8:
            block = self._key + self._block.to_bytes(4, "little")
            self._words = _UNPACK(blake2b(block, key=self._digest).digest())
            self._block += 1
            self._next = 0
        self._next += 1
        return self._words[self._next - 1]

    def below(self, bound: int) -> int:
        """Return an integer in 0..bound-1 (bias below bound / 2**64)."""
        return (self.word() * bound) >> 64

    def real(self) -> float:
        """Return a real in [0, 1), a multiple of 2**-53."""
        return (self.word() >> 11) * 2.0**-53

    def sign(self) -> int:
        """Return -1 or 1."""
        return 1 if self.word() >> 63 else -1


_UNPACK = struct.Struct("<8Q").unpack


def key_of(seed: int, epoch: int, index: int) -> bytes:
    """Return the key of image `index` in `epoch`; each number in 0..2**64-1."""
    return _PACK(0, seed, epoch, index)


def key_of_count(seed: int, process: int, count: int) -> bytes:
    """Return the key of the `count`-th unnumbered call in a process known by 64 random bits."""
    return _PACK(1, seed, process, count)


_PACK = struct.Struct("<BQQQ").pack


class Distribution(ABC):
    """Where a field's number comes from. `bounds` holds every number it can give."""

    @abstractmethod
    def draw(self, stream: Stream) -> float:
        """Take a number from the stream."""

    @property
    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest number it can give."""

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """The policy file's form."""


@dataclass(frozen=True)
class Uniform(Distribution):
    """A real, equally likely anywhere in [low, high]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered("uniform", self.low, self.high)

    def draw(self, stream: Stream) -> float:
        return self.low + (self.high - self.low) * stream.real()

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def to_json(self) -> dict[str, object]:
        return {"uniform": [self.low, self.high]}


@dataclass(frozen=True)
class Integers(Distribution):
    """An integer, equally likely each in low..high, both included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        _ordered("integers", self.low, self.high)
        if not all(float(x).is_integer() for x in (self.low, self.high)):
            raise SettingsError(f"integers takes two integers, not [{self.low}, {self.high}]")

    def draw(self, stream: Stream) -> float:
        return self.low + stream.below(int(self.high - self.low) + 1)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def to_json(self) -> dict[str, object]:
        return {"integers": [self.low, self.high]}


@dataclass(frozen=True)
class Choice(Distribution):
    """One of `values`, by `weights` (equally likely without)."""

    values: tuple[float, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise SettingsError("choice takes at least one value")
        if self.weights is not None:
            check_weights(self.weights, len(self.values))

    def draw(self, stream: Stream) -> float:
        if self.weights is None:
            return self.values[stream.below(len(self.values))]
        return self.values[pick(self.weights, stream)]

    @property
    def bounds(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def to_json(self) -> dict[str, object]:
        written: dict[str, object] = {"choice": list(self.values)}
        return written if self.weights is None else {**written, "weights": list(self.weights)}


@dataclass(frozen=True)
class Normal(Distribution):
    """A normal real with `mean` and `deviation`, clipped to `clip`."""

    mean: float
    deviation: float
    clip: tuple[float, float]

    def __post_init__(self) -> None:
        _ordered("clip", *self.clip)
        if not (self.deviation >= 0 and math.isfinite(self.mean) and math.isfinite(self.deviation)):
            raise SettingsError(f"normal takes [mean, deviation], finite, not [{self.mean}, {self.deviation}]")

    def draw(self, stream: Stream) -> float:
        # The half step keeps the argument inside the open interval (0, 1).
        quantile = NormalDist().inv_cdf(stream.real() + 2.0**-54)
        return min(max(self.mean + self.deviation * _rounded(quantile), self.clip[0]), self.clip[1])

    @property
    def bounds(self) -> tuple[float, float]:
        return self.clip

    def to_json(self) -> dict[str, object]:
        return {"normal": [self.mean, self.deviation], "clip": list(self.clip)}


@dataclass(frozen=True)
class LogUniform(Distribution):
    """A real whose logarithm is uniform; 0 < low <= high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered("log_uniform", self.low, self.high)
        if self.low <= 0 or not math.isfinite(self.high / self.low):
            raise SettingsError(
                f"log_uniform takes positive numbers, not too far apart, not {self.low} and {self.high}"
            )

    def draw(self, stream: Stream) -> float:
        value = self.low * _rounded((self.high / self.low) ** stream.real())
        return min(max(value, self.low), self.high)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def to_json(self) -> dict[str, object]:
        return {"log_uniform": [self.low, self.high]}


@dataclass(frozen=True)
class Beta(Distribution):
    """A real in [0, 1] from Beta(a, b); a, b > 0."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (0 < self.a < math.inf and 0 < self.b < math.inf):
            raise SettingsError(f"beta takes two positive numbers, not [{self.a}, {self.b}]")

    def draw(self, stream: Stream) -> float:
        from scipy import special  # scipy costs 50 ms; only policies with a beta pay them

        return _rounded(float(special.betaincinv(self.a, self.b, stream.real())))

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, 1.0

    def to_json(self) -> dict[str, object]:
        return {"beta": [self.a, self.b]}


@dataclass(frozen=True)
class Sign(Distribution):
    """`value` or -`value`, equally likely."""

    value: float

    def draw(self, stream: Stream) -> float:
        return self.value * stream.sign()

    @property
    def bounds(self) -> tuple[float, float]:
        return -abs(self.value), abs(self.value)

    def to_json(self) -> dict[str, object]:
        return {"sign": self.value}


@dataclass(frozen=True)
class Key(Distribution):
    """A key for pixel noise: an integer in 0..2**53-1 (so that JSON keeps it)."""

    def draw(self, stream: Stream) -> float:
        return stream.word() >> 11

    @property
    def bounds(self) -> tuple[float, float]:
        return 0, 2**53 - 1

    def to_json(self) -> dict[str, object]:
        raise SettingsError("a key is drawn by its operation; a policy file gives a number or leaves it out")


def dirichlet(alpha: float, count: int, stream: Stream) -> tuple[float, ...]:
    """Return `count` weights from the symmetric Dirichlet distribution; they sum to 1."""
    from scipy import special  # as for Beta

    parts = [_rounded(float(special.gammaincinv(alpha, stream.real()))) + 1 / _ROUND for _ in range(count)]
    return tuple(part / sum(parts) for part in parts)


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


def _rounded(value: float) -> float:
    return round(value * _ROUND) / _ROUND


def _ordered(name: str, low: float, high: float) -> None:
    if not low <= high or not math.isfinite(high - low):
        raise SettingsError(f"{name} takes finite [low, high] with low <= high, not [{low}, {high}]")
