"""`allow/type`: classes that are allowed in annotations and questions only, since calling one reaches raw memory.

`np.ndarray(shape, object, buffer)` takes any bytes for the addresses of objects. What makes arrays is `np.array`,
`np.empty` and their kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed
from augplug.gate.rules.annotation import aliases, is_type, local_types, types, written
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

MAKERS = {"typing.cast": slice(0, 1), "typing.TypeVar": slice(1, None), "typing.NewType": slice(1, None)}
"""Functions that take types as values, and do nothing with them."""


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every use of such a class, or of a name for it, but where types are meant."""
    own = named(plugin, source)
    found = [node for node, dotted in source.uses if is_raw(plugin, dotted)]
    found += [node for node in source.of(ast.Name) if node.id in own and isinstance(node.ctx, ast.Load)]
    if not found:
        return
    fair = {id(node) for node in places(plugin, source)}
    for node in found:
        if id(node) not in fair:
            message = f"{ast.unparse(node)} is a type, and here it is a value"
            remedy = "Use it in annotations and with isinstance(); make arrays with np.array, np.empty or np.zeros."
            yield source.refuse("allow/type", node, message, remedy)


def is_raw(plugin: Plugin, dotted: str) -> bool:
    """Say whether a dotted name is such a class, or a name that a module of the plugin gave to one."""
    reach = plugin.reach(dotted)
    if reach.rest or not reach.attribute:
        return False
    source = plugin.sources.get(reach.module) if plugin.owns(reach.module) else None
    return reach.dotted in allowed()["members"]["types"] or (
        source is not None and reach.attribute in named(plugin, source)
    )


def named(plugin: Plugin, source: Source) -> frozenset[str]:
    """The names for such classes that a module defines: `Image = npt.NDArray[np.uint8]`."""
    if source.module not in plugin.raw:
        raw = set(allowed()["members"]["types"])
        found: set[str] = set()
        known = local_types(plugin, source)
        for name, value in aliases(source):
            parts = {plugin.meaning(source, node) for node in ast.walk(value)}
            again = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
            if is_type(source, known, value) and (parts & raw or again & found):
                found.add(name)
        plugin.raw[source.module] = frozenset(found)
    return plugin.raw[source.module]


def places(plugin: Plugin, source: Source) -> Iterator[ast.AST]:
    """Where a type is only asked about or written down."""
    known = types(plugin, source)
    own = named(plugin, source)
    whole = [*written(source), *(value for name, value in aliases(source) if name in own)]
    for call in source.of(ast.Call):
        if chain(call.func) in (["isinstance"], ["issubclass"]):
            whole += call.args[1:2]
        elif (taken := MAKERS.get(plugin.meaning(source, call.func))) is not None:
            whole += [*call.args[taken], *(word.value for word in call.keywords)]
    whole += [inside.slice for inside in source.of(ast.Subscript) if is_type(source, known, inside)]
    whole += [pattern.cls for pattern in source.of(ast.MatchClass)]
    whole += [side for question in source.of(ast.Compare) if is_identity(question) for side in sides(question)]
    for expression in whole:
        if is_type(source, known, expression):
            yield from ast.walk(expression)


def is_identity(question: ast.Compare) -> bool:
    """Say whether it compares by `is` and `is not` only: other comparisons hand both sides to methods."""
    return all(isinstance(operator, (ast.Is, ast.IsNot)) for operator in question.ops)


def sides(question: ast.Compare) -> list[ast.expr]:
    """What is compared."""
    return [question.left, *question.comparators]
