"""A plugin as bytes: one shape for a folder, a wheel, an sdist and an installed distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal

GROUP = "augplug"
"""The group of entry points that augplug loads."""
Kind = Literal["folder", "wheel", "sdist", "installed"]


@dataclass(frozen=True)
class EntryPoint:
    """A line of `entry_points.txt`."""

    group: str
    name: str
    value: str


@dataclass(frozen=True)
class Artifact:
    """What a distribution holds.

    `files` are those that Python could import or read from beside its modules, by their path from where they are (or
    would be) installed: `my_ops/__init__.py`. `metadata` are the others that were looked at, by their own path:
    `my_ops-1.0.dist-info/RECORD`, or `pyproject.toml` of a folder. `irregular` names what has no bytes of its own or
    must not be read, with the reason: links, devices, names that leave the folder, names that come twice, files that
    are too large.
    """

    name: str
    version: str
    kind: Kind
    files: Mapping[str, bytes]
    metadata: Mapping[str, bytes]
    entry_points: tuple[EntryPoint, ...]
    requires: tuple[str, ...]
    irregular: tuple[tuple[str, str], ...] = ()
    record: Mapping[str, str | None] | None = None
    """Path: SHA-256 as hexadecimal digits, as RECORD has it; None where there is no RECORD."""

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The SHA-256 of each file, as hexadecimal digits."""
        return {path: sha256(content).hexdigest() for path, content in sorted(self.files.items())}
