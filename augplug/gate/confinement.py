"""Confine this process to what its plugins declared, before numpy or any of them is imported.

What the kernel cannot do is left out. `docs/design/gate.md` says what is confined, and what stays open.
"""

from __future__ import annotations

import json
import os
import site
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import platformdirs

from augplug import kernel, project
from augplug.errors import PluginError
from augplug.gate.admission import Admitter
from augplug.gate.artifact import GROUP
from augplug.gate.discovery import discover, editable_url
from augplug.gate.modes import admission
from augplug.gate.runtime.owners import Owner, owner_of

FOLDERS = "AUGPLUG_WORKER_FOLDERS"
"""The variable by which the user adds folders that workers may read and write, with the path's separator between."""
_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/etc", "/etc/resolv.conf", "/etc/localtime", "/proc/self", "/proc/cpuinfo"),
    *("/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node", "/dev/random", "/dev/urandom"),
    "/dev/zero",
)
_DEVICES = ("null", "nvidia*", "dri", "kfd")
"""In /dev: graphics cards are driven through files."""


@dataclass(frozen=True)
class Orders:
    """What the process that starts another one tells it: folders besides the usual ones, and what it may do.

    `private` is a folder for temporary files, the home and caches. `capabilities` None means those of the plugins that
    are loaded here. With `say` what the kernel lacks is said on stderr.
    """

    private: str
    reading: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()
    capabilities: tuple[str, ...] | None = None
    say: bool = False

    @classmethod
    def from_json(cls, text: str) -> Orders:
        """Read what was given as JSON."""
        given: dict[str, Any] = json.loads(text)
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
        }
        return cls(**fields)


def confine(orders: Orders) -> None:
    """Confine this process, whatever it starts included. Raises OSError if the kernel refuses."""
    owners = list(_owners()) if orders.capabilities is None else []
    capabilities = frozenset(orders.capabilities or ()).union(*(owner.capabilities for owner in owners))
    writing = [orders.private, *orders.writing, *filter(None, os.environ.get(FOLDERS, "").split(os.pathsep))]
    reading = [*orders.reading, *_places(owners)]
    _move(orders.private, home="files" not in capabilities)
    lacking = kernel.missing()
    if lacking and orders.say:
        sys.stderr.write(f"augplug: {note(lacking)}\n")
    if len(lacking) == 2 or not sys.platform.startswith("linux"):
        return
    kernel.no_new_privileges()
    if "Landlock" not in lacking and "files" not in capabilities:
        devices = (str(path) for pattern in _DEVICES for path in Path("/dev").glob(pattern))
        kernel.allow_files(reading, [*writing, *devices])
    if "seccomp" not in lacking:
        kernel.forbid_calls(sockets="network" not in capabilities, processes="process" not in capabilities)


def note(lacking: Iterable[str]) -> str:
    """Return in one line what is not confined here."""
    what = {"Landlock": "files", "seccomp": "sockets and processes"}
    named = [f"no {name} in this kernel, so {what[name]} of search workers are not confined" for name in lacking]
    return "; ".join(named)


def _owners() -> Iterator[Owner]:
    """The plugins that this process is going to load."""
    admitter = Admitter(admission())
    for candidate in sorted(discover(), key=lambda found: (found.canonical != GROUP, found.canonical)):
        decision = admitter.admit(candidate)
        if decision is not None and decision.state == "loaded" and candidate.canonical != GROUP:
            with suppress(PluginError):  # the registry says it, and does not load the plugin
                yield owner_of(candidate, decision.points or candidate.points, decision.capabilities)


def _places(owners: Iterable[Owner]) -> list[str]:
    """What may be read: the interpreter, its libraries, installed code wherever it lies, and augplug's settings."""
    rules = admission()
    return [
        *_SYSTEM,
        *(sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix),
        *filter(None, sys.path),
        *site.getsitepackages(),
        *filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)),
        *(place for owner in owners for place in (*owner.files, *owner.folders)),
        *_editable(),
        str(Path(__file__).parents[1]),
        str(platformdirs.user_config_path("augplug")),
        str(rules.ledger),
        *(str(found.file) for found in project.projects()),
    ]


def _editable() -> Iterator[str]:
    """The folders of what was installed from a folder, to be edited there; damaged metadata of others say nothing."""
    for found in distributions():
        try:
            url = editable_url(found.read_text("direct_url.json") or "{}")
        except ValueError:
            continue
        if url:
            yield unquote(urlsplit(url).path)


def _move(private: str, *, home: bool) -> None:
    """Put temporary files, caches and the home into the private folder; augplug's settings stay where they are."""
    os.environ["XDG_CONFIG_HOME"] = str(platformdirs.user_config_path())
    os.environ |= {"TMPDIR": private, "XDG_CACHE_HOME": str(Path(private, "cache"))}
    if home:
        os.environ["HOME"] = private
