"""Read a plugin as bytes: a folder, a wheel, an sdist or an installed distribution. Nothing is imported or built."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

from augplug.disk import kind_of
from augplug.errors import GateError
from augplug.gate.artifact import Artifact
from augplug.gate.reading.folder import read_folder
from augplug.gate.reading.installed import read_installed
from augplug.gate.reading.sdist import read_sdist
from augplug.gate.reading.wheel import read_wheel

__all__ = ["read", "read_installed", "read_named"]


def read(target: str) -> Artifact:
    """Return what `target` holds: a folder, .whl, .tar.gz or .zip by its path, else an installed distribution by name.

    A path that exists wins. Raises GateError when there is nothing that can be read; what can be read but not accepted
    is in the artifact, for the stages to refuse.
    """
    if not target:  # Path("") would be the folder one stands in
        return read_named(target)
    path = Path(target)
    try:
        kind = kind_of(path)
        if kind == "folder":
            return read_folder(path)
        if kind == "file":
            return _read_file(path)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise GateError(f"{target!r} cannot be read: {error}") from error
    return read_named(target)


def _read_file(path: Path) -> Artifact:
    if path.name.endswith(".whl"):
        return read_wheel(path)
    if path.name.endswith((".tar.gz", ".zip")):
        return read_sdist(path)
    raise GateError(f"{path} is neither a wheel (.whl) nor an sdist (.tar.gz, .zip): build one with `python -m build`")


def read_named(name: str) -> Artifact:
    """Return what the installed distribution of that name holds, whatever lies on the disk beside. Raises GateError."""
    every = distributions(name=name) if name else []
    # A folder may stand on the path twice, as "" and by its name.
    found = list({(Path(str(dist.locate_file(""))).resolve(), dist.version): dist for dist in every}.values())
    if not found:
        raise GateError(
            f"{name!r} is neither a path nor an installed distribution: name a folder, a wheel, an sdist, or what "
            "`augplug plugins list` shows"
        )
    if len(found) > 1:
        places = ", ".join(str(dist.locate_file("")) for dist in found)
        raise GateError(f"{name} is installed {len(found)} times ({places}): uninstall all but one, then check again")
    return read_installed(found[0])
