"""From a policy and a stream to drawn operations: the only place where chance exists.

A drawn operation is one object for as long as its numbers recur (a step without continuous numbers has only a few), so
that programs can be kept by identity. A key that only some settings need (`Key(needed_by=...)`) comes from a stream of
the step's own, which depends on the draw's key, the number of the step in the policy, and how often the step occurred
in the draw before. `columns` draws the same numbers for many images at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from augplug._pipeline.compile import (
    BlendDraw,
    NodeDraw,
    OneOfDraw,
    SequenceDraw,
    SomeOfDraw,
    StepDraw,
    compile_policy,
    steps_of,
)
from augplug._pipeline.items import DrawnBlend, Item
from augplug._policies.grammar import Policy
from augplug.distributions import Beta, Distribution, dirichlet
from augplug.rng import WORD, Stream, beginnings, own_streams, pick


def drawing(policy: Policy) -> Callable[[bytes], tuple[Item, ...]]:
    """Return the function from a key to what the policy draws with it."""
    return drawing_of(compile_policy(policy), policy.digest)


def drawing_of(node: NodeDraw, digest: bytes) -> Callable[[bytes], tuple[Item, ...]]:
    """Return the function from a key to what a policy draws with it, of the policy's compiled node and digest."""
    begin, blocks = beginnings(digest), 1
    own_keys = any(step.has_own_key for step in steps_of(node))

    def items(key: bytes) -> tuple[Item, ...]:
        nonlocal blocks
        drawn: list[Item] = []
        try:
            stream = begin(key, blocks)
            if own_keys:
                stream.own = own_streams(digest, key)
            draw(node, stream, drawn)
        except IndexError:  # it draws more words than these; threads may count too far, and nothing else
            blocks += 1
            drawn.clear()
            draw(node, Stream(digest, key), drawn)
        return tuple(drawn)

    always = _without_chance(node)
    return items if always is None else lambda _: always


class _ChanceError(Exception):
    """Somebody asked for a random word."""


def _without_chance(node: NodeDraw) -> tuple[Item, ...] | None:
    """Return what a policy that leaves nothing to chance always gives; None for any other."""

    def refuse(*_: int) -> Any:
        raise _ChanceError

    stream, drawn = Stream(b"", b""), list[Item]()
    stream.word = stream.own = refuse
    try:
        draw(node, stream, drawn)
    except _ChanceError:
        return None
    return tuple(drawn)


def draw(node: NodeDraw, stream: Stream, drawn: list[Item]) -> None:
    """Append what a stream draws from a compiled node."""
    if isinstance(node, StepDraw):
        if node.below == WORD or stream.word() < node.below:
            sides = node.sides
            drawn.append(sides[stream.word() >> 63] if sides else node.always or node.draw(stream))
    elif isinstance(node, SequenceDraw):
        for child in node.children:
            draw(child, stream, drawn)
    elif isinstance(node, OneOfDraw):
        count, weights = len(node.children), node.weights
        chosen = (stream.word() * count) >> 64 if weights is None else pick(weights, stream)
        draw(node.children[chosen], stream, drawn)
    elif isinstance(node, SomeOfDraw):
        _draw_some(node, stream, drawn)
    else:
        drawn.append(_draw_blend(node, stream))


def _draw_some(some: SomeOfDraw, stream: Stream, drawn: list[Item]) -> None:
    children, node = some
    left = list(node.weights or (1.0,) * len(children))
    for _ in range(int(node.n.draw(stream) if isinstance(node.n, Distribution) else node.n)):
        chosen = stream.below(len(children)) if node.weights is None and node.replacement else pick(left, stream)
        if not node.replacement:
            left[chosen] = 0.0
        draw(children[chosen], stream, drawn)


def _draw_blend(blend: BlendDraw, stream: Stream) -> DrawnBlend:
    children, node = blend
    share = Beta(node.alpha, node.alpha).draw(stream)
    weights = dirichlet(node.alpha, len(children), stream)
    chains: list[tuple[Item, ...]] = [()]
    for child in children:
        chain: list[Item] = []
        draw(child, stream, chain)
        chains.append(tuple(chain))
    return DrawnBlend((1 - share, *(share * weight for weight in weights)), tuple(chains))
