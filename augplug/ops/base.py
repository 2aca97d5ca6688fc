"""What an operation is: a frozen dataclass of parameters and one pure function that returns effects."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias, TypeVar, dataclass_transform

from augplug.annotated import annotations_of
from augplug.effect_batch import EffectBatch
from augplug.effects import Effect
from augplug.errors import ImageError, OperationError
from augplug.ops.former import FormerField
from augplug.ops.parameters import Parameter, declared_by, key, parameter
from augplug.types import Canvas, CanvasTargets

Upgrades: TypeAlias = Mapping[int, Mapping[str, FormerField]]
"""For earlier versions of an operation, how they wrote the fields that are written in another form today."""
RESERVED = frozenset({"op", "p", "level", "operations"})
"""The keys of a policy's step, and the arguments of `augplug.step`, that are not fields."""
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")


@dataclass(frozen=True)
class About:
    """What is known of an operation's class: its name, version, source, first line, and its parameters by name.

    `channels` are the numbers of channels that it takes, if it says so. `earlier` holds the classes that replay saved
    plans of earlier versions whose pixels were others; `upgrades` says how earlier versions wrote fields.
    """

    name: str
    version: int
    source: str
    summary: str
    parameters: dict[str, Parameter]
    level_field: str | None
    earlier: Mapping[int, type[Operation]]
    upgrades: Upgrades
    channels: Sequence[int] | None = None

    @property
    def channels_text(self) -> str:
        """The numbers of channels that the operation takes, in words."""
        taken = self.channels
        if taken is None:
            return "not declared"
        return f"{taken[0]} to {taken[-1]}" if isinstance(taken, range) else " or ".join(map(str, taken))

    def check_channels(self, given: int) -> None:
        """Raise ImageError unless the operation takes images with `given` channels, or does not say which it takes."""
        if self.channels is None or given in self.channels:
            return
        alpha = {2: "LA", 4: "RGBA"}.get(given)
        hint = f"; if the last one is alpha, say so with Augmenter(..., channels={alpha!r})" if alpha else ""
        raise ImageError(
            f"{self.name} needs an image of {self.channels_text} channels, not {given} channels; leave it out of the "
            f"policy, or give it such images{hint}"
        )

    @cached_property
    def former(self) -> Mapping[str, FormerField]:
        """How policies write fields: in the form of the earliest version, so that their digests stay."""
        forms: dict[str, FormerField] = {}
        for _, fields in sorted(self.upgrades.items(), reverse=True):
            forms |= fields
        return forms

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Today's names of the fields that policies write under another name."""
        return {form.name: name for name, form in self.former.items() if form.name is not None}

    def written_name(self, name: str) -> str:
        """Return the name under which policies write a field."""
        form = self.former.get(name)
        return name if form is None or form.name is None else form.name

    def read(self, name: str, value: Any) -> Any:
        """Return today's value of a field that a policy gives."""
        return self.former[name].read(value) if name in self.former else value

    def drawn(self, name: str, number: float) -> Any:
        """Return the value of a field for which a number was drawn: of a flag, 0 is False and 1 is True."""
        value = self.read(name, number)
        return bool(value) if self.parameters[name].flag and value in (0, 1) else value

    def is_drawn_as_it_is(self, name: str) -> bool:
        """Return True if any number that is drawn for a field is its value."""
        form = self.former.get(name)
        return (form is None or form.keeps_values) and not self.parameters[name].flag


