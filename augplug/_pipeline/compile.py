"""A policy, compiled: its nodes, and for each step the sources of its numbers and the operations that it has drawn."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from augplug._pipeline.items import Drawn
from augplug._pipeline.sources import SOURCES, OwnKey, Side, Source, ends_of, takes_few_values, values_of
from augplug._policies.grammar import BlendOf, Nested, Node, OneOf, Policy, Sequence, SomeOf, Step
from augplug.ops.base import About, Operation
from augplug.rng import WORD, Stream

_INTERNED = 512
"""How many drawn operations a step keeps; a step with continuous numbers would keep them without end."""


class StepDraw:
    """A step with the sources of its fields: makes its operation of drawn values, and keeps those that may recur.

    It happens if a word of the stream lies below `below`; no word is taken for it if all of them do. `always` is its
    operation if it draws no number, `sides` are its two operations if it draws nothing but a sign: that of the first
    bit 0, and of 1.
    """

    def __init__(self, step: Step, policy: Policy, number: int) -> None:
        """Find where each field's value comes from; `number` is the step's, in the order of the policy's steps."""
        sources = values_of(step, policy, number)
        self.step = step
        self.below = int(step.p * WORD)
        self.numbers = {name: value for name, value in sources if not isinstance(value, SOURCES)}
        self.chances: dict[str, Source] = {name: value for name, value in sources if isinstance(value, SOURCES)}
        self._known: dict[tuple[Any, ...], Drawn] = {}
        self._making = _making(step, self.numbers, list(self.chances))
        self._draws = [source.draw for source in self.chances.values()]
        self._alone = self._draws[0] if len(self._draws) == 1 else None
        self.always = None if self.chances else self.of(())
        self.sides: tuple[Drawn, Drawn] | None = None
        if len(self.chances) == 1 and isinstance(side := next(iter(self.chances.values())), Side):
            self.sides = self.of((side.minus,)), self.of((side.plus,))

    @property
    def recurs(self) -> bool:
        """True if its operations are drawn again and again: none of its numbers is continuous."""
        return all(map(takes_few_values, self.chances.values()))

    @property
    def draws_values(self) -> bool:
        """True if the numbers that are drawn are the values of the fields, none of which is a flag."""
        return all(map(self.step.operation.about.is_drawn_as_it_is, self.chances))

    @property
    def has_own_key(self) -> bool:
        """True if a field's value comes from a stream of the step's own."""
        return any(isinstance(source, OwnKey) for source in self.chances.values())

    def draw(self, stream: Stream) -> Drawn:
        """Return the operation with the values that a stream draws for its fields."""
        alone = self._alone
        # pylint: disable-next=consider-using-generator  # a list is quicker for so few
        values = (alone(stream),) if alone is not None else tuple([draw(stream) for draw in self._draws])
        return self._known.get(values) or self._new(values)

    def ends(self) -> Iterator[tuple[Any, ...]]:
        """Yield values of the drawn fields, in order, so that each of them has every end of what is drawn for it."""
        every = [ends_of(source) for source in self.chances.values()]
        for turn in range(max(map(len, every), default=1)):
            yield tuple(ends[turn % len(ends)] for ends in every)

    def made(self, values: tuple[Any, ...]) -> Operation:
        """Return the operation with these values of the drawn fields, which is not kept."""
        return self._making(values)

    def of(self, values: tuple[Any, ...]) -> Drawn:
        """Return the operation with these values of the drawn fields."""
        return self._known.get(values) or self._new(values)

    def _new(self, values: tuple[Any, ...]) -> Drawn:
        known = self._known
        drawn = Drawn(self.step.address, self._making(values), recurs=not self.chances or len(known) < _INTERNED)
        if drawn.recurs:
            known[values] = drawn
        return drawn


def _making(step: Step, numbers: dict[str, Any], names: list[str]) -> Callable[[tuple[Any, ...]], Operation]:
    """Return the function from drawn values to the operation; what is not drawn is checked once."""
    kind, about = step.operation, step.operation.about

    def whole(values: tuple[Any, ...]) -> Operation:
        drawn = {name: about.drawn(name, value) for name, value in zip(names, values, strict=True)}
        return kind(**numbers, **drawn)

    if kind.__post_init__ is not Operation.__post_init__:
        return whole
    checks = [_check_of(name, about) for name in names]
    settled: dict[str, Any] = {}

    def make(values: tuple[Any, ...]) -> Operation:
        if not settled:
            settled.update(vars(whole(values)))
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
    kind = bool if declared.flag else object if declared.choices else int if declared.integer else float

    def check(number: float) -> Any:
        return declared.check(about.drawn(name, number), f"{about.name}({name}=...)")

    return name, kind, max(declared.low, -most), min(declared.high, most), check


class SequenceDraw(NamedTuple):
    """All children, in order."""

    children: tuple[NodeDraw, ...]


class OneOfDraw(NamedTuple):
    """One child, by `weights` (equally likely without)."""

    children: tuple[NodeDraw, ...]
    weights: tuple[float, ...] | None


class SomeOfDraw(NamedTuple):
    """Some children, as `node` says."""

    children: tuple[NodeDraw, ...]
    node: SomeOf


class BlendDraw(NamedTuple):
    """Chains that are blended, as `node` says."""

    children: tuple[NodeDraw, ...]
    node: BlendOf


NodeDraw: TypeAlias = StepDraw | SequenceDraw | OneOfDraw | SomeOfDraw | BlendDraw


def compile_policy(policy: Policy) -> NodeDraw:
    """Return the compiled node of a policy."""
    return _compile(policy.node, policy, itertools.count())


def _compile(node: Node, policy: Policy, numbers: Iterator[int]) -> NodeDraw:
    """Return a compiled node; each of its steps takes the next of `numbers`, in the order of `steps_of`."""
    if isinstance(node, Step):
        return StepDraw(node, policy, next(numbers))
    if isinstance(node, Nested):
        return _compile(node.policy.node, node.policy, numbers)
    children = tuple(_compile(child, policy, numbers) for child in node.children)
    if isinstance(node, Sequence):
        return SequenceDraw(children)
    if isinstance(node, OneOf):
        return OneOfDraw(children, node.weights)
    return SomeOfDraw(children, node) if isinstance(node, SomeOf) else BlendDraw(children, node)


def steps_of(node: NodeDraw) -> Iterator[StepDraw]:
    """Yield every step below a compiled node, in order."""
    if isinstance(node, StepDraw):
        yield node
    else:
        for child in node.children:
            yield from steps_of(child)
