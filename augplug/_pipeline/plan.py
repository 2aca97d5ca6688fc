"""Plans: everything that was drawn for one image, to read, save and replay. A plan saves operations, not effects."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from augplug._backends.base import Backend
from augplug._pipeline.cache import Programs
from augplug._pipeline.describe import describe
from augplug._pipeline.fuse import fuse
from augplug._pipeline.items import Drawn, DrawnBlend, Item
from augplug._pipeline.mix import Partners, mix_finished
from augplug._pipeline.render import Renderer
from augplug._policies.documents import shown
from augplug._sample.alpha import CHANNELS, Channels, join_alpha, split_alpha
from augplug._sample.image import canvas_of, check_image
from augplug._sample.targets import Targets
from augplug.display import Shown
from augplug.distributions import Key
from augplug.effects import Effect
from augplug.errors import AugplugError, PlanError, TargetError
from augplug.formats import format_problem
from augplug.ops.base import Operation
from augplug.ops.former import FormerField
from augplug.ops.parameters import LATER, is_left_out
from augplug.types import FUSE_MODES, MASK_INTERPOLATIONS, FuseMode, Image, MaskInterpolation

_AS_TODAY = FormerField()
FORMAT = 2
"""Newest format of a plan, the first with a text for the index, `border`, and OPTIONAL keys; else 1 is written."""
_KEYS = ("augplug_plan", "policy", "digest", "key", "backend", "fuse", "versions", "partners", "steps")
OPTIONAL = ("channels", "mask_interpolation", "images")
"""Keys that a plan has only if they say something."""
_DEEPEST = 16
_SLACK = 1e-4
"""How far the weights of a blend may be from 1 in sum: each is rounded to 2**-24 when it is drawn."""


@dataclass(frozen=True, repr=False)
class Plan(Shown):
    """One draw.

    `key` is `{seed, epoch, index}`, `{seed, epoch, key}` of a call by text, or `{seed, process, count}` of other calls.
    `backend` and `versions` say what rendered it; `partners` are SHA-256 digests of the partner images of a Mix.
    `channels` are those of its image if the last one is alpha, `mask_interpolation` is what an Augmenter was given, and
    `images` are the names of several images that share the draw.
    """

    items: tuple[Item, ...]
    policy: str
    digest: str
    key: Mapping[str, Any]
    backend: str
    fuse: FuseMode
    versions: Mapping[str, str]
    partners: Mapping[str, str]
    channels: Channels | None = None
    mask_interpolation: MaskInterpolation | None = None
    images: tuple[str, ...] = ()
    _programs: list[Programs] = field(default_factory=list, init=False, repr=False, compare=False)

    def to_json(self) -> str:
        """Return the plan as a JSON document."""
        told = {"channels": self.channels, "mask_interpolation": self.mask_interpolation, "images": list(self.images)}
        more = {name: value for name, value in told.items() if value}
        return json.dumps(
            {
                "augplug_plan": FORMAT if more or "key" in self.key or any(map(_is_new, self.items)) else 1,
                "policy": self.policy,
                "digest": self.digest,
                "key": dict(self.key),
                "backend": self.backend,
                "fuse": self.fuse,
                "versions": dict(self.versions),
                "partners": dict(self.partners),
                **more,
                "steps": [_written(item) for item in self.items],
            },
            indent=1,
        )

    @staticmethod
    def from_json(text: str, operations: Mapping[str, type[Operation]]) -> Plan:
        """Read a saved plan; `operations` maps `distribution:Name` to classes.

        Raises PlanError when it is not a plan, or names an operation or a version of one that is not here.
        """
        try:
            document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
        except (TypeError, ValueError, RecursionError) as error:
            raise PlanError(f"this is not a plan: it is not JSON ({error})") from error
        if not isinstance(document, dict) or set(document) - set(OPTIONAL) != set(_KEYS):
            raise PlanError(f"this is not a plan: it must be an object with the keys {', '.join(_KEYS)}")
        if problem := format_problem(document["augplug_plan"], FORMAT):
            raise PlanError(f"the plan cannot be read: {problem}")
        if document["fuse"] not in FUSE_MODES:
            raise PlanError(f"the plan's fuse mode {document['fuse']!r} is not one of {', '.join(FUSE_MODES)}")
        _check_kinds(document)
        items = tuple(_read(item, operations, 0) for item in document["steps"])
        rest = {name: document[name] for name in _KEYS[1:-1]}
        more = {name: document[name] for name in OPTIONAL[:-1] if name in document}
        return Plan(items, **rest, **more, images=tuple(document.get("images", ())))

    def effects(self, image: Image) -> tuple[tuple[Effect, ...], tuple[Effect, ...]]:
        """Return what the draw does to an image, as effects: as described, and as fused. Raises ImageError."""
        canvas = canvas_of(split_alpha(check_image(image), self.channels)[0])
        described = describe(self.items, canvas)
        return described, fuse(described, self.fuse, canvas)

    def render(self, image: Image, partner: Image | None, find_backend: Callable[[], Backend]) -> Image:
        """Return what the draw makes of a checked image, mixed with a partner if it mixes. Raises TargetError.

        The backend is asked for once: the plan keeps it, and programs for the shapes and dtypes that it has rendered.
        """
        if not self._programs:
            self._programs.append(Programs(Renderer(self.fuse, find_backend(), None, self.channels is not None)))
        colour, alpha = split_alpha(image, self.channels)
        program, targets = self._programs[0].of(self.items, colour), Targets(alpha=alpha)
        if partner is None:
            if program.mixes:
                raise TargetError("this draw mixes another image in: give it as partner=")
            rendered = program.run(colour, targets if alpha is not None else None)
        else:
            other, theirs = split_alpha(partner, self.channels, optional=True)
            mixed = program.run(colour, targets, Partners([colour, other], 0, [alpha, theirs]))
            finished = [(mixed, targets), (other, Targets(alpha=theirs))]
            rendered, targets = mix_finished(program.last, finished, 0, self._programs[0].renderer.backend)
        return rendered if targets.alpha is None else join_alpha(rendered, targets.alpha, None)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the kept programs: kernels do not pickle."""
        return {**vars(self), "_programs": []}

    def __str__(self) -> str:
        """One line for the draw and one a step."""
        key = ", ".join(f"{name} {value!r}" for name, value in self.key.items())
        head = f"{self.policy} ({key}; {self.backend}, fuse {self.fuse})"
        return "\n".join([head, *(_shown(item, 1) for item in self.items)]) if self.items else f"{head}\n  nothing"


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise ValueError(f"the key {shown(twice)} is given twice in one object")
    return table


