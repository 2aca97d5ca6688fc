"""mypy --strict: whether the types agree, with augplug's, numpy's and cv2's."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from augplug.errors import GateError
from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Limits, Output
from augplug.gate.tools.scanner import Report, Scanner, Workspace, scan
from augplug.gate.tools.starting import LINTERS, module


def command(closure: Closure, cache: Path) -> list[str]:
    """Return how mypy is called, but for the files."""
    return [
        *module(closure, "mypy"),
        f"--config-file={LINTERS}",
        f"--cache-dir={cache}",
        "--no-site-packages",  # else it would start the interpreter to ask for its folders
        "--output=json",
    ]


def warm(closure: Closure) -> None:
    """Let mypy read the standard library and the libraries, so that a check need not. Raises GateError."""
    names = sorted(folder.name for folder in closure.libraries.iterdir() if folder.is_dir())
    closure.mypy_cache.mkdir()
    with tempfile.TemporaryDirectory(prefix="augplug-gate-") as folder:
        work = Workspace.made(Path(folder).resolve())
        work.copy("python", "augplug_gate_probe.py", "".join(f"import {name}\n" for name in names).encode())
        scanner = replace(SCANNER, arguments=lambda closure, _: command(closure, closure.mypy_cache))
        for finding in scan(scanner, closure, work, Limits()):
            raise GateError(f"mypy cannot read {', '.join(names)}: {finding.message}")


def _arguments(closure: Closure, work: Workspace) -> list[str]:
    # A copy, since mypy believes a file to be unchanged when its size and its second of change are the same.
    cache = work.folder / "mypy-cache"
    shutil.copytree(closure.mypy_cache, cache)
    return command(closure, cache)


def _read(output: Output) -> Iterator[Report]:
    for line in filter(str.strip, output.out.splitlines()):
        said = json.loads(line)
        if said["severity"] == "error":
            yield Report(said["file"], said["line"], said["code"] or "error", said["message"])


# 2: a file does not parse, or two have one name; then the others' last lines are not blamed.
SCANNER = Scanner(
    name="mypy",
    kind="python",
    arguments=_arguments,
    statuses=(0, 1, 2),
    read=_read,
    canary=frozenset({"name-defined"}),
    waiver="end the line in `# type: ignore[{code}]  # <the reason>`",
)
