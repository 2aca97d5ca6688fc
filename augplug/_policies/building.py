"""The five words of the grammar for Python: what `augplug.step`, `augplug.sequence` and the others are made of.

A policy stands wherever a node stands. Names and paths are resolved by `augplug.naming`, which knows the registry.

A pair on a scalar field is short for a uniform distribution (of integers, on a field of integers); a distribution may
also be written as in a policy file: `degrees={"normal": [0, 10], "clip": [-30, 30]}`.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping

import numpy as np

from augplug._policies.documents import LARGEST, brief, shown
from augplug._policies.elsewhere import name_here
from augplug._policies.field_values import flags_as_numbers, no_field
from augplug._policies.grammar import BlendOf, Nested, Node, OneOf, Policy, Sequence, SomeOf, Step, Value
from augplug._policies.reader import Operations, address_of
from augplug._policies.values import STEP_KEYS, read_number
from augplug.distributions import Distribution, Integers, Uniform
from augplug.errors import OperationError, SettingsError
from augplug.ops.base import Operation
from augplug.ops.parameters import Parameter

_ANY_NUMBER = Parameter()
_WHOLE = Parameter(integer=True)


def step(operations: Operations, op: str, /, p: float = 1.0, level: object = None, **fields: object) -> Step:
    """Return one operation at probability `p`, at a `level` of the policy's scale or with explicit `fields`.

    Raises OperationError for an unknown operation or field, or a value out of its range; SettingsError for `p`; and
    PolicyError for a distribution that is written wrongly.
    """
    if not isinstance(op, str):
        raise OperationError(f"step takes the name of an operation, such as 'Rotate', not {shown(op)}")
    address = address_of(operations, op)
    about = operations[op].about
    parameters = about.parameters
    for name in fields:
        if name not in parameters:
            raise OperationError(no_field(op, about, name, [*parameters, *STEP_KEYS[1:]]))
    values = tuple((name, _value(given, parameters[name], name)) for name, given in fields.items())
    drawn = None if level is None else _number_or_draw(level, _ANY_NUMBER, "level")
    return Step(op, address, operations[op], number(p, "p"), drawn, values)


def levelled(operations: Operations, op: str, level: float | Distribution, p: float = 1.0) -> Step:
    """Return an operation at `level`, or as it is where it has no field that a level drives."""
    return step(operations, op, p=p, level=None if operations[op].about.level_field is None else level)


def sequence(*nodes: Node | Policy) -> Sequence:
    """Return the nodes, all of them in order. Raises SettingsError for what is not a node."""
    return Sequence(_nodes("sequence", nodes))


def one_of(*nodes: Node | Policy, weights: object = None) -> OneOf:
    """Return one of the nodes, by `weights` (equally likely without). Raises SettingsError."""
    return OneOf(_nodes("one_of", nodes), _weights(weights))


def some_of(n: object, *nodes: Node | Policy, replacement: bool = True, weights: object = None) -> SomeOf:
    """Return `n` of the nodes (a whole number, a pair or a distribution of integers). Raises SettingsError."""
    drawn = _number_or_draw(n, _WHOLE, "n")
    if isinstance(drawn, float):
        raise SettingsError(f"n is a whole number, not {shown(n)}")
    if not isinstance(replacement, bool):
        raise SettingsError(f"replacement is True or False, not {shown(replacement)}")
    return SomeOf(drawn, _nodes("some_of", nodes), replacement, _weights(weights))


def blend(*nodes: Node | Policy, alpha: float = 1.0) -> BlendOf:
    """Return the image blended with a mixture of the nodes' results, as in AugMix. Raises SettingsError."""
    return BlendOf(_nodes("blend", nodes), number(alpha, "alpha"))


def compose(nodes: object, p: float = 1.0) -> Node:
    """Return a hand-written pipeline: the nodes of a list in order, at probability `p`. Raises SettingsError."""
    if not isinstance(nodes, list | tuple):
        raise SettingsError(f"compose takes a list: compose([step(...), ...], p=1.0), not {_told(nodes)}")
    made = Sequence(_nodes("compose", tuple(nodes)))
    chance = number(p, "p")
    if not 0 <= chance <= 1:
        raise SettingsError(f"p is a probability in 0..1, not {p!r}")
    return made if chance == 1 else OneOf((made, Sequence(())), (chance, 1 - chance))


def fixed(operations: Operations, given: Operation) -> Step:
    """Return the step that always is the operation given, with all its numbers. Raises SettingsError."""
    name = given.about.name
    if operations.get(name) is not type(given):
        raise SettingsError(
            f"{name} is not a registered operation; provide it as a plugin, or use its name in step(...)"
        )
    return step(operations, name, **{field: getattr(given, field) for field in given.about.parameters})


