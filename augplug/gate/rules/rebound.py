"""`allow/rebound`: an imported name means one thing in the whole file; the other rules rely on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.source import Plugin, Source, bindings, bound

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
