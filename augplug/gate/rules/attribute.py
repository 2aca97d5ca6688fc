"""`allow/attribute`: attributes that lead to files, frames, code or modules, whatever they are taken of.

What is private in a library leads there as well (`warnings.catch_warnings()._module`), so it is taken of `self` only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed
from augplug.gate.rules.dunder import is_dunder
from augplug.gate.rules.source import Plugin, Source, chain, taken

NAMED_TUPLE = frozenset({"_asdict", "_fields", "_make", "_replace"})
"""Public methods of every named tuple: the underscore keeps them apart from its fields."""


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every attribute in the list, but one that its module is allowed to give (`json.dumps`)."""
    refused = allowed()["attributes"]
    for node in ast.walk(source.tree):
        for name in taken(node):
            kinds = {kind for kind in allowed()["capabilities"] if name in refused.get(kind, ())}
            if is_private(name) and name not in NAMED_TUPLE and chain(node) not in (["self", name], ["cls", name]):
                kinds.add(DYNAMIC)
            missing = name in refused["never"] or kinds - {*plugin.capabilities}
            if missing and not listed(plugin, source, node):
                message = f".{name} leads to files, frames, code or modules"
                yield source.refuse("allow/attribute", node, message, "Do without it, or rename it.")


def is_private(name: str) -> bool:
    """Say whether it starts with an underscore, and is no dunder, which is another rule's."""
    return name.startswith("_") and not is_dunder(name)


def listed(plugin: Plugin, source: Source, node: ast.AST) -> bool:
    """Say whether the list of a module has this attribute of it."""
    dotted = source.dotted(chain(node))
    reach = plugin.reach(dotted) if dotted else None
    modules = allowed()["modules"]
    return (
        reach is not None and not reach.rest and reach.attribute in modules.get(reach.module, {}).get("attributes", ())
    )
