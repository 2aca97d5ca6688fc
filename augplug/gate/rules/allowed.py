"""What a plugin may use: `allowed.toml`, and augplug's own public names."""

from __future__ import annotations

import ast
import sys
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

DYNAMIC = "dynamic"
"""The capability to look names up while it runs."""


@cache
def allowed() -> dict[str, Any]:
    """The tables of `allowed.toml`, with augplug's public names among the modules."""
    tables = tomllib.loads(files("augplug.gate.rules").joinpath("allowed.toml").read_text("utf-8"))
    stub = ast.parse(files("augplug").joinpath("__init__.pyi").read_text("utf-8"))
    public = [alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    ours = tables["modules"]["augplug"]
    ours["attributes"] = [*(name for name in public if name not in ours["never"]), "__version__"]
    return tables


def is_module(name: str) -> bool:
    """Say whether `name` is a module of the list, or a package that holds one (`skimage`)."""
    modules = allowed()["modules"]
    return name in modules or any(module.startswith(f"{name}.") for module in modules)


def capability_of(module: str, attribute: str = "") -> str | None:
    """The capability that a module, or one name of it, needs, if any; a library that is not listed is its own."""
    modules = allowed()["modules"]
    if module in modules:
        listed = (kind for kind in allowed()["capabilities"] if attribute in modules[module].get(kind, ()))
        needed: str | None = next(listed, modules[module].get("capability"))
        return needed
    return None if is_module(module) else module.split(".", maxsplit=1)[0]


def capability_of_builtin(name: str) -> str | None:
    """The capability that a builtin needs, if any gives it."""
    tables = allowed()
    return next((kind for kind in tables["capabilities"] if name in tables["builtins"].get(kind, ())), None)


def grantable(name: str) -> bool:
    """Say whether a plugin can declare `name`: a capability of the list, or a library that is not for ever refused."""
    tables = allowed()
    known = name in tables["capabilities"]
    return known or (name.isidentifier() and name not in sys.stdlib_module_names and name not in tables["never"])
