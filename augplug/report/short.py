"""Policies, plans and results in one short line: as Python writes them, cut where they are long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from augplug._policies.grammar import BlendOf, Nested, Node, OneOf, Policy, Sequence, SomeOf, Step, Value

MOST = 200
"""Most characters of a short line."""


def bounded(pieces: Iterable[str], end: str = "") -> str:
    """Return pieces of text joined, cut to MOST characters, with `end` behind them; what follows is not asked for."""
    made, most = "", MOST - len(end)
    for piece in pieces:
        made += piece
        if len(made) > most:
            return f"{made[: most - 3]}...{end}"
    return made + end


def policy_line(policy: Policy) -> str:
    """Return a policy on one short line."""
    return bounded(_of_policy(policy), ")")


def node_line(node: Node) -> str:
    """Return a node of the grammar on one short line."""
    return bounded(pieces_of(node))


def step_line(step: Step) -> str:
    """Return a step as `augplug.step` takes it."""
    given: list[tuple[str, Value | None]] = [("p", step.p), ("level", step.level), *step.fields]
    shown = [f"{name}={value!r}" for name, value in given if not (value is None or (name == "p" and value == 1))]
    return f"step({', '.join([repr(step.op), *shown])})"


def pieces_of(node: Node) -> Iterator[str]:
    """Yield the text of a node piece by piece."""
    if isinstance(node, Step):
        yield step_line(node)
    elif isinstance(node, Nested):
        yield from _of_policy(node.policy)
        yield ")"
    else:
        yield _opening(node)
        for place, child in enumerate(node.children):
            yield ", " if place else ""
            yield from pieces_of(child)
        yield ")"


def _opening(node: Sequence | OneOf | SomeOf | BlendOf) -> str:
    if isinstance(node, SomeOf):
        return f"some_of({node.n!r}, "
    return {Sequence: "sequence(", OneOf: "one_of(", BlendOf: "blend("}[type(node)]


def _of_policy(policy: Policy) -> Iterator[str]:
    yield f"Policy({policy.name!r}, scale={policy.scale!r}, node="
    yield from pieces_of(policy.node)
