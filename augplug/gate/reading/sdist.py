"""An sdist: a source project, packed in one folder; and what source projects have in common."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path

from augplug.errors import GateError
from augplug.gate.artifact import Artifact, Kind
from augplug.gate.reading.archive import read_tar, read_zip
from augplug.gate.reading.described import describe_project
from augplug.gate.reading.installed import top_of
from augplug.gate.reading.tree import Tree

BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in", "pdm_build.py", "hatch_build.py")
STARTUP = ("sitecustomize", "usercustomize")


def is_metadata(name: str) -> bool:
    """Return True if a file beside the package says how the project is built, or would run when Python starts."""
    return name in BUILD_FILES or name.endswith((".pth", ".start")) or top_of(name) in STARTUP


def is_package(name: str, tops: AbstractSet[str]) -> bool:
    """Return True if Python would find a file or folder by one of these names; what builds leave behind is not."""
    return top_of(name) in tops and not name.endswith((".egg-info", ".dist-info"))


def read_sdist(path: Path) -> Artifact:
    """Return what an sdist (.tar.gz, .zip) holds. Raises GateError."""
    packed = read_zip(path) if path.name.endswith(".zip") else read_tar(path)
    folders = {name.partition("/")[0] for name in packed.files}
    if len(folders) != 1:
        raise GateError(f"{path} is not an sdist: its files are in {len(folders)} folders, not in one")
    prefix = f"{folders.pop()}/"
    files = {name.removeprefix(prefix): content for name, content in packed.files.items()}
    irregular = [(name.removeprefix(prefix), reason) for name, reason in packed.irregular]
    return of_project(Tree(files, irregular), str(path), "sdist")


def of_project(tree: Tree, where: str, kind: Kind) -> Artifact:
    """Return the artifact of a source project, with its package as it will be installed. Raises GateError."""
    if "pyproject.toml" not in tree.files:
        raise GateError(f"{where} has no pyproject.toml, so what it is cannot be read without running it: add one")
    described = describe_project(tree.files["pyproject.toml"], where)
    files: dict[str, bytes] = {}
    metadata: dict[str, bytes] = {}
    for name, content in tree.files.items():
        installed = name.removeprefix("src/")
        if is_metadata(name) or not is_package(installed.partition("/")[0], described.tops):
            metadata[name] = content
        elif installed in files:
            tree.refuse(name, "is both in the project's folder and in its src/: keep one of the two")
        else:
            files[installed] = content
    return Artifact(
        name=described.name,
        version=described.version,
        kind=kind,
        files=files,
        metadata=metadata,
        entry_points=described.entry_points,
        requires=described.requires,
        irregular=tuple(tree.irregular),
    )
