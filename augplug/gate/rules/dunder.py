"""`allow/dunder`: names with two underscores lead to the interpreter, or are called behind the reader's back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed
from augplug.gate.rules.names import FUNCTIONS, bindings, bound, chain, taken
from augplug.gate.rules.source import Plugin, Source

RULE = "allow/dunder"


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every such name, attribute and definition but those in the list."""
    lists = allowed()["dunders"]
    fair = set(fair_attributes(source))
    if DYNAMIC in plugin.capabilities:
        # A module that loads what is heavy when it is asked for (PEP 562) spares everybody else the import.
        fair |= {node for node in source.tree.body if isinstance(node, FUNCTIONS) and node.name == "__getattr__"}
    for node in source.nodes:
        names = [name for name, _ in bindings(node, source.package)]
        if isinstance(node, ast.Name):
            names = [node.id]
        elif not isinstance(node, FUNCTIONS):
            names += bound(node)
        stores = not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load)
        for name in names:
            if is_dunder(name) and name not in lists["bound" if stores else "names"]:
                yield source.refuse(RULE, node, f"{name} leads to the interpreter", "Do without it.")
        for name in taken(node):
            free = name in lists["attributes"] or (DYNAMIC in plugin.capabilities and name not in lists["never"])
            if is_dunder(name) and not free and node not in fair:
                yield source.refuse(RULE, node, f".{name} leads to the interpreter", "Use a public name.")
    yield from definitions(source, fair)


def definitions(source: Source, fair: set[ast.AST]) -> Iterator[Finding]:
    """Every function that Python would call by itself, but those in the list and the `fair` ones."""
    for node in source.functions:
        if node not in fair and hidden(node.name):
            message = f"{node.name} is called behind the reader's back"
            yield source.refuse(RULE, node, message, "Write a method with a name.")


def hidden(name: str) -> bool:
    """Say whether a function of this name is called by Python, and may not be defined."""
    return is_dunder(name) and name not in allowed()["dunders"]["methods"]


def is_dunder(name: str) -> bool:
    """Say whether the name has two underscores at both ends."""
    return name.startswith("__") and name.endswith("__")


def fair_attributes(source: Source) -> Iterator[ast.AST]:
    """A frozen dataclass sets its own field in `__post_init__`, and `super().__init__`."""
    for function in source.of(ast.FunctionDef):
        if function.name == "__post_init__":
            yield from (call.func for call in ast.walk(function) if isinstance(call, ast.Call) and sets_field(call))
    for node in source.of(ast.Attribute):
        if node.attr not in {"__init__", "__post_init__"}:
            continue
        if isinstance(node.value, ast.Call) and not node.value.args and chain(node.value.func) == ["super"]:
            yield node


def sets_field(call: ast.Call) -> bool:
    """Say whether it is `object.__setattr__(self, "field", value)`."""
    if chain(call.func) != ["object", "__setattr__"] or len(call.args) != len(("self", "field", "value")):
        return False
    field = call.args[1]
    text = field.value if isinstance(field, ast.Constant) else None
    return chain(call.args[0]) == ["self"] and isinstance(text, str) and not is_dunder(text)
