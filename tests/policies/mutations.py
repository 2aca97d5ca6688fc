"""Makes files that are nearly policies: from valid ones, by bytes and by structure, from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

STEP = {"op": "Rotate", "p": 0.5, "degrees": {"uniform": [-30, 30]}, "interpolation": "linear", "fill": [1, 2, 3]}
RICH: dict[str, Any] = {
    "augplug_policy": 1,
    "name": "rich",
    "scale": "randaugment",
    "fuse": "none",
    "source": "a test, \u00fc\u4e2d\U0001f600",
    "defaults": {"interpolation": "nearest", "fill": 0, "mask_fill": 255},
    "policy": {
        "sequence": [
            STEP,
            {"one_of": [{"op": "augplug:Invert"}, {"op": "ShearX", "level": 4}], "weights": [1, 2.5]},
            {
                "some_of": [{"op": "Posterize", "bits": {"choice": [2, 4], "weights": [1, 3]}}, {"op": "Identity"}],
                "n": {"integers": [1, 2]},
                "replacement": False,
            },
            {
                "blend": [
                    {"op": "Brightness", "factor": {"normal": [1, 0.5], "clip": [0, 2]}},
                    {"op": "Contrast", "factor": {"log_uniform": [0.5, 2]}},
                    {"op": "Odd", "strength": {"beta": [1, 2]}, "count": 4, "kind": "hard", "shade": 7},
                    {"op": "TranslateX", "fraction": {"sign": 0.2}},
                ],
                "alpha": 2,
            },
        ]
    },
}
SMALL: dict[str, Any] = {"augplug_policy": 1, "policy": {"some_of": [{"op": "Rotate", "level": 3}], "n": 2}}
PAIRS: dict[str, Any] = {
    "augplug_policy": 1,
    "name": "pairs",
    "policy": {
        "one_of": [{"sequence": [{"op": "Solarize", "p": 0.2, "level": n}, {"op": "Equalize", "p": 1}]} for n in (1, 9)]
    },
}

NESTED: dict[str, Any] = {
    "augplug_policy": 2,
    "name": "nested",
    "policy": {
        "sequence": [
            {"op": "Rotate", "p": 0.5, "degrees": 30},
            {
                "policy": {
                    "scale": "randaugment",
                    "defaults": {"fill": [1, 2, 3], "interpolation": "cubic"},
                    "policy": {"one_of": [{"op": "ShearX", "level": 22}, {"policy": {"policy": {"op": "Invert"}}}]},
                }
            },
        ]
    },
}

TOKENS = [
    *('"', "'", "{", "}", "[", "]", ",", ":", "=", "\\", "\n", "\0", "#", "-", "e", ".", "NaN", "-Infinity", "1e400"),
    *("null", "true", "\ufeff", '"\\ud800"', "9" * 5000, "1e-400", '"p": 2,', '"op": "Rotate",', "//", "[" * 500),
    *('{"a":' * 300, "-0", "0x10", "01", "1_000", "1979-05-27", '"""', "\\u0000", "\U0001f600", '"__class__": 1,'),
]
VALUES: list[object] = [
    *(None, True, False, 0, -1, 2, 0.5, -0.0, 31, 1e15, 1e300, -1e300, 2**53, 2**53 + 1, 2**64, 10**30, 5e-324),
    *(float("nan"), float("inf"), "", "Rotate", "nearest", "a/b~c", "\ud800", "\x00\n", "x" * 5000, "os.system"),
    *([], [[]], [1], [1, 2], [1, 2, 3], ["a"], [None], {}, {"op": "Rotate"}, {"op": "Invert"}, {"uniform": [0, 1]}),
    *({"uniform": [1, 0]}, {"integers": [0, 1]}, {"integers": [0, 0.5]}, {"sequence": []}, {"one_of": []}),
    *({"choice": []}, {"beta": [0, 1]}, {"normal": [0, 1]}, {"sign": 1}, {"sign": 1, "uniform": [0, 1]}),
]
NAMES = [
    *("", "p", "op", "level", "n", "name", "fuse", "weights", "sequence", "one_of", "uniform", "a/b", "~", "\ud800"),
    *("\n", "k" * 200, "degrees", "Op", "__class__", "augplug_policy"),
]


