"""`allow/dynamic`: classes are written out, and `self` is what a method was called on: other rules rely on both."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC
from augplug.gate.rules.source import Plugin, Source, chain


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every class that a call makes, metaclass, and assignment to `self`."""
    for node in ast.walk(source.tree):
        if made(node) and DYNAMIC not in plugin.capabilities:
            yield source.refuse("allow/dynamic", node, "this makes a class by a call, or a new self", "Write a class.")


def made(node: ast.AST) -> bool:
    """Say whether it is `type(a, b, c)`, `metaclass=`, or an assignment to `self`, which stores are allowed into."""
    if isinstance(node, ast.Name):
        return node.id == "self" and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.ClassDef):
        return any(word.arg in {"metaclass", None} for word in node.keywords)
    return isinstance(node, ast.Call) and chain(node.func) == ["type"] and (len(node.args) != 1 or bool(node.keywords))
