"""The names that a piece of syntax binds, reads or takes of a value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def origin(node: ast.ImportFrom, package: str) -> str:
    """The module that an import takes names from; relative ones are counted from `package`."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def bindings(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with its origin; none for any other node."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{origin(node, package)}.{alias.name}"


def bound(node: ast.AST) -> list[str]:
    """The names that anything but an import binds."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, ast.arg):
        return [node.arg]
    # Definitions, handlers and parameters for types have a `name`, `case {**rest}` a `rest`; the name of `type X = ...`
    # is a node of its own; see `bindings` for what an import binds.
    named = getattr(node, "name", None) or getattr(node, "rest", None)
    return [named] if isinstance(named, str) and not isinstance(node, ast.alias) else []


def type_expressions(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The fields of a node where only types stand, with what stands there.

    Of Python 3.12 and later: the bounds and defaults of parameters for types, and the value of `type X = ...`.
    """
    fields = ("annotation", "returns", "bound", "default_value", *(["value"] if is_type_alias(node) else []))
    for name in fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.expr):
            yield name, value


def is_type_alias(node: ast.AST) -> bool:
    """Say whether it is `type X = ...`, which Python 3.11 does not have."""
    return type(node).__name__ == "TypeAlias"


def chain(node: ast.AST) -> list[str]:
    """The names of `a.b.c`; empty when it does not start at a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def taken(node: ast.AST) -> list[str]:
    """The attributes that one node takes of a value: one after a dot, those of a pattern of a class."""
    if isinstance(node, ast.MatchClass):
        return node.kwd_attrs
    return [node.attr] if isinstance(node, ast.Attribute) else []


def in_class_body(node: ast.ClassDef) -> Iterator[ast.AST]:
    """Every node that stands in the body of a class itself: not inside of its functions, nor of inner classes."""
    todo: list[ast.AST] = [*node.body]
    while todo:
        inner = todo.pop()
        yield inner
        if not isinstance(inner, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(inner)
