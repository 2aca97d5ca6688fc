"""`allow/dynamic`: classes are written out, and `self` is what a method was called on: other rules rely on both."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC
from augplug.gate.rules.annotation import is_type, unnamed_types, written
from augplug.gate.rules.names import FUNCTIONS, bound, chain
from augplug.gate.rules.source import Plugin, Source
from augplug.gate.rules.types_only import is_identity, sides


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every way to a class that no statement writes, and every `self` that is not a method's first argument."""
    if DYNAMIC in plugin.capabilities:
        return
    fair = {*methods(source), *annotated(plugin, source), *questions(source)}
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == "type" and node not in fair:
            message, remedy = (
                "type makes classes, and so does the type of a class",
                "Write the name of the class, or dataclasses.replace(self); ask with isinstance(), compare by `is`.",
            )
            yield source.refuse("allow/dynamic", node, message, remedy)
        elif isinstance(node, ast.ClassDef) and any(word.arg in {"metaclass", None} for word in node.keywords):
            yield source.refuse("allow/dynamic", node, "a metaclass makes this class", "Write a class without one.")
        elif "self" in bound(node) and node not in fair:
            message, remedy = "only the first argument of a method is self", "Give it another name."
            yield source.refuse("allow/dynamic", node, message, remedy)


def methods(source: Source) -> Iterator[ast.AST]:
    """The first arguments of the functions of classes."""
    for node in source.of(ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, FUNCTIONS):
                yield from [*inner.args.posonlyargs, *inner.args.args][:1]


def questions(source: Source) -> Iterator[ast.AST]:
    """`type` in `type(a).name`, `type(a) is type(b)` and `isinstance(a, type)`: nothing there can be called.

    Other comparisons hand it to a method of the plugin's: `type(int) in box` calls `box.__contains__` with it.
    """
    asked: list[ast.expr] = [node.value for node in source.of(ast.Attribute)]
    asked += [side for node in source.of(ast.Compare) if is_identity(node) for side in sides(node)]
    yield from (call.func for call in asked if isinstance(call, ast.Call) and is_plain(call))
    for call in source.of(ast.Call):
        starred = any(isinstance(given, ast.Starred) for given in call.args)
        if (
            chain(call.func) in (["isinstance"], ["issubclass"])
            and len(call.args) == len(("a", "kind"))
            and not starred
        ):
            kinds = call.args[1]
            yield from kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]


def is_plain(call: ast.Call) -> bool:
    """Say whether it is a call with one argument, a name."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Name) and not call.keywords


def annotated(plugin: Plugin, source: Source) -> Iterator[ast.AST]:
    """What stands in an annotation, unless an object of the plugin's own could take `type` from there (`own[type]`)."""
    known = unnamed_types(plugin, source)
    for annotation in written(source):
        if is_type(source, known, annotation):
            yield from ast.walk(annotation)
