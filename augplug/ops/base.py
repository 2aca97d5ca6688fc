"""What an operation is: a frozen dataclass of parameters and one pure function that returns effects."""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

from augplug.distributions import Distribution
from augplug.effect_batch import EffectBatch
from augplug.effects import Effect
from augplug.errors import OperationError
from augplug.types import Canvas

_KEY = "augplug"
RESERVED = frozenset({"op", "p", "level", "operations"})
"""The keys of a policy's step, and the arguments of `augplug.step`, that are no fields."""
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")


@dataclass(frozen=True)
class Parameter:
    """What a field may hold: a number in `low`..`high` (in `unit`), or one of `choices`.

    `level` is the value at the weakest and at the strongest level (t = 0 and t = 1 of a scale); with `signed`, a draw
    lets chance choose the side of the weakest value. `draw` is where the number comes from when a policy gives none.
    `many` allows one number a channel.
    """

    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    level: tuple[float, float] | None = None
    signed: bool = False
    draw: Distribution | None = None
    choices: tuple[str, ...] = ()
    many: bool = False
    integer: bool = False
    required: bool = True
    default: Any = None

    def check(self, value: Any, where: str) -> Any:
        """Return `value` as the field's own type, or raise OperationError naming `where`."""
        if self.choices:
            if value in self.choices:
                return value
            raise OperationError(f"{where} is one of {', '.join(self.choices)}, not {value!r}")
        if self.many and isinstance(value, tuple | list):
            return tuple(self._number(part, where) for part in value)
        return self._number(value, where)

    def _number(self, value: Any, where: str) -> float | int:
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if isinstance(value, bool | str) or not self.low <= number <= self.high or not math.isfinite(number):
            raise OperationError(f"{where} takes {self.describe()}, not {value!r}")
        if not self.integer:
            return number
        if not number.is_integer():
            raise OperationError(f"{where} takes a whole number, not {value!r}")
        return int(value)

    def describe(self) -> str:
        """Return the range and unit in words."""
        if self.choices:
            return " | ".join(self.choices)
        kind = "an integer" if self.integer else "a number"
        if math.isinf(self.low) and math.isinf(self.high):
            return f"{kind} ({self.unit})"
        return f"{kind} in {self.low:g}..{self.high:g} ({self.unit})"


def parameter(
    *,
    low: float = -math.inf,
    high: float = math.inf,
    unit: str = "",
    level: tuple[float, float] | None = None,
    signed: bool = False,
    draw: Distribution | None = None,
    default: Any = dataclasses.MISSING,
    choices: tuple[str, ...] = (),
    many: bool = False,
) -> Any:
    """Declare a field of an operation; see `Parameter` for the meaning of each argument.

    At most one field of an operation carries `level`. A field without `default`, `draw` and `level` must be given.
    """
    made = {_KEY: Parameter(low, high, unit, level, signed, draw, choices, many)}
    # pylint: disable-next=invalid-field-call  # this is a field specifier of dataclass_transform
    return dataclasses.field(default=default, metadata=made)


@dataclass(frozen=True)
class About:
    """What is known of an operation's class: its name, version, source, first line, and its parameters by name.

    `earlier` holds the classes that replay saved plans of earlier versions.
    """

    name: str
    version: int
    source: str
    summary: str
    parameters: dict[str, Parameter]
    level_field: str | None
    earlier: Mapping[int, type[Operation]]


class Operation(ABC):
    """One augmentation with all its numbers: what `describe` says depends on its fields and the canvas alone."""

    about: ClassVar[About]

    @abstractmethod
    def describe(self, canvas: Canvas) -> list[Effect]:
        """Return what happens on this canvas, as effects; the empty list changes nothing."""

    @classmethod
    def describe_batch(cls, _rows: Any, _canvas: Canvas) -> EffectBatch | None:
        """Return what `describe` says of N operations at once, or None: then they are described one by one.

        `rows` has the fields as attributes: each a value that all share, or an array `(N,)` of float64. Optional: it is
        quicker where the fields are drawn reals, and must give the very numbers of `describe`, to the last bit. numpy's
        + - * / and sqrt round as Python's do; its sin, exp and powers may not.
        """
        return None

    def __post_init__(self) -> None:
        """Check every field against its parameter."""
        for name, declared in self.about.parameters.items():
            value = declared.check(getattr(self, name), f"{self.about.name}({name}=...)")
            object.__setattr__(self, name, value)


Op = TypeVar("Op", bound=Operation)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(parameter,))
def operation(
    *, source: str, name: str | None = None, version: int = 1, earlier: Mapping[int, type[Operation]] | None = None
) -> Callable[[type[Op]], type[Op]]:
    """Make a class of parameters and a `describe` an operation: a frozen, keyword-only dataclass.

    `source` says where its numbers come from. `version` goes up when the same fields come to mean other pixels: saved
    plans refuse to replay across it, unless `earlier` has the operation as it was in that version, by which they then
    replay. Raises OperationError when the class is not a well-formed operation.
    """

    def decorate(cls: type[Op]) -> type[Op]:
        title = name or cls.__name__
        if not _NAME.fullmatch(title):
            raise OperationError(
                f"{title!r} is no name for an operation; it begins with a capital, then letters and digits"
            )
        if Operation not in cls.__bases__:
            raise OperationError(f"{title} must inherit from augplug.Operation directly")
        made = dataclass(frozen=True, kw_only=True)(cls)
        fields = dataclasses.fields(made)  # type: ignore[arg-type]  # dataclass() made it one
        parameters = {field.name: _declared(title, field) for field in fields}
        taken = sorted(RESERVED.intersection(parameters))
        if taken:
            raise OperationError(
                f"{title}.{taken[0]} must have another name: a step has a key or an argument of that name"
            )
        levelled = [key for key, declared in parameters.items() if declared.level is not None]
        if len(levelled) > 1:
            raise OperationError(f"{title} has level= on {' and '.join(levelled)}; at most one field may carry it")
        for number, other in (earlier or {}).items():
            if (other.about.name, other.about.version) != (title, number) or number >= version:
                told = f"{other.about.name} of version {other.about.version}"
                raise OperationError(
                    f"{title} has earlier={{{number}: {told}}}; it takes {title} itself as it was in versions before "
                    f"{version}"
                )
        summary = (inspect.getdoc(cls) or "").split("\n", maxsplit=1)[0]
        made.about = About(
            title, version, source, summary, parameters, levelled[0] if levelled else None, earlier or {}
        )
        return made

    return decorate


def _declared(title: str, field: dataclasses.Field[Any]) -> Parameter:
    declared = field.metadata.get(_KEY)
    if not isinstance(declared, Parameter):
        raise OperationError(f"{title}.{field.name} must be declared with augplug.parameter(...)")
    given = field.default is not dataclasses.MISSING
    return dataclasses.replace(
        declared, integer=field.type in (int, "int"), required=not given, default=field.default if given else None
    )
