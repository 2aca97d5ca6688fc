"""Hypothesis strategies for more than one folder of tests: random valid nodes and policies, of bounded size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from hypothesis import strategies as st

from augplug._policies.grammar import BlendOf, Nested, Node, OneOf, Policy, Sequence, SomeOf, Step, Value
from augplug._policies.reader import address_of
from augplug.distributions import Beta, Choice, Distribution, Integers, LogUniform, Normal, Sign, Uniform
from augplug.ops import color, filters, geometry, regions, tone
from augplug.ops.base import Operation
from augplug.ops.levels import SCALES
from augplug.ops.parameters import Parameter
from augplug.types import FUSE_MODES

Operations = Mapping[str, type[Operation]]
_REACH = 1e6
"""Where a field has no bounds of its own."""


def operations_of(distribution: str, *modules: ModuleType) -> dict[str, type[Operation]]:
    """Return the operations that the modules define, by `Name` and by `distribution:Name`."""
    found = {
        item.about.name: item
        for module in modules
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Operation) and item.__module__ == module.__name__
    }
    return {**found, **{f"{distribution}:{name}": item for name, item in found.items()}}


BUILT_IN: Operations = operations_of("augplug", tone, color, filters, geometry, regions)


def policies(
    operations: Operations, *, blend: bool = True, channels: int = 3, depth: int = 3
) -> st.SearchStrategy[Policy]:
    """Return policies of these operations, of any scale.

    `blend=False` leaves blend out; a list of numbers has `channels` members; nodes stand at most `depth` inside others.
    """
    return st.one_of(
        [
            st.builds(
                Policy,
                nodes(operations, blend=blend, channels=channels, scale=scale, depth=depth),
                name=st.sampled_from(["mine", "0", "a-b_c", "a" * 64]),
                scale=st.just(scale),
                fuse=st.sampled_from(FUSE_MODES),
                source=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
                defaults=defaults(channels),
            )
            for scale in sorted(SCALES)
        ]
    )


def defaults(channels: int = 3) -> st.SearchStrategy[dict[str, Value]]:
    """Return defaults that every operation takes."""
    fill = Parameter(low=0, high=255, many=True)
    return st.fixed_dictionaries(
        {},
        optional={
            "interpolation": st.sampled_from(["nearest", "linear", "cubic"]),
            "fill": values(fill, channels),
            "mask_fill": values(Parameter(low=0, high=255), channels),
        },
    )


def nodes(
    operations: Operations, *, blend: bool = True, channels: int = 3, scale: str = "autoaugment", depth: int = 3
) -> st.SearchStrategy[Node]:
    """Return nodes of these operations, with levels of `scale`; nested policies among them have scales of their own."""
    fields = {
        operation: {name: values(declared, channels) for name, declared in operation.about.parameters.items()}
        for operation in set(operations.values())
    }

    @cache
    def of(scale: str, depth: int) -> st.SearchStrategy[Node]:
        level = values(Parameter(low=0, high=SCALES[scale].highest), channels)
        made: st.SearchStrategy[Node] = _steps(operations, fields, level, scale)
        return made if depth == 0 else _trees(made, nested(depth - 1), blend=blend, depth=depth)

    def nested(depth: int) -> st.SearchStrategy[Node]:
        return st.sampled_from(sorted(SCALES)).flatmap(
            lambda scale: st.builds(Policy, of(scale, depth), scale=st.just(scale), defaults=defaults(channels)).map(
                Nested
            )
        )

    return of(scale, depth)


def _trees(
    made: st.SearchStrategy[Node], nested: st.SearchStrategy[Node], *, blend: bool, depth: int
) -> st.SearchStrategy[Node]:
    """Return nodes with `made` as leaves, and a nested policy here and there."""
    for inside in range(depth):
        children = st.lists(made, min_size=1, max_size=4 if inside == 0 else 3).map(tuple)
        inner = [children.map(Sequence), children.flatmap(_one_of), children.flatmap(_some_of)]
        if blend:
            inner.append(st.builds(BlendOf, children, st.floats(0.1, 5)))
        made = st.one_of(made, *inner, *([nested] if inside == 0 else []))
    return made


Strategies = Mapping[type[Operation], Mapping[str, st.SearchStrategy[Value]]]


@st.composite
def _steps(
    draw: st.DrawFn, operations: Operations, fields: Strategies, levels: st.SearchStrategy[Value], scale: str
) -> Step:
    op = draw(st.sampled_from(sorted(operations)))
    row = SCALES[scale].row(address_of(operations, op), operations[op])
    about = operations[op].about
    level = draw(levels) if about.level_field is not None and draw(st.booleans()) else None
    assert not isinstance(level, str | tuple)
    given: list[tuple[str, Value]] = []
    for name, declared in about.parameters.items():
        if level is not None and (declared.level is not None or (row is not None and row.field == name)):
            continue
        if (declared.required and declared.draw is None) or draw(st.integers(0, 3)) == 0:
            given.append((name, draw(fields[operations[op]][name])))
    return Step(op, address_of(operations, op), operations[op], draw(_probability), level, tuple(given))


_probability = st.one_of(st.sampled_from([0, 1, 0.5, 1.0]), st.floats(0, 1))


def values(declared: Parameter, channels: int = 3) -> st.SearchStrategy[Value]:
    """Return everything a field may hold in a policy."""
    if declared.choices:
        return st.sampled_from(declared.choices)
    if declared.flag:
        return st.one_of(st.booleans(), _choices(st.integers(0, 1)))
    low, high = max(declared.low, -_REACH), min(declared.high, _REACH)
    whole = st.integers(math.ceil(low), math.floor(high))
    number = whole if declared.integer else st.one_of(whole, st.floats(low, high))
    kinds: list[st.SearchStrategy[Value]] = [number, distributions(low, high, integer=declared.integer)]
    if declared.many:
        kinds.append(st.lists(number, min_size=channels, max_size=channels).map(tuple))
    if declared.optional:
        kinds.append(st.none())
    return st.one_of(kinds)


def distributions(low: float, high: float, *, integer: bool = False) -> st.SearchStrategy[Distribution]:
    """Return distributions that stay in low..high."""
    whole = st.integers(math.ceil(low), math.floor(high))
    real = st.floats(low, high)
    pair = st.tuples(whole, whole).map(sorted)
    kinds: list[st.SearchStrategy[Distribution]] = [pair.map(lambda p: Integers(*p)), _choices(whole)]
    if integer:
        return st.one_of(kinds)
    reals = st.tuples(real, real).map(sorted)
    kinds += [
        _choices(real),
        reals.map(lambda p: Uniform(*p)),
        st.builds(Normal, real, st.floats(0, high - low), reals.map(tuple)),
    ]
    if high > 1e-3:
        positive = st.floats(max(low, 1e-3), high)
        kinds.append(st.tuples(positive, positive).map(sorted).map(lambda p: LogUniform(*p)))
    if low <= 0 and high >= 1:
        kinds.append(st.builds(Beta, st.floats(0.1, 10), st.floats(0.1, 10)))
    if low < 0 < high:
        kinds.append(st.builds(Sign, st.floats(0, min(-low, high))))
    return st.one_of(kinds)


def _choices(number: st.SearchStrategy[float]) -> st.SearchStrategy[Choice]:
    many = st.lists(number, min_size=1, max_size=3).map(tuple)
    return many.flatmap(lambda chosen: st.builds(Choice, st.just(chosen), _weights(len(chosen))))


def _weights(count: int, lowest: float = 0.0) -> st.SearchStrategy[tuple[float, ...] | None]:
    each = st.one_of(st.integers(math.ceil(lowest), 9), st.floats(lowest, 9))
    many = st.lists(each, min_size=count, max_size=count).filter(any).map(tuple)
    return st.one_of(st.none(), many)


def _one_of(children: tuple[Node, ...]) -> st.SearchStrategy[Node]:
    return st.builds(OneOf, st.just(children), _weights(len(children)))


def _some_of(children: tuple[Node, ...]) -> st.SearchStrategy[Node]:
    most = len(children)
    n = st.one_of(st.integers(0, most), distributions(0, most, integer=True))
    weights = _weights(most, lowest=0.5)  # without replacement, each must be likely
    return st.builds(SomeOf, n, st.just(children), st.booleans(), weights)
