"""`allow/rebound`: an imported name means one thing in the whole file, and some builtins mean what they always do.

The other rules rely on both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.names import bindings, bound, in_class_body
from augplug.gate.rules.source import Plugin, Source

RULE = "allow/rebound"
REMEDY = "Give one of the two another name."
RELIED = frozenset({"bytes", "isinstance", "issubclass", "object", "super", "type"})
"""Builtins that a rule takes to be Python's own."""
FIELDS = frozenset({"bytes", "object", "type"})
"""Those of them that may be the names of fields: nothing inside of a class body is judged by them."""


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every name that imports take from two places, or that a module of the package or something else has too."""
    origins: dict[str, str] = {}
    for node in (*source.of(ast.Import), *source.of(ast.ImportFrom)):
        for name, dotted in bindings(node, source.package):
            if origins.setdefault(name, dotted) != dotted:
                yield source.refuse(RULE, node, f"{name} is imported from {origins[name]} and from {dotted}", REMEDY)
            inner = f"{source.module}.{name}"
            if plugin.owns(inner) and dotted != inner:
                yield source.refuse(RULE, node, f"{name} is imported, and is a module of the package", REMEDY)
            if name in RELIED:
                yield relied(source, node, name)
    fields = {id(target) for target in annotated_fields(source)}
    for binding in source.nodes:
        for name in bound(binding):
            if name in source.imports:
                yield source.refuse(RULE, binding, f"{name} is imported, and bound again", REMEDY)
            if name in RELIED and not (name in FIELDS and id(binding) in fields):
                yield relied(source, binding, name)


def relied(source: Source, node: ast.AST, name: str) -> Finding:
    """A builtin of the list that is bound anew, in whatever form."""
    return source.refuse(RULE, node, f"{name} is a builtin that the rules rely on, and is bound again", REMEDY)


def annotated_fields(source: Source) -> Iterator[ast.expr]:
    """The targets of `name: type = value` in the bodies of classes."""
    for body in source.of(ast.ClassDef):
        yield from (item.target for item in in_class_body(body) if isinstance(item, ast.AnnAssign))
