"""`allow/import`, `allow/member`, `allow/module-value`, `allow/star`: what is imported, and what is taken of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from difflib import get_close_matches

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed, is_module, needs, offered, remedy
from augplug.gate.rules.names import chain, in_class_body, origin
from augplug.gate.rules.source import Plugin, Reach, Source, never

DECLARE = 'Declare `{0} = "why"` under [capabilities] in augplug-plugin.toml inside the package, or do without it.'

NONE = "Do without it: no capability gives it."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every import, and every attribute of what was imported."""
    yield from in_classes(source)
    for statement in source.of(ast.Import):
        for alias in statement.names:
            yield from member(plugin, source, statement, alias.name, value=False)
    for taking in source.of(ast.ImportFrom):
        for alias in taking.names:
            if alias.name == "*":
                message = "a star import hides what is used"
                yield source.refuse("allow/star", taking, message, "Import each name by itself.")
            else:
                dotted = f"{origin(taking, source.package)}.{alias.name}"
                yield from member(plugin, source, taking, dotted, value=False)
    for use, dotted in source.uses:
        if chain(use)[0] not in source.ambiguous:
            yield from member(plugin, source, use, dotted, value=True)


def in_classes(source: Source) -> Iterator[Finding]:
    """Every import in the body of a class."""
    for body in source.of(ast.ClassDef):
        for inner in in_class_body(body):
            if isinstance(inner, (ast.Import, ast.ImportFrom)):
                message = "an import inside of a class makes what it names an attribute"
                yield source.refuse("allow/module-value", inner, message, "Import it at the top of the file.")


def member(plugin: Plugin, source: Source, node: ast.AST, dotted: str, *, value: bool) -> Iterator[Finding]:
    """Refuse a module that nothing allows, an attribute that is not in its list, and a module used as a value."""
    reach = plugin.reach(dotted)
    root = reach.module.split(".")[0]
    listed = reach.module in allowed()["modules"]
    if plugin.owns(root):
        if value and not reach.attribute:
            yield module_value(source, node, dotted)
        return
    if root in never() and not listed:
        yield source.refuse("allow/import", node, f"{root} is never allowed: {never()[root]}", "Do without it.")
        return
    if root in allowed()["capabilities"] and not listed:
        message = f"{root} is a library whose name is that of a capability, which would allow all of it"
        yield source.refuse("allow/import", node, message, "Do without it.")
        return
    # A package that is only the way to listed modules (skimage, numpy.lib) gives nothing else.
    way = is_module(reach.module) and not listed and root not in plugin.capabilities
    names = offered(reach.module) if listed or way else None
    closed = names is not None and reach.attribute and reach.attribute not in names
    if closed or any(f"{dotted}.".startswith(f"{name}.") for name in allowed()["members"]["never"]):
        message = f"{reach.module}.{reach.attribute} is not in the list of what a plugin may use"
        near = get_close_matches(reach.attribute, sorted(names or ()), n=3)
        use = f"Use a name that is{': ' if near else ''}{', '.join(near)}."
        yield source.refuse("allow/member", node, message, remedy(f"{reach.module}.{reach.attribute}", use))
        return
    missing = sorted(needs(reach.module, reach.attribute) - {*plugin.capabilities})
    if missing:
        known = listed or root not in sys.stdlib_module_names
        how = " ".join(DECLARE.format(name) for name in missing) if known else remedy(dotted, NONE)
        yield source.refuse("allow/import", node, f"{dotted} is used, and no capability covers it", how)
    elif value and not reach.attribute and is_module(reach.module) and root not in plugin.capabilities:
        yield module_value(source, node, dotted)


def module_value(source: Source, node: ast.AST, dotted: str) -> Finding:
    """A module that is used as a value: what is taken of it then has no name that could be looked up."""
    message = f"{dotted} is a module, used as a value"
    return source.refuse("allow/module-value", node, message, "Use it as `module.name` only.")


def library(plugin: Plugin, reach: Reach) -> frozenset[str]:
    """What a use needs, and the library itself where it was declared whole and the list has parts of it."""
    root = reach.module.split(".")[0]
    whole = root in plugin.capabilities and reach.module not in allowed()["modules"]
    return needs(reach.module, reach.attribute) | ({root} if whole else frozenset())
