"""What a plugin may use: `allowed.toml`, and augplug's own public names."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
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


@cache
def is_module(name: str) -> bool:
    """Say whether `name` is a module of the list, or a package that holds one (`skimage`)."""
    modules = allowed()["modules"]
    return name in modules or any(module.startswith(f"{name}.") for module in modules)


@cache
def offered(module: str) -> frozenset[str] | None:
    """The names that a module gives, under whatever capability; None for one whose capability gives all of it."""
    table = allowed()["modules"].get(module, {"attributes": ()})
    if "attributes" not in table:
        return None
    return frozenset(table.get("attributes", ())).union(*(table.get(kind, ()) for kind in allowed()["capabilities"]))


@cache
def needs(module: str, attribute: str = "") -> frozenset[str]:
    """The capabilities that a module, or one name of it, needs; a library that is not listed is its own."""
    tables = allowed()
    if module not in tables["modules"]:
        return frozenset() if is_module(module) else frozenset({module.split(".", maxsplit=1)[0]})
    table = tables["modules"][module]
    kinds = {kind for kind in tables["capabilities"] if attribute in table.get(kind, ())}
    return frozenset(kinds | ({table["capability"]} if "capability" in table else set()))


@cache
def needs_of_attribute(name: str) -> frozenset[str]:
    """The capabilities that taking an attribute of this name needs, whatever it is taken of; `never`: none gives it."""
    return _by_attribute()[name]


@cache
def _by_attribute() -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for kind, names in allowed()["attributes"].items():
        for name in names:
            found[name] |= {kind}
    return found


def capability_of_builtin(name: str) -> str | None:
    """The capability that a builtin needs, if any gives it."""
    tables = allowed()
    return next((kind for kind in tables["capabilities"] if name in tables["builtins"].get(kind, ())), None)


def remedy(name: str, otherwise: str) -> str:
    """What does the same as a name that is not in the list: said of it, of its module, or `otherwise`."""
    known: Mapping[str, str] = allowed()["remedies"]
    return known.get(name) or known.get(name.partition(".")[0]) or otherwise


def grantable(name: str) -> bool:
    """Say whether a plugin can declare `name`: a capability of the list, or a library that is in no list.

    A library of the list gives its listed names to every plugin, and the others to none: to declare `numpy` opens
    nothing.
    """
    tables = allowed()
    known = name in tables["capabilities"]
    listed = name in tables["modules"] or name in tables["never"] or name in sys.stdlib_module_names
    return known or (name.isidentifier() and not listed)
