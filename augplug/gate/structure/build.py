"""Whether a source project is built without running code of its own, so that what was checked is what gets built."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding

BACKENDS = {
    "setuptools.build_meta": "setuptools",
    "hatchling.build": "hatchling",
    "flit_core.buildapi": "flit-core",
    "pdm.backend": "pdm-backend",
    "poetry.core.masonry.api": "poetry-core",
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
    for problem in (*_system_problems(document.get("build-system", {})), *_hooks(document.get("tool", {}))):
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
        yield "[build-system] is no table"
        return
    backend = system.get("build-backend", "setuptools.build_meta")
    if "backend-path" in system:
        yield "backend-path makes the build run code of this project"
    if not isinstance(backend, str) or backend not in BACKENDS:
        yield f"{backend!r} is none of the build backends that the gate knows: {', '.join(BACKENDS)}"
    requires = system.get("requires", [])
    for need in requires if isinstance(requires, list) else [requires]:
        name = re.match(r"[\w.-]*", str(need))
        plain = re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""
        if plain not in {*BACKENDS.values(), "wheel"} or "@" in str(need):
            yield f"the build asks for {need}, whose code would run: only the backends themselves are known"


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
