"""What the fields of a step hold: the check against what is declared, and the written form, as data for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from augplug._policies.documents import shown
from augplug.distributions import Choice, Distribution, Integers, Sign
from augplug.errors import OperationError, SettingsError, suggest
from augplug.ops.base import About, Operation
from augplug.ops.former import FormerField
from augplug.ops.parameters import Parameter, is_left_out
from augplug.rng import check_weights

if TYPE_CHECKING:
    from augplug._policies.grammar import Value


def read_field(op: str, about: About, name: str, value: Value) -> Value:
    """Return a field's value as steps hold it, whatever version of the operation it was written for.

    A value that would be written otherwise than it was given stays as it was: it is part of the policy's digest.
    Raises OperationError for a field that the operation does not have, or a value that it does not take.
    """
    if name not in about.parameters:
        raise OperationError(no_field(op, about, name, about.parameters))
    declared = about.parameters[name]
    check_value(value, declared, f"{op}({name}=...)", about.former.get(name))
    if isinstance(value, Choice) and declared.flag:
        return replace(value, values=tuple(int(x) for x in value.values))
    return about.former[name].normalized(value) if name in about.former else value


def no_field(op: str, about: About, name: str, known: Iterable[str]) -> str:
    """Return the message for a field that an operation does not have, or has under a new name."""
    if name in about.renamed:
        return f"the field {name!r} of {op} is renamed to {about.renamed[name]!r}"
    return f"{op} has no field {shown(name)}{suggest(name, known)}"


def check_value(value: Value, declared: Parameter, where: str, former: FormerField | None = None) -> None:
    """Raise OperationError, naming `where`, unless all that `value` can give is what the parameter takes.

    `former` says how the field was written in an earlier version.
    """
    if not isinstance(value, Distribution):
        declared.check(value if former is None else former.read(value), where)
        return
    for bound in value.bounds:
        today = bound if former is None else former.read(bound)
        declared.check(bool(today) if declared.flag and today in (0, 1) else today, where)
    if (declared.integer or declared.flag) and not is_whole(value):
        raise OperationError(f"{where} takes whole numbers, as integers or choice give them, not {value.to_json()}")


def fields_json(about: About, fields: Iterable[tuple[str, Value]]) -> dict[str, Any]:
    """Return fields as data for JSON, in the form of the earliest version of the operation."""
    former = about.former
    return {
        about.written_name(name): value_json(former[name].write(value) if name in former else value)
        for name, value in fields
    }


def value_json(value: object) -> Any:
    """Return a field's value as data for JSON."""
    if isinstance(value, Distribution):
        return value.to_json()
    return list(value) if isinstance(value, tuple) else value


def check_children(word: str, children: tuple[object, ...], weights: tuple[float, ...] | None) -> None:
    """Refuse a node without children, and weights that are not one for each. Raises SettingsError."""
    if not children:
        raise SettingsError(f"{word} needs at least one policy below it")
    if weights is not None:
        check_weights(weights, len(children))


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


def without_later(content: Any, kinds: Mapping[str, type[Operation]]) -> Any:
    """Return content of a policy whose steps leave out the fields of LATER that have their defaults: so digests stay.

    A field stays where the policy around the step has a default for it: there it says something. `kinds` are the
    operations of the steps by their names as written.
    """
    given = content.get("defaults", {})
    return {**content, "policy": _step_without(content["policy"], given, kinds)}


def _step_without(node: Any, given: Mapping[str, Any], kinds: Mapping[str, type[Operation]]) -> Any:
    if "op" in node:
        declared = kinds[node["op"]].about.parameters
        return {
            name: value
            for name, value in node.items()
            if name in given or name not in declared or not is_left_out(name, value, declared[name])
        }
    if "policy" in node:
        return {**node, "policy": without_later(node["policy"], kinds)}
    return {
        key: [_step_without(child, given, kinds) for child in value] if key in _WITH_CHILDREN else value
        for key, value in node.items()
    }


_WITH_CHILDREN = ("sequence", "one_of", "some_of", "blend")


def flags_as_numbers(document: object) -> object:
    """Return a distribution as data with 0 and 1 for the false and true of its choice: {"choice": [false, true]}."""
    if not isinstance(document, dict) or not isinstance(document.get("choice"), list | tuple):
        return document
    values = [int(value) if isinstance(value, bool) else value for value in document["choice"]]
    return {**document, "choice": values}


def is_whole(value: float | Distribution) -> bool:
    """Return True if every number that `value` can give is a whole number."""
    if isinstance(value, Choice):
        return all(float(x).is_integer() for x in value.values)
    if isinstance(value, Sign):
        return float(value.value).is_integer()
    return isinstance(value, int | Integers)
