"""Writing so that a killed process and a power cut lose nothing that counted."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def write_all(handle: int, content: bytes) -> None:
    """Write `content` to an open file and return when it is on disk. A single write may take only a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that it is, at every moment, the old one or the new one, also after a power cut.

    One writer at a time. Raises OSError when the disk refuses.
    """
    new = path.with_name(f".{path.name}.new")
    with new.open("wb", buffering=0) as stream:
        write_all(stream.fileno(), content)
    new.replace(path)
    sync_folder(path.parent)


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
