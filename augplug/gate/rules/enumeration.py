"""`allow/enum`: an enumeration is a class with members. An empty one, called, makes classes with any attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

MAKERS = frozenset({"enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum"})
REMEDY = "Write `class Name(Enum):` with its members."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every use of `Enum` and its kind but as the base of a class that has members."""
    if DYNAMIC in plugin.capabilities:
        return
    bases = {base for node in source.nodes if has_members(node) for base in node.bases}
    for node in source.nodes:
        if chain(node) and plugin.meaning(source, node) in MAKERS and node not in bases:
            yield source.refuse("allow/enum", node, "this may make a class of any names", REMEDY)


def has_members(node: ast.AST) -> TypeGuard[ast.ClassDef]:
    """Say whether it is a class with an assignment to a plain name: Python lets nobody extend such an enumeration."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(target, ast.Name) and not target.id.startswith("_")
        for item in node.body
        if isinstance(item, ast.Assign)
        for target in item.targets
    )
