"""Annotations, and which of them are made of types alone. None is ever evaluated: augplug reads their text."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from augplug.gate.rules.source import Plugin, Source, bound, chain


def written(source: Source) -> Iterator[ast.expr]:
    """The annotations of a module."""
    for node in ast.walk(source.tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.expr):
                yield annotation


def types(plugin: Plugin, source: Source) -> set[str]:
    """The names that cannot be a text of the plugin's: of builtins, of classes of the module, of what others made."""
    nodes = list(ast.walk(source.tree))
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    foreign = {name for name, dotted in source.imports.items() if not plugin.owns(dotted.split(".")[0])}
    return (classes | foreign | {*dir(builtins)}) - {
        name for node in nodes if not isinstance(node, ast.ClassDef) for name in bound(node)
    }


def is_type(source: Source, known: set[str], node: ast.expr) -> bool:
    """Say whether it is a name of `known`, an attribute of what is imported, or made of those by `[]`, `,` and `|`."""
    if isinstance(node, ast.Subscript):
        return is_type(source, known, node.value) and (
            isinstance(node.slice, ast.Constant) or is_type(source, known, node.slice)
        )
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(isinstance(each, ast.Constant) or is_type(source, known, each) for each in node.elts)
    if isinstance(node, ast.BinOp):
        return (
            isinstance(node.op, ast.BitOr) and is_type(source, known, node.left) and is_type(source, known, node.right)
        )
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is ...
    names = chain(node)
    return bool(names) and names[0] in known and (len(names) == 1 or names[0] in source.imports)
