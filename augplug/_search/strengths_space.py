"""The space `strengths`: a strength for each operation, all of them in sequence.

What people write by hand are rows of it: `hand-made`, a flip. docs/design/search.md has what was measured.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import groupby
from typing import Any, Literal, Self, get_args

from augplug._policies import building
from augplug._policies.documents import Place, shown
from augplug._policies.grammar import Policy, Step, Value, steps_of
from augplug._policies.randaugment import randaugment
from augplug._policies.reader import Operations, address_of
from augplug._search.space_base import (
    Space,
    check_format,
    check_texts,
    checked,
    content_of,
    mixes_finished_images,
)
from augplug.distributions import LogUniform, Uniform
from augplug.errors import AugplugError, SettingsError, suggest

FORMAT = 1
MOST = 1000
"""Most entries of a space, and most strengths of an entry."""
SPARSE = 0.3
"""Part of the entries that are on in a random row."""
Draw = Literal["around 0", "times", "ratio", "up to", "level", "p", "border", "randaugment"]
WHOLE = ("border", "randaugment")
"""What an entry draws that is about the whole policy, and has no operation of its own."""
LEVELS = (2.0, 4.0, 6.0, 8.0, 9.0)
PROBABILITIES = (0.15, 0.3, 0.5)
"""Strengths of an entry that has none: of the operation's level in AutoAugment's scale, or of its probability."""
USUAL: Mapping[str, tuple[float, ...]] = {"level": LEVELS, "p": PROBABILITIES}


@dataclass(frozen=True)
class Entry:
    """One decision: off (0), or one of `strengths`, from weak to strong.

    A strength m of an operation's `field` is drawn: `around 0` in -m..m, `times` in 1-m..1+m, `ratio` in 1/(1+m)..1+m
    with a uniform logarithm, `up to` in 0..m. `level` draws a level in 0..m, and `p` applies the operation with
    probability m. `fixed` are further fields. An entry for images of `channels` channels is left out for others. Two
    kinds have no operation: `border` reflects the border in every step that can, and `randaugment` puts one operation
    of RandAugment, drawn for each image, at level m behind the others.
    """

    name: str
    op: str
    draw: Draw
    strengths: tuple[float, ...]
    field: str = ""
    fixed: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    channels: int = 0

    def __post_init__(self) -> None:
        """Refuse what is not an entry. Raises SettingsError."""
        if self.draw not in get_args(Draw):
            raise SettingsError(f"unknown draw {self.draw!r}{suggest(self.draw, get_args(Draw))}")
        if bool(self.op) is (self.draw in WHOLE):
            needs = "has no operation" if self.op else "needs an operation"
            raise SettingsError(f"an entry that draws {self.draw!r} {needs}")
        if bool(self.field) is (self.draw in (*USUAL, *WHOLE)):
            needs = "has no field" if self.field else "needs the field that is drawn"
            raise SettingsError(f"an entry that draws {self.draw!r} {needs}")
        rising = all(a < b for a, b in zip(self.strengths, self.strengths[1:], strict=False))
        if not (0 < len(self.strengths) <= MOST and rising and self.strengths[0] > 0):
            raise SettingsError(
                f"an entry's strengths are 1 to {MOST:,} numbers above 0 from weak to strong, not {[*self.strengths]}"
            )

    def value(self, strength: int) -> Value:
        """Return what the field is drawn from at the `strength`-th strength, counted from 1."""
        m = self.strengths[strength - 1]
        if self.draw == "times":
            return Uniform(1 - m, 1 + m)
        if self.draw == "ratio":
            return LogUniform(1 / (1 + m), 1 + m)
        return Uniform(-m if self.draw == "around 0" else 0.0, m)


@dataclass(frozen=True)
class StrengthSpace(Space):
    """Policies of `entries`, each off or at one of its strengths; those that are on are applied in this order.

    Neighbouring entries of one operation with different fields are one step. Raises SettingsError.
    """

    entries: tuple[Entry, ...]
    name: str = "strengths"
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be searched."""
        check_texts(self, ("name", "source"))
        if not 1 <= len({entry.name for entry in self.entries}) == len(self.entries) <= MOST:
            raise SettingsError(f"a space of strengths has 1 to {MOST:,} entries, each with a name of its own")

    @classmethod
    def default(cls, channels: int = 0) -> Self:
        """Return the space for images of this many channels: 22 operations, and 24 for colour (3 channels).

        Two entries more are about the whole policy: the border, and an operation of RandAugment.
        """
        entries, name, source = _default()
        return cls(entries, name, source).for_channels(channels)

    @classmethod
    def of(cls, place: Place, unnamed: str) -> Self:
        """Return the space of a document, called `unnamed` if that has no name. Raises PolicyError."""
        table = place.only(("augplug_strengths", "name", "source", "entries", "also"))
        check_format(table, "augplug_strengths", FORMAT)
        read = {name: table[name].text() for name in ("name", "source") if name in table}
        entries = [_entry(item) for item in table["entries"].items()] if "entries" in table else list(_default()[0])
        entries += [_entry(item) for item in table["also"].items()] if "also" in table else []
        with place.to_blame():
            return cls(tuple(entries), **{"name": unnamed, **read})

    def to_json(self) -> dict[str, Any]:
        """Return the content of a space file."""
        told = {"name": self.name, "source": self.source}
        return {"augplug_strengths": FORMAT, **told, "entries": [_entry_json(entry) for entry in self.entries]}

    def for_channels(self, channels: int) -> Self:
        """Return the space without the entries that are for images of other channels."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.channels in (0, channels)))

    def single(self) -> Self:
        """Return the space itself: its policies have no sub-policies."""
        return self

    def check(self, operations: Operations, joined: int = 1) -> None:
        """Refuse operations that are not there, or do not take a strength. Nothing is joined. Raises SettingsError."""
        del joined
        for place, entry in enumerate(self.entries):
            row = [0] * len(self.entries)
            if entry.draw in WHOLE:
                continue
            try:
                address_of(operations, entry.op)
                for row[place] in range(1, len(entry.strengths)):
                    self.decode(operations, row, "one")
                row[place] = len(entry.strengths)
                always = replace(next(steps_of(self.decode(operations, row, "one").node)), p=1.0)
            except AugplugError as error:
                raise SettingsError(f"the search space {self.name}: {entry.name}: {error}") from error
            if place + 1 < len(self.entries) and mixes_finished_images(operations, entry.op, Policy(always)):
                raise SettingsError(
                    f"the search space {self.name}: {entry.op} mixes finished images, so that nothing may come behind "
                    "it; make it the last entry, or leave it out"
                )

    def extended(self, operations: Operations, names: Sequence[str]) -> Self:
        """Return the space with further operations at the end, by level if they have one. Raises SettingsError.

        One that the space has an entry of its name for is not added again.
        """
        there = {entry.name for entry in self.entries}
        try:
            for name in names:
                address_of(operations, name)
            steps = [building.levelled(operations, name, 0) for name in dict.fromkeys(names) if name not in there]
        except AugplugError as error:
            raise SettingsError(f"the search space {self.name}: {error}") from error
        added = [
            Entry(step.op, step.op, "p", PROBABILITIES)
            if step.level is None
            else Entry(step.op, step.op, "level", LEVELS)
            for step in steps
        ]
        return replace(self, entries=(*self.entries, *added))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many choices each decision has."""
        return tuple(len(entry.strengths) + 1 for entry in self.entries)

    @property
    def ordered(self) -> tuple[bool, ...]:
        """Return for each decision that its choices have an order: off, weak to strong."""
        return (True,) * len(self.entries)

    @property
    def weights(self) -> tuple[tuple[float, ...], ...]:
        """Return how likely each choice is in a random row: most entries are off, else no image is recognised."""
        return tuple((1 - SPARSE, *[SPARSE / (size - 1)] * (size - 1)) for size in self.sizes)

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
        own = [(entry, strength) for entry, strength in on if entry.op]
        nodes: list[Step | Policy] = [
            step for _, members in groupby(own, key=lambda one: one[0].op) for step in _steps(operations, [*members])
        ]
        for entry, strength in on:
            if entry.draw == "border":
                nodes = [_reflected(node) for node in nodes]
            elif entry.draw == "randaugment":
                nodes.append(randaugment(operations, n=1, m=entry.strengths[strength - 1]))
        source = f"found by augplug in the search space {self.name}"
        return Policy(building.sequence(*nodes), name, source=source, defaults={"fill": 0})

    def found(self, best: Sequence[Policy], name: str) -> Policy:
        """Return the best policy, called `name`: to join several was measured, and was worse."""
        return replace(best[0], name=name)


