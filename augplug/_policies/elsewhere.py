"""Names that users of other libraries type, and what to write here instead: rows of `elsewhere.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from augplug.errors import suggest

Row = Mapping[str, str]
"""`of`, and `here`, `plugin` and `note` as far as they are given."""


@cache
def rows() -> Mapping[str, Row]:
    """Return the rows by the name elsewhere; the file is read once, when a name is not known here."""
    return tomllib.loads(files("augplug._policies").joinpath("elsewhere.toml").read_text("utf-8"))


def name_here(name: str) -> str | None:
    """Return one sentence on what `name` of another library is called here, or None if no such name is known.

    Upper and lower case are the same, and so are `Normalize` and `A.Normalize`.

    >>> name_here("A.ToGray")
    'ToGray (Albumentations) is written augplug.step("Grayscale")'
    """
    found = _names().get(name.rpartition(".")[2].casefold())
    return None if found is None else sentence(found, rows()[found])


def hint_for(name: str, known: Iterable[str]) -> str:
    """Return the end of an error for an unknown name: what is written here instead, or a suggestion from `known`."""
    told = name_here(name)
    return f"; {told}" if told else suggest(name, known)


def sentence(name: str, row: Row) -> str:
    """Return what a row says, as a part of an error: without a capital at its start or a full stop."""
    there = f"{name} ({row['of']})"
    if "here" not in row:
        return f"{there} has no equivalent here: {row['note']}"
    plugin = f" of the plugin {row['plugin']} (pip install {row['plugin']})" if "plugin" in row else ""
    note = f"; {row['note']}" if "note" in row else ""
    return f"{there} is written {row['here']}{plugin}{note}"


@cache
def _names() -> Mapping[str, str]:
    return {name.casefold(): name for name in rows()}
