"""Distributions: where a field's number comes from when it is not given.

Reals that go through a mathematical library (normal, beta, logarithms) are rounded to 2**-24, so that the last bits of
a platform's library do not matter.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from augplug.errors import SettingsError
from augplug.renamed import answers_old_names
from augplug.rng import RowStreams, Stream, check_weights, pick, pick_rows

Reals = npt.NDArray[np.float64]

_ROUND = float(1 << 24)
_NORMAL = NormalDist()


class Distribution(ABC):
    """Where a field's number comes from. `bounds` holds every number it can give."""

    @abstractmethod
    def draw(self, stream: Stream) -> float:
        """Take a number from the stream."""

    def draw_rows(self, streams: RowStreams) -> Reals:
        """Take a number from the stream of each row: the same words, the same numbers as `draw`."""
        return np.array(streams.each(self.draw), np.float64)

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

    def draw_rows(self, streams: RowStreams) -> Reals:
        return self.low + (self.high - self.low) * streams.reals()

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

    def draw_rows(self, streams: RowStreams) -> Reals:
        return (self.low + streams.below(int(self.high - self.low) + 1)).astype(np.float64)

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

    def draw_rows(self, streams: RowStreams) -> Reals:
        chosen = streams.below(len(self.values)) if self.weights is None else pick_rows(self.weights, streams)
        return np.array(self.values, np.float64)[chosen]

    @property
    def bounds(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def to_json(self) -> dict[str, object]:
        written: dict[str, object] = {"choice": list(self.values)}
        return written if self.weights is None else {**written, "weights": list(self.weights)}


@answers_old_names
@dataclass(frozen=True)
class Normal(Distribution):
    """A normal real with `mean` and standard deviation `std`, clipped to `clip`."""

    mean: float
    std: float
    clip: tuple[float, float]

    def __post_init__(self) -> None:
        _ordered("clip", *self.clip)
        if not (self.std >= 0 and math.isfinite(self.mean) and math.isfinite(self.std)):
            raise SettingsError(
                f"normal takes [mean, std], both finite and std at least 0, not [{self.mean}, {self.std}]"
            )

    def draw(self, stream: Stream) -> float:
        quantile = _quantile(stream.real())
        return min(max(self.mean + self.std * _rounded(quantile), self.clip[0]), self.clip[1])

    def draw_rows(self, streams: RowStreams) -> Reals:
        quantiles = np.array([_quantile(real) for real in streams.reals().tolist()])
        return np.clip(self.mean + self.std * _rounded_rows(quantiles), *self.clip)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.clip

    def to_json(self) -> dict[str, object]:
        return {"normal": [self.mean, self.std], "clip": list(self.clip)}


@dataclass(frozen=True)
class LogUniform(Distribution):
    """A real whose logarithm is uniform; 0 < low <= high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered("log_uniform", self.low, self.high)
        if self.low <= 0 or self.high / self.low > 1e300:  # times 2**24 is still finite
            raise SettingsError(
                f"log_uniform takes positive numbers, not too far apart, not {self.low} and {self.high}"
            )

    def draw(self, stream: Stream) -> float:
        value = self.low * _rounded((self.high / self.low) ** stream.real())
        return min(max(value, self.low), self.high)

    def draw_rows(self, streams: RowStreams) -> Reals:
        ratio = self.high / self.low
        powers = np.array([ratio**real for real in streams.reals().tolist()])  # numpy's powers have other last bits
        return np.clip(self.low * _rounded_rows(powers), self.low, self.high)

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
        check_concentration("beta", self.a, self.b)

    def draw(self, stream: Stream) -> float:
        if self.a == 1 == self.b:  # uniform
            return _rounded(stream.real())
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

    def draw_rows(self, streams: RowStreams) -> Reals:
        return self.value * np.where(streams.words() >> np.uint64(63), 1.0, -1.0)

    @property
    def bounds(self) -> tuple[float, float]:
        return -abs(self.value), abs(self.value)

    def to_json(self) -> dict[str, object]:
        return {"sign": self.value}


@dataclass(frozen=True)
class Key(Distribution):
    """A key for pixel noise: an integer in 0..2**53-1 (so that JSON keeps it).

    With `needed_by`, names of other fields of the operation, the key is drawn only if a policy gives one of these
    another value than its default, and from a stream of the step's own: no other number of the draw depends on it.
    Otherwise the field has its default.
    """

    needed_by: tuple[str, ...] = ()

    def draw(self, stream: Stream) -> float:
        return stream.word() >> 11

    def draw_rows(self, streams: RowStreams) -> Reals:
        return (streams.words() >> np.uint64(11)).astype(np.float64)

    @property
    def bounds(self) -> tuple[float, float]:
        return 0, 2**53 - 1

    def to_json(self) -> dict[str, object]:
        raise SettingsError("a key is drawn by its operation; a policy file gives a number or leaves it out")


def check_concentration(name: str, *numbers: float) -> None:
    """Refuse parameters of beta and Dirichlet distributions far beyond which a draw is not a number."""
    if not all(1e-3 <= number <= 1e6 for number in numbers):
        told = ", ".join(map(repr, numbers))
        raise SettingsError(f"{name} takes positive numbers in 0.001..1000000, not {told}")


def dirichlet(alpha: float, count: int, stream: Stream) -> tuple[float, ...]:
    """Return `count` weights from the symmetric Dirichlet distribution; they sum to 1, but for rounding to 2**-24."""
    from scipy import special  # as for Beta

    parts = [float(special.gammaincinv(alpha, stream.real())) for _ in range(count)]
    total = sum(parts)  # 0 where a tiny alpha leaves nothing of any part
    return tuple(_rounded(part / total if total else 1 / count) for part in parts)


def _quantile(real: float) -> float:
    # The half step keeps the argument above 0, and the bound below 1, to which the last half step would round.
    return _NORMAL.inv_cdf(min(real + 2.0**-54, 1 - 2.0**-53))


def _rounded(value: float) -> float:
    return round(value * _ROUND) / _ROUND


def _rounded_rows(values: Reals) -> Reals:
    return np.rint(values * _ROUND) / _ROUND


def _ordered(name: str, low: float, high: float) -> None:
    if not low <= high or not math.isfinite(high - low):
        raise SettingsError(f"{name} takes finite [low, high] with low <= high, not [{low}, {high}]")
