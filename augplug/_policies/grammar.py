"""The five words of a policy: step, sequence, one_of, some_of, blend; and policies, around them or among them.

Operations are held as classes, looked up when the policy was read or written; nothing here knows the registry.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeAlias, get_args

from augplug._policies import field_values
from augplug._policies.scaling import scaled
from augplug.display import Shown
from augplug.distributions import Distribution, check_concentration
from augplug.errors import OperationError, SettingsError, suggest
from augplug.ops.base import Operation
from augplug.ops.levels import SCALES
from augplug.ops.parameters import LATER, Parameter
from augplug.types import FUSE_MODES, Border, FuseMode, Interpolation

FORMAT = 2
"""Newest format of a policy file, the first with nested policies, true, false, null and `border`; else 1 is written."""
Value: TypeAlias = float | str | tuple[float, ...] | Distribution | None
DEFAULTS: Mapping[str, Parameter] = {
    "interpolation": Parameter(choices=get_args(Interpolation)),
    "fill": Parameter(low=0, high=255, unit="8-bit values", many=True),
    "mask_fill": Parameter(unit="mask value"),
    "border": Parameter(choices=get_args(Border)),
}
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""A policy's name: what precedes the colon of `name:n=2`, and the name of a file."""
MOST_DRAWN = 100
"""Largest n of some_of."""
MOST_STEPS = 1000
"""Most steps in one draw: a file from a stranger must not keep an augmenter busy for ever."""
MOST_NESTED = 24
"""Most nodes inside each other; what is deeper could be written to a file, but not be read from it."""


@dataclass(frozen=True, repr=False)
class Step(Shown):
    """One operation with probability `p`, at a `level` of the policy's scale or with explicit `fields`.

    `op` is the name as written (`Rotate` or `distribution:Rotate`), `address` the full one.
    """

    op: str
    address: str
    operation: type[Operation]
    p: float = 1.0
    level: float | Distribution | None = None
    fields: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        """Check p, the fields and their ranges, and that every field gets a value from somewhere."""
        if not 0 <= self.p <= 1:
            raise SettingsError(f"{self.op}: p is a probability in 0..1, not {self.p!r}")
        about = self.operation.about
        given = {name: field_values.read_field(self.op, about, name, value) for name, value in self.fields}
        # By name: the order of keys in a file means nothing, not for equality, not for the order of draws.
        object.__setattr__(self, "fields", tuple(sorted(given.items(), key=itemgetter(0))))
        if self.level is not None and about.level_field in given:
            raise OperationError(f"{self.op} is given a level and {about.level_field}, which the level sets; give one")
        for name, declared in about.parameters.items():
            by_level = self.level is not None and declared.level is not None
            if declared.required and declared.draw is None and not by_level and name not in given:
                hint = " or a level" if declared.level is not None else ""
                raise OperationError(f"{self.op} needs {name}{hint}: {declared.describe()}")

    def to_json(self) -> dict[str, Any]:
        """The policy file's form."""
        written: dict[str, Any] = {"op": self.op, "p": self.p}
        if self.level is not None:
            written["level"] = field_values.value_json(self.level)
        return {**written, **field_values.fields_json(self.operation.about, self.fields)}


@dataclass(frozen=True, repr=False)
class Sequence(Shown):
    """All children, in order."""

    children: tuple[Node, ...]

    def to_json(self) -> dict[str, Any]:
        """The policy file's form."""
        return {"sequence": [child.to_json() for child in self.children]}


