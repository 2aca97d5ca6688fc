"""The space `strengths`: a strength for each operation, all of them in sequence.

What people write by hand are rows of it: `hand-made`, a flip. docs/design/search.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Literal, Self

from augplug._policies import building
from augplug._policies.documents import Place, parse_json
from augplug._policies.grammar import Policy, Step, Value
from augplug._policies.reader import Operations, address_of
from augplug._search.space import checked
from augplug.distributions import LogUniform, Uniform
from augplug.errors import AugplugError, SettingsError

Draw = Literal["around 0", "times", "ratio", "up to", "level", "p"]
LEVELS = (2.0, 4.0, 6.0, 8.0, 9.0)
PROBABILITIES = (0.15, 0.3, 0.5)
"""Strengths of an operation that the user adds: of its level in AutoAugment's scale, or of its probability."""


@dataclass(frozen=True)
class Entry:
    """One decision: off (0), or one of `strengths`, from weak to strong.

    A strength m of an operation's `field` is drawn: `around 0` in -m..m, `times` in 1-m..1+m, `ratio` in 1/(1+m)..1+m
    with a uniform logarithm, `up to` in 0..m. `level` draws a level in 0..m, and `p` applies the operation with
    probability m. `fixed` are further fields. An entry for images of `channels` channels is left out for others.
    """

    name: str
    op: str
    draw: Draw
    strengths: tuple[float, ...]
    field: str = ""
    fixed: tuple[tuple[str, float], ...] = ()
    channels: int = 0

    def value(self, strength: int) -> Value:
        """Return what the field is drawn from at the `strength`-th strength, counted from 1."""
        m = self.strengths[strength - 1]
        if self.draw == "times":
            return Uniform(1 - m, 1 + m)
        if self.draw == "ratio":
            return LogUniform(1 / (1 + m), 1 + m)
        return Uniform(-m if self.draw == "around 0" else 0.0, m)


@dataclass(frozen=True)
class StrengthSpace:
    """Policies of `entries`, each off or at one of its strengths; those that are on are applied in this order.

    Neighbouring entries of one operation with different fields are one step. Raises SettingsError.
    """

    entries: tuple[Entry, ...]
    name: str = "strengths"

    @classmethod
    def default(cls, channels: int = 0) -> Self:
        """Return the space for images of so many channels: 22 entries, and 24 for colour (3 channels)."""
        return cls(tuple(entry for entry in _entries() if entry.channels in (0, channels)))

    def extended(self, operations: Operations, names: Sequence[str]) -> Self:
        """Return the space with further operations at the end, by level if they have one. Raises SettingsError."""
        try:
            for name in names:
                address_of(operations, name)
            steps = [building.levelled(operations, name, 0) for name in names]
        except AugplugError as error:
            raise SettingsError(f"the search space {self.name}: {error}") from error
        added = [
            Entry(step.op, step.op, "p", PROBABILITIES)
            if step.level is None
            else Entry(step.op, step.op, "level", LEVELS)
            for step in steps
        ]
        return type(self)((*self.entries, *added), self.name)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many choices each decision has."""
        return tuple(len(entry.strengths) + 1 for entry in self.entries)

    def row(self, strengths: Mapping[str, float]) -> tuple[int, ...]:
        """Return the decisions nearest to strengths by entry name; what is not named is off.

        Names that the space does not have are left out: a space may be smaller than the default one.
        """
        return tuple(
            1 + min(range(len(e.strengths)), key=lambda i, e=e: abs(e.strengths[i] - strengths[e.name]))  # type: ignore[misc]  # mypy does not infer the lambda's default
            if e.name in strengths
            else 0
            for e in self.entries
        )

    def decode(self, operations: Operations, decisions: Sequence[int], name: str) -> Policy:
        """Return the policy called `name` of a row of decisions."""
        row = checked(decisions, self.sizes)
        on = [(entry, strength) for entry, strength in zip(self.entries, row, strict=True) if strength]
        steps = (
            step for _, members in groupby(on, key=lambda one: one[0].op) for step in _steps(operations, [*members])
        )
        source = f"found by augplug in the search space {self.name}"
        return Policy(building.sequence(*steps), name, source=source, defaults={"fill": 0})


def _steps(operations: Operations, members: Sequence[tuple[Entry, int]]) -> Iterator[Step]:
    """One step for all fields of an operation; one each for entries that draw a level or apply it by chance."""
    fields: dict[str, Any] = {}
    for entry, strength in members:
        if entry.draw == "level":
            yield building.step(operations, entry.op, level=Uniform(0, entry.strengths[strength - 1]))
        elif entry.draw == "p":
            yield building.step(operations, entry.op, p=entry.strengths[strength - 1], **dict(entry.fixed))
        else:
            fields |= {entry.field: entry.value(strength), **dict(entry.fixed)}
    if fields:
        yield building.step(operations, members[0][0].op, **fields)


@cache
def _entries() -> tuple[Entry, ...]:
    text = files("augplug._search").joinpath("spaces", "strengths.json").read_bytes()
    return tuple(
        _entry(place)
        for place in Place(parse_json(text)).only(("augplug_strengths", "source", "entries"))["entries"].items()
    )


def _entry(place: Place) -> Entry:
    table = place.only(("name", "op", "draw", "strengths", "field", "fixed", "channels"))
    fixed = table["fixed"].table() if "fixed" in table else {}
    return Entry(
        table["name"].text(),
        table["op"].text(),
        table["draw"].text(),  # type: ignore[arg-type]  # our own file, and a test reads every entry
        tuple(strength.number() for strength in table["strengths"].items()),
        table["field"].text() if "field" in table else "",
        tuple((name, value.number()) for name, value in fixed.items()),
        table["channels"].whole() if "channels" in table else 0,
    )
