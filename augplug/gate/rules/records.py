"""Classes of which an instance may be made while a plugin is imported: they bring no code of their own to that.

A table of a plugin's own data classes or named tuples is a constant like any other: making one runs what the
interpreter wrote, and no line of the plugin.
"""

from __future__ import annotations

import ast

from augplug.gate.rules.names import FUNCTIONS, bound
from augplug.gate.rules.source import Plugin, Source

MAKERS = frozenset({"dataclasses.dataclass"})
BASES = frozenset({"typing.NamedTuple"})
FACTORIES = frozenset({"dict", "frozenset", "list", "set", "tuple"})


def is_record(plugin: Plugin, source: Source, function: ast.expr) -> bool:
    """Say whether what is called is such a class, defined at the top level of this module and not bound again."""
    if not isinstance(function, ast.Name) or function.id not in source.classes:
        return False
    found = [node for node in source.of(ast.ClassDef) if node.name == function.id]
    return len(found) == 1 and found[0] in source.tree.body and _is_plain(plugin, source, found[0])


def _is_plain(plugin: Plugin, source: Source, made: ast.ClassDef) -> bool:
    makers = [item.func if isinstance(item, ast.Call) else item for item in made.decorator_list]
    known = all(plugin.meaning(source, maker) in MAKERS for maker in makers)
    bases = [plugin.meaning(source, base) in BASES for base in made.bases]
    kind = (len(makers), bases) in ((1, []), (0, [True]))
    return known and kind and not made.keywords and not any(map(_runs, made.body))


def _runs(item: ast.stmt) -> bool:
    """Say whether a statement in the body of a class gives the making of an instance something to run."""
    if isinstance(item, FUNCTIONS):
        return item.name.startswith("__")
    if not isinstance(item, (ast.AnnAssign, ast.Expr, ast.Pass)):
        return True
    if isinstance(item, ast.AnnAssign) and any(name.startswith("__") for name in bound(item.target)):
        return True  # dataclass calls a __post_init__, however it came to be
    words = [word for node in ast.walk(item) if isinstance(node, ast.Call) for word in node.keywords]
    factories = [word.value for word in words if word.arg == "default_factory"]
    return not all(isinstance(one, ast.Name) and one.id in FACTORIES for one in factories)
