"""`allow/import`, `allow/member`, `allow/module-value`, `allow/star`: what is imported, and what is taken of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed, capability_of, is_module
from augplug.gate.rules.source import Plugin, Source, never, origin, uses

DECLARE = 'Declare `{0} = "why"` under [capabilities] in augplug-plugin.toml inside the package, or do without it.'


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every import, and every attribute of what was imported."""
    for node in ast.walk(source.tree):
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, (ast.Import, ast.ImportFrom)):
                message = "an import inside of a class makes what it names an attribute"
                yield source.refuse("allow/module-value", inner, message, "Import it at the top of the file.")
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from imported(plugin, source, node, alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    yield source.refuse(
                        "allow/star", node, "a star import hides what is used", "Import each name by itself."
                    )
                else:
                    yield from imported(plugin, source, node, f"{origin(node, source.package)}.{alias.name}")
    for use, dotted in uses(source):
        yield from member(plugin, source, use, dotted, value=True)


def imported(plugin: Plugin, source: Source, node: ast.AST, dotted: str) -> Iterator[Finding]:
    """What one import names."""
    yield from member(plugin, source, node, dotted, value=False)


def member(plugin: Plugin, source: Source, node: ast.AST, dotted: str, *, value: bool) -> Iterator[Finding]:
    """Refuse a module that nothing allows, an attribute that is not in its list, and a module used as a value."""
    reach = plugin.reach(dotted)
    root = reach.module.split(".")[0]
    tables = allowed()
    if plugin.owns(root):
        if value and not reach.attribute:
            yield source.refuse(
                "allow/module-value", node, f"{dotted} is a module, used as a value", "Use it as `module.name` only."
            )
        return
    if root in never() and reach.module not in tables["modules"]:
        yield source.refuse("allow/import", node, f"{root} is never allowed: {never()[root]}", "Do without it.")
        return
    needed = capability_of(reach.module, reach.attribute)
    listed = reach.module in tables["modules"]
    if needed is not None and needed not in plugin.capabilities:
        known = listed or root not in sys.stdlib_module_names
        remedy = DECLARE.format(needed) if known else "Do without it: no capability gives it."
        yield source.refuse("allow/import", node, f"{dotted} is used, and no capability covers it", remedy)
        return
    # A package that is only the way to listed modules (skimage, numpy.lib) gives nothing else.
    way = is_module(reach.module) and not listed and root not in plugin.capabilities
    names = [] if way else tables["modules"].get(reach.module, {}).get("attributes")
    full = f"{reach.module}.{reach.attribute}"
    bad = names is not None and reach.attribute and reach.attribute not in names
    if bad or any(f"{dotted}.".startswith(f"{name}.") for name in tables["members"]["never"]):
        yield source.refuse(
            "allow/member", node, f"{full} is not in the list of what a plugin may use", "Use a name that is."
        )
    elif value and not reach.attribute and needed is None:
        yield source.refuse(
            "allow/module-value", node, f"{dotted} is a module, used as a value", "Use it as `module.name` only."
        )
