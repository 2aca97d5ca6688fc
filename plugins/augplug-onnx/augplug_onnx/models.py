"""Graphs of slots: those of one draw one after the other, with their numbers; those of any draw in a loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

import augplug
from augplug import AugplugError, Plan, Policy
from augplug_onnx import geometry, pixels
from augplug_onnx.effects import BLENDS, NUMBERS, Slot, inputs_of, look_at, refuse, slots_of
from augplug_onnx.graph import Graph, Inputs, Shape, Value

_ADD: Mapping[str, Callable[[Value, pixels.Numbers, int], Value]] = {
    "table": pixels.table,
    "contrast": pixels.contrast,
    "stretch": pixels.stretch,
    "equalize": pixels.equalize,
    "color": pixels.blend_with_grey,
    "mix": pixels.mix,
    "smooth": pixels.smooth,
    "blur": geometry.blur,
    "paint": pixels.paint,
    "area": geometry.area,
    **geometry.WARPS,
}
_DRAWS, _ALONE = 256, 16
"""How many draws of a policy, and of each of its steps by itself, are looked at to learn what it may do."""


def add_plan(graph: Graph, plan: Plan, shape: tuple[int, int, int]) -> tuple[Inputs, Value, Shape]:
    """Add a draw for images of a shape; return the inputs, the result and its shape. Raises ExportError."""
    last, after = add_draw(graph, Value(graph, "image", np.dtype(np.uint8)), plan, shape)
    return {"image": (np.uint8, shape)}, last, after


def add_draw(graph: Graph, image: Value, plan: Plan, shape: tuple[int, int, int]) -> tuple[Value, tuple[int, int, int]]:
    """Add a draw for an image of a shape; return the result and its shape. Raises ExportError."""
    inputs, state, size = inputs_of(shape[2]), [image, image, image], shape[:2]
    for slot in slots_of(plan, shape):
        numbers = partial(_constant, graph, {name: (slot[name], inputs[name][0]) for name in slot})
        state = _after(slot["operation"], state, numbers, shape[2])
        size = slot.get("size", size)
    return state[0], (*size, shape[2])


def _constant(graph: Graph, numbers: Mapping[str, tuple[Any, Any]], name: str) -> Value:
    return graph.constant(*numbers[name])


def add_policy(graph: Graph, policy: Policy, shape: tuple[int, int, int]) -> tuple[Inputs, Value, Shape]:
    """Add a loop over the slots of any draw; return the inputs, the result and its shape. Raises ExportError.

    Images of any height and width are taken; the policy is looked at on those of `shape`.
    """
    names, inputs = operations_in(policy, shape), inputs_of(shape[2])
    image = Value(graph, "image", np.dtype(np.uint8))
    given = {name: Value(graph, name, np.dtype(dtype)) for name, (dtype, _) in inputs.items()}

    def turn(number: Value, state: Sequence[Value]) -> Sequence[Value]:
        operation = _known(given["operation"].at(number), [NUMBERS[name] for name in ("nothing", *names)])
        for name in names:
            then = partial(_after, name, state, lambda what: given[what].at(number), shape[2])
            state = graph.choose(operation.equals(NUMBERS[name]), then, state)
        return state

    start = [image] if set(BLENDS).isdisjoint(names) else [image, image, image.as_type(np.float64)]
    last = graph.repeat(given["operation"].side(0), turn, start)[0]
    takes: Inputs = {name: (dtype, ("slots", *sides)) for name, (dtype, sides) in inputs.items()}
    image_of: Inputs = {"image": (np.uint8, ("height", "width", shape[2]))}
    return image_of | takes, last, ("height after", "width after", shape[2])


def _after(name: str, state: Sequence[Value], numbers: pixels.Numbers, channels: int) -> list[Value]:
    """Return the state after a slot: the image, and in policies with blends a blend's image and its sum so far."""
    image, *blend = state
    if name in _ADD:
        return [_ADD[name](image, numbers, channels), *blend]
    if name == "fork":
        return [image, image, image.as_type(np.float64) * 0.0]
    base, total = blend
    if name == "join":
        return [base, base, total + image.as_type(np.float64) * numbers("factor")]
    return [pixels.to_uint8(total), base, total]


def _known(operation: Value, numbers: Sequence[int]) -> Value:
    """Return the number of an operation; running fails, with this node's name, if it is none of `numbers`."""
    graph = operation.graph
    known = operation.equals(np.array(numbers, dtype=np.int64)).as_type(np.int64).reduce("Max", keepdims=0)
    nothing = graph.constant(np.zeros(1), np.int64)
    return operation + graph.node("Gather", nothing, 1 - known, name="an operation that is not in this model")


def operations_in(policy: Policy, shape: tuple[int, int, int]) -> list[str]:
    """Return the names of the operations that draws of a policy are made of. Raises ExportError for what is refused."""
    blank = np.zeros(shape, np.uint8)
    augment = augplug.Augmenter(policy, backend="reference")
    looked = [look_at(augment.plan(blank, index=index), shape) for index in range(_DRAWS)]
    for step, around in _steps_in(policy, policy.node):
        looked += _looks_at_step(dataclasses.replace(around, node=dataclasses.replace(step, p=1.0)), shape)
    refuse({name for _, refused in looked for name in refused}, policy.name)
    found = {slot["operation"] for drawn, _ in looked for slot in drawn}
    return [name for name in NUMBERS if name in found]


def _looks_at_step(policy: Policy, shape: tuple[int, int, int]) -> list[tuple[list[Slot], set[str]]]:
    """Return what `look_at` says of draws of one step; nothing of a step that needs those before it: a second crop."""
    blank = np.zeros(shape, np.uint8)
    augment = augplug.Augmenter(policy, backend="reference")
    try:
        return [look_at(augment.plan(blank, index=index), shape) for index in range(_ALONE)]
    except AugplugError:
        return []  # draws of the whole policy have it on its own canvas


def _steps_in(policy: Policy, node: Any) -> Iterator[tuple[Any, Policy]]:
    """Yield every step, with the policy whose scale and defaults hold for it."""
    match node:
        case object(policy=inner):
            yield from _steps_in(inner, inner.node)
        case object(children=children):
            for child in children:
                yield from _steps_in(policy, child)
        case _:
            yield node, policy
