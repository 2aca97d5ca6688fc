"""Who may be loaded: the mode, the ledger and the block list, from the environment and from `[tool.augplug]`."""

from __future__ import annotations

import os
import site
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from packaging.utils import canonicalize_name

from augplug.errors import SettingsError
from augplug.project import MODES, Project, project

MODE, LEDGER, BLOCK = "AUGPLUG_PLUGINS", "AUGPLUG_LEDGER", "AUGPLUG_BLOCK"
"""The variables of the environment; the last holds names of distributions, with commas between them."""


@dataclass(frozen=True)
class Admission:
    """The mode, where approvals are kept, and the distributions (canonical names) that are never loaded."""

    mode: str
    ledger: Path
    blocked: frozenset[str]


def admission(environment: Mapping[str, str] | None = None) -> Admission:
    """Return what holds here; of several modes the strictest does. Raises SettingsError."""
    given = os.environ if environment is None else environment
    here = project()
    asked = [
        _mode(value, where)
        for value, where in ((given.get(MODE), MODE), (here.table.get("mode"), f"{here.file}: mode in [tool.augplug]"))
        if value is not None
    ]
    return Admission(max(asked, key=MODES.index, default="open"), _ledger(given, here), _names(given, here))


def strictest(mode: str) -> None:
    """Ask for a mode for this process and those that it starts; a stricter one that holds already stays."""
    before = admission()
    os.environ[MODE] = max(mode, before.mode, key=MODES.index)
    os.environ[LEDGER] = str(before.ledger)


def _mode(given: Any, where: str) -> str:
    if given not in MODES:
        raise SettingsError(f"{where} is one of {', '.join(MODES)}, not {given!r}")
    return str(given)


def _ledger(given: Mapping[str, str], here: Project) -> Path:
    named = here.table.get("ledger")
    if named is not None and not (isinstance(named, str) and named):
        raise SettingsError(f"{here.file}: ledger in [tool.augplug] is the path of a file, not {named!r}")
    if given.get(LEDGER):
        path = Path(given[LEDGER])
    elif named is not None and MODE not in given:
        path = here.folder / named
    else:
        # A mode that the environment set is not to be softened by a ledger that some folder's project brings.
        path = platformdirs.user_config_path("augplug") / "ledger.json"
    path = path.absolute()
    for folder in {*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        if path.resolve().is_relative_to(Path(folder).resolve()):
            raise SettingsError(f"the ledger {path} lies where plugins are installed; keep it where none can write it")
    return path


def _names(given: Mapping[str, str], here: Project) -> frozenset[str]:
    listed = here.table.get("block", [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise SettingsError(f"{here.file}: block in [tool.augplug] is a list of distributions, not {listed!r}")
    names = [*listed, *given.get(BLOCK, "").split(",")]
    return frozenset(canonicalize_name(name.strip()) for name in names if name.strip())
