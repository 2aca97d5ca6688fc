"""Whether a source project is built without running code of its own, so that what was checked is what gets built."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding

BACKENDS = {
    "setuptools.build_meta": "setuptools",
    "hatchling.build": "hatchling",
    "flit_core.buildapi": "flit-core",
    "pdm.backend": "pdm-backend",
    "poetry.core.masonry.api": "poetry-core",
    "uv_build": "uv-build",
}
CODE = {
    "setup.py": "it is run by every build",
    "setup.cfg": "it can name code that a build runs",
    "pdm_build.py": "it is run by every build",
    "hatch_build.py": "it is run by a build",
}
HOOKS = frozenset({"cmdclass", "hooks", "custom-hook", "run-setuptools", "build"})
"""Keys below [tool.<backend>] that name code to run; `build` only for poetry, others have harmless ones."""
TAGS = frozenset({"tag_build", "tag_date", "tag_svn_revision"})
REMEDY = "Describe the build by the [project] table of pyproject.toml alone, with a plain backend such as setuptools."


def check_build(artifact: Artifact) -> Iterator[Finding]:
    """Yield what would run code of the project, or of a stranger, while a folder or an sdist is built."""
    if artifact.kind not in ("folder", "sdist"):
        return
    for path, why in CODE.items():
        if path in artifact.metadata and not _is_generated(path, artifact.metadata[path]):
            yield Finding("structure/build-code", path, 0, f"{path} is not allowed: {why}", REMEDY)
    try:
        document = tomllib.loads(artifact.metadata["pyproject.toml"].decode("utf-8"))
    except (KeyError, ValueError, RecursionError) as error:
        message = f"it cannot be read: {type(error).__name__}: {error}"
        yield Finding("structure/build-code", "pyproject.toml", 0, message, "Write it as TOML, in UTF-8.")
        return
    system, tool = document.get("build-system", {}), document.get("tool", {})
    backend = system.get("build-backend", "setuptools.build_meta") if isinstance(system, dict) else ""
    name = BACKENDS.get(backend, "") if isinstance(backend, str) else ""
    said = (*_system_problems(system), *_hooks(tool), *_keys(name, tool), *_version(name, document.get("project", {})))
    for problem in said:
        yield Finding("structure/build-code", "pyproject.toml", 0, problem, REMEDY)


def _is_generated(path: str, content: bytes) -> bool:
    """Say whether it is the `setup.cfg` that setuptools writes into every sdist: tags of a version, no more."""
    if path != "setup.cfg":
        return False
    found = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        found.read_string(content.decode("utf-8"))
    except (ValueError, configparser.Error):
        return False
    return found.sections() == ["egg_info"] and set(found["egg_info"]) <= TAGS


def _system_problems(system: Any) -> Iterator[str]:
    if not isinstance(system, dict):
        yield "[build-system] is not a table"
        return
    backend = system.get("build-backend", "setuptools.build_meta")
    if "backend-path" in system:
        yield "backend-path makes the build run code of this project"
    if not isinstance(backend, str) or backend not in BACKENDS:
        yield f"{backend!r} is none of the build backends that the gate knows: {', '.join(BACKENDS)}"
    requires = system.get("requires", [])
    for need in requires if isinstance(requires, list) else [requires]:
        if not _is_backend(need):
            yield f"the build asks for {need}, whose code would run: only the backends themselves are known"


def _is_backend(need: Any) -> bool:
    """Say whether a requirement of the build is a known backend alone: extras and addresses bring other code."""
    try:
        asked = Requirement(str(need))
    except InvalidRequirement:
        return False
    plain = not asked.extras and asked.url is None
    return plain and canonicalize_name(asked.name) in {*BACKENDS.values(), "wheel"}


@cache
def _allowed() -> dict[str, Any]:
    return tomllib.loads(files("augplug.gate.structure").joinpath("build_keys.toml").read_text("utf-8"))


def _keys(name: str, tools: Any) -> Iterator[str]:
    """What the project says to its backend, but the keys in the list; and what setuptools hears besides."""
    tools = tools if isinstance(tools, dict) else {}
    if name == "setuptools" and "distutils" in tools:
        yield "[tool.distutils] gives arguments to the commands of a build, such as a compiler's"
    if name not in _allowed():
        return
    table = _allowed()[name]["table"]
    known = [tuple(key.split(".")) for key in _allowed()[name]["keys"]]
    if not isinstance(tools.get(table, {}), dict):
        yield f"[tool.{table}] is not a table"
        return
    for path in _leaves(tools.get(table, {})):
        if not any(_fits(path, pattern) for pattern in known):
            yield f"[tool.{table}] {'.'.join(path)} is not in the list of what a project may say to {name}"


def _leaves(table: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The path of every value that is not a table, and of every empty one."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((key,), value) for key, value in table.items()]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [((*path, key), inner) for key, inner in value.items()]
        else:
            yield path


def _fits(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if pattern[-1] == "**":
        return path[: len(pattern) - 1] == pattern[:-1]
    return len(path) == len(pattern) and all(part in ("*", key) for key, part in zip(path, pattern, strict=True))


def _version(name: str, project: Any) -> Iterator[str]:
    """A version that a backend finds by importing the package (flit), or asks another program for."""
    dynamic = project.get("dynamic", []) if isinstance(project, dict) else []
    if name in ("flit-core", "uv-build") and isinstance(dynamic, list) and "version" in dynamic:
        yield f"the version is dynamic, and {name} may import the package to find it: write it into [project]"


def _hooks(tools: Any) -> Iterator[str]:
    for tool in ("setuptools", "hatch", "pdm", "poetry", "flit"):
        waiting = [(f"tool.{tool}", tools.get(tool))] if isinstance(tools, dict) else []
        while waiting:
            where, table = waiting.pop()
            for key, value in table.items() if isinstance(table, dict) else ():
                if key in HOOKS and (key != "build" or tool == "poetry"):
                    yield f"[{where}] {key} names code that a build runs"
                else:
                    waiting.append((f"{where}.{key}", value))