@dataclass(frozen=True, repr=False)
class OneOf(Shown):
    """One child, by `weights` (equally likely without)."""

    children: tuple[Node, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check that there is something to choose from."""
        field_values.check_children("one_of", self.children, self.weights)

    def to_json(self) -> dict[str, Any]:
        """The policy file's form."""
        return field_values.with_weights({"one_of": [child.to_json() for child in self.children]}, self.weights)


@dataclass(frozen=True, repr=False)
class SomeOf(Shown):
    """`n` children, drawn with or without `replacement`, in the order drawn."""

    n: int | Distribution
    children: tuple[Node, ...]
    replacement: bool = True
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check that n can be drawn."""
        field_values.check_children("some_of", self.children, self.weights)
        low, high = self.n.bounds if isinstance(self.n, Distribution) else (self.n, self.n)
        likely = sum(weight > 0 for weight in self.weights) if self.weights else len(self.children)
        most = MOST_DRAWN if self.replacement else min(likely, MOST_DRAWN)
        if not 0 <= low <= high <= most or not field_values.is_whole(self.n):
            raise SettingsError(f"some_of draws n, a whole number in 0..{most} here, not {self.n!r}")

    def to_json(self) -> dict[str, Any]:
        """The policy file's form."""
        written = {"some_of": [child.to_json() for child in self.children], "n": field_values.value_json(self.n)}
        return field_values.with_weights({**written, "replacement": self.replacement}, self.weights)


@dataclass(frozen=True, repr=False)
class BlendOf(Shown):
    """The image blended with a mixture of chains.

    The chains' weights come from Dirichlet(`alpha`), the mixture's share from Beta(`alpha`, `alpha`).
    Source: AugMix, arXiv 1912.02781, section 3.
    """

    children: tuple[Node, ...]
    alpha: float = 1.0

    def __post_init__(self) -> None:
        """Check alpha and that there are chains."""
        field_values.check_children("blend", self.children, None)
        check_concentration("the alpha of a blend", self.alpha)

    def to_json(self) -> dict[str, Any]:
        """The policy file's form."""
        return {"blend": [child.to_json() for child in self.children], "alpha": self.alpha}


@dataclass(frozen=True, repr=False)
class Nested(Shown):
    """A policy in the place of a step: its own scale and defaults hold in it, those of the policy around it do not.

    Only what changes a draw is kept. Name and source are not, nor is the fuse mode: a draw has that of the outermost
    policy.
    """

    policy: Policy

    def __post_init__(self) -> None:
        """Keep what changes a draw: a policy and what is read back from its file are equal."""
        of = self.policy
        object.__setattr__(self, "policy", Policy(of.node, scale=of.scale, defaults=of.defaults))

    @property
    def children(self) -> tuple[Node, ...]:
        """The policy's node."""
        return (self.policy.node,)

    def to_json(self) -> dict[str, Any]:
        """The policy file's form."""
        return {"policy": self.policy.content()}


Node: TypeAlias = Step | Sequence | OneOf | SomeOf | BlendOf | Nested


@dataclass(frozen=True, repr=False)
class Policy(Shown):
    """A tree of nodes with what holds for all of it: the `scale` of its levels, the `fuse` level, and `defaults`.

    `defaults` gives `interpolation`, `fill`, `mask_fill` and `border` to steps whose operation has them and that do not
    say otherwise. To put a policy into another one, pass it itself: its `node` alone has neither scale nor defaults.
    """

    node: Node
    name: str = "unnamed"
    scale: str = "autoaugment"
    fuse: FuseMode = "exact"
    source: str = ""
    defaults: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the names; and each default against every operation it holds for."""
        if not NAME.fullmatch(self.name):
            raise SettingsError(f"a policy's name is 1 to 64 of a-z, 0-9, - and _, not {self.name!r}")
        for what, name, known in (("scale", self.scale, SCALES), ("fuse mode", self.fuse, FUSE_MODES)):
            if name not in known:
                raise SettingsError(f"unknown {what} {name!r}{suggest(name, known)}")
        steps = [step for step, policy in steps_in(self) if policy is self]  # a nested policy checked its own
        for name, value in self.defaults.items():
            if name not in DEFAULTS:
                raise SettingsError(f"unknown default {name!r}{suggest(name, DEFAULTS)}")
            field_values.check_value(value, DEFAULTS[name], f"defaults.{name}")
            for step in steps:
                declared = step.operation.about.parameters.get(name)
                if declared is not None:
                    field_values.check_value(value, declared, f"defaults.{name} for {step.op}")
        for step in steps:
            _check_level(step, self.scale)
        if _longest_draw(self.node) > MOST_STEPS:
            raise SettingsError(f"one draw of this policy may have more than {MOST_STEPS:,} steps")

    @cached_property
    def digest(self) -> bytes:
        """32 bytes that name what is drawn: nodes, scale and defaults, but not name, source or fuse mode."""
        kinds = {step.op: step.operation for step in steps_of(self.node)}
        told = field_values.without_later(field_values.same_numbers(self.content()), kinds)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest()

    def to_json(self) -> dict[str, Any]:
        """The policy file's form, as data for `json.dumps`."""
        number = FORMAT if _is_new(self.node) or not LATER.keys().isdisjoint(self.defaults) else 1
        told = {"name": self.name, "scale": self.scale, "fuse": self.fuse, "source": self.source}
        return {"augplug_policy": number, **told, **self.content()}

    def content(self) -> dict[str, Any]:
        """Scale, defaults and nodes as in the policy file: all that changes a draw."""
        defaults = {name: field_values.value_json(value) for name, value in self.defaults.items()}
        return {"scale": self.scale, "defaults": defaults, "policy": self.node.to_json()}

    def scaled(self, factor: float) -> Policy:
        """Return the policy with each range around the value that changes nothing narrower: for 0.5, half as wide.

        Levels go with it; probabilities and fields with one value stay. Raises SettingsError, OperationError.
        """
        source = "; ".join(filter(None, (self.source, f"strengths times {factor}")))
        return replace(self, node=scaled(self.node, self.scale, factor), source=source)

    def __hash__(self) -> int:
        return hash(self.digest)


def _check_level(step: Step, name: str) -> None:
    """Refuse a level outside the scale, and one beside the field that this scale drives by it."""
    scale = SCALES[name]
    scale.check(step.level, step.op)
    row = scale.row(step.address, step.operation)
    if step.level is not None and row is not None and row.field in dict(step.fields):
        raise OperationError(f"{step.op} is given a level and {row.field}, which scale {name!r} sets by it; give one")


def steps_of(node: Node) -> Iterator[Step]:
    """Yield every step below `node`, in order, those of nested policies too."""
    if isinstance(node, Step):
        yield node
    else:
        for child in node.children:
            yield from steps_of(child)


def steps_in(policy: Policy, node: Node | None = None) -> Iterator[tuple[Step, Policy]]:
    """Yield the steps of `steps_of`, each with the policy whose scale and defaults hold for it."""
    node = policy.node if node is None else node
    if isinstance(node, Step):
        yield node, policy
    elif isinstance(node, Nested):
        yield from steps_in(node.policy)
    elif not isinstance(node, Node):
        raise SettingsError(f"a policy has a node: a step, sequence(...) or another, not {type(node).__name__}")
    else:
        for child in node.children:
            yield from steps_in(policy, child)


def _is_new(node: Node) -> bool:
    """Return True if format 1 cannot hold the node."""
    if isinstance(node, Step):
        written = node.to_json()
        return not LATER.keys().isdisjoint(written) or any(v is None or isinstance(v, bool) for v in written.values())
    return isinstance(node, Nested) or any(map(_is_new, node.children))


def _longest_draw(node: Node, depth: int = 1) -> int:
    if depth > MOST_NESTED:
        raise SettingsError(f"nodes are nested deeper than {MOST_NESTED}")
    if isinstance(node, Step):
        return 1
    lengths = [_longest_draw(child, depth + 1) for child in node.children]
    if isinstance(node, OneOf):
        return max(lengths)
    if isinstance(node, SomeOf):
        return max(lengths) * int(node.n.bounds[1] if isinstance(node.n, Distribution) else node.n)
    return sum(lengths)
