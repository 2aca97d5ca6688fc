"""Imports augplug as it was at another revision, beside the working tree's, in one process and under another name.

The sources are copied to a folder as the package `augplug_before`, and the references to modules in them are rewritten:
import statements, and string literals that are the dotted name of a module. Nothing else is changed: keys of random
streams (`b"augplug.Cutout"`), addresses of operations (`augplug:Rotate`) and the entry points' group keep their names.
"""

from __future__ import annotations

import ast
import importlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.count_functions import visited

PACKAGE, RENAMED = "augplug", "augplug_before"


def extract(revision: str, folder: Path, root: Path) -> None:
    """Write the package of a revision of the repository at `root` to `folder`. Raises SystemExit."""
    git = shutil.which("git")
    if git is None:
        raise SystemExit("git is needed to read another revision: install it")
    command = [git, "-C", str(root), "archive", "--format=tar", revision, PACKAGE]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git cannot read revision {revision!r}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def rename(folder: Path) -> None:
    """Rename the package in `folder` and the references to its modules."""
    package = (folder / PACKAGE).rename(folder / RENAMED)
    files = sorted(package.rglob("*.py"))
    modules = {_module(file.relative_to(package)) for file in files}
    for file in files:
        file.write_bytes(renamed(file.read_bytes(), modules))


def _module(file: Path) -> str:
    parts = [part for part in file.with_suffix("").parts if part != "__init__"]
    return ".".join((PACKAGE, *parts))


def renamed(source: bytes, modules: Collection[str]) -> bytes:
    """Return a module's source with its references to `modules`, by dotted name, renamed."""
    lines = source.splitlines(keepends=True)
    for line, column, text in sorted(_edits(ast.parse(source), modules), reverse=True):
        rest = lines[line - 1][column:]
        before, name, after = rest.partition(PACKAGE.encode())
        if not name or len(before) > len("from "):
            raise SystemExit(f"line {line} refers to {PACKAGE} in a way that cannot be renamed: {rest!r}")
        lines[line - 1] = lines[line - 1][:column] + before + text.encode() + after
    return b"".join(lines)


def _edits(tree: ast.AST, modules: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where a reference stands, as line and column, and what takes the place of the package's name in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _ours(node.module or ""):
            yield node.lineno, node.col_offset, RENAMED
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            if node.value in modules:
                yield node.lineno, node.col_offset, RENAMED
        elif isinstance(node, ast.Import):
            for name in (name for name in node.names if _ours(name.name)):
                if name.asname is None and name.name != PACKAGE:
                    raise SystemExit(f"line {node.lineno}: import {name.name} binds {PACKAGE}: it cannot be renamed")
                yield name.lineno, name.col_offset, RENAMED if name.asname else f"{RENAMED} as {PACKAGE}"


def _ours(module: str) -> bool:
    return module.partition(".")[0] == PACKAGE


def load(folder: Path) -> ModuleType:
    """Import the renamed package from `folder`; its registry finds its own operations, and no other plugins."""
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module(RENAMED)  # knows where its modules are
    finally:
        sys.path.remove(str(folder))
    registry: Any = importlib.import_module(f"{RENAMED}.registry")
    discover = registry.discover

    def own() -> list[object]:
        found = next(candidate for candidate in discover() if candidate.canonical == PACKAGE)
        points = [EntryPoint(point.name, f"{RENAMED}.builtin", point.group) for point in found.points]
        return [replace(found, points=tuple(points))]

    registry.discover = own
    return package


def check_runs_alone(call: Callable[[], object], package: ModuleType, other: ModuleType) -> None:
    """Raise SystemExit unless a call runs functions of files of `package`, and none of `other`."""
    mine, others = (Path(str(module.__file__)).parent for module in (package, other))
    if not visited(call, mine) or visited(call, others):
        raise SystemExit(f"a call of {package.__name__} does not run the code in {mine}, or also that in {others}")
