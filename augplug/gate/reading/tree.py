"""The bytes of a set of files, read once and within limits; what has none is written down with the reason."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from augplug.disk import kind_of

MAX_FILES = 2_000
MAX_FILE = 8 * 2**20
"""Bytes of one file."""
MAX_TOTAL = 64 * 2**20
"""Bytes of all files of a distribution, and of a packed one before it is unpacked."""
MAX_DEPTH = 20
"""Folders inside each other."""


@dataclass
class Tree:
    """Files by their path with `/`, relative to where they are installed; `irregular` as in Artifact."""

    files: dict[str, bytes] = field(default_factory=dict)
    irregular: list[tuple[str, str]] = field(default_factory=list)
    total: int = 0
    _count: int = 0

    def refuse(self, path: str, reason: str) -> None:
        """Write down that `path` was not read, and why."""
        self.irregular.append((path, reason))

    def full(self) -> bool:
        """Return True if a limit is reached, so that reading must stop; then it is written down, once."""
        if self._count <= MAX_FILES and self.total <= MAX_TOTAL:
            return False
        reason = f"there are more than {MAX_FILES:,} files or {MAX_TOTAL // 2**20} MiB, so the rest was not read"
        if ("", reason) not in self.irregular:
            self.refuse("", reason)
        return True

    def add_folder(self) -> None:
        """Count an entry that has no bytes, so that a million of them end as well."""
        self._count += 1

    def add(self, path: str, read: Callable[[int], bytes]) -> None:
        """Take one file; `read` returns at most as many bytes as it is given. Its errors are the caller's."""
        self._count += 1
        if self.full():
            return
        if reason := unsafe(path):
            self.refuse(path, reason)
            return
        if path in self.files:
            self.refuse(path, "is there twice, and which of the two Python would see depends on who unpacks it")
            return
        content = read(MAX_FILE + 1)
        self.total += len(content)
        if len(content) > MAX_FILE:
            self.refuse(path, f"is larger than {MAX_FILE // 2**20} MiB")
        else:
            self.files[path] = content

    def walk(self, folder: Path, names: Iterable[str], *, prefix: str = "", depth: int = 0) -> None:
        """Take what is beneath `folder` under these names; follow no link."""
        for name in sorted(names):
            if self.full():
                return
            path, place = f"{prefix}{name}", folder / name
            try:
                mode = place.lstat().st_mode
                if stat.S_ISDIR(mode) and depth < MAX_DEPTH:
                    self.walk(place, names_in(place), prefix=f"{path}/", depth=depth + 1)
                elif stat.S_ISREG(mode):
                    self.add(path, lambda limit, place=place: _read_plain(place, limit))  # type: ignore[misc]  # binds now
                else:
                    self.refuse(path, _kind(mode))
            except OSError as error:
                self.refuse(path, f"cannot be read: {error.strerror or error}")


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder; none if it is not there. Raises OSError."""
    return sorted(entry.name for entry in folder.iterdir()) if kind_of(folder) == "folder" else []


def unsafe(path: str) -> str | None:
    """Return why a path may not be used as the name of a file beneath a folder, or None."""
    if path.startswith("/") or "\\" in path or (len(path) > 1 and path[1] == ":"):
        return "is an absolute path, or one of Windows"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "leaves the folder, or names it in a roundabout way"
    if path.count("/") > MAX_DEPTH:
        return f"is more than {MAX_DEPTH} folders deep"
    if any(unicodedata.category(char).startswith("C") for char in path):
        return "holds characters that cannot be seen"
    return None


def _read_plain(place: Path, limit: int) -> bytes:
    # O_NOFOLLOW and fstat: the file may have become a link or a pipe since it was looked at.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(place, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it changed while it was read")
        return file.read(limit)


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "is a link: its bytes are somewhere else, and can be changed there"
    if stat.S_ISDIR(mode):
        return f"is more than {MAX_DEPTH} folders deep"
    return "is not a file but a device, pipe or socket"
