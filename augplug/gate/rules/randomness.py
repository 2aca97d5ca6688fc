"""`house/randomness`: chance comes from a seed; what a shared generator gives depends on who drew before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from augplug.gate.findings import Finding
from augplug.gate.rules.allowed import allowed
from augplug.gate.rules.source import Plugin, Source

REMEDY = "Declare a field with draw=augplug.Key() (or any distribution), and make a generator from it."


def check(plugin: Plugin, source: Source) -> Iterator[Finding]:
    """Every call of a generator that everybody shares, or that makes one without a seed."""
    tables = allowed()["randomness"]
    for node in source.nodes:
        if not isinstance(node, ast.Call):
            continue
        dotted = plugin.meaning(source, node.func)
        last = dotted.rsplit(".", 1)[-1]
        seeds = [
            seed
            for seed in (*node.args, *(word.value for word in node.keywords))
            if not (isinstance(seed, ast.Constant) and seed.value is None)
        ]
        unseeded = dotted == f"numpy.random.{last}" and last in tables["seeded"] and not seeds
        if unseeded or (dotted and last in tables["shared"]):
            message = f"{dotted} draws from, or sets, chance that no seed governs"
            yield source.refuse("house/randomness", node, message, REMEDY)
