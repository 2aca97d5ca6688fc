"""The modules of a plugin as syntax trees, and where each imported name comes from."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed, is_module

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """One module. `imports`: every name that an import binds, in whatever scope, and its dotted origin."""

    path: str
    module: str
    tree: ast.Module
    imports: Mapping[str, str]

    @property
    def package(self) -> str:
        """The package that relative imports are counted from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    def dotted(self, names: list[str]) -> str:
        """The dotted origin of a chain of names; empty when it starts at none that is imported."""
        return ".".join([self.imports[names[0]], *names[1:]]) if names and names[0] in self.imports else ""

    def refuse(self, rule: str, node: ast.AST, message: str, remedy: str) -> Finding:
        """Make a refusal at the line of `node`."""
        return Finding(rule, self.path, getattr(node, "lineno", 0), message, remedy)


@dataclass(frozen=True)
class Reach:
    """What a dotted name means: a module, the attribute taken of it (empty: the module itself), and what follows."""

    module: str
    attribute: str = ""
    rest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plugin:
    """The modules of a plugin by their dotted names, and the capabilities it declares."""

    sources: Mapping[str, Source]
    capabilities: Mapping[str, str] = field(default_factory=dict)

    def owns(self, module: str) -> bool:
        """Say whether the module, or a package of that name, comes with the plugin; those of others never do."""
        own = module in self.sources or any(name.startswith(f"{module}.") for name in self.sources)
        root = module.split(".", maxsplit=1)[0]
        return own and not (is_module(root) or root in sys.stdlib_module_names or root in never())

    def meaning(self, source: Source, node: ast.AST) -> str:
        """The dotted name of what was imported, followed to where it comes from; empty for anything else."""
        dotted = source.dotted(chain(node))
        reach = self.reach(dotted) if dotted else Reach("")
        return ".".join(part for part in (reach.module, reach.attribute, *reach.rest) if part)

    def reach(self, dotted: str, depth: int = 0) -> Reach:
        """Follow a dotted name to the module it takes an attribute of, through imports of the plugin's own modules."""
        module, *parts = dotted.split(".")
        for number, part in enumerate(parts):
            inner = f"{module}.{part}"
            source = self.sources.get(module) if self.owns(module) else None
            if source is not None and part in source.imports and depth < len(self.sources) + 1:
                return self.reach(".".join([source.imports[part], *parts[number + 1 :]]), depth + 1)
            if not (is_module(inner) or self.owns(inner)):
                return Reach(module, part, tuple(parts[number + 1 :]))
            module = inner
        return Reach(module)


def read(path: str, content: bytes) -> Source:
    """Parse a module. Raises SyntaxError, ValueError, RecursionError or MemoryError when Python could not read it."""
    tree = ast.parse(content.decode("utf-8-sig"))  # Python drops the mark as well
    names = path.removesuffix(".py").split("/")
    module = ".".join(names[:-1] if names[-1] == "__init__" else names)
    for node in ast.walk(tree):
        open_annotations(node)
    package = Source(path, module, tree, {}).package
    return Source(path, module, tree, dict(pair for node in ast.walk(tree) for pair in bindings(node, package)))


def open_annotations(node: ast.AST) -> None:
    """Put the code in the place of a string that is an annotation: what evaluates annotations would run it."""
    for name in ("annotation", "returns"):
        value = getattr(node, name, None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            setattr(node, name, ast.copy_location(ast.parse(value.value.strip(), mode="eval").body, value))


def origin(node: ast.ImportFrom, package: str) -> str:
    """The module that an import takes names from; relative ones are counted from `package`."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def bindings(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with its origin; none for any other node."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{origin(node, package)}.{alias.name}"


def bound(node: ast.AST) -> list[str]:
    """The names that anything but an import binds."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, ast.arg):
        return [node.arg]
    # Definitions and handlers have a `name`, `case {**rest}` a `rest`; what an import binds is told by `bindings`.
    named = getattr(node, "name", None) or getattr(node, "rest", None)
    return [named] if named and not isinstance(node, ast.alias) else []


def chain(node: ast.AST) -> list[str]:
    """The names of `a.b.c`; empty when it does not start at a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else []


def taken(node: ast.AST) -> list[str]:
    """The attributes that one node takes of a value: one after a dot, those of a pattern of a class."""
    if isinstance(node, ast.MatchClass):
        return node.kwd_attrs
    return [node.attr] if isinstance(node, ast.Attribute) else []


def uses(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Each use of an imported name, as far as its dots go, and each import, by the dotted origin."""
    todo: list[ast.AST] = [source.tree]
    while todo:
        node = todo.pop()
        dotted = source.dotted(chain(node))
        if dotted:
            yield node, dotted
        else:
            todo += ast.iter_child_nodes(node)


def never() -> Mapping[str, str]:
    """Modules that no capability gives, and why."""
    tables: Mapping[str, str] = allowed()["never"]
    return tables