def color_jitter(
    operations: Operations,
    brightness: object = 0.0,
    contrast: object = 0.0,
    saturation: object = 0.0,
    hue: object = 0.0,
) -> Node:
    """Return brightness, contrast, saturation and hue, each by a random amount, in a random order.

    A number b means factors in max(0, 1 - b)..1 + b, a pair is the range itself; hue is a fraction of the circle, at
    most 0.5, to either side. Source: torchvision's ColorJitter. Raises SettingsError.
    """
    steps: list[Node] = []
    for op, given in (("Brightness", brightness), ("Contrast", contrast), ("Saturation", saturation)):
        low, high = _range(given, op.lower(), 1.0)
        if (low, high) != (1.0, 1.0):
            steps.append(step(operations, op, factor=Uniform(max(0.0, low), high)))
    low, high = _range(hue, "hue", 0.0)
    if max(-low, high) > _HALF_CIRCLE:
        raise SettingsError(f"hue is a fraction of the circle, at most 0.5, not {hue!r}")
    if (low, high) != (0.0, 0.0):
        steps.append(step(operations, "HueShift", degrees=Uniform(360 * low, 360 * high)))
    return some_of(len(steps), *steps, replacement=False) if steps else Sequence(())


_HALF_CIRCLE = 0.5


def _range(given: object, name: str, centre: float) -> tuple[float, float]:
    if isinstance(given, tuple | list) and len(given) == 2:
        low, high = (number(part, name) for part in given)
    else:
        width = number(given, name)
        low, high = centre - width, centre + width
    if low > high:
        raise SettingsError(f"{name} is a number of 0 or more, or a pair from low to high, not {given!r}")
    return low, high


def _nodes(word: str, nodes: tuple[object, ...]) -> tuple[Node, ...]:
    return tuple(_node(word, node) for node in nodes)


def _node(word: str, node: object) -> Node:
    if isinstance(node, Node):
        return node
    if isinstance(node, Policy):
        return Nested(node)
    hint = f"; write {word}(*nodes)" if isinstance(node, list | tuple) else written_here(node)
    raise SettingsError(f"{word} takes steps, other nodes, policies, names and paths, not {_told(node)}{hint}")


def _told(given: object) -> str:
    return shown(given) if isinstance(given, list | dict) else brief(given)


def written_here(given: object) -> str:
    """Return the end of an error for what is not a node: what to write instead, or nothing."""
    if isinstance(given, type) and issubclass(given, Operation) and hasattr(given, "about"):
        return f'; write augplug.step("{given.about.name}")'
    if isinstance(given, dict):
        return "; augplug.load_policy(...) reads the content of a policy file"
    if isinstance(given, Mapping):
        return '; give a step or a name from it, such as "Invert"'
    here = None if type(given).__module__ == "builtins" else name_here(type(given).__name__)
    return f"; {here}" if here else ""


def _value(given: object, declared: Parameter, name: str) -> Value:
    given = bool(given) if isinstance(given, np.bool_) else given
    if isinstance(given, str) or declared.may_be(given):
        return given
    if (declared.many or declared.length) and isinstance(given, list | tuple) and given:
        return tuple(number(part, name) for part in given)
    return _number_or_draw(given, declared, name)


def _number_or_draw(given: object, declared: Parameter, name: str) -> float | Distribution:
    if isinstance(given, Distribution):
        return given
    if isinstance(given, dict):
        return read_number(flags_as_numbers(given) if declared.flag else given, pointer=f"/{name}")
    if isinstance(given, tuple) and len(given) == 2:
        low, high = (number(part, name) for part in given)
        return (
            Integers(int(low), int(high))
            if (declared.integer or declared.flag) and _whole(low, high)
            else Uniform(low, high)
        )
    return number(given, name)


def _whole(*parts: float) -> bool:
    return all(float(part).is_integer() for part in parts)


def number(given: object, what: str) -> float:
    """Return a number of Python's own, whatever library it comes from. True and NaN are none: raises SettingsError."""
    if not isinstance(given, bool) and isinstance(given, numbers.Real):
        made = int(given) if isinstance(given, numbers.Integral) else float(given)
        if abs(made) <= LARGEST:  # false for NaN too
            return made
    raise SettingsError(f"{what} is a number, not {shown(given)}")


def _weights(given: object) -> tuple[float, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple):
        raise SettingsError(f"weights are a list of numbers, not {shown(given)}")
    return tuple(number(part, "weights") for part in given)
