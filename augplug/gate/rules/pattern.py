"""`allow/pattern`: `case Picture(write)` reads an attribute that the class names, of an object that need not be one.

An abstract class takes objects of other classes, and its fields are the names that are read. Plain builtins give the
object itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.names import chain
from augplug.gate.rules.source import Plugin, Source

PLAIN = frozenset(
    {"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"},
)


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every positional pattern of a class but those of plain builtins."""
    del plugin  # whatever it may use: the pattern hides which attribute is read
    for node in source.of(ast.MatchClass):
        names = chain(node.cls)
        plain = (
            len(names) == 1 and names[0] in PLAIN and names[0] not in source.imports and names[0] not in source.bound
        )
        if node.patterns and not plain:
            message = f"{ast.unparse(node.cls)}(...) does not say which attributes it reads"
            yield source.refuse("allow/pattern", node, message, "Name them: `case Point(x=x, y=y)`.")
