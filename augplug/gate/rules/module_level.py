"""`allow/module-level`: importing a plugin defines things, and does nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed, capability_of_builtin, needs
from augplug.gate.rules.names import FUNCTIONS, chain, is_type_alias
from augplug.gate.rules.records import is_record
from augplug.gate.rules.source import Plugin, Source
from augplug.gate.rules.type_checking import guards_imports

DEFINITIONS = (
    ast.Import,
    ast.ImportFrom,
    *FUNCTIONS,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Pass,
)
RULE = "allow/module-level"
REMEDY = "Move it into the function that needs it; what is costly goes into a function under @functools.cache."
IMPORTS = "Import it inside the function that uses it, with `except ImportError` around that."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """The statements of the module and of its classes, and the calls that importing makes."""
    bodies = [source.tree.body, *(node.body for node in source.of(ast.ClassDef))]
    for statement in (statement for body in bodies for statement in body):
        guard = isinstance(statement, ast.If) and guards_imports(source, statement)
        if not (isinstance(statement, DEFINITIONS) or is_type_alias(statement) or is_text(statement) or guard):
            remedy = IMPORTS if isinstance(statement, ast.Try) else REMEDY
            yield source.refuse(RULE, statement, "this runs when the plugin is imported", remedy)
    for call in at_import(source.tree):
        function = call.func if isinstance(call, ast.Call) else call
        names = chain(function)
        dotted = source.dotted(names)
        reach = plugin.reach(dotted) if dotted else None
        kinds = needs(reach.module, reach.attribute) if reach else {capability_of_builtin(".".join(names)) or ""}
        effects = sorted((kinds & {*allowed()["capabilities"]}) - {DYNAMIC})
        own = plugin.owns(reach.module) if reach else is_own(source, function)
        if own and DYNAMIC not in plugin.capabilities and not is_record(plugin, source, function):
            yield source.refuse(RULE, call, "importing the plugin calls its own code", REMEDY)
        elif not own and effects:
            yield source.refuse(RULE, call, f"importing the plugin uses the capability {effects[0]}", REMEDY)


def is_own(source: Source, function: ast.expr) -> bool:
    """Say whether what is called was made in this module, or cannot be told; a constant's methods are not."""
    names = chain(function)
    if not names:
        return not isinstance(function, ast.Attribute)
    accessor = names[-1] in {"setter", "getter", "deleter"}
    return (names[0] in source.defined and not accessor) or (len(names) == 1 and names[0] in source.stored)


def is_text(node: ast.stmt) -> bool:
    """A docstring, or an ellipsis."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def at_import(node: ast.AST) -> Iterator[ast.expr]:
    """The calls and decorators that run when the module is imported: all but the bodies of functions."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield from (decorator for decorator in node.decorator_list if not isinstance(decorator, ast.Call))
    if isinstance(node, ast.Call):
        yield node
    inside = {"body"} if isinstance(node, (*FUNCTIONS, ast.Lambda)) else set()
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if name not in inside and isinstance(child, ast.AST):
                yield from at_import(child)
