"""What a plugin does beside its work, as Python's audit events tell. A hint, no boundary: native code tells nothing."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Any

_TOLD = frozenset(
    {
        *("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.fork"),
        *("os.posix_spawn", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "shutil.rmtree", "ctypes.dlopen"),
    }
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOST = 50


class Watch:
    """Notes network, process and file-writing events that code of a folder causes, from now on for ever."""

    def __init__(self, folder: str) -> None:
        """Take the plugin's folder; events without code of it on the stack are not noted."""
        self._folder = str(Path(folder).resolve()) + os.sep
        self._seen: dict[str, None] = {}
        sys.addaudithook(self._note)

    def findings(self) -> list[str]:
        """Return what was noted, each once."""
        return list(self._seen)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if not writes and event not in _TOLD:
            return
        frame = inspect.currentframe()
        while frame is not None and not frame.f_code.co_filename.startswith(self._folder):
            frame = frame.f_back
        place = frame.f_code.co_filename if frame is not None else None
        if place is not None and len(self._seen) < _MOST:
            self._seen[f"{place.removeprefix(self._folder)}: {event} {str(arguments[:1])[:120]}"] = None
