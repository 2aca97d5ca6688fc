"""Settings: the checks that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import wraps
from operator import index as as_integer
from typing import TYPE_CHECKING, Any, TypeVar

from augplug.errors import SettingsError, suggest
from augplug.renamed import answers_old_keywords
from augplug.rng import WORD

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Ranges = Mapping[str, tuple[float, float]]


def check_ranges(owner: str, settings: DataclassInstance, ranges: Ranges) -> None:
    """Refuse a field of `settings` outside its range, and a field of whole numbers with another. SettingsError.

    A field whose default is None may be None.
    """
    for field in fields(settings):
        if field.name not in ranges:
            continue
        value, (low, high) = getattr(settings, field.name), ranges[field.name]
        if value is None and field.default is None:
            continue
        whole = str(field.type).startswith(("int", "<class 'int'>"))  # an annotation is text, or what it means
        numeric = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not (numeric and low <= value <= high):
            kind = "a whole number" if whole else "a number"
            raise SettingsError(f"{owner}: {field.name} is {kind} in {low:g}..{high:g}, not {value!r}")


@answers_old_keywords
def check_known(owner: str, values: Mapping[str, Any], settings: type[DataclassInstance]) -> None:
    """Refuse settings that the dataclass does not have. SettingsError."""
    known = [field.name for field in fields(settings)]
    for name in values:
        if name not in known:
            raise SettingsError(f"{owner} has no setting {name!r}{suggest(name, known)}")


def refuse_unknown(function: str, unknown: Mapping[str, object], known: Iterable[str]) -> None:
    """Raise SettingsError for the first of the arguments that a function does not have."""
    for name in unknown:
        raise SettingsError(f"{function} has no argument {name!r}{suggest(name, known)}")


Made = TypeVar("Made", bound="DataclassInstance")


def checked_keywords(cls: type[Made]) -> type[Made]:
    """Let a dataclass refuse an unknown keyword by SettingsError, as functions do. A decorator."""
    init = cls.__init__

    @wraps(init)
    def checked(self: Made, *values: Any, **fields_given: Any) -> None:
        try:
            init(self, *values, **fields_given)
        except TypeError:
            known = [field.name for field in fields(cls)]
            refuse_unknown(cls.__name__, {name: None for name in fields_given if name not in known}, known)
            raise

    setattr(cls, "__init__", checked)  # noqa: B010  # mypy lets no method be assigned
    return cls


def natural(name: str, value: Any, *, lowest: int = 0) -> int:
    """Return an integer in `lowest`..2**64-1, of whatever type; SettingsError, which names it, for another."""
    try:
        number: int = value if value.__class__ is int else as_integer(value)
    except TypeError:
        number = -1
    if not lowest <= number < WORD:
        raise SettingsError(f"{name} is an integer in {lowest}..2**64-1, not {value!r}")
    return number
