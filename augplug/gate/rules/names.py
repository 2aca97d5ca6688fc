"""`allow/builtin`, `allow/dunder`, `allow/attribute`, `allow/store`: names, and what is written to."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import DYNAMIC, allowed, capability_of_builtin
from augplug.gate.rules.source import Plugin, Source, chain

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def made(node: ast.AST) -> bool:
    """Say whether it is `type(a, b, c)`, `metaclass=`, or an assignment to `self`, which stores are allowed into."""
    if isinstance(node, ast.Name):
        return node.id == "self" and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.ClassDef):
        return any(word.arg in {"metaclass", None} for word in node.keywords)
    return isinstance(node, ast.Call) and chain(node.func) == ["type"] and (len(node.args) != 1 or bool(node.keywords))


def is_dunder(name: str) -> bool:
    """Say whether the name has two underscores at both ends."""
    return name.startswith("__") and name.endswith("__")


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every name, attribute, definition and store of a module."""
    ours = set(frozen_stores(source.tree))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name):
            yield from plain(plugin, source, node)
        elif isinstance(node, ast.Attribute) and node not in ours:
            yield from attribute(plugin, source, node, node.attr)
        elif isinstance(node, ast.MatchClass):
            for keyword in node.kwd_attrs:
                yield from attribute(plugin, source, node, keyword)
        yield from bound(source, node)
        if made(node) and DYNAMIC not in plugin.capabilities:
            yield source.refuse("allow/dynamic", node, "this makes a class by a call, or a new self", "Write a class.")
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            yield from store(plugin, source, node)


def frozen_stores(tree: ast.AST) -> Iterator[ast.AST]:
    """The fair dunders: a frozen dataclass sets its own field in `__post_init__`, and `super().__init__`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__post_init__":
            yield from (call.func for call in ast.walk(node) if isinstance(call, ast.Call) and sets_field(call))
        if not isinstance(node, ast.Attribute) or node.attr not in {"__init__", "__post_init__"}:
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


def plain(plugin: Plugin, source: Source, node: ast.Name) -> Iterator[Finding]:
    """A builtin that is not in the list, or a name with two underscores."""
    tables = allowed()
    if is_dunder(node.id):
        if node.id not in tables["dunders"]["names"]:
            yield source.refuse("allow/dunder", node, f"{node.id} leads to the interpreter", "Do without it.")
        return
    if not hasattr(builtins, node.id) or node.id in tables["builtins"]["allowed"]:
        return  # an imported name is no exception: an import inside of a function hides the builtin there alone
    need = capability_of_builtin(node.id)
    if need is None or need not in plugin.capabilities:
        remedy = (
            f'Do without it, or declare `{need} = "why"` in augplug-plugin.toml.'
            if need
            else "Do without it; rename a variable."
        )
        yield source.refuse("allow/builtin", node, f"{node.id} is not among the builtins that a plugin may use", remedy)


def attribute(plugin: Plugin, source: Source, node: ast.AST, attr: str) -> Iterator[Finding]:
    """An attribute that leads to frames, code, files or the interpreter."""
    tables = allowed()
    dunders = tables["dunders"]
    names = chain(node)
    if is_dunder(attr):
        free = DYNAMIC in plugin.capabilities and attr not in dunders["never"]
        if attr not in dunders["attributes"] and not free:
            yield source.refuse("allow/dunder", node, f".{attr} leads to the interpreter", "Use a public name.")
    elif attr in tables["attributes"]["never"]:
        reach = plugin.reach(dotted) if (dotted := source.dotted(names)) else None
        if (
            reach is None
            or reach.rest
            or reach.attribute not in tables["modules"].get(reach.module, {}).get("attributes", ())
        ):
            yield source.refuse(
                "allow/attribute", node, f".{attr} leads to files, frames or modules", "Do without it, or rename it."
            )


def bound(source: Source, node: ast.AST) -> Iterator[Finding]:
    """A definition with a hidden method's name."""
    if isinstance(node, FUNCTIONS) and is_dunder(node.name) and node.name not in allowed()["dunders"]["methods"]:
        yield source.refuse(
            "allow/dunder", node, f"{node.name} is called behind the reader's back", "Write a method with a name."
        )


def store(plugin: Plugin, source: Source, node: ast.Attribute | ast.Subscript) -> Iterator[Finding]:
    """A store into what was imported, or into an attribute of anything but `self`."""
    root: ast.AST = node
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    given = root.id if isinstance(root, ast.Name) else ""
    foreign = isinstance(node, ast.Attribute) and chain(node)[:1] != ["self"] and DYNAMIC not in plugin.capabilities
    if given in source.imports or foreign:
        yield source.refuse(
            "allow/store",
            node,
            "this changes an object that is not the plugin's own",
            "Make a new object, or store on self.",
        )
