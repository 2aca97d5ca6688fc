"""Data to values: what a field, a level, n or weights hold in a policy file.

Every failure is a PolicyError at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from augplug._policies.documents import Place, check_document, shown
from augplug._policies.field_values import flags_as_numbers, no_field, read_field
from augplug._policies.grammar import Value
from augplug.distributions import Beta, Choice, Distribution, Integers, LogUniform, Normal, Sign, Uniform
from augplug.errors import suggest
from augplug.ops.base import Operation
from augplug.rng import check_weights

STEP_KEYS = ("op", "p", "level")
"""What a step holds beside the fields of its operation."""


def read_number(document: object, *, pointer: str = "") -> float | Distribution:
    """Read a number, or the distribution that draws it, from data. Raises PolicyError."""
    check_document(document, pointer)
    return number_at(Place(document, pointer))


def value_at(place: Place) -> Value:
    """Return the number, string, list of numbers (a tuple) or distribution at a place."""
    if isinstance(place.value, str):
        return place.text()
    if isinstance(place.value, list):
        numbers = tuple(item.number() for item in place.items())
        if not numbers:
            raise place.error("a list here holds at least one number")
        return numbers
    return number_at(place)


def number_at(place: Place) -> float | Distribution:
    """Return the number at a place, or the distribution that draws it."""
    if not isinstance(place.value, dict):
        return place.number()
    table = place.table()
    words = [word for word in table if word in _DISTRIBUTIONS]
    if not words:
        wrong = next(iter(table.values()), place)
        name = next(iter(table), "")
        raise wrong.error(f"unknown distribution {shown(name)}{suggest(name, _DISTRIBUTIONS)}")
    keys, read = _DISTRIBUTIONS[words[0]]
    return read(place.only((words[0], *keys)), place)


def field_at(place: Place, op: str, name: str, operation: type[Operation]) -> Value:
    """Return the value at a place for the field `name` of an operation."""
    parameters = operation.about.parameters
    if name not in parameters:
        raise place.error(no_field(op, operation.about, name, [*parameters, *STEP_KEYS]))
    if parameters[name].flag:
        place = replace(place, value=flags_as_numbers(place.value))
    value = place.value if parameters[name].may_be(place.value) else value_at(place)
    with place.to_blame():
        return read_field(op, operation.about, name, value)


def weights_at(place: Place | None, count: int) -> tuple[float, ...] | None:
    """Return `count` weights; None where there are none."""
    if place is None:
        return None
    weights = _numbers(place)
    with place.to_blame():
        check_weights(weights, count)
    return weights


def _numbers(place: Place) -> tuple[float, ...]:
    return tuple(item.number() for item in place.items())


def _pair(place: Place) -> tuple[float, float]:
    numbers = _numbers(place)
    if len(numbers) != 2:
        raise place.error(f"two numbers are needed here, not {len(numbers)}")
    return numbers[0], numbers[1]


def _uniform(table: Mapping[str, Place], _: Place) -> Distribution:
    with table["uniform"].to_blame():
        return Uniform(*_pair(table["uniform"]))


def _integers(table: Mapping[str, Place], _: Place) -> Distribution:
    low, high = _pair(table["integers"])
    with table["integers"].to_blame():
        Integers(low, high)  # type: ignore[arg-type]  # it is Integers that refuses 1.5
        return Integers(int(low), int(high))


def _choice(table: Mapping[str, Place], _: Place) -> Distribution:
    values = _numbers(table["choice"])
    with table["choice"].to_blame():
        Choice(values)
    return Choice(values, weights_at(table.get("weights"), len(values)))


def _normal(table: Mapping[str, Place], place: Place) -> Distribution:
    mean, std = _pair(table["normal"])
    if "clip" not in table:
        raise place.error('a normal distribution needs "clip": [lowest, highest]')
    clip = _pair(table["clip"])
    with table["clip"].to_blame():
        Normal(mean, 0.0, clip)
    with table["normal"].to_blame():
        return Normal(mean, std, clip)


def _log_uniform(table: Mapping[str, Place], _: Place) -> Distribution:
    with table["log_uniform"].to_blame():
        return LogUniform(*_pair(table["log_uniform"]))


def _beta(table: Mapping[str, Place], _: Place) -> Distribution:
    with table["beta"].to_blame():
        return Beta(*_pair(table["beta"]))


def _sign(table: Mapping[str, Place], _: Place) -> Distribution:
    return Sign(table["sign"].number())


_Read = Callable[[Mapping[str, Place], Place], Distribution]
_DISTRIBUTIONS: Mapping[str, tuple[tuple[str, ...], _Read]] = {
    "uniform": ((), _uniform),
    "integers": ((), _integers),
    "choice": (("weights",), _choice),
    "normal": (("clip",), _normal),
    "log_uniform": ((), _log_uniform),
    "beta": ((), _beta),
    "sign": ((), _sign),
}
"""Word of the file -> the other keys it takes, and the function that reads it."""
