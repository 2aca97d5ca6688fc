"""`house/...`: no global randomness, no change of the input in place, and operations that say what they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed
from augplug.gate.rules.source import Plugin, Source, chain

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCALARS = {"int", "float", "bool", "str", "complex", "bytes", "tuple"}


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every call, function and operation of a module."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield from randomness(plugin, source, node)
        elif isinstance(node, FUNCTIONS):
            yield from in_place(plugin, source, node)
        elif isinstance(node, ast.ClassDef):
            yield from operation(plugin, source, node)


def meaning(plugin: Plugin, source: Source, node: ast.AST) -> str:
    """The dotted name of what was imported; empty for anything else."""
    dotted = source.dotted(chain(node))
    if not dotted:
        return ""
    reach = plugin.reach(dotted)
    return ".".join(part for part in (reach.module, reach.attribute, *reach.rest) if part)


def randomness(plugin: Plugin, source: Source, node: ast.Call) -> Iterator[Finding]:
    """A generator that everybody shares, or one without a seed."""
    dotted = meaning(plugin, source, node.func)
    last = dotted.rsplit(".", 1)[-1]
    tables = allowed()["randomness"]
    unseeded = dotted == f"numpy.random.{last}" and last in tables["seeded"] and not (node.args or node.keywords)
    if unseeded or (dotted and last in tables["shared"]):
        remedy = "Declare a field with draw=augplug.Key() (or any distribution), and make a generator from it."
        yield source.refuse(
            "house/randomness", node, f"{dotted} draws from, or sets, chance that no seed governs", remedy
        )


def in_place(plugin: Plugin, source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Finding]:
    """A change of a parameter, or of a plain alias of it; in the order of the lines, so that a copy ends it."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    given = {item.arg for item in arguments if item.arg not in {"self", "cls"}}
    given -= {
        item.arg
        for item in arguments
        if item.annotation and chain(item.annotation)[-1:] and chain(item.annotation)[-1] in SCALARS
    }
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
    function = (
        meaning(plugin, source, node.func) in tables["functions"] and bool(node.args) and root(node.args[0]) in given
    )
    return (
        method or function or any(word.arg in tables["outputs"] and root(word.value) in given for word in node.keywords)
    )


def operation(plugin: Plugin, source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    """An operation without docstring or source, a number without unit, or a `describe` of another shape."""
    found = [item for item in node.decorator_list if isinstance(item, ast.Call)]
    calls = [item for item in found if meaning(plugin, source, item.func) == "augplug.operation"]
    if not calls:
        return
    if not ast.get_docstring(node):
        yield source.refuse(
            "house/docstring", node, f"{node.name} has no docstring", "Say what it does, and in which units."
        )
    if not said(calls[0], "source"):
        yield source.refuse(
            "house/source", node, f"{node.name} does not say where it comes from", 'Write `source="..."`.'
        )
    for item in ast.walk(node):
        field = item if isinstance(item, ast.Call) else None
        if field is None or meaning(plugin, source, field.func) != "augplug.parameter":
            field = None
        if field and not said(field, "unit") and not any(word.arg == "choices" for word in field.keywords):
            yield source.refuse("house/unit", item, "a parameter has no unit", 'Write `unit="..."`, or give choices.')
        if (
            isinstance(item, ast.FunctionDef)
            and item.name == "describe"
            and len(item.args.args) != len(("self", "canvas"))
        ):
            yield source.refuse("house/describe", item, "describe takes (self, canvas)", "Make the others fields.")


def said(call: ast.Call, name: str) -> bool:
    """Say whether a keyword is there, and is not an empty text; a constant's name counts."""
    values = [word.value for word in call.keywords if word.arg == name]
    return bool(values) and not (isinstance(values[0], ast.Constant) and not values[0].value)
