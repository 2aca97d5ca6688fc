"""The ways around the rules that `breaks.toml` holds."""

import os
import platform
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement


@dataclass(frozen=True)
class Break:
    """One way: its class, its source, the rule that refuses it, and the capabilities that it declares."""

    letter: str
    name: str
    rule: str
    source: str
    capabilities: tuple[str, ...] = ()
    acts: bool = True


def is_here(requirement: str) -> bool:
    """Say whether Python, or the library that is named, is here in such a version."""
    needed = Requirement(requirement)
    here = platform.python_version() if needed.name == "python" else version(needed.name)
    return needed.specifier.contains(here, prereleases=True)


def apart(work: Callable[[], str], file: Path) -> str:
    """What it says in a process of its own: the memory of one that forged objects is not to be trusted afterwards."""
    child = os.fork()
    if not child:
        status = 1
        try:
            file.write_text(work(), "utf-8")
            status = 0
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return file.read_text("utf-8") if ended == 0 else f"ended with {ended}"


def _read() -> tuple[Break, ...]:
    ways = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["way"]
    for way in ways:
        way["capabilities"] = tuple(way.get("capabilities", ()))
        if isinstance(way.get("acts"), str):
            way["acts"] = is_here(way["acts"])
    return tuple(Break(**way) for way in ways)


BREAKS = _read()
