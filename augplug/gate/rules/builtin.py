"""`allow/builtin`: the builtins that a plugin may use; the others run text, open files or look names up."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed, capability_of_builtin, remedy
from augplug.gate.rules.dunder import is_dunder
from augplug.gate.rules.source import Plugin, Source


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every name of a builtin that is read, bound anew or not: a function that hides it hides it there alone."""
    free = allowed()["builtins"]["allowed"]
    for node in source.nodes:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if not hasattr(builtins, node.id) or node.id in free or is_dunder(node.id):
            continue
        need = capability_of_builtin(node.id)
        if need is None:
            message, how = "no plugin may use it", remedy(node.id, "Do without it; rename a variable.")
        else:
            message = f"it needs the capability {need}"
            how = f'{remedy(node.id, "Do without it.")} Or declare `{need} = "why"` under [capabilities].'
        if need not in plugin.capabilities:
            yield source.refuse("allow/builtin", node, f"{node.id} is a builtin, and {message}", how)