class Twice(dict[str, Any]):
    """A table whose first key is written twice."""


def byte_mutants(text: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` copies of the text with one to three places damaged."""
    chance = random.Random(seed)
    for _ in range(count):
        mutant = text
        for _ in range(chance.randint(1, 3)):
            at, to = sorted(chance.choices(range(len(mutant) + 1), k=2))
            near = min(to, at + chance.randint(1, 8))
            mutant = chance.choice(
                [
                    mutant[:at],
                    mutant[:at] + mutant[to:],
                    mutant[:at] + mutant[near:],
                    mutant[:to] + mutant[at:],
                    mutant[:at] + bytes([chance.randrange(256)]) + mutant[at + 1 :],
                    mutant[:at] + chance.choice(TOKENS).encode() + mutant[near:],
                    mutant[:at] + chance.choice(TOKENS).encode() + mutant[at:],
                ]
            )
        yield mutant


def structural_mutants(document: dict[str, Any], count: int, seed: int) -> Iterator[str]:
    """Yield `count` texts of well-formed JSON whose tree was changed in one to three places."""
    chance = random.Random(seed)
    for _ in range(count):
        mutant: Any = json.loads(json.dumps(document))
        for _ in range(chance.randint(1, 3)):
            parent, key = chance.choice(list(places({"": mutant})))
            mutant = _changed(chance, mutant, parent, key)
        yield dumps(mutant)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (table or list, key or index) of a tree."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


@dataclass
class _Change:
    chance: random.Random
    mutant: Any
    parent: Any
    key: Any

    def value(self) -> object:
        return deepcopy(self.chance.choice(VALUES))

    def replace(self) -> None:
        self.parent[self.key] = self.value()

    def delete(self) -> None:
        del self.parent[self.key]

    def add(self) -> None:
        if isinstance(self.parent, dict):
            self.parent[self.chance.choice(NAMES)] = self.value()
        else:
            self.parent.insert(self.key, self.value())

    def rename(self) -> None:
        if isinstance(self.parent, dict):
            self.parent[self.chance.choice(NAMES)] = self.parent.pop(self.key)

    def repeat(self) -> None:
        if isinstance(self.parent[self.key], dict):
            self.parent[self.key] = Twice(self.parent[self.key])

    def swap(self) -> None:
        parent, key = self.chance.choice(list(places(self.mutant)))
        self.parent[self.key] = json.loads(json.dumps(parent[key]))

    def wrap(self) -> None:
        for _ in range(self.chance.choice([1, 2, 10, 40])):
            self.parent[self.key] = self.chance.choice([[self.parent[self.key]], {"sequence": [self.parent[self.key]]}])

    def widen(self) -> None:
        if isinstance(self.parent[self.key], list):
            self.parent[self.key] = self.parent[self.key] * self.chance.choice([2, 30])


_CHANGES: list[Callable[[_Change], None]] = [
    *(_Change.replace, _Change.delete, _Change.add, _Change.rename, _Change.repeat, _Change.swap, _Change.wrap),
    _Change.widen,
]


def _changed(chance: random.Random, mutant: Any, parent: Any, key: Any) -> Any:
    if parent == {"": mutant}:  # the whole document: replaced or wrapped now and then, else a place below
        return deepcopy(chance.choice(VALUES)) if chance.random() < 0.1 else mutant
    chance.choice(_CHANGES)(_Change(chance, mutant, parent, key))
    return mutant if isinstance(mutant, dict) and mutant else {"augplug_policy": 1}


def dumps(tree: object) -> str:
    """JSON text, with the first key of a `Twice` written twice."""
    if isinstance(tree, dict):
        pairs = [f"{json.dumps(key)}: {dumps(value)}" for key, value in tree.items()]
        return "{" + ", ".join(pairs + pairs[:1] if isinstance(tree, Twice) else pairs) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(dumps(value) for value in tree) + "]"
    return json.dumps(tree)
