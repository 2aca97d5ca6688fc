"""A disk that can be watched and made to fail: what augplug does to it passes through here.

The calls are those of `os` by which the journal and the results are written: `write`, `fsync` and `replace`. A call has
a name, `WHAT.HOW`: `journal.write`, `journal.fsync`, `policy.rename`, `folder.fsync` and so on.
"""

import errno
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

NAMES = {"journal.jsonl": "journal", ".policy.json": "policy", ".result.json": "result"}
RANDOM = re.compile(r"\.[0-9a-f]{16}\.new$")
"""What the name of a new file ends in until it takes the place of the old one."""
Before = Callable[[str, int, bytes], int | None]
"""Called with a call's name, file handle (-1: none) and bytes, just before it; how many bytes to write, None: all."""


def watched(before: Before, after: Callable[[str, int], None]) -> dict[str, Any]:
    """Return replacements for functions of `os`, to be set in its place."""
    write, fsync, replace = os.write, os.fsync, os.replace

    def watched_write(handle: int, content: bytes) -> int:
        name = name_of(handle)
        if name is None:
            return write(handle, content)
        take = before(f"{name}.write", handle, bytes(content))
        done = write(handle, content if take is None else bytes(content)[:take])
        after(f"{name}.write", handle)
        return done

    def watched_fsync(handle: int) -> None:
        name = name_of(handle)
        if name is not None:
            before(f"{name}.fsync", handle, b"")
        fsync(handle)
        if name is not None:
            after(f"{name}.fsync", handle)

    def watched_replace(source: Any, target: Any) -> None:
        name = NAMES.get(plain(Path(source).name), Path(source).name)
        before(f"{name}.rename", -1, b"")
        replace(source, target)
        after(f"{name}.rename", -1)

    return {"write": watched_write, "fsync": watched_fsync, "replace": watched_replace}


def name_of(handle: int) -> str | None:
    """What an open file or folder is to a run; None for pipes, terminals and other files."""
    with suppress(OSError):  # a handle that is closed
        path = Path(f"/proc/self/fd/{handle}").readlink()
        return "folder" if path.is_dir() else NAMES.get(plain(path.name))
    return None


def plain(name: str) -> str:
    return RANDOM.sub("", name)


class Full:
    """A disk whose `number`-th call fails with `code`, and every one after it while `lasting`.

    `short` writes a half of the bytes first. `failed` is the name of the call that failed first.
    """

    def __init__(self, number: int, code: int = errno.ENOSPC, *, short: bool = False, lasting: bool = False) -> None:
        self._left = number
        self._code = code
        self._short = short
        self._lasting = lasting
        self._half_written = False
        self.failed = ""

    def before(self, name: str, _handle: int, content: bytes) -> int | None:
        """Count a call, and fail when it is its turn."""
        if self.failed and (self._lasting or self._half_written):
            self._half_written = False
            raise OSError(self._code, os.strerror(self._code))
        self._left -= 1
        if self._left or self.failed:
            return None
        self.failed = name
        if self._short and len(content) > 1:
            self._half_written = True
            return len(content) // 2
        raise OSError(self._code, os.strerror(self._code))

    def after(self, name: str, handle: int) -> None:
        """Nothing is of interest when it went well."""
