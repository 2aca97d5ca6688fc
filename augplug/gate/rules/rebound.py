"""`allow/rebound`: an imported name means one thing in the whole file; the other rules rely on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.source import Plugin, Source, bindings

RULE = "allow/rebound"
REMEDY = "Give one of the two another name."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every name that imports take from two places, or that a module of the package or something else has too."""
    origins: dict[str, str] = {}
    for node in ast.walk(source.tree):
        for name, dotted in bindings(node, source.package):
            if origins.setdefault(name, dotted) != dotted:
                yield source.refuse(RULE, node, f"{name} is imported from {origins[name]} and from {dotted}", REMEDY)
            inner = f"{source.module}.{name}"
            if plugin.owns(inner) and dotted != inner:
                yield source.refuse(RULE, node, f"{name} is imported, and is a module of the package", REMEDY)
        for name in bound(node):
            if name in source.imports:
                yield source.refuse(RULE, node, f"{name} is imported, and bound again", REMEDY)


def bound(node: ast.AST) -> list[str]:
    """The names that anything but an import binds."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    # Definitions and handlers have a `name`, arguments an `arg`, `case {**rest}` a `rest`; a keyword binds nothing.
    field = "" if isinstance(node, (ast.alias, ast.keyword)) else getattr(node, "name", None)
    found = field or getattr(node, "rest", None) or (node.arg if isinstance(node, ast.arg) else None)
    return [found] if found else []
