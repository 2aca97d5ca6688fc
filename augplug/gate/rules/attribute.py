"""`allow/attribute`: attributes that lead to files, frames, code, raw memory or modules, whatever they are taken of.

An attribute is reached by a dot, by the pattern of a class, and by a name in the body of a class: positional patterns
and whatever walks the fields of a dataclass read the attributes of these names, of any object. What is private in a
library leads there as well (`warnings.catch_warnings()._module`), so it is taken of `self` and of the plugin's own
modules only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed, needs_of_attribute, offered
from augplug.gate.rules.dunder import is_dunder
from augplug.gate.rules.names import FUNCTIONS, bound, chain, in_class_body, taken
from augplug.gate.rules.source import Plugin, Source

NAMED_TUPLE = frozenset({"_asdict", "_fields", "_make", "_replace"})
"""Public methods of every named tuple: the underscore keeps them apart from its fields."""
METHODS = frozenset({"dynamic", "files"})
"""Capabilities of attributes that a plugin may have as methods of its own: `Evaluator.evaluate`."""
NATIVE = frozenset({"native"})
RULE = "allow/attribute"


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every attribute in the list, but one that its module is allowed to give (`json.dumps`)."""
    for node in (*source.of(ast.Attribute), *source.of(ast.MatchClass)):
        for name in taken(node):
            kinds = needs_of_attribute(name) - given_by_library(plugin, source, node)
            free = (
                name in NAMED_TUPLE
                or chain(node) in (["self", name], ["cls", name])
                or of_own_module(plugin, source, node)
            )
            if is_private(name) and not free:
                kinds |= {DYNAMIC}
            if kinds - {*plugin.capabilities} and not listed(plugin, source, node):
                remedy = PRIVATE if is_private(name) else REMEDY
                yield source.refuse(RULE, node, f".{name} leads to {WHERE}", remedy)
    for body in source.of(ast.ClassDef):
        for inner in in_class_body(body):
            yield from declared(plugin, source, inner)


WHERE = "files, frames, code, raw memory or modules"
REMEDY = "Do without it, or rename it."
PRIVATE = "Take it of self only; of other objects take a public name, such as a property of the class."


def declared(plugin: Plugin, source: Source, node: ast.AST) -> Iterator[Finding]:
    """The names that the body of a class binds, and those in its `__slots__`."""
    spared = METHODS if isinstance(node, FUNCTIONS) else frozenset()
    names = bound(node)
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and "__slots__" in targets_of(node):
        texts = [] if node.value is None else [item.value for item in ast.walk(node.value) if is_text(item)]
        names = [text for text in texts if isinstance(text, str)]
        literal = isinstance(node, ast.Assign) and is_literal(node.value)
        if any(is_dunder(text) for text in names) or not literal:
            message = "these slots are attributes that no reader of the class sees"
            yield source.refuse(RULE, node, message, "Write `__slots__ = (...)` of texts, without two underscores.")
    for name in names:
        if needs_of_attribute(name) - spared - {*plugin.capabilities}:
            message = f"{name} in the body of a class is an attribute, and .{name} leads to {WHERE}"
            yield source.refuse(RULE, node, message, REMEDY)


def targets_of(node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> set[str]:
    """The names that an assignment binds, in whatever form."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {name for target in targets for inner in ast.walk(target) for name in bound(inner)}


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    """Say whether it is a constant."""
    return isinstance(node, ast.Constant)


def is_literal(node: ast.expr) -> bool:
    """Say whether it is a text, or a tuple or list of texts."""
    items = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    return all(isinstance(item, ast.Constant) for item in items)


def is_private(name: str) -> bool:
    """Say whether it starts with an underscore, and is not a dunder, which is another rule's."""
    return name.startswith("_") and not is_dunder(name)


def given_by_library(plugin: Plugin, source: Source, node: ast.AST) -> frozenset[str]:
    """Say what an attribute needs no more if it is a name of a declared library: `native`, which is about memory."""
    dotted = source.dotted(chain(node))
    root = plugin.reach(dotted).module.partition(".")[0] if dotted else ""
    return NATIVE if root in plugin.capabilities and not plugin.owns(root) else frozenset()


def of_own_module(plugin: Plugin, source: Source, node: ast.AST) -> bool:
    """Say whether what is taken is a name of one of the plugin's own modules."""
    dotted = source.dotted(chain(node))
    reach = plugin.reach(dotted) if dotted else None
    return reach is not None and not reach.rest and bool(reach.attribute) and plugin.owns(reach.module)


def listed(plugin: Plugin, source: Source, node: ast.AST) -> bool:
    """Say whether the list of a module has this attribute of it."""
    dotted = source.dotted(chain(node))
    reach = plugin.reach(dotted) if dotted else None
    return (
        reach is not None
        and not reach.rest
        and reach.module in allowed()["modules"]
        and reach.attribute in (offered(reach.module) or ())
    )
