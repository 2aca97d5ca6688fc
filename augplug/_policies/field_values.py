"""What the fields of a step hold: the check against what is declared, and the written form, as data for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augplug.distributions import Choice, Distribution, Integers, Sign
from augplug.errors import OperationError
from augplug.ops.base import Parameter

if TYPE_CHECKING:
    from augplug._policies.grammar import Value


def check_value(value: Value, declared: Parameter, where: str) -> None:
    """Raise OperationError, naming `where`, unless every number that `value` can give is one the parameter takes."""
    if not isinstance(value, Distribution):
        declared.check(value, where)
        return
    for bound in value.bounds:
        declared.check(bound, where)
    if declared.integer and not is_whole(value):
        raise OperationError(f"{where} takes whole numbers, as integers or choice give them, not {value.to_json()}")


def value_json(value: object) -> Any:
    """Return a field's value as data for JSON."""
    if isinstance(value, Distribution):
        return value.to_json()
    return list(value) if isinstance(value, tuple) else value


def with_weights(written: dict[str, Any], weights: tuple[float, ...] | None) -> dict[str, Any]:
    """Return a written node with its weights, if it has any."""
    return written if weights is None else {**written, "weights": list(weights)}


def same_numbers(content: Any) -> Any:
    """Return the content with 1 for 1.0 and 0 for -0.0: equal policies have equal digests."""
    if isinstance(content, dict):
        return {key: same_numbers(value) for key, value in content.items()}
    if isinstance(content, list):
        return [same_numbers(value) for value in content]
    return int(content) if isinstance(content, float) and content.is_integer() else content


def is_whole(value: float | Distribution) -> bool:
    """Return True if every number that `value` can give is a whole number."""
    if isinstance(value, Choice):
        return all(float(x).is_integer() for x in value.values)
    if isinstance(value, Sign):
        return float(value.value).is_integer()
    return isinstance(value, int | Integers)
