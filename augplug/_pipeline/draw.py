"""From a policy and a stream to drawn operations: the only place where chance exists.

A policy is compiled once into nested functions. A drawn operation is one object for as long as its numbers recur (a
step without continuous numbers has only a few), so that plans can be cached by identity. A key that only some settings
need (`Key(needed_by=...)`) comes from a stream of the step's own, which depends on the draw's key, the number of the
step in the policy, and how often the step occurred in the draw before.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeAlias

from augplug._policies.grammar import BlendOf, Node, OneOf, Policy, Sequence, SomeOf, Step, Value, steps_of
from augplug.distributions import Beta, Distribution, Key, dirichlet
from augplug.ops.base import About, Operation
from augplug.ops.levels import SCALES, Row
from augplug.rng import WORD, Stream, beginnings, own_streams, pick

_INTERNED = 512
"""How many drawn operations a step keeps; a step with continuous numbers would keep them without end."""


class Drawn:
    """An operation with all its numbers; compares by identity. `recurs`: the same object may be drawn again."""

    __slots__ = ("address", "operation", "recurs")

    def __init__(self, address: str, operation: Operation, *, recurs: bool = True) -> None:
        """Hold `operation`, known as `address`."""
        self.address = address
        self.operation = operation
        self.recurs = recurs


@dataclass(frozen=True, eq=False)
class DrawnBlend:
    """Chains of drawn operations with their weights; the first is empty: the image itself. Compares by identity."""

    weights: tuple[float, ...]
    chains: tuple[tuple[Item, ...], ...]
    recurs: ClassVar[bool] = False


Item: TypeAlias = Drawn | DrawnBlend


def mixes(item: Item) -> bool:
    """Return True if an item is an operation that takes a partner: it has a field of that name."""
    return isinstance(item, Drawn) and "partner" in item.operation.about.parameters


Draw: TypeAlias = Callable[[Stream, list[Item]], None]


def compile_policy(policy: Policy) -> Draw:
    """Return the function that appends what a stream draws from the policy to a list."""
    return _compile(policy.node, policy, itertools.count())


def drawing(policy: Policy) -> Callable[[bytes], tuple[Item, ...]]:
    """Return the function from a key to what the policy draws with it."""
    draw, digest = compile_policy(policy), policy.digest

    begin, blocks = beginnings(digest), 1
    own_keys = any(_draws_own_key(step, policy) for step in steps_of(policy.node))

    def items(key: bytes) -> tuple[Item, ...]:
        nonlocal blocks
        drawn: list[Item] = []
        try:
            stream = begin(key, blocks)
            if own_keys:
                stream.own = own_streams(digest, key)
            draw(stream, drawn)
        except IndexError:  # it draws more words than these; threads may count too far, and nothing else
            blocks += 1
            drawn.clear()
            draw(Stream(digest, key), drawn)
        return tuple(drawn)

    always = _without_chance(draw)
    return items if always is None else lambda _: always


class _ChanceError(Exception):
    """Somebody asked for a random word."""


def _without_chance(draw: Draw) -> tuple[Item, ...] | None:
    """Return what a policy that leaves nothing to chance always gives; None for any other."""

    def refuse(*_: int) -> Any:
        raise _ChanceError

    stream, drawn = Stream(b"", b""), list[Item]()
    stream.word = stream.own = refuse
    try:
        draw(stream, drawn)
    except _ChanceError:
        return None
    return tuple(drawn)


def _compile(node: Node, policy: Policy, numbers: Iterator[int]) -> Draw:
    """Return the draw of a node; each of its steps takes the next of `numbers`, in the order of `steps_of`."""
    if isinstance(node, Step):
        return _step(node, policy, next(numbers))
    children = [_compile(child, policy, numbers) for child in node.children]
    if isinstance(node, Sequence):
        return _sequence(children)
    if isinstance(node, OneOf):
        return _one_of(children, node.weights)
    if isinstance(node, SomeOf):
        return _some_of(children, node)
    return _blend(children, node)


def _sequence(children: list[Draw]) -> Draw:
    def draw(stream: Stream, drawn: list[Item]) -> None:
        for child in children:
            child(stream, drawn)

    return draw


def _one_of(children: list[Draw], weights: tuple[float, ...] | None) -> Draw:
    count = len(children)

    def draw(stream: Stream, drawn: list[Item]) -> None:
        chosen = (stream.word() * count) >> 64 if weights is None else pick(weights, stream)
        children[chosen](stream, drawn)

    return draw


def _some_of(children: list[Draw], node: SomeOf) -> Draw:
    weights = node.weights or (1.0,) * len(children)

    def draw(stream: Stream, drawn: list[Item]) -> None:
        number = int(_number(node.n, stream))
        left = list(weights)
        for _ in range(number):
            chosen = stream.below(len(children)) if node.weights is None and node.replacement else pick(left, stream)
            if not node.replacement:
                left[chosen] = 0.0
            children[chosen](stream, drawn)

    return draw


def _blend(children: list[Draw], node: BlendOf) -> Draw:
    share = Beta(node.alpha, node.alpha)

    def draw(stream: Stream, drawn: list[Item]) -> None:
        mixed = share.draw(stream)
        weights = dirichlet(node.alpha, len(children), stream)
        chains: list[tuple[Item, ...]] = [()]
        for child in children:
            chain: list[Item] = []
            child(stream, chain)
            chains.append(tuple(chain))
        drawn.append(DrawnBlend((1 - mixed, *(mixed * weight for weight in weights)), tuple(chains)))

    return draw


def _step(step: Step, policy: Policy, number: int) -> Draw:
    below = int(step.p * WORD)
    sources = _values(step, policy, number)
    numbers = {name: source for name, source in sources if not callable(source)}
    names = [name for name, source in sources if callable(source)]
    chances = [source for _, source in sources if callable(source)]
    if not chances:
        always = Drawn(step.address, step.operation(**numbers))
        return _now_and_then(below, lambda _: always)
    made: dict[Any, Drawn] = {}
    alone = chances[0] if len(chances) == 1 else None
    operation = _making(step, numbers, names)

    def drawn_operation(stream: Stream) -> Drawn:
        # pylint: disable-next=consider-using-generator  # a list is quicker for so few
        values = alone(stream) if alone else tuple([chance(stream) for chance in chances])
        known = made.get(values)
        if known is None:
            recurs = len(made) < _INTERNED
            known = Drawn(step.address, operation((values,) if alone else values), recurs=recurs)
            if recurs:
                made[values] = known
        return known

    return _now_and_then(below, drawn_operation)


def _making(step: Step, numbers: dict[str, Any], names: list[str]) -> Callable[[tuple[Any, ...]], Operation]:
    """Return the function from drawn values to the operation; what is not drawn is checked once."""
    kind, about = step.operation, step.operation.about
    if kind.__post_init__ is not Operation.__post_init__:
        return lambda values: kind(**numbers, **dict(zip(names, values, strict=True)))
    checks = [_check_of(name, about) for name in names]
    settled: dict[str, Any] = {}

    def make(values: tuple[Any, ...]) -> Operation:
        if not settled:
            settled.update(vars(kind(**numbers, **dict(zip(names, values, strict=True)))))
        made = kind.__new__(kind)
        fields = vars(made)  # a frozen dataclass' own fields
        fields.update(settled)
        for (name, plain, low, high, check), value in zip(checks, values, strict=True):
            fields[name] = value if value.__class__ is plain and low <= value <= high else check(value)
        return made

    return make


def _check_of(name: str, about: About) -> tuple[str, Any, float, float, Callable[[Any], Any]]:
    """Return a field's name, the type and the range of what needs no other check, and that other check."""
    declared = about.parameters[name]
    most = sys.float_info.max  # what lies above is not finite
    kind = object if declared.choices else int if declared.integer else float
    check = partial(declared.check, where=f"{about.name}({name}=...)")
    return name, kind, max(declared.low, -most), min(declared.high, most), check


