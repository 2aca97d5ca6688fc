"""`allow/type-checking`: a branch that mypy does not read holds imports and nothing else.

mypy takes these names for true or false by their spelling, whoever bound them (mypy/reachability.py); so `if not
TYPE_CHECKING:`, `if PY2:` and `if sys.version_info < (3,):` with a `sys` of the plugin's own hide what runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

TAKEN = ("MYPY", "PY2", "PY3", "TYPE_CHECKING")
ORIGIN = "typing.TYPE_CHECKING"


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every use of such a name but as the test of a guard of imports."""
    del plugin  # the name is what counts, not where it comes from
    guards = {node.test for node in source.tree.body if isinstance(node, ast.If) and guards_imports(source, node)}
    for node in source.nodes:
        names = chain(node) or [getattr(node, "attr", "")]
        if node not in guards and hides(source, names):
            message = f"{ast.unparse(node)} hides code from mypy"
            yield source.refuse(
                "allow/type-checking", node, message, "Use it as `if TYPE_CHECKING:` over imports only."
            )


def hides(source: Source, names: list[str]) -> bool:
    """Say whether a dotted name is one that mypy evaluates, or typing's under another name."""
    foreign_sys = names == ["sys"] and source.imports.get("sys") != "sys"
    return names[-1] in TAKEN or foreign_sys or source.imports.get(names[0]) == ORIGIN


def guards_imports(source: Source, node: ast.If) -> bool:
    """Say whether it is `if TYPE_CHECKING:` over imports, with no `else`."""
    names = chain(node.test)
    fair = source.dotted(names) == ORIGIN and names[-1] == "TYPE_CHECKING" and not node.orelse
    return fair and all(isinstance(inner, (ast.Import, ast.ImportFrom)) for inner in node.body)
