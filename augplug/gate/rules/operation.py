"""What an operation says of itself: `house/docstring`, `house/source`, `house/unit`, `house/describe`.

Its page, its ranges and its levels are made from that, so one that is silent cannot be checked by a reader.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.source import Plugin, Source


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every class that is an operation, its parameters and its `describe`."""
    for node in source.of(ast.ClassDef):
        calls = [item for item in node.decorator_list if isinstance(item, ast.Call)]
        for call in (call for call in calls if plugin.meaning(source, call.func) == "augplug.operation"):
            yield from declared(source, node, call)
            flags = {item.value for item in ast.walk(node) if isinstance(item, ast.AnnAssign) and unitless(item)}
            for item in ast.walk(node):
                if isinstance(item, ast.Call) and plugin.meaning(source, item.func) == "augplug.parameter":
                    yield from () if item in flags else parameter(source, item)
                elif isinstance(item, ast.FunctionDef) and item.name == "describe":
                    yield from describe(source, item)


def declared(source: Source, node: ast.ClassDef, call: ast.Call) -> Iterator[Finding]:
    """No docstring, or no source."""
    if not ast.get_docstring(node):
        message, remedy = f"{node.name} has no docstring", "Say what it does, and in which units."
        yield source.refuse("house/docstring", node, message, remedy)
    if not said(call, "source"):
        message = f"{node.name} does not say where it comes from"
        yield source.refuse("house/source", node, message, 'Write `source="..."`.')


def unitless(field: ast.AnnAssign) -> bool:
    """Say whether a field's annotation is that of a flag or of a choice, which have no unit."""
    kind = field.annotation
    parts = [kind.left, kind.right] if isinstance(kind, ast.BinOp) else [kind]
    named = [part.value if isinstance(part, ast.Subscript) else part for part in parts]
    words = {ast.unparse(part).rpartition(".")[2] for part in named}
    return bool(words & {"bool", "Literal", "Interpolation"})


def parameter(source: Source, call: ast.Call) -> Iterator[Finding]:
    """A number without a unit."""
    if not (said(call, "unit") or any(word.arg == "choices" for word in call.keywords)):
        yield source.refuse("house/unit", call, "a parameter has no unit", 'Write `unit="..."`, or give choices.')


def describe(source: Source, function: ast.FunctionDef) -> Iterator[Finding]:
    """Other arguments than those it is called with."""
    if len(function.args.args) != len(("self", "canvas")):
        yield source.refuse("house/describe", function, "describe takes (self, canvas)", "Make the others fields.")


def said(call: ast.Call, name: str) -> bool:
    """Say whether a keyword is there, and is not an empty text; a constant's name counts."""
    values = [word.value for word in call.keywords if word.arg == name]
    given = values[0] if values else None
    text = given.value if isinstance(given, ast.Constant) else None
    return given is not None and not (isinstance(given, ast.Constant) and not (isinstance(text, str) and text.strip()))
