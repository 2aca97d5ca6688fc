"""`allow/module-level`: importing a plugin defines things, and does nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.source import Plugin, Source, chain
from augplug.gate.rules.type_checking import guards_imports

DEFINITIONS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Pass,
)
REMEDY = "Move it into the function that needs it."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """The statements of the module and of its classes, and the calls that importing makes."""
    defined = {
        node.name
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    bodies = [source.tree.body, *(node.body for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef))]
    for statement in (statement for body in bodies for statement in body):
        if not (
            isinstance(statement, DEFINITIONS)
            or is_text(statement)
            or (isinstance(statement, ast.If) and guards_imports(source, statement))
        ):
            yield source.refuse("allow/module-level", statement, "this runs when the plugin is imported", REMEDY)
    for call in at_import(source.tree):
        names = chain(call.func) if isinstance(call, ast.Call) else chain(call)
        origin = source.imports.get(names[0], "") if names else ""
        reach = plugin.reach(".".join([origin, *names[1:]])) if origin else None
        own = names[:1] and names[0] in defined and names[-1] not in {"setter", "getter", "deleter"}
        anonymous = isinstance(call, ast.Call) and isinstance(call.func, ast.Lambda)
        runs = own or anonymous or (reach is not None and plugin.owns(reach.module))
        if runs and "dynamic" not in plugin.capabilities:
            yield source.refuse("allow/module-level", call, "importing the plugin calls its own code", REMEDY)


def is_text(node: ast.stmt) -> bool:
    """A docstring, or an ellipsis."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def at_import(node: ast.AST) -> Iterator[ast.expr]:
    """The calls and decorators that run when the module is imported: all but the bodies of functions."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield from (decorator for decorator in node.decorator_list if not isinstance(decorator, ast.Call))
    if isinstance(node, ast.Call):
        yield node
    inside = {"body"} if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else set()
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if name not in inside and isinstance(child, ast.AST):
                yield from at_import(child)