class Operation(ABC):
    """One augmentation with all its numbers: what `describe` says depends on its fields and the canvas alone."""

    about: ClassVar[About]

    @abstractmethod
    def describe(self, canvas: Canvas) -> list[Effect]:
        """Return what happens on this canvas, as effects; the empty list changes nothing."""

    def decide(self, _canvas: Canvas, _targets: CanvasTargets) -> Operation:
        """Return this operation with what it decides by the targets on its canvas; by default, itself.

        Optional: a crop that keeps boxes in view overrides it. It is pure, as `describe` is, and returns a copy with
        the decision in a field (`dataclasses.replace`), by which plans replay it without targets; with that field, it
        returns itself. It is asked only if there are targets, and `describe` goes without a decision otherwise.
        """
        return self

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


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(parameter, key))
def operation(
    *,
    source: str,
    name: str | None = None,
    version: int = 1,
    earlier: Mapping[int, type[Operation]] | None = None,
    upgrades: Upgrades | None = None,
    channels: Sequence[int] | None = None,
) -> Callable[[type[Op]], type[Op]]:
    """Make a class of parameters and a `describe` an operation: a frozen, keyword-only dataclass.

    `source` says where its numbers come from. `version` goes up when saved plans could not be read any more, or would
    give other pixels: they are refused unless one of two tables has their version. `upgrades[1]` says how version 1
    wrote the fields that are written in another form today (`augplug.FormerField`); `earlier[1]` is the operation as it
    was in version 1, by which plans replay whose pixels would be others. `channels` are the numbers of channels of the
    images that the operation takes, such as (1, 3) for grey and RGB: a policy with it refuses others at its first
    image. Without it, `describe` is asked. Raises OperationError when the class is not a well-formed operation.
    """

    def decorate(cls: type[Op]) -> type[Op]:
        title = name or cls.__name__
        if not _NAME.fullmatch(title):
            raise OperationError(
                f"{title!r} is not a name for an operation; it begins with a capital, then letters and digits"
            )
        if Operation not in cls.__bases__:
            raise OperationError(f"{title} must inherit from augplug.Operation directly")
        made = dataclass(frozen=True, kw_only=True)(cls)
        parameters = _parameters(title, made)
        levelled = [key for key, declared in parameters.items() if declared.level is not None]
        if len(levelled) > 1:
            raise OperationError(f"{title} has level= on {' and '.join(levelled)}; at most one field may carry it")
        summary = (inspect.getdoc(cls) or "").split("\n", maxsplit=1)[0]
        level_field = levelled[0] if levelled else None
        made.about = About(
            title, version, source, summary, parameters, level_field, earlier or {}, upgrades or {}, channels
        )
        _check_channels(made.about)
        _check_earlier(made.about)
        _check_upgrades(made.about)
        return made

    return decorate


def _parameters(title: str, cls: type[Operation]) -> dict[str, Parameter]:
    """Return the parameters of a dataclass, its own before those of its base classes: that is the order of draws."""
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]  # dataclass() made it one
    owners: dict[str, tuple[Any, type]] = {}
    for base in cls.__mro__:
        for name, annotation in annotations_of(base).items():
            if name in fields:
                owners.setdefault(name, (annotation, base))
    taken = sorted(RESERVED.intersection(fields))
    if taken:
        raise OperationError(f"{title}.{taken[0]} must have another name: a step has a key or an argument of that name")
    return {
        name: declared_by(fields[name], annotation, _namespace_of(owner), f"{title}.{name}")
        for name, (annotation, owner) in owners.items()
    }


def _namespace_of(cls: type) -> Mapping[str, Any]:
    """Return the names of the module that defines a class; none for one that was imported in an unusual way."""
    return getattr(sys.modules.get(cls.__module__), "__dict__", {})


def _check_channels(about: About) -> None:
    taken: Any = about.channels
    if taken is not None and not (taken and all(isinstance(number, int) and number > 0 for number in taken)):
        raise OperationError(f"{about.name} has channels={taken!r}; it holds numbers of channels, such as (1, 3)")


def _check_earlier(about: About) -> None:
    for number, other in about.earlier.items():
        if (other.about.name, other.about.version) != (about.name, number) or number >= about.version:
            told = f"{other.about.name} of version {other.about.version}"
            raise OperationError(
                f"{about.name} has earlier={{{number}: {told}}}; it takes {about.name} itself as it was in versions "
                f"before {about.version}"
            )


def _check_upgrades(about: About) -> None:
    """An operation of an earlier version may have an entry for itself; every value must be one of today's."""
    for number, fields in about.upgrades.items():
        if not 1 <= number <= about.version:
            raise OperationError(f"{about.name} of version {about.version} has upgrades for version {number}")
        for name, former in fields.items():
            if name not in about.parameters:
                raise OperationError(f"{about.name} has upgrades for {name}, which is not one of its fields")
            for value in former.values.values():
                about.parameters[name].check(value, f"{about.name}(upgrades: {name}=...)")