def _check_kinds(document: Mapping[str, Any]) -> None:
    texts = (document["policy"], document["digest"], document["backend"])
    maps = [document[name] for name in ("key", "versions", "partners")]
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(value, dict) for value in maps):
        raise PlanError(
            "this is not a plan: policy, digest and backend are texts; key, versions and partners are objects"
        )
    for name, known in (("channels", CHANNELS), ("mask_interpolation", MASK_INTERPOLATIONS)):
        value = document.get(name)
        known_one = isinstance(value, str) and value in known
        if name in document and (not known_one or document["augplug_plan"] < 2):
            given = shown(repr(value))
            raise PlanError(f"a plan of format 2 may have {name}, one of {', '.join(known)}, not {given}")
    names = document.get("images", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PlanError("this is not a plan: images is a list of names")
    if not isinstance(document["steps"], list):
        raise PlanError("this is not a plan: steps is a list")


def _written(item: Item) -> dict[str, Any]:
    if isinstance(item, DrawnBlend):
        return {
            "weights": list(item.weights),
            "chains": [[_written(inner) for inner in chain] for chain in item.chains],
        }
    version, names = _smallest_version(item.operation)
    former = item.operation.about.upgrades.get(version, {})
    fields, parameters = {name: getattr(item.operation, name) for name in names}, item.operation.about.parameters
    fields = {name: value for name, value in fields.items() if not is_left_out(name, value, parameters[name])}
    forms = {name: former.get(name, _AS_TODAY) for name in fields}
    written = {forms[name].name or name: forms[name].write(value) for name, value in fields.items()}
    return {"op": item.address, "version": version, "fields": written}


def _is_new(item: Item) -> bool:
    """Return True if format 1 cannot hold an item."""
    if isinstance(item, DrawnBlend):
        return any(_is_new(inner) for chain in item.chains for inner in chain)
    parameters = item.operation.about.parameters
    return any(
        name in parameters and not is_left_out(name, getattr(item.operation, name), parameters[name]) for name in LATER
    )


def _smallest_version(operation: Operation) -> tuple[int, Collection[str]]:
    """Return the earliest version of an operation that gives the same pixels, and the names of its fields."""
    about = operation.about
    for version in sorted({*about.upgrades, *about.earlier}):
        names = (about.earlier[version].about if version in about.earlier else about).parameters
        new = [about.parameters[name].draw for name in about.parameters if name not in names]
        if all(isinstance(draw, Key) and draw.needed_by and not _needs(operation, draw) for draw in new):
            return version, names
    return about.version, about.parameters


def _needs(operation: Operation, key: Key) -> bool:
    return any(getattr(operation, name) != operation.about.parameters[name].default for name in key.needed_by)


def _read(written: Any, operations: Mapping[str, type[Operation]], depth: int) -> Item:
    try:
        if "chains" in written and depth < _DEEPEST:
            chains = tuple(tuple(_read(inner, operations, depth + 1) for inner in chain) for chain in written["chains"])
            return DrawnBlend(_weights(written["weights"], len(chains)), chains)
        return _read_step(written, operations)
    except PlanError:
        raise
    except (AugplugError, ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise PlanError(f"the plan's step {shown(written)} cannot be read: {error}") from error


def _weights(written: Any, count: int) -> tuple[float, ...]:
    weights = tuple(float(weight) for weight in written)
    if len(weights) != count or not all(0 <= weight <= 1 for weight in weights) or abs(sum(weights) - 1) > _SLACK:
        given = shown(str(list(weights)))
        raise PlanError(f"a blend of {count} chains needs as many weights, in 0..1 and 1 in sum, not {given}")
    return weights


def _read_step(written: Mapping[str, Any], operations: Mapping[str, type[Operation]]) -> Drawn:
    address = written["op"]
    operation = operations.get(address)
    if operation is None or ":" not in address:
        raise PlanError(f"the plan uses the operation {address!r}, which is not installed here; install its plugin")
    about, version = operation.about, written["version"]
    if version not in {about.version, *about.upgrades, *about.earlier}:
        raise PlanError(
            f"the plan was made with version {version} of {address}, here is version {about.version}: "
            "the same numbers mean other pixels; install the release that made the plan"
        )
    former = about.upgrades.get(version, {})
    named = {form.name: name for name, form in former.items() if form.name is not None}
    given = {named.get(name, name): value for name, value in written["fields"].items()}
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    fields |= {name: former[name].read(fields[name]) for name in former if name in fields}
    kind = about.earlier.get(version, operation)
    step = kind(**fields)
    if kind is not operation and set(step.about.parameters) <= set(about.parameters):
        today = operation(**fields)
        step = today if _smallest_version(today)[0] == version else step
    return Drawn(address, step)


def _shown(item: Item, depth: int) -> str:
    indent = "  " * depth
    if isinstance(item, Drawn):
        _, names = _smallest_version(item.operation)
        values = [(name, getattr(item.operation, name)) for name in names]
        declared = item.operation.about.parameters
        given = [f"{name}={value!r}" for name, value in values if not is_left_out(name, value, declared[name])]
        return f"{indent}{item.operation.about.name}({', '.join(given)})"
    lines = [f"{indent}blend"]
    for weight, chain in zip(item.weights, item.chains, strict=True):
        lines.append(f"{indent}  {weight:.3f} of {'' if chain else 'the image'}".rstrip())
        lines.extend(_shown(inner, depth + 2) for inner in chain)
    return "\n".join(lines)
