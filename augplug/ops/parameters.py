"""The fields of operations: what each may hold, and the functions that declare one."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from augplug.distributions import Distribution, Key
from augplug.errors import OperationError
from augplug.ops.annotations import kind_of
from augplug.renamed import answers_old_keywords
from augplug.types import Border, Fill, Interpolation

_METADATA = "augplug"
_LARGEST_KEY = 2**53 - 1
"""Keys are integers that JSON keeps."""


@dataclass(frozen=True)
class Parameter:  # pylint: disable=too-many-instance-attributes  # one for each word that a field is declared with
    """What a field may hold: a number in `low`..`high` (in `unit`), one of `choices`, or True or False (a `flag`).

    `level` is the value at the weakest and at the strongest level (t = 0 and t = 1 of a scale); with `signed`, a draw
    chooses the side of the weakest value. `draw` is where the number comes from when a policy gives none. `many` allows
    a tuple of numbers as well (one a channel); with `length`, a tuple has that many, and one number may stand for it
    only with `many`. `optional` allows None. The annotation says `flag`, `many`, `integer`, `optional` and `length`.
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
    flag: bool = False
    optional: bool = False
    length: int | None = None

    @property
    def is_number(self) -> bool:
        """True if the field holds a number (or None), or a tuple of numbers."""
        return not (self.flag or self.choices)

    def may_be(self, value: object) -> TypeGuard[bool | None]:
        """Return True if True, False or None, which are not numbers, may be a value of the field."""
        return (isinstance(value, bool) and not self.is_number) or (
            value is None and (self.optional or not self.is_number)
        )

    def check(self, value: Any, where: str) -> Any:
        """Return `value` as the field's own type, or raise OperationError naming `where`."""
        if value is None and self.optional:
            return None
        if self.flag:
            if isinstance(value, bool | np.bool_):
                return bool(value)
            raise OperationError(f"{where} takes {self.describe()}, not {value!r}")
        if self.choices:
            if isinstance(value, str) and value in self.choices:
                return value
            raise OperationError(f"{where} is one of {', '.join(self.choices)}, not {value!r}")
        if isinstance(value, tuple | list) and (self.many or self.length):
            if self.length and len(value) != self.length:
                raise OperationError(f"{where} takes {self.describe()}, not {value!r}")
            return tuple(self._number(part, where) for part in value)
        if self.length and not self.many:
            raise OperationError(f"{where} takes {self.describe()}, not {value!r}")
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
        return self._described() + (" or None" if self.optional else "")

    def _described(self) -> str:
        if self.flag:
            return "True or False"
        if self.choices:
            return " | ".join(self.choices)
        kind = "an integer" if self.integer else "a number"
        if self.length:
            kind = f"{self.length} {'integers' if self.integer else 'numbers'}"
        if math.isinf(self.low) and math.isinf(self.high):
            return f"{kind} ({self.unit})"
        if math.isinf(self.high):
            return f"{kind} of at least {self.low:g} ({self.unit})"
        return f"{kind} in {self.low:g}..{self.high:g} ({self.unit})"


@answers_old_keywords
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
) -> Any:
    """Declare a field of an operation; its type is its annotation.

    A flag is `flag: bool = parameter(default=False)`. An annotation is `bool`, `int`, `float`, `Literal["a", "b"]`, a
    tuple of fixed length (`tuple[float, float]`), a number or a tuple (`augplug.Fill`), or one of these `| None`; `str`
    with `choices`. See `Parameter` for the meaning of each argument. At most one field of an operation carries `level`.
    A field without `default`, `draw` and `level` must be given.
    """
    made = {_METADATA: Parameter(low, high, unit, level, signed, draw, choices)}
    # pylint: disable-next=invalid-field-call  # this is a field specifier of dataclass_transform
    return dataclasses.field(default=default, metadata=made)


def key(*, needed_by: tuple[str, ...] = (), default: Any = dataclasses.MISSING) -> Any:
    """Declare an integer field for a drawn key, from which an operation makes its own random numbers.

    With `needed_by`, the key is drawn only if a policy gives one of these fields (`augplug.Key`); then it has a
    `default`.
    """
    return parameter(low=0, high=_LARGEST_KEY, unit="key", draw=Key(needed_by=needed_by), default=default)


def resampling(default: Interpolation = "nearest", *, area: bool = False) -> Any:
    """Declare the field `interpolation` of an operation that resamples; with `area`, "area" is one of its choices."""
    return parameter(choices=("nearest", "linear", "cubic", *(["area"] if area else [])), default=default)


LATER: Mapping[str, Any] = {"border": "constant", "expand": False, "amplitude_fraction": None, "spacing_fraction": 0.25}
"""Fields that operations got after files and digests had been made without them, and their defaults.

Digests and plans leave such a field out where it has its default, so that both stay as they were.
"""


def is_left_out(name: str, value: object, declared: Parameter) -> bool:
    """Return True if digests and plans leave a field out that has this value; a plugin may have its own of the name."""
    return name in LATER and value == LATER[name] == declared.default


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Base class that adds the fields `fill`, `mask_fill` and `border`: what lies outside the image and its masks.

    `class Shifted(augplug.Filled, augplug.Operation)` has them after its own fields. With another `border` than
    "constant" neither fill counts: the pixels of image and masks repeat outside, as numpy.pad's modes "edge", "reflect"
    (which is OpenCV's BORDER_REFLECT_101) and "wrap" repeat them.
    """

    fill: Fill = parameter(low=0, high=255, unit="8-bit values", default=0.0)  # noqa: RUF009  # it returns a dataclasses.field
    mask_fill: float = parameter(unit="mask value", default=0.0)  # it returns a dataclasses.field
    border: Border = parameter(default="constant")  # noqa: RUF009  # it returns a dataclasses.field


@dataclass(frozen=True, kw_only=True)
class Resampled(Filled):
    """Base class that adds `interpolation`, `fill`, `mask_fill` and `border`; a policy's defaults hold for them.

    An operation with another default than "nearest" declares `interpolation: Interpolation = resampling("linear")`.
    """

    interpolation: Interpolation = resampling()  # noqa: RUF009  # it returns a dataclasses.field


def declared_by(field: dataclasses.Field[Any], annotation: Any, namespace: Mapping[str, Any], where: str) -> Parameter:
    """Return the parameter that a field declares, with the type of its annotation. Raises OperationError."""
    declared = field.metadata.get(_METADATA)
    if not isinstance(declared, Parameter):
        raise OperationError(f"{where} must be declared with augplug.parameter(...)")
    try:
        kind = kind_of(annotation, namespace)
    except ValueError as error:
        raise OperationError(f"{where} has the annotation {annotation}: {error}") from error
    made = dataclasses.replace(
        declared,
        flag=kind.flag,
        integer=kind.integer,
        choices=declared.choices or kind.choices,
        optional=kind.optional,
        many=declared.many or kind.many,
        length=kind.length,
        required=field.default is dataclasses.MISSING,
        default=None if field.default is dataclasses.MISSING else field.default,
    )
    if declared.level is not None and not made.is_number:
        raise OperationError(f"{where} has level=, and takes {made.describe()}: a level sets a number")
    if annotation in (str, "str") and not made.choices:
        raise OperationError(f"{where} is a text: give its choices, as Literal[...] or with choices=")
    return made