def _now_and_then(below: int, drawn_operation: Callable[[Stream], Drawn]) -> Draw:
    """Return the draw of an operation that happens where a word is below that number; no word is taken if all are."""
    if below == WORD:
        return lambda stream, drawn: drawn.append(drawn_operation(stream))

    def draw(stream: Stream, drawn: list[Item]) -> None:
        if stream.word() < below:
            drawn.append(drawn_operation(stream))

    return draw


def _given(step: Step, policy: Policy) -> Mapping[str, Value]:
    """Return the values that a policy gives to a step's fields."""
    parameters = step.operation.about.parameters
    return {name: value for name, value in policy.defaults.items() if name in parameters} | dict(step.fields)


def _draws_own_key(step: Step, policy: Policy) -> bool:
    """True if the step draws a key that only some settings need, and the policy gives it one of these settings."""
    given, parameters = _given(step, policy), step.operation.about.parameters
    laws = [declared.draw for declared in parameters.values() if isinstance(declared.draw, Key)]
    needed_by = [name for law in laws for name in law.needed_by]
    return any(given.get(name, parameters[name].default) != parameters[name].default for name in needed_by)


def _values(step: Step, policy: Policy, number: int) -> list[tuple[str, Any]]:
    """Return where each field's value comes from: a number, or a function of the stream."""
    about = step.operation.about
    given = _given(step, policy)
    sources: list[tuple[str, Any]] = []
    row = SCALES[policy.scale].row(step.address, step.operation) if step.level is not None else None
    for name, declared in about.parameters.items():
        if row is not None and name == row.field:
            sources.append((name, _levelled(step.level, row, SCALES[policy.scale].divisor)))
        elif name in given:
            value = given[name]
            sources.append((name, value.draw if isinstance(value, Distribution) else value))
        elif isinstance(declared.draw, Key) and declared.draw.needed_by:
            if _draws_own_key(step, policy):
                sources.append((name, _own_key(declared.draw, number)))
        elif declared.draw is not None:
            sources.append((name, declared.draw.draw))
    return sources


def _own_key(law: Key, number: int) -> Callable[[Stream], float]:
    return lambda stream: law.draw(stream.own(number))


def _levelled(level: float | Distribution | None, row: Row, divisor: float) -> Any:
    if isinstance(level, Distribution):
        return lambda stream: row.value(level.draw(stream) / divisor, stream.sign() if row.signed else 1)
    assert level is not None  # noqa: S101  # the caller asks only for steps with a level
    plus, minus = (row.value(level / divisor, sign) for sign in (1, -1))
    if not row.signed or plus == minus:
        return plus
    return lambda stream: plus if stream.word() >> 63 else minus


def _number(value: float | Distribution, stream: Stream) -> float:
    return value.draw(stream) if isinstance(value, Distribution) else value
