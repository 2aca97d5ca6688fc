"""`allow/store`: a plugin changes its own objects; a patch of numpy or augplug would change every other plugin's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

REMEDY = "Give its class a method that stores on self, and call that; or make a new object with dataclasses.replace."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every store into what was imported, or into an attribute of anything but `self`."""
    yield from changed(plugin, source)
    for node in source.nodes:
        if not isinstance(node, (ast.Attribute, ast.Subscript)) or isinstance(node.ctx, ast.Load):
            continue
        root: ast.AST = node
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        foreign = (
            isinstance(node, ast.Attribute) and chain(node)[:-1] != ["self"] and DYNAMIC not in plugin.capabilities
        )
        if foreign or (isinstance(root, ast.Name) and root.id in source.imports):
            message = "this changes an object that is not the plugin's own"
            yield source.refuse("allow/store", node, message, REMEDY)


def changed(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every decorator that is handed an object, which may not be the plugin's (`dataclass(augplug.Canvas)`)."""
    definitions = [*source.functions, *source.of(ast.ClassDef)]
    above = [item for node in definitions for item in node.decorator_list]
    fair = {item.func if isinstance(item, ast.Call) else item for item in above}
    for node, _ in source.uses:
        dotted = plugin.meaning(source, node)
        if dotted in allowed()["members"]["decorators"] and node not in fair and DYNAMIC not in plugin.capabilities:
            message = f"{dotted} changes what it is given"
            yield source.refuse("allow/store", node, message, "Use it as a decorator only.")
    above = [item for function in source.functions for item in function.decorator_list]
    wrapping = {id(item.func) for item in above if isinstance(item, ast.Call) and wraps_one(item)}
    for node, _ in source.uses:
        dotted = plugin.meaning(source, node)
        value = id(node) not in wrapping and DYNAMIC not in plugin.capabilities
        if value and dotted in allowed()["arguments"]["wrappers"]:
            message = f"{dotted} copies attributes from one object to another"
            yield source.refuse("allow/import", node, message, f"Use it as `@{dotted}(function)` only.")


def wraps_one(call: ast.Call) -> bool:
    """Say whether it is called with one argument, a name."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Name) and not call.keywords