def _steps(operations: Operations, members: Sequence[tuple[Entry, int]]) -> Iterator[Step]:
    """One step for all fields of an operation; one each for entries that draw a level or apply it by chance."""
    values: dict[str, Any] = {}
    for entry, strength in members:
        if entry.draw == "level":
            yield building.step(operations, entry.op, level=Uniform(0, entry.strengths[strength - 1]))
        elif entry.draw == "p":
            yield building.step(operations, entry.op, p=entry.strengths[strength - 1], **entry.fixed)
        else:
            values |= {entry.field: entry.value(strength), **entry.fixed}
    if values:
        yield building.step(operations, members[0][0].op, **values)


def _reflected(node: Step | Policy) -> Step | Policy:
    """The step with a reflected border, where its operation fills one."""
    if isinstance(node, Policy) or "border" not in node.operation.about.parameters:
        return node
    return replace(node, fields=(*node.fields, ("border", "reflect")))


@cache
def _default() -> tuple[tuple[Entry, ...], str, str]:
    place, name = content_of("strengths")
    space = StrengthSpace.of(place, name)
    return space.entries, space.name, space.source


def _entry(place: Place) -> Entry:
    """Read an entry, or the name of one of the default space."""
    if isinstance(place.value, str):
        known = {entry.name: entry for entry in _default()[0]}
        if place.value not in known:
            raise place.error(f"the space strengths has no entry {shown(place.value)}{suggest(place.value, known)}")
        return known[place.value]
    table = place.only(tuple(one.name for one in fields(Entry)))
    read: dict[str, Any] = {key: table[key].text() for key in ("op", "draw", "name", "field") if key in table}
    for needed in ("draw", "name" if read.get("draw") in WHOLE else "op"):
        if needed not in table:
            raise place.error(f"an entry needs the key {needed!r}")
    read = {"op": "", **read}
    read = {
        "name": ".".join(filter(None, (read["op"], read.get("field")))),
        "strengths": USUAL.get(read["draw"], ()),
        **read,
    }
    if "strengths" in table:
        read["strengths"] = tuple(strength.number() for strength in table["strengths"].items())
    if "fixed" in table:
        read["fixed"] = {key: _fixed(value) for key, value in table["fixed"].table().items()}
    if "channels" in table:
        read["channels"] = table["channels"].whole()
    with place.to_blame():
        return Entry(**read)


def _fixed(place: Place) -> Value:
    """A number, true, false or a text: what a field may be that is not drawn."""
    if isinstance(place.value, bool | str):
        return place.value
    return place.number()


def _entry_json(entry: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {"name": entry.name, "op": entry.op, "draw": entry.draw, "strengths": [*entry.strengths]}
    optional = (("field", entry.field), ("fixed", dict(entry.fixed)), ("channels", entry.channels))
    return made | {key: value for key, value in optional if value}
