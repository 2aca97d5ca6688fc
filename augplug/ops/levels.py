"""Levels: what a number such as "magnitude 9" means, by scale. The numbers are in magnitudes.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from augplug.distributions import Distribution
from augplug.errors import SettingsError
from augplug.ops.base import Operation
from augplug.ops.parameters import Parameter


@dataclass(frozen=True)
class Row:
    """How a scale drives one operation: `field` goes from `weakest` (t = 0) to `strongest` (t = 1)."""

    field: str
    weakest: float
    strongest: float
    signed: bool
    rounding: str
    clamp: tuple[float, float]

    def value(self, t: float, sign: int) -> float:
        """Return the field's value at t on that side, rounded, then clamped to the field's legal range."""
        move = (self.strongest - self.weakest) * t
        if self.rounding == "nearest":
            move = round(move)
        elif self.rounding == "truncate":
            move = int(move)
        return min(max(self.weakest + sign * move, self.clamp[0]), self.clamp[1])


@dataclass(frozen=True)
class Scale:
    """A scale of levels: level L in 0..`highest` means t = L / `divisor`."""

    name: str
    divisor: float
    highest: float
    source: str
    rows: Mapping[str, Row]

    def check(self, level: float | Distribution | None, op: str) -> None:
        """Refuse a level outside the scale."""
        if level is None:
            return
        bounds = level.bounds if isinstance(level, Distribution) else (level,)
        for bound in bounds:
            if not 0 <= bound <= self.highest:
                raise SettingsError(f"{op}: a level of scale {self.name!r} lies in 0..{self.highest:g}, not {bound!r}")

    def row(self, address: str, operation: type[Operation]) -> Row | None:
        """Return how this scale drives an operation; None for one without a level.

        The rows of the file are those of augplug's own operations; any other operation is driven by its own
        `level=(weakest, strongest)` at the scale's t.
        """
        about = operation.about
        if about.level_field is None:
            return None
        distribution, name = address.split(":", maxsplit=1)
        if distribution == "augplug" and name in self.rows:
            return self.rows[name]
        declared = about.parameters[about.level_field]
        return _own_row(about.level_field, declared)


def _own_row(field: str, declared: Parameter) -> Row:
    assert declared.level is not None  # noqa: S101  # the caller found the field by its level
    rounding = "nearest" if declared.integer else "none"
    return Row(field, *declared.level, declared.signed, rounding, (declared.low, declared.high))


def _read() -> dict[str, Scale]:
    document = tomllib.loads(files("augplug.ops").joinpath("magnitudes.toml").read_text(encoding="utf-8"))
    rows: dict[str, dict[str, Row]] = {name: {} for name in document["scale"]}
    for row in document["row"]:
        read = Row(row["field"], row["weakest"], row["strongest"], row["signed"], row["rounding"], tuple(row["clamp"]))
        for scale in row["scales"]:
            rows[scale][row["operation"]] = read
    return {name: _scale(name, entry, rows[name]) for name, entry in document["scale"].items()}


def _scale(name: str, entry: Mapping[str, Any], rows: Mapping[str, Row]) -> Scale:
    return Scale(name, entry["divisor"], entry["highest"], entry["source"], rows)


SCALES: Mapping[str, Scale] = _read()
