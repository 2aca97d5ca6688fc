"""What is at a path; writing so that a killed process and a power cut lose nothing that counted."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Literal

from augplug.errors import AugplugError

Kind = Literal["file", "folder", "other", "nothing"]


def kind_of(path: Path) -> Kind:
    """Return what is at a path, links followed. Raises OSError where that cannot be told.

    `path.is_file()` of a folder that may not be entered, or of too long a name, raises up to Python 3.13, and is False
    from 3.14 on, so that users read of files that are not there.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null byte in the path
        return "nothing"
    except OSError as error:
        if error.errno == errno.ELOOP:  # links in a circle
            return "nothing"
        raise
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"


def kind_or(refuse: type[AugplugError], path: Path) -> Kind:
    """Return what is at a path, links followed. Raises `refuse` where that cannot be told."""
    try:
        return kind_of(path)
    except OSError as error:
        raise refuse(f"{path} cannot be looked at ({error.strerror}); give a path that may be read") from error


def write_all(handle: int, content: bytes) -> None:
    """Write `content` to an open file and return when it is on disk. A single write may take only a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)


def replace_file(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file so that it is, at every moment, the old one or the new one; if `durable`, also after a power cut.

    A link at `path` is replaced, not followed; a device or a pipe is written to. Raises OSError when the disk refuses.
    """
    with replacing(path, durable=durable) as file:  # durable: write_all waits for the disk
        if durable:
            write_all(file.fileno(), content)
        else:
            file.write(content)


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Yield a new file that takes the place of the one at `path` once it is whole.

    `durable` says whether the new name survives a power cut; the bytes do if the caller waits for the disk.
    """
    before = _mode(path)
    if before is not None and not (stat.S_ISREG(before) or stat.S_ISLNK(before)):
        with path.open("wb") as special:
            yield special
        return
    new = path.with_name(f".{path.name}.{token_hex(8)}.new")
    try:
        with os.fdopen(create(new), "wb") as file:
            if before is not None and stat.S_ISREG(before):
                new.chmod(stat.S_IMODE(before))
            yield file
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def create(path: Path) -> int:
    """Open a new file for writing, and return its handle. Raises FileExistsError for whatever is there, links included.

    A name that can be guessed could be a link of somebody else's, to a file that this user may write.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def _mode(path: Path) -> int | None:
    """The kind and the permissions of what is at `path`, itself where it is a link; None where nothing is."""
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where the system can. Raises OSError when the disk fails."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders, and others none that one may only pass through
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EROFS}:  # a file system that cannot, or need not
            raise
    finally:
        os.close(handle)
