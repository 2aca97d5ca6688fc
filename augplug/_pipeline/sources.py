"""Where the values of a step's fields come from: numbers, and what is drawn of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._policies.grammar import Policy, Step
from augplug.distributions import Choice, Distribution, Integers, Key, Sign
from augplug.ops.levels import SCALES, Row
from augplug.rng import RowStreams, Stream


@dataclass(frozen=True)
class _Level:
    """A field's value at a drawn level of a scale."""

    level: Distribution
    row: Row
    divisor: float

    def draw(self, stream: Stream) -> float:
        return self.row.value(self.level.draw(stream) / self.divisor, stream.sign() if self.row.signed else 1)

    def draw_rows(self, streams: RowStreams) -> npt.NDArray[np.float64]:
        levels = self.level.draw_rows(streams).tolist()
        signs = np.where(streams.words() >> np.uint64(63), 1, -1).tolist() if self.row.signed else [1] * len(levels)
        values = [self.row.value(level / self.divisor, sign) for level, sign in zip(levels, signs, strict=True)]
        return np.array(values, np.float64)


@dataclass(frozen=True)
class Side:
    """One of two values, equally likely: those of a level on either side."""

    plus: float
    minus: float

    def draw(self, stream: Stream) -> float:
        return self.plus if stream.word() >> 63 else self.minus

    def draw_rows(self, streams: RowStreams) -> npt.NDArray[np.float64]:
        return np.where(streams.words() >> np.uint64(63), float(self.plus), float(self.minus))


@dataclass(frozen=True)
class OwnKey:
    """A key from a stream of the step's own, whose number in the policy is `step`."""

    law: Key
    step: int

    def draw(self, stream: Stream) -> float:
        return self.law.draw(stream.own(self.step))

    def draw_rows(self, streams: RowStreams) -> npt.NDArray[np.float64]:
        return np.array([self.law.draw(stream) for stream in streams.own(self.step)], np.float64)


def takes_few_values(source: Source) -> bool:
    """Return True if the values of a source recur: it draws none of a continuous distribution."""
    return isinstance(source.level if isinstance(source, _Level) else source, Side | Integers | Choice | Sign)


def ends_of(source: Source) -> tuple[float, ...]:
    """Return the ends of what a source draws: the lowest and the highest value, or all values of a choice."""
    if isinstance(source, _Level):
        signs = (1, -1) if source.row.signed else (1,)
        return tuple(
            source.row.value(level / source.divisor, sign) for level in ends_of(source.level) for sign in signs
        )
    if isinstance(source, Side):
        return source.minus, source.plus
    law = source.law if isinstance(source, OwnKey) else source
    return law.values if isinstance(law, Choice) else law.bounds


Source: TypeAlias = Distribution | _Level | Side | OwnKey
"""Where the value of a drawn field comes from."""
SOURCES = (Distribution, _Level, Side, OwnKey)


def values_of(step: Step, policy: Policy, number: int) -> list[tuple[str, Any]]:
    """Return where each field's value comes from: a number, or a `Source`. `number` is that of the step."""
    parameters = step.operation.about.parameters
    given = {name: value for name, value in policy.defaults.items() if name in parameters} | dict(step.fields)
    sources: list[tuple[str, Any]] = []
    row = SCALES[policy.scale].row(step.address, step.operation) if step.level is not None else None
    for name, declared in parameters.items():
        if row is not None and name == row.field:
            sources.append((name, _levelled(step.level, row, SCALES[policy.scale].divisor)))
        elif name in given:
            sources.append((name, step.operation.about.read(name, given[name])))
        elif isinstance(declared.draw, Key) and declared.draw.needed_by:
            needed_by = declared.draw.needed_by
            if any(given.get(other, parameters[other].default) != parameters[other].default for other in needed_by):
                sources.append((name, OwnKey(declared.draw, number)))
        elif declared.draw is not None:
            sources.append((name, declared.draw))
    return sources


def _levelled(level: float | Distribution | None, row: Row, divisor: float) -> Any:
    if isinstance(level, Distribution):
        return _Level(level, row, divisor)
    assert level is not None  # noqa: S101  # the caller asks only for steps with a level
    plus, minus = (row.value(level / divisor, sign) for sign in (1, -1))
    return plus if not row.signed or plus == minus else Side(plus, minus)
