"""Who may be loaded: the mode, the ledger and the block list, from every place that may say so.

The places, from the outermost: the environment, the command line, the user's configuration, and each pyproject.toml
from the root down to the folder of the call. The strictest mode that one of them asks for holds. The ledger is that of
the place which set this mode, of several the outermost; `AUGPLUG_LEDGER` is the ledger of the environment, and so
before any other. A nearer place can tighten, and never loosen: its ledger cannot approve for a mode that another set.
"""

from __future__ import annotations

import os
import site
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from packaging.utils import canonicalize_name

from augplug.errors import SettingsError, suggest
from augplug.project import MODES, projects

MODE, LEDGER, BLOCK = "AUGPLUG_PLUGINS", "AUGPLUG_LEDGER", "AUGPLUG_BLOCK"
"""The variables of the environment; the last holds names of distributions, with commas between them."""
COMMAND_LINE = "AUGPLUG_PLUGINS_OPTION"
"""What `--plugins` asked for, for the processes that a command starts."""
CONFIGURATION = "config.toml"
"""The user's own file, in the folder of augplug's settings: `mode`, `ledger` and `block`, as in [tool.augplug]."""


@dataclass(frozen=True)
class Admission:
    """The mode, where approvals are kept, and the distributions (canonical names) that are never loaded.

    `source` says which place set the mode; `named` which one named the ledger, empty for the user's own by default;
    `ignored` says what was named besides, a line each.
    """

    mode: str
    ledger: Path
    blocked: frozenset[str]
    source: str = field(default="", compare=False)
    named: str = field(default="", compare=False)
    ignored: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Place:
    """What one place says; `what` is how a message names it."""

    what: str
    mode: str | None = None
    ledger: Path | None = None
    blocked: frozenset[str] = frozenset()


def admission(environment: Mapping[str, str] | None = None) -> Admission:
    """Return what holds here; of several modes the strictest does. Raises SettingsError."""
    places = list(_places(os.environ if environment is None else environment))
    mode = max((place.mode for place in places if place.mode), key=MODES.index, default="open")
    setting = _setting(places, mode)
    # `off` loads nothing, so the ledger is that of the strictest mode that has one.
    kept = setting if mode != "off" else _setting(places, "require") or _setting(places, "open")
    named = _named(places, kept)
    ledger = (platformdirs.user_config_path("augplug") / "ledger.json") if named is None else named.ledger
    ignored = tuple(
        f"the ledger {place.ledger} that {place.what} names is not used: {_why(named, kept)}"
        for place in places
        if place.ledger is not None and place is not named and place.ledger != ledger
    )
    assert ledger is not None  # noqa: S101  # a place is only named for its ledger
    return Admission(
        mode,
        _outside(ledger),
        frozenset[str]().union(*(place.blocked for place in places)),
        setting[0].what if setting else "the default",
        named.what if named else "",
        ignored,
    )


def told(rules: Admission) -> list[str]:
    """Return in words which mode holds, by whom, where approvals are kept, and what is not used."""
    named = f"which {rules.named} names" if rules.named else "the user's own"
    return [
        f"mode {rules.mode}, set by {rules.source or 'the caller'}; approvals in {rules.ledger}, {named}",
        *rules.ignored,
    ]


def strictest(mode: str) -> None:
    """Ask for a mode on the command line: for this process and those that it starts; a stricter one stays."""
    before = os.environ.get(COMMAND_LINE, mode)
    os.environ[COMMAND_LINE] = max(mode, before, key=MODES.index) if before in MODES else mode
    admission()


def _setting(places: list[Place], mode: str) -> list[Place]:
    return [place for place in places if place.mode == mode]


def _named(places: list[Place], setting: list[Place]) -> Place | None:
    """The place whose ledger holds; None for the user's by default."""
    if places[0].ledger is not None:
        return places[0]
    if not setting:  # nobody asked for a mode, so nobody's ledger is looser than it
        return next((place for place in places if place.ledger is not None), None)
    return setting[0] if setting[0].ledger is not None else None


def _why(named: Place | None, setting: list[Place]) -> str:
    if named is not None:
        return f"{named.what} names another, and comes before it"
    return f"{setting[0].what} set the mode" if setting else "another comes before it"


def _places(given: Mapping[str, str]) -> Iterator[Place]:
    """Every place, the outermost first."""
    ledger = Path(given[LEDGER]).absolute() if given.get(LEDGER) else None
    yield Place("the environment", _mode(given.get(MODE), MODE), ledger, _names(given.get(BLOCK, "").split(",")))
    yield Place("--plugins", _mode(given.get(COMMAND_LINE), "--plugins"))
    folder = platformdirs.user_config_path("augplug")
    yield _place(folder / CONFIGURATION, "", _configuration(folder / CONFIGURATION))
    for project in reversed(projects()):
        yield _place(project.file, " in [tool.augplug]", project.table)


def _place(file: Path, where: str, table: Mapping[str, Any]) -> Place:
    named, listed = table.get("ledger"), table.get("block", [])
    if named is not None and not (isinstance(named, str) and named):
        raise SettingsError(f"{file}: ledger{where} is the path of a file, not {named!r}")
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise SettingsError(f"{file}: block{where} is a list of distributions, not {listed!r}")
    ledger = None if named is None else (file.parent / named).absolute()
    return Place(str(file), _mode(table.get("mode"), f"{file}: mode{where}"), ledger, _names(listed))


def _configuration(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error
    for key in table:
        if key not in ("mode", "ledger", "block"):
            raise SettingsError(f"{file} has no key {key!r}{suggest(key, ('mode', 'ledger', 'block'))}")
    return table


def _mode(given: Any, where: str) -> str | None:
    if given is not None and given not in MODES:
        raise SettingsError(f"{where} is one of {', '.join(MODES)}, not {given!r}")
    return None if given is None else str(given)


def _outside(path: Path) -> Path:
    """Return the path of a ledger, absolute; SettingsError where a plugin could bring the file."""
    path = path.absolute()
    for folder in {*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        if path.resolve().is_relative_to(Path(folder).resolve()):
            raise SettingsError(f"the ledger {path} lies where plugins are installed; keep it where none can write it")
    return path


def _names(listed: list[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(name.strip()) for name in listed if name.strip())
