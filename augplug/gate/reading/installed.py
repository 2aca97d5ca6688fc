"""An installed distribution: what is on the disk beneath the names in RECORD and entry points, each file read once."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path

from augplug.gate.artifact import Artifact
from augplug.gate.discovery import editable_url
from augplug.gate.reading.described import describe_info
from augplug.gate.reading.record import rows
from augplug.gate.reading.tree import Tree, names_in, unsafe
from augplug.gate.reading.wheel import of_tree

CACHE = "__pycache__"


def read_installed(distribution: Distribution) -> Artifact:
    """Return what an installed distribution holds, however it is installed; never raises for what it finds.

    `files` are those beneath every top-level name in RECORD and in the entry points for augplug (whatever its ending: a
    package, a module, an extension module beside it), and their cached bytecode. Hard links are plain files here:
    installers make them from their caches, and a hash sees through them.
    """
    tree = Tree()
    # The standard library has no public name for the folder that it read.
    info = getattr(distribution, "_path", None)
    if not isinstance(info, Path) or not info.is_dir():
        tree.refuse(
            "", "is not installed as plain files (a zip, or an importer of its own), so there is nothing to hash"
        )
        return of_tree(tree, "", "installed")
    tree.walk(info.parent, [info.name])
    tops = describe_info(Tree(dict(tree.files)), info.name).tops | _recorded(tree, info.name)
    _take(tree, info.parent, tops - {info.name})
    _see_editable(tree, info.name)
    return of_tree(tree, info.name, "installed")


def top_of(name: str) -> str:
    """Return the name that Python would import a file or folder by: `my_ops` of `my_ops.cpython-311.so`."""
    return name.partition(".")[0]


def _recorded(tree: Tree, info: str) -> set[str]:
    """The first part of each path in RECORD: its files may be read only beneath those."""
    try:
        named = rows(tree.files.get(f"{info}/RECORD", b""))
    except ValueError:
        return set()  # of_tree says so
    firsts = set()
    for row in named:
        if reason := unsafe(row.path):
            tree.refuse(row.path, f"{reason}, and RECORD names it")
        elif not row.path.startswith(f"{CACHE}/"):  # all distributions share that folder
            firsts.add(row.path.partition("/")[0])
    return firsts


def _take(tree: Tree, site: Path, tops: Iterable[str]) -> None:
    modules = {top_of(top) for top in tops}
    try:
        names = [name for name in names_in(site) if top_of(name) in modules or name in tops]
        cached = [name for name in names_in(site / CACHE) if top_of(name) in modules]
    except OSError as error:
        tree.refuse("", f"cannot be read: {error.strerror or error}")
        return
    tree.walk(site, names)
    tree.walk(site / CACHE, cached, prefix=f"{CACHE}/")


def _see_editable(tree: Tree, info: str) -> None:
    path = f"{info}/direct_url.json"
    try:
        editable = editable_url(tree.files.get(path, b"{}"))
    except ValueError as error:
        tree.refuse(path, f"cannot be read: {error}")
        return
    if editable:
        tree.refuse(
            path, "says that this is an editable install: its files are somewhere else and change as they are edited"
        )
