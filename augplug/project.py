"""The project that augplug is used in: `[tool.augplug]` of the nearest pyproject.toml, upward from where one stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augplug.disk import kind_or
from augplug.errors import SettingsError, suggest

KEYS = ("policies", "ledger", "mode", "block")
"""`policies` names a folder of policy files, from where pyproject.toml stands; the others belong to the gate."""
MODES = ("open", "require", "off")
"""Which plugins are loaded, from the most lenient: every one; only approved bytes; none but what is built in."""


@dataclass(frozen=True)
class Project:
    """What `[tool.augplug]` says, and the folder that paths in it start from; an empty table without a project."""

    folder: Path
    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The file to name in messages."""
        return self.folder / "pyproject.toml"


def project() -> Project:
    """Return the project that the current folder belongs to. Raises SettingsError."""
    return next(_upward(), Project(Path.cwd()))


def projects() -> list[Project]:
    """Return every project that the current folder lies in, the nearest first. Raises SettingsError."""
    return list(_upward())


def _upward() -> Iterator[Project]:
    for folder in (Path.cwd(), *Path.cwd().parents):
        if kind_or(SettingsError, folder / "pyproject.toml") == "file":
            yield Project(folder, _table(folder / "pyproject.toml"))


def policy_files() -> list[Path]:
    """Return the policy files of the project's folder, in order. Raises SettingsError."""
    found = project()
    named = found.table.get("policies")
    return [] if named is None else _files_of(found.folder, named, found.file)


def files_in(folder: Path) -> list[Path]:
    """Return the policy files of a folder, in order; it need not exist."""
    return (
        sorted(path for path in folder.glob("*") if path.suffix in (".json", ".toml"))
        if kind_or(SettingsError, folder) == "folder"
        else []
    )


def _files_of(folder: Path, named: Any, path: Path) -> list[Path]:
    if not isinstance(named, str) or kind_or(SettingsError, folder / named) != "folder":
        raise SettingsError(f"{path}: policies in [tool.augplug] names a folder beside it, not {named!r}")
    return files_in(folder / named)


def _table(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("augplug", {})
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [tool.augplug] is a table, not {table!r}")
    for key in table:
        if key not in KEYS:
            raise SettingsError(f"{path}: [tool.augplug] has no key {key!r}{suggest(key, KEYS)}")
    return table
