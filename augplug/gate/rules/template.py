"""`allow/template`: `str.format` reads attributes by name, and shows `{0.__globals__}`, where the environment is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC
from augplug.gate.rules.names import taken
from augplug.gate.rules.source import Plugin, Source


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every `format` and `format_map` of what is not a text written there, without attributes."""
    for node in source.nodes:
        reads = isinstance(node, ast.Attribute) and is_plain(node.value)
        if {"format", "format_map"} & {*taken(node)} and not reads and DYNAMIC not in plugin.capabilities:
            message = "this template may read any attribute"
            yield source.refuse("allow/template", node, message, "Write an f-string, or a template without dots.")


def is_plain(node: ast.expr) -> bool:
    """Say whether it is a text whose fields are names or numbers; fields of fields (`{0:{1}}`) are looked at too."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    try:
        parts = [part for part in Formatter().parse(node.value) if part[1] is not None]
    except ValueError:  # no template: calling it raises
        return False
    return all(not {".", "["} & {*(name or "")} and is_plain(ast.Constant(spec or "")) for _, name, spec, _ in parts)
