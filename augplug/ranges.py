"""Settings: how a field is declared, and the checks that all of them share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import wraps
from operator import index as as_integer
from typing import TYPE_CHECKING, Any, TypeVar

from augplug.errors import SettingsError, suggest
from augplug.renamed import answers_old_keywords
from augplug.rng import WORD

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Ranges = Mapping[str, tuple[float, float]]
_METADATA = "augplug_setting"


@dataclass(frozen=True)
class Setting:
    """What a field of a settings class declares besides its type and default; see `setting`."""

    doc: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    def describe(self, annotation: object) -> str:
        """Return in words what a field of this annotation takes: `a whole number in 1..1000`, `true or false`."""
        text, none, _ = _text(annotation).partition(" | None")
        if self.choices:
            words = f"one of {', '.join(self.choices)}"
        elif match := _NUMBERS.fullmatch(text):
            words = _WORDS[bool(match["many"]), match["kind"]] + self._range()
        else:
            words = {"bool": "true or false", "str": "text", "tuple[str, ...]": "texts"}.get(text, "")
        return words + (" or none" if none and words else "")

    def _range(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            return ""
        if math.isinf(self.high):
            return f" of at least {_number(self.low)}"
        return f" in {_number(self.low)}..{_number(self.high)}"

    def takes(self, value: object, annotation: object) -> bool:
        """Return True if a field of this annotation takes `value`, as far as the declaration and the type tell."""
        text, none, _ = _text(annotation).partition(" | None")
        if value is None and none:
            return True
        if self.choices:
            return value in self.choices
        if text == "bool":
            return isinstance(value, bool)
        match = _NUMBERS.fullmatch(text)
        if match is None:
            return True
        parts = value if match["many"] and isinstance(value, tuple | list) else (value,)
        return all(self._is_number(part, whole=match["kind"] == "int") for part in parts)

    def _is_number(self, value: object, *, whole: bool) -> bool:
        # False for NaN too.
        return (
            isinstance(value, int if whole else int | float)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )


_NUMBERS = re.compile(r"(?P<many>tuple\[)?(?P<kind>int|float)(, \.\.\.\])?")
_WORDS = {
    (False, "int"): "a whole number",
    (False, "float"): "a number",
    (True, "int"): "whole numbers",
    (True, "float"): "numbers",
}


def _text(annotation: object) -> str:
    """An annotation as it is written: it is a text, or what the text means."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"  # as it is typed: no commas


def setting(
    default: Any = MISSING,
    *,
    doc: str,
    low: float = -math.inf,
    high: float = math.inf,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a field of a settings dataclass: `copies: int = augplug.setting(20, low=1, high=1000, doc="...")`.

    `doc` says in a sentence what it means. A number (each number of a tuple) lies in `low`..`high`, a text is one of
    `choices`. `check_ranges` and `augplug settings` read this and the annotation, so that it is stated once.
    """
    made = {_METADATA: Setting(doc, low, high, choices)}
    # pylint: disable-next=invalid-field-call  # it makes the field of the dataclass that calls it
    return field(default=default, metadata=made)


def setting_of(of: Field[Any]) -> Setting | None:
    """Return what a dataclass field declares by `setting`."""
    found = of.metadata.get(_METADATA)
    return found if isinstance(found, Setting) else None


def check_ranges(owner: str, settings: DataclassInstance, ranges: Ranges | None = None) -> None:
    """Refuse a field of `settings` that does not take its value. SettingsError.

    What it takes is declared by `setting`, or its name has a range in `ranges`. A field of whole numbers
    refuses others, and a field whose default is None may be None.
    """
    for one in fields(settings):
        given = {} if ranges is None else ranges
        declared = Setting("", *given[one.name]) if one.name in given else setting_of(one)
        value = getattr(settings, one.name)
        if declared is None or (value is None and one.default is None) or declared.takes(value, one.type):
            continue
        if declared.choices:
            raise SettingsError(f"{owner} has no {one.name} {value!r}{suggest(str(value), declared.choices)}")
        verb = "are" if _text(one.type).startswith("tuple") else "is"
        raise SettingsError(f"{owner}: {one.name} {verb} {declared.describe(one.type)}, not {value!r}")


@answers_old_keywords
def check_known(owner: str, values: Mapping[str, Any], settings: type[DataclassInstance]) -> None:
    """Refuse settings that the dataclass does not have. SettingsError."""
    known = [one.name for one in fields(settings)]
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
            known = [one.name for one in fields(cls)]
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
