"""The modules of a plugin as syntax trees, and where each imported name comes from."""

from __future__ import annotations

import ast
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed, is_module
from augplug.gate.rules.names import bindings, bound, chain, type_expressions

Node = TypeVar("Node", bound=ast.AST)
DEEPEST = 100
"""Dots that imports may add to a name; one that gets more grows for ever."""


@dataclass(frozen=True, eq=False)
class Source:
    """One module. `imports`: every name that an import binds, in whatever scope, and its dotted origin.

    What several rules ask for is found once: rules are to be linear in the size of a plugin.
    """

    path: str
    module: str
    tree: ast.Module
    imports: Mapping[str, str]

    @property
    def package(self) -> str:
        """The package that relative imports are counted from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, once."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def _by_kind(self) -> Mapping[type[ast.AST], list[ast.AST]]:
        found: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in self.nodes:
            found[type(node)].append(node)
        return found

    def of(self, kind: type[Node]) -> Iterator[Node]:
        """Every node of a kind."""
        return (node for node in self._by_kind.get(kind, ()) if isinstance(node, kind))

    @cached_property
    def functions(self) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
        """Its functions and methods."""
        return (*self.of(ast.FunctionDef), *self.of(ast.AsyncFunctionDef))

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that anything but an import binds, in whatever scope."""
        return frozenset(name for node in self.nodes for name in bound(node))

    @cached_property
    def defined(self) -> frozenset[str]:
        """The names of its functions and classes."""
        return frozenset(node.name for node in (*self.functions, *self.of(ast.ClassDef)))

    @cached_property
    def stored(self) -> frozenset[str]:
        """The names that are assigned to or deleted."""
        return frozenset(node.id for node in self.of(ast.Name) if not isinstance(node.ctx, ast.Load))

    @cached_property
    def classes(self) -> frozenset[str]:
        """The names that a class statement binds, and nothing else."""
        others = {name for node in self.nodes if not isinstance(node, ast.ClassDef) for name in bound(node)}
        return frozenset(node.name for node in self.of(ast.ClassDef)) - others

    @cached_property
    def ambiguous(self) -> frozenset[str]:
        """The names that imports take from two places: `allow/rebound` refuses them."""
        origins: dict[str, str] = {}
        pairs = (pair for node in self.nodes for pair in bindings(node, self.package))
        return frozenset(name for name, dotted in pairs if origins.setdefault(name, dotted) != dotted)

    @cached_property
    def uses(self) -> tuple[tuple[ast.AST, str], ...]:
        """Each use of an imported name, as far as its dots go, by the dotted origin."""
        found: list[tuple[ast.AST, str]] = []
        todo: list[ast.AST] = [self.tree]
        while todo:
            node = todo.pop()
            dotted = self.dotted(chain(node))
            if dotted:
                found.append((node, dotted))
            else:
                todo += ast.iter_child_nodes(node)
        return tuple(found)

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

    @property
    def dotted(self) -> str:
        """The name as it is written."""
        return ".".join(part for part in (self.module, self.attribute, *self.rest) if part)


@dataclass(frozen=True, eq=False)
class Plugin:
    """The modules of a plugin by their dotted names, and the capabilities it declares.

    `types` and `raw` are filled by the rules that ask for them: names for types in a module, and for raw memory.
    """

    sources: Mapping[str, Source]
    capabilities: Mapping[str, str] = field(default_factory=dict)
    types: dict[str, frozenset[str]] = field(default_factory=dict)
    raw: dict[str, frozenset[str]] = field(default_factory=dict)
    _reached: dict[str, Reach] = field(default_factory=dict)

    @cached_property
    def _own(self) -> frozenset[str]:
        """Its modules and packages, but those with the name of a module of others."""
        names = {".".join(parts[:end]) for parts in map(_parts, self.sources) for end in range(1, len(parts) + 1)}
        foreign = {root for root in {name.partition(".")[0] for name in names} if _is_foreign(root)}
        return frozenset(name for name in names if name.partition(".")[0] not in foreign)

    def owns(self, module: str) -> bool:
        """Say whether the module, or a package of that name, comes with the plugin; those of others never do."""
        return module in self._own

    def meaning(self, source: Source, node: ast.AST) -> str:
        """The dotted name of what was imported, followed to where it comes from; empty for anything else."""
        dotted = source.dotted(chain(node))
        return self.reach(dotted).dotted if dotted else ""

    def reach(self, dotted: str) -> Reach:
        """Follow a dotted name to the module it takes an attribute of, through imports of the plugin's own modules."""
        passed: dict[str, None] = {}
        step: Reach | str = dotted
        while isinstance(step, str):
            if step in self._reached:
                step = self._reached[step]
            elif step in passed or step.count(".") > dotted.count(".") + DEEPEST:
                step = Reach(*_split(step))  # modules that import names from each other in a circle
            else:
                passed[step] = None
                step = self._step(step)
        self._reached.update(dict.fromkeys(passed, step))
        return step

    def _step(self, dotted: str) -> Reach | str:
        """What a dotted name means, or the name that an import of the plugin's own module gives it."""
        module, *parts = dotted.split(".")
        while parts:
            part, *parts = parts
            inner = f"{module}.{part}"
            source = self.sources.get(module) if self.owns(module) else None
            if source is not None and part in source.imports:
                origin = source.imports[part]
                if not (self.owns(inner) and origin.startswith(f"{inner}.")):
                    return ".".join([origin, *parts])
                # `from a.b import b` in the package a: the statement finds the module a.b, whatever a binds by then.
                parts = [*origin.removeprefix(f"{inner}.").split("."), *parts]
            elif not (is_module(inner) or self.owns(inner)):
                return Reach(module, part, tuple(parts))
            module = inner
        return Reach(module)


def read(path: str, content: bytes) -> Source:
    """Parse a module. Raises SyntaxError, ValueError, RecursionError or MemoryError when Python could not read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is for the linters
        return _read(path, content)


def _read(path: str, content: bytes) -> Source:
    tree = ast.parse(content.decode("utf-8-sig"))  # Python drops the mark as well
    names = path[: -len(".py")].split("/")
    module = ".".join(names[:-1] if names[-1] == "__init__" else names)
    for node in ast.walk(tree):
        open_annotations(node)
    package = Source(path, module, tree, {}).package
    return Source(path, module, tree, dict(pair for node in ast.walk(tree) for pair in bindings(node, package)))


def open_annotations(node: ast.AST) -> None:
    """Put the code in the place of a string that is an annotation: what evaluates annotations would run it."""
    for name, value in type_expressions(node):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            setattr(node, name, ast.copy_location(ast.parse(value.value.strip(), mode="eval").body, value))


def never() -> Mapping[str, str]:
    """Modules that no capability gives, and why."""
    tables: Mapping[str, str] = allowed()["never"]
    return tables


def _parts(module: str) -> list[str]:
    return module.split(".")


def _split(dotted: str) -> tuple[str, str]:
    module, _, attribute = dotted.rpartition(".")
    return module, attribute


def _is_foreign(root: str) -> bool:
    return is_module(root) or root in sys.stdlib_module_names or root in never()
