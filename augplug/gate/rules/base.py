"""`allow/base`: what a class of the plugin may extend.

A subclass is called by its base, and stores what the base reads. So a subclass of an array, a logger or a context of
another library reaches what no attribute of the list gives.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

REMEDY = "Hold such an object in a field instead, or extend a class of augplug, of abc, of typing or a plain builtin."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every base of a class but those in the list, the plugin's own classes, and those of declared libraries."""
    bases = {id(base) for node in source.of(ast.ClassDef) for base in node.bases}
    for node, _ in source.uses:
        value = id(node) not in bases and DYNAMIC not in plugin.capabilities
        if value and plugin.meaning(source, node) in allowed()["members"]["bases"]:
            message = f"{ast.unparse(node)} may make a class of any names"
            yield source.refuse("allow/import", node, message, "Write `class Name(...):` with its fields.")
    for made in source.of(ast.ClassDef):
        for base in made.bases:
            if not is_fair(plugin, source, base.value if isinstance(base, ast.Subscript) else base):
                message = f"{made.name} extends {ast.unparse(base)}"
                yield source.refuse("allow/base", base, message, REMEDY)


def is_fair(plugin: Plugin, source: Source, base: ast.expr) -> bool:
    """Say whether a class may extend it."""
    names = chain(base)
    if not names:
        return False
    if names[0] not in source.imports:
        return len(names) == 1 and (names[0] in source.classes or is_plain(source, names[0]))
    reach = plugin.reach(source.dotted(names))
    if plugin.owns(reach.module):
        return not reach.rest and reach.attribute in plugin.sources[reach.module].classes
    root = reach.module.split(".")[0]
    tables = allowed()
    table = tables["modules"].get(reach.module)
    free = {*tables["bases"]["allowed"], *(tables["bases"]["dynamic"] if DYNAMIC in plugin.capabilities else ())}
    whole = root in plugin.capabilities and table is None
    granted = table is not None and table.get("capability") in plugin.capabilities
    return whole or granted or reach.module == "augplug" or reach.dotted in free


def is_plain(source: Source, name: str) -> bool:
    """Say whether it is an exception, or a builtin of the list, and bound to nothing else."""
    kind = getattr(builtins, name, None)
    exception = isinstance(kind, type) and issubclass(kind, BaseException)
    return name not in source.bound and (exception or name in allowed()["bases"]["builtins"])
