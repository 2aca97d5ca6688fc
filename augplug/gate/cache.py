"""The user's cache: copies of the tools (`gate`) and earlier verdicts (`verdicts`), both made again when needed."""

from __future__ import annotations

import shutil
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from augplug.errors import GateError


def closures() -> Path:
    """Return the folder of the tools' copies."""
    return user_cache_path("augplug") / "gate"


def verdicts() -> Path:
    """Return the folder of earlier verdicts."""
    return user_cache_path("augplug") / "verdicts"


def lock(root: Path) -> FileLock:
    """Return the lock under which a copy of the tools is made or removed in `root`, which must exist."""
    return FileLock(root / "lock")


def size() -> int:
    """Return the bytes of all files of the cache."""
    places = (path for folder in (closures(), verdicts()) for path in folder.rglob("*"))
    return sum(path.lstat().st_size for path in places if not path.is_dir())


def clean() -> int:
    """Remove all copies and verdicts; return how many bytes they had.

    Waits until no copy is being made. A check that runs from a copy meanwhile fails. Raises GateError if something
    cannot be removed.
    """
    before = size()
    try:
        if closures().exists():
            with lock(closures()):
                for folder in closures().iterdir():
                    if folder.is_dir():
                        shutil.rmtree(folder)
        if verdicts().exists():
            shutil.rmtree(verdicts())
    except OSError as error:
        raise GateError(f"{closures().parent} cannot be emptied: {error}; remove it yourself") from error
    return before
