"""`allow/dynamic`: classes are written out, and `self` is what a method was called on: other rules rely on both."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC
from augplug.gate.rules.annotation import is_type, types, written
from augplug.gate.rules.source import FUNCTIONS, Plugin, Source, bound, chain


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every way to a class that no statement writes, and every `self` that is not a method's first argument."""
    if DYNAMIC in plugin.capabilities:
        return
    fair = {*methods(source.tree), *annotated(plugin, source), *questions(source.tree)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "type" and node not in fair:
            message, remedy = (
                "type makes classes, and so does the type of a class",
                "Ask with isinstance(), or compare.",
            )
            yield source.refuse("allow/dynamic", node, message, remedy)
        elif isinstance(node, ast.ClassDef) and any(word.arg in {"metaclass", None} for word in node.keywords):
            yield source.refuse("allow/dynamic", node, "a metaclass makes this class", "Write a class without one.")
        elif "self" in bound(node) and node not in fair:
            message, remedy = "only the first argument of a method is self", "Give it another name."
            yield source.refuse("allow/dynamic", node, message, remedy)


def methods(tree: ast.AST) -> Iterator[ast.AST]:
    """The first arguments of the functions of classes."""
    for node in ast.walk(tree):
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, FUNCTIONS):
                yield from [*inner.args.posonlyargs, *inner.args.args][:1]


def questions(tree: ast.AST) -> Iterator[ast.AST]:
    """`type` in `type(a).name`, `type(a) is type(b)` and `isinstance(a, type)`: nothing there can be called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            asked = [node.value]
        elif isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        else:
            asked = []
        yield from (call.func for call in asked if isinstance(call, ast.Call) and len(call.args) == 1)
        if isinstance(node, ast.Call) and chain(node.func) in (["isinstance"], ["issubclass"]):
            yield from node.args[1:]


def annotated(plugin: Plugin, source: Source) -> Iterator[ast.AST]:
    """What stands in an annotation, unless an object of the plugin's own could take `type` from there (`own[type]`)."""
    known = types(plugin, source)
    for annotation in written(source):
        if is_type(source, known, annotation):
            yield from ast.walk(annotation)
