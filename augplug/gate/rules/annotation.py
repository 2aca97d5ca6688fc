"""Annotations and names for types: which expressions are made of types alone. No annotation is ever evaluated."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterator

from augplug.gate.rules.names import bound, chain, is_type_alias, type_expressions
from augplug.gate.rules.source import Plugin, Source


def written(source: Source) -> Iterator[ast.expr]:
    """The annotations of a module."""
    for node in source.nodes:
        yield from (annotation for _, annotation in type_expressions(node))


def types(plugin: Plugin, source: Source) -> frozenset[str]:
    """The names that cannot be an object of the plugin's: builtins, its classes, what others made, and types."""
    own = {name for name, dotted in source.imports.items() if is_own_type(plugin, dotted)}
    return local_types(plugin, source) | (own - source.bound)


def is_own_type(plugin: Plugin, dotted: str) -> bool:
    """Say whether an import names a class, or a name for types, of another module of the plugin's."""
    reach = plugin.reach(dotted)
    source = plugin.sources.get(reach.module) if plugin.owns(reach.module) else None
    return source is not None and not reach.rest and reach.attribute in local_types(plugin, source)


def local_types(plugin: Plugin, source: Source) -> frozenset[str]:
    """Those of `types` that the module decides by itself: other modules of the plugin are not asked."""
    if source.module not in plugin.types:
        known = unnamed_types(plugin, source)
        for name, value in aliases(source):
            if is_type(source, known, value):
                known |= {name}
        plugin.types[source.module] = known
    return plugin.types[source.module]


def unnamed_types(plugin: Plugin, source: Source) -> frozenset[str]:
    """Those of `local_types` that no assignment gave a name."""
    bound_again = source.bound | {*source.imports}
    plain = {name for name in dir(builtins) if name not in bound_again}
    foreign = {name for name, dotted in source.imports.items() if not plugin.owns(dotted.split(".")[0])}
    return source.classes | plain | (foreign - source.bound)


def aliases(source: Source) -> Iterator[tuple[str, ast.expr]]:
    """Each `Name = value` and `type Name = value` of the module itself whose name nothing else binds."""
    count = Counter(name for node in source.nodes for name in bound(node))
    for item in source.tree.body:
        targets = item.targets if isinstance(item, ast.Assign) else []
        if isinstance(item, ast.AnnAssign):
            targets = [item.target]
        if is_type_alias(item):
            targets = [item.name]  # type: ignore[attr-defined]  # mypy reads it as Python 3.11, which has no such node
        value = getattr(item, "value", None)
        if len(targets) == 1 and isinstance(targets[0], ast.Name) and isinstance(value, ast.expr):
            name = targets[0].id
            if count[name] == 1 and name not in source.imports:
                yield name, value


def is_type(source: Source, known: frozenset[str], node: ast.expr) -> bool:
    """Say whether it is a name of `known`, an attribute of what is imported, or made of those by `[]`, `,` and `|`."""
    if isinstance(node, ast.Subscript):
        return is_type(source, known, node.value) and (
            isinstance(node.slice, ast.Constant) or is_type(source, known, node.slice)
        )
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(isinstance(each, ast.Constant) or is_type(source, known, each) for each in node.elts)
    if isinstance(node, ast.BinOp):
        return (
            isinstance(node.op, ast.BitOr) and is_type(source, known, node.left) and is_type(source, known, node.right)
        )
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is ...
    names = chain(node)
    return bool(names) and names[0] in known and (len(names) == 1 or names[0] in source.imports)
