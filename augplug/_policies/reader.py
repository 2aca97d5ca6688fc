"""Data to policies: the one strict reader behind files, published policies and everything else that is text.

Operation names are looked up in the mapping that the caller passes, and nowhere else. Whatever is wrong is one
`PolicyError` with the JSON pointer of the place, whether the reader found it or a constructor of the grammar. What is
read is written back the same: `read_policy(policy.to_json(), operations) == policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from augplug._policies.documents import Place, check_document, contents, parse_json, parse_toml, shown
from augplug._policies.elsewhere import hint_for
from augplug._policies.grammar import DEFAULTS, FORMAT, BlendOf, Nested, Node, OneOf, Policy, Sequence, SomeOf, Step
from augplug._policies.values import STEP_KEYS, field_at, number_at, value_at, weights_at
from augplug.distributions import Distribution
from augplug.errors import OperationError, PolicyError, SettingsError, suggest
from augplug.formats import format_problem
from augplug.ops.base import Operation
from augplug.ops.levels import SCALES
from augplug.types import FUSE_MODES

Word = TypeVar("Word", bound=str)
Operations: TypeAlias = Mapping[str, type[Operation]]
"""Every operation twice: by `Name` and by `distribution:Name`."""

_NESTED_KEYS = ("scale", "defaults", "policy")
_FILE_KEYS = ("augplug_policy", "name", "scale", "fuse", "source", "defaults", "policy")


def load_policy_file(path: str | Path, operations: Operations) -> Policy:
    """Read the policy file at `path`, `.json` or `.toml` by its suffix. Raises PolicyError, which names the file."""
    loads = {".json": loads_json, ".toml": loads_toml}.get(Path(path).suffix.lower(), _no_format)
    try:
        return loads(contents(Path(path)), operations)
    except PolicyError as error:
        raise PolicyError(f"{error.problem} [file {shown(str(path))}]", error.pointer) from None


def loads_json(text: bytes | str, operations: Operations) -> Policy:
    """Read a policy from JSON text. Raises PolicyError."""
    return read_policy(parse_json(text), operations)


def loads_toml(text: bytes | str, operations: Operations) -> Policy:
    """Read a policy from TOML text with the same keys. Raises PolicyError."""
    return read_policy(parse_toml(text), operations)


def read_policy(document: object, operations: Operations, *, pointer: str = "") -> Policy:
    """Read a whole policy from data; `pointer` is where the document stands in a larger one. Raises PolicyError."""
    check_document(document, pointer)
    top = Place(document, pointer)
    nests = _format_of(top) > 1
    table = top.only(_FILE_KEYS)
    fuse = _word(table.get("fuse"), FUSE_MODES, "fuse mode") or Policy.fuse
    name = table["name"].text() if "name" in table else Policy.name
    source = table["source"].text() if "source" in table else ""
    return _policy_at(top, table, _Reader(operations, None, nests), name=name, fuse=fuse, source=source)


def _policy_at(place: Place, table: Mapping[str, Place], reader: _Reader, **told: Any) -> Policy:
    """Return the policy whose scale, defaults and node stand in a table; `told` are its other attributes."""
    scale = _word(table.get("scale"), SCALES, "scale") or Policy.scale
    if "policy" not in table:
        raise place.error('the key "policy" is missing: it holds the tree of steps')
    node = replace(reader, scale=scale).node(table["policy"])
    places = table["defaults"].only(DEFAULTS) if "defaults" in table else {}
    defaults = {key: value_at(value) for key, value in places.items()}
    try:
        return Policy(node, scale=scale, defaults=defaults, **told)
    except (SettingsError, OperationError):
        with place.to_blame():
            _blame(table, places, node, scale)
            raise


def _blame(table: Mapping[str, Place], places: Mapping[str, Place], node: Node, scale: str) -> None:
    """Raise the PolicyError of the part that makes a policy wrong: that is looked for only when one is."""
    with table["policy"].to_blame():
        Policy(node, scale=scale)
    if "name" in table:
        with table["name"].to_blame():
            Policy(node, name=table["name"].text(), scale=scale)
    for name, place in places.items():
        with place.to_blame():
            Policy(node, scale=scale, defaults={name: value_at(place)})


def read_node(document: object, operations: Operations, *, scale: str | None = None, pointer: str = "") -> Node:
    """Read one node of the grammar from data; its levels are checked where a `scale` is given. Raises PolicyError."""
    check_document(document, pointer)
    return _Reader(operations, scale).node(Place(document, pointer))


def address_of(operations: Operations, name: str) -> str:
    """Return the full address (`augplug:Rotate`) of an operation known as `name`. Raises OperationError."""
    if name not in operations:
        raise OperationError(f"there is no operation {shown(name)}{hint_for(name, _like(name, operations))}")
    if ":" in name:
        return name
    for address in (f"augplug:{name}", *operations):  # most are built in
        if address.endswith(f":{name}") and operations.get(address) is operations[name]:
            return address
    raise OperationError(f"the operation {name} has no full address distribution:{name} in the mapping given")


def _like(name: str, operations: Operations) -> Iterable[str]:
    return [known for known in operations if (":" in known) == (":" in name)]


def _no_format(_text: bytes, _operations: Operations) -> Policy:
    raise PolicyError("a policy file ends in .json or .toml")


def _format_of(top: Place) -> int:
    table = top.table()
    if "augplug_policy" not in table:
        if any(word in table for word in _WORDS):
            hint = '{"augplug_policy": 1, "policy": ...}'
            raise top.error(f"a node of the grammar alone is not a policy file; put it into {hint}")
        raise top.error(f'no policy file: the key "augplug_policy" with the format version, 1 to {FORMAT}, is missing')
    place = table["augplug_policy"]
    problem = format_problem(place.whole(), FORMAT)
    if problem:
        raise place.error(problem)
    return place.whole()


def _word(place: Place | None, known: Iterable[Word], what: str) -> Word | None:
    if place is None:
        return None
    given = place.text()
    for word in known:
        if word == given:
            return word
    raise place.error(f"unknown {what} {shown(given)}{suggest(given, known)}")


@dataclass(frozen=True)
class _Reader:
    """Reads nodes with one mapping of operations, and levels of one scale; nested policies too, if `nests`."""

    operations: Operations
    scale: str | None
    nests: bool = True

    def node(self, place: Place) -> Node:
        """Read the node at a place: the one word of the grammar in it says which."""
        if isinstance(place.value, str):
            raise place.error(f"{shown(place.value)} is not a node: {_WRITE_OUT}")
        table = place.table()
        words = [word for word in table if word in _WORDS]
        if not words:
            odd = next((key for key in table if key not in STEP_KEYS), "")
            raise table.get(odd, place).error(f"no word of the grammar{suggest(odd, _WORDS)}; a node has one")
        if len(words) > 1:
            raise table[words[1]].error(f"a node has one word of the grammar, not {' and '.join(words)}")
        return _WORDS[words[0]](self, place)

    def step(self, place: Place) -> Step:
        """Read {"op": ..., "p": ..., "level": ..., field: value}."""
        table = place.table()
        op = table["op"].text()
        with table["op"].to_blame():
            address = address_of(self.operations, op)
        operation = self.operations[op]
        p = table["p"].number() if "p" in table else Step.p
        if not 0 <= p <= 1:
            raise table["p"].error(f"{op}: p is a probability in 0..1, not {shown(p)}")
        level = self._level(table["level"], op) if "level" in table else None
        fields = {name: given for name, given in table.items() if name not in STEP_KEYS}
        renamed = operation.about.renamed
        for name in renamed.keys() & fields.keys():
            if renamed[name] in fields:
                raise place.error(f"{name!r} and {renamed[name]!r} are one field of {op}; give one")
        today = {renamed.get(name, name): given for name, given in fields.items()}
        read = tuple((name, field_at(given, op, name, operation)) for name, given in today.items())
        with place.to_blame():
            return Step(op, address, operation, p, level, read)

    def _level(self, place: Place, op: str) -> float | Distribution:
        level = number_at(place)
        if self.scale is not None:
            with place.to_blame():
                SCALES[self.scale].check(level, op)
        return level

    def sequence(self, place: Place) -> Sequence:
        """Read {"sequence": [...]}; an empty one changes nothing."""
        return Sequence(self._children(place.only(["sequence"])["sequence"]))

    def one_of(self, place: Place) -> OneOf:
        """Read {"one_of": [...], "weights": [...]}."""
        table = place.only(["one_of", "weights"])
        children = self._children(table["one_of"])
        with table["one_of"].to_blame():
            OneOf(children)
        return OneOf(children, weights_at(table.get("weights"), len(children)))

    def some_of(self, place: Place) -> SomeOf:
        """Read {"some_of": [...], "n": ..., "replacement": ..., "weights": [...]}."""
        table = place.only(["some_of", "n", "replacement", "weights"])
        children = self._children(table["some_of"])
        with table["some_of"].to_blame():
            OneOf(children)
        if "n" not in table:
            raise place.error('some_of needs "n", how many are drawn')
        drawn = number_at(table["n"])
        n = drawn if isinstance(drawn, Distribution) else table["n"].whole()
        replacement = table["replacement"].truth() if "replacement" in table else SomeOf.replacement
        weights = weights_at(table.get("weights"), len(children))
        with table["n"].to_blame():
            return SomeOf(n, children, replacement, weights)

    def blend(self, place: Place) -> BlendOf:
        """Read {"blend": [...], "alpha": ...}."""
        table = place.only(["blend", "alpha"])
        children = self._children(table["blend"])
        with table["blend"].to_blame():
            BlendOf(children)
        alpha = table["alpha"].number() if "alpha" in table else BlendOf.alpha
        with table.get("alpha", place).to_blame():
            return BlendOf(children, alpha)

    def nested(self, place: Place) -> Nested:
        """Read {"policy": {"scale": ..., "defaults": ..., "policy": node}}."""
        inner = place.only(["policy"])["policy"]
        if not self.nests:
            raise inner.error('a nested policy needs format 2: write "augplug_policy": 2')
        if isinstance(inner.value, str):
            raise inner.error(f"{shown(inner.value)} is not a policy: {_WRITE_OUT}")
        for key, given in inner.table().items():
            if key in _FILE_KEYS and key not in _NESTED_KEYS:
                raise given.error(f"a nested policy holds scale, defaults and policy; leave {key} out")
        return Nested(_policy_at(inner, inner.only(_NESTED_KEYS), self))

    def _children(self, place: Place) -> tuple[Node, ...]:
        return tuple(self.node(child) for child in place.items())


_WRITE_OUT = (
    'a file holds no names and no paths of policies; write the policy out: {"policy": {"scale": ..., "defaults": ..., '
    '"policy": node}} (`augplug policies compose` does)'
)
_WORDS: Mapping[str, Callable[[_Reader, Place], Node]] = {
    "op": _Reader.step,
    "sequence": _Reader.sequence,
    "one_of": _Reader.one_of,
    "some_of": _Reader.some_of,
    "blend": _Reader.blend,
    "policy": _Reader.nested,
}
