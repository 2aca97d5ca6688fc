"""A source project as a folder: what its pyproject.toml says, and the package that its entry points name."""

from __future__ import annotations

from pathlib import Path

from augplug.disk import kind_of
from augplug.errors import GateError
from augplug.gate.artifact import Artifact
from augplug.gate.reading.described import describe_project
from augplug.gate.reading.sdist import is_metadata, is_package, of_project
from augplug.gate.reading.tree import Tree, names_in


def read_folder(path: Path) -> Artifact:
    """Return what a source project holds: its package, and the files that say how it is built. Raises GateError."""
    if kind_of(path / "pyproject.toml") != "file":
        raise GateError(f"{path} has no pyproject.toml: name the folder of a plugin's project, or a wheel")
    tree = Tree()
    tree.walk(path, [name for name in names_in(path) if is_metadata(name) and not (path / name).is_dir()])
    if "pyproject.toml" not in tree.files:
        raise GateError(f"pyproject.toml of {path} is a link or too large: make it a plain file")
    tops = describe_project(tree.files["pyproject.toml"], str(path)).tops
    tree.walk(path, [name for name in names_in(path) if is_package(name, tops) and name not in tree.files])
    source = path / "src"
    if source.is_symlink():
        tree.refuse("src", "is a link: its bytes are somewhere else, and can be changed there")
    elif source.is_dir():
        wanted = [name for name in names_in(source) if is_package(name, tops) or is_metadata(name)]
        tree.walk(source, wanted, prefix="src/")
    return of_project(tree, str(path), "folder")
