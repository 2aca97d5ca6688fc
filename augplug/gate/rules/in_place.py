"""`house/in-place`: a function leaves what it is given as it was; the caller's image may be in use elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

SCALARS = {"int", "float", "bool", "str", "complex", "bytes", "tuple"}


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every function of a module."""
    for node in source.functions:
        yield from function_changes(plugin, source, node)


def function_changes(
    plugin: Plugin, source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[Finding]:
    """A change of a parameter, or of a plain alias of it; in the order of the lines, so that a copy ends it."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    given = {item.arg for item in arguments if item.arg not in {"self", "cls"}}
    given -= {item.arg for item in arguments if item.annotation and is_scalar(item.annotation)}
    nodes = [node for node in ast.walk(function) if isinstance(node, (ast.stmt, ast.Call))]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if changes(plugin, source, node, given):
            remedy = "Make a copy first: `out = image.copy()`, and change that."
            yield source.refuse("house/in-place", node, f"{function.name} changes what it was given", remedy)
        if isinstance(node, ast.Assign):
            alias = bool(root(node.value) in given and not isinstance(node.value, ast.Call))
            for target in node.targets:
                if isinstance(target, ast.Name):
                    given = given | {target.id} if alias else given - {target.id}


def is_scalar(annotation: ast.expr) -> bool:
    """Say whether an annotation names what cannot be changed in place: `int`, `tuple[int, int]`."""
    plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return bool(chain(plain)) and chain(plain)[-1] in SCALARS


def root(node: ast.AST) -> str:
    """The name below subscripts; empty when there is none."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def changes(plugin: Plugin, source: Source, node: ast.stmt | ast.Call, given: set[str]) -> bool:
    """Say whether a statement or call writes into one of `given`."""
    tables = allowed()["in_place"]
    if isinstance(node, ast.AugAssign):
        return root(node.target) in given
    if isinstance(node, (ast.Assign, ast.Delete)):
        return any(isinstance(target, ast.Subscript) and root(target) in given for target in node.targets)
    if not isinstance(node, ast.Call):
        return False
    method = (
        isinstance(node.func, ast.Attribute) and node.func.attr in tables["methods"] and root(node.func.value) in given
    )
    called = plugin.meaning(source, node.func)
    scatters = called.startswith("numpy.") and called.endswith(".at")  # np.add.at(image, places, values)
    function = (called in tables["functions"] or scatters) and bool(node.args) and root(node.args[0]) in given
    outputs = [word.value for word in node.keywords if word.arg in tables["outputs"]]
    several = [part for value in outputs for part in (value.elts if isinstance(value, ast.Tuple) else [value])]
    return method or function or any(root(value) in given for value in several)
