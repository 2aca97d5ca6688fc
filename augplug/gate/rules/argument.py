"""`allow/argument`: arguments that change what a call can reach, and functions that are called in one way only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

RULE = "allow/argument"
COPIES = frozenset({"bytes"})
"""Builtins whose result is a copy that nothing else can change."""


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every call with such an argument, and every use of such a function but a call of the one kind."""
    called = {id(call.func): call for call in source.of(ast.Call)}
    yield from by_name(source, called)
    yield from by_function(plugin, source, called)


def by_name(source: Source, called: Mapping[int, ast.Call]) -> Iterator[Finding]:
    """What is refused whatever is called."""
    tables = allowed()["arguments"]
    for call in source.of(ast.Call):
        for word in call.keywords:
            if word.arg in tables["never"]:
                message = f"{word.arg}= {tables['never'][word.arg]}"
                yield source.refuse(RULE, call, message, "Leave the argument out.")
    for node in source.of(ast.Attribute):
        if node.attr in tables["methods"] and not source.dotted(chain(node)):
            found = called.get(id(node))
            if found is None or any(word.arg is None for word in found.keywords):
                message = f".{node.attr} {tables['methods'][node.attr]}"
                yield source.refuse(RULE, node, message, "Call it directly, without `**`.")


def by_function(plugin: Plugin, source: Source, called: Mapping[int, ast.Call]) -> Iterator[Finding]:
    """What is refused of functions of libraries."""
    tables = allowed()["arguments"]
    indexed = {id(item.value) for item in source.of(ast.Subscript) if isinstance(item.slice, (ast.Tuple, ast.Slice))}
    for node, _ in source.uses:
        dotted = plugin.meaning(source, node)
        found = called.get(id(node))
        if dotted in tables["keywords"] and not has_only(found, tables["keywords"][dotted]):
            known = ", ".join(f"{name}=" for name in tables["keywords"][dotted])
            yield source.refuse(RULE, node, f"{dotted} is called with others than {known}", "Call it with these only.")
        elif dotted in tables["indexed"] and id(node) not in indexed:
            message = f"{dotted} looks a text up among the variables of its caller"
            yield source.refuse(RULE, node, message, f"Write the parts in place: `{ast.unparse(node)}[x, y]`.")
        elif dotted == "numpy.frombuffer" and not copies(found):
            message = "numpy.frombuffer lays an array over memory that belongs to another object"
            yield source.refuse(RULE, node, message, "Copy the memory: `np.frombuffer(bytes(data), np.uint8)`.")


def has_only(call: ast.Call | None, known: list[str]) -> bool:
    """Say whether it is a call with no other arguments than these keywords."""
    return call is not None and not call.args and all(word.arg in known for word in call.keywords)


def copies(call: ast.Call | None) -> bool:
    """Say whether the first argument of a call is a text of bytes, or a copy made on the spot."""
    if call is None or not call.args or any(word.arg in ("buffer", None) for word in call.keywords):
        return False
    given = call.args[0]
    if isinstance(given, ast.Call) and len(given.args) == 1 and not given.keywords:
        name = chain(given.func)
        return len(name) == 1 and name[0] in COPIES and not isinstance(given.args[0], ast.Starred)
    return isinstance(given, ast.Constant) and isinstance(given.value, bytes)
