"""Which plugin a piece of code belongs to: by the file that its loader compiled it from."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augplug.errors import PluginError
from augplug.gate.artifact import GROUP
from augplug.gate.discovery import Candidate
from augplug.gate.runtime.events import KNOWN, OURS, permitted

DECLARATION = "augplug-plugin.toml"
_MODULE = re.compile(r"(\w+)(/|\.py$|\.[\w.-]*so$)")


@dataclass(frozen=True)
class Owner:
    """A plugin: its distribution, the kinds of events that it may cause, its places, and what it may import.

    `files` are whole names of source files, `folders` end in a separator.
    """

    name: str
    permitted: frozenset[str]
    files: frozenset[str]
    folders: tuple[str, ...]
    modules: frozenset[str]
    capabilities: frozenset[str] = frozenset()

    def wrote(self, filename: str) -> bool:
        """Say whether code of this file is the plugin's."""
        return filename.startswith(self.folders) or filename in self.files


def owner_of(
    candidate: Candidate, points: Iterable[EntryPoint], capabilities: Mapping[str, str] | None = None
) -> Owner:
    """Describe an installed plugin before it is loaded. Imports nothing of it.

    `capabilities` are those that were approved; by default what its own file declares. Raises PluginError for a plugin
    whose place, or whose requirements, cannot be told.
    """
    roots = {point.value.partition(":")[0].partition(".")[0].strip() for point in points}
    roots -= sys.stdlib_module_names | {GROUP}
    files, folders = set[str](), set[str]()
    for root in roots:
        try:
            spec = importlib.util.find_spec(root)
        except Exception as error:  # finders of the user's may raise anything; a module without a spec is a ValueError
            raise PluginError(f"where its module {root} lies cannot be told: {error}") from error
        if spec is not None and spec.origin is not None:
            files.add(spec.origin)
        if spec is not None:
            folders.update(f"{place}{os.sep}" for place in spec.submodule_search_locations or ())
    held = declared(folders) if capabilities is None else capabilities
    modules = KNOWN | roots | _dependencies(candidate)
    return Owner(candidate.name, permitted(held), frozenset(files), tuple(sorted(folders)), modules, frozenset(held))


def declared(folders: Iterable[str]) -> dict[str, str]:
    """Return what a plugin's own file declares; nothing if there is none or it cannot be read, as the gate has it."""
    found: dict[str, str] = {}
    for folder in folders:
        with suppress(OSError, ValueError, RecursionError), Path(folder, DECLARATION).open("rb") as file:
            table = tomllib.load(file).get("capabilities", {})
            if isinstance(table, dict):
                found.update({name: why for name, why in table.items() if isinstance(why, str) and why.strip()})
    return found


def _dependencies(candidate: Candidate) -> frozenset[str]:
    """Import names of what the plugin requires, besides augplug's own requirements."""
    found = set[str]()
    for written in candidate.distribution.requires or ():
        with suppress(InvalidRequirement, PackageNotFoundError):
            requirement = Requirement(written)
            if canonicalize_name(requirement.name) not in OURS and (
                requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ):
                names = (_MODULE.match(str(path)) for path in _files(requirement.name))
                found.update(name[1] for name in names if name is not None)
    return frozenset(found)


def _files(name: str) -> Iterable[PackagePath]:
    """The files of an installed distribution. Raises PackageNotFoundError, or PluginError for a damaged RECORD."""
    found = distribution(name)
    try:
        return found.files or ()
    except Exception as error:  # what a damaged file makes the parser raise is nowhere said
        raise PluginError(
            f"the list of files of {name}, which it requires, is damaged ({error}); install {name} again"
        ) from error
