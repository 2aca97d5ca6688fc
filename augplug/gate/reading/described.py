"""What a distribution says of itself: METADATA and entry_points.txt, or the [project] table of pyproject.toml."""

from __future__ import annotations

import importlib.metadata
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from augplug.errors import GateError
from augplug.gate.artifact import GROUP, EntryPoint
from augplug.gate.reading.tree import Tree


@dataclass(frozen=True)
class Described:
    """Name, version, entry points and requirements, as written."""

    name: str
    version: str
    entry_points: tuple[EntryPoint, ...]
    requires: tuple[str, ...]

    @property
    def tops(self) -> set[str]:
        """The top-level names of the modules that augplug would load."""
        return {module_of(point.value).split(".")[0] for point in self.entry_points if point.group == GROUP} - {""}


class _Info(importlib.metadata.Distribution):
    """A dist-info folder as bytes: the standard library reads it as it would read an installed one."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._texts = {name: content.decode("utf-8") for name, content in files.items()}

    def read_text(self, filename: str) -> str | None:
        """The text of a file, None if there is none."""
        return self._texts.get(filename)

    def locate_file(self, path: Any) -> PurePosixPath:  # type: ignore[override]  # nothing of it is on a disk
        """The path itself."""
        return PurePosixPath(path)


def describe_info(tree: Tree, info: str) -> Described:
    """Return what the folder `info` (`my_ops-1.0.dist-info`) of the tree says; what it cannot say becomes irregular."""
    name, version, points, requires = "", "", [], []
    for part in ("METADATA", "entry_points.txt"):
        path = f"{info}/{part}"
        if path not in tree.files:
            continue
        try:
            said = _Info({part: tree.files[path]})
            if part == "METADATA":
                # Not by `[]`, which will be a KeyError where there is none.
                name, version = (str(*said.metadata.get_all(key, [""])[:1]) for key in ("Name", "Version"))
                requires = said.requires or []
            else:
                points = [EntryPoint(str(p.group or ""), p.name, p.value) for p in said.entry_points]
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            tree.refuse(path, f"cannot be read: {error}")
    return Described(name, version, tuple(points), tuple(requires))


def describe_project(content: bytes, where: str) -> Described:
    """Return what [project] of a pyproject.toml says, with version "0" where that is dynamic. Raises GateError."""
    try:
        table = tomllib.loads(content.decode("utf-8")).get("project")
    except (ValueError, RecursionError) as error:
        raise GateError(f"pyproject.toml of {where} cannot be read: {error}") from error
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise GateError(f"pyproject.toml of {where} has no [project] table with a name: write both, as PEP 621 says")
    groups = {"console_scripts": table.get("scripts"), "gui_scripts": table.get("gui-scripts")}
    groups |= _mapping(table.get("entry-points"))
    points = [
        EntryPoint(group, str(name), str(value))
        for group, members in groups.items()
        for name, value in _mapping(members).items()
    ]
    needs = table.get("dependencies")
    requires = tuple(str(need) for need in needs) if isinstance(needs, list) else ()
    return Described(table["name"], str(table.get("version", "0")), tuple(points), requires)


def module_of(value: str) -> str:
    """Return the module of an entry point's value: `my_ops.ops` of `my_ops.ops:thing [extra]`."""
    return value.partition(":")[0].partition("[")[0].strip()


def _mapping(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}
