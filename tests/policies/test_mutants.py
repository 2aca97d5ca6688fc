"""Thousands of damaged files: a PolicyError with a pointer, or a policy that is read back the same. Never else."""

import contextlib
import itertools
import json
import random
import sys
import tomllib
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from augplug._policies.grammar import Policy
from augplug._policies.reader import loads_json, loads_toml, read_policy
from augplug.errors import PolicyError
from tests.policies.conftest import OPERATIONS
from tests.policies.mutations import NESTED, PAIRS, RICH, SMALL, Twice, byte_mutants, dumps, places, structural_mutants
from tests.policies.test_round_trip import toml
from tests.strategies import Operations

Loads = Callable[[bytes | str, Operations], Policy]
DOCUMENTS = pytest.mark.parametrize("document", [RICH, SMALL, PAIRS, NESTED], ids=["rich", "small", "pairs", "nested"])


@DOCUMENTS
def test_the_documents_that_are_damaged_are_policies(document: dict[str, Any]) -> None:
    assert loads_json(json.dumps(document), OPERATIONS) == loads_toml(toml(document), OPERATIONS)


@DOCUMENTS
def test_bytes_of_json(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False).encode()
    seen = Counter(outcome(mutant, loads_json, lenient_json) for mutant in byte_mutants(text, 6000, seed=1))
    assert seen["syntax"] > 3000
    assert seen["place"] > 20
    assert seen["policy"] > 5


@DOCUMENTS
def test_structure_of_json(document: dict[str, Any]) -> None:
    mutants = structural_mutants(document, 2000, seed=2)
    seen = Counter(outcome(mutant, loads_json, lenient_json) for mutant in mutants)
    assert seen["place"] > 1000
    assert seen["policy"] > 100


@DOCUMENTS
def test_bytes_of_toml(document: dict[str, Any]) -> None:
    text = toml(document).encode()
    seen = Counter(outcome(mutant, loads_toml, tomllib.loads) for mutant in byte_mutants(text, 2000, seed=3))
    assert seen["syntax"] > 1000
    assert seen["place"] > 10


@DOCUMENTS
def test_a_damaged_file_costs_little(document: dict[str, Any]) -> None:
    """At most 5 MB, and 250,000 calls and returns of functions: no clock, which other programs would disturb."""
    whole = json.dumps(document, ensure_ascii=False).encode()
    loads_json(whole, OPERATIONS)  # what is imported and kept the first time is not of the file
    mutants: list[bytes | str] = [*byte_mutants(whole, 100, seed=5), *structural_mutants(document, 100, seed=6)]
    for mutant in mutants:
        events, megabytes = cost(mutant)
        assert events < 250_000, mutant
        assert megabytes < 5, mutant


def cost(text: bytes | str) -> tuple[int, float]:
    """Return the calls and returns of functions that reading a file takes, and the megabytes at most."""
    events = itertools.count()
    tracemalloc.start()
    before = sys.getprofile()
    sys.setprofile(lambda *_: next(events) and None)
    try:
        with contextlib.suppress(PolicyError):
            loads_json(text, OPERATIONS)
    finally:
        sys.setprofile(before)
        megabytes = tracemalloc.get_traced_memory()[1] / (1 << 20)
        tracemalloc.stop()
    return next(events), megabytes


WRONG_EVERYWHERE = [None, float("nan"), float("-inf"), 2**53 + 1, "\ud800", "x" * 5000]


@DOCUMENTS
@pytest.mark.parametrize("wrong", WRONG_EVERYWHERE, ids=["null", "nan", "-inf", "large", "surrogate", "long"])
def test_what_is_wrong_everywhere_is_refused_at_its_place(document: dict[str, Any], wrong: object) -> None:
    for pointer, parent, key, text in each_place(document):
        kept, parent[key] = parent[key], wrong
        with pytest.raises(PolicyError) as caught:
            loads_json(text(), OPERATIONS)
        assert caught.value.pointer == pointer
        parent[key] = kept


@DOCUMENTS
def test_a_key_too_many_is_refused_at_its_place(document: dict[str, Any]) -> None:
    for pointer, parent, key, text in each_place(document):
        if isinstance(parent[key], dict):
            kept = parent[key]
            for added in [{**kept, "odd": 1}, Twice(kept)]:
                parent[key] = added
                with pytest.raises(PolicyError) as caught:
                    loads_json(text(), OPERATIONS)
                odd = next(iter(kept)) if isinstance(added, Twice) else "odd"
                assert caught.value.pointer == f"{pointer}/{odd}"
            parent[key] = kept


def each_place(document: dict[str, Any]) -> Iterator[tuple[str, Any, Any, Callable[[], str]]]:
    """Yield (pointer, parent, key, how to write the document) for every place of a copy that may be changed."""
    tree = json.loads(json.dumps(document))
    pointers = {id(tree): ""}
    for parent, key in places(tree):
        pointer = f"{pointers[id(parent)]}/{key}"
        pointers[id(parent[key])] = pointer
        yield pointer, parent, key, partial(dumps, tree)


@DOCUMENTS
def test_harmless_changes_change_nothing(document: dict[str, Any]) -> None:
    policy = read_policy(document, OPERATIONS)
    chance = random.Random(4)
    for _ in range(100):
        tree = json.loads(json.dumps(document))
        for _ in range(5):
            harmless(chance, tree)
        text = json.dumps(tree, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 0, 3]))
        assert loads_json(text.replace('"Rotate"', '"\\u0052otate"'), OPERATIONS) == policy


def harmless(chance: random.Random, tree: Any) -> None:
    """Write one place of the document in another way that means the same."""
    parent, key = chance.choice(list(places(tree)))
    value = parent[key]
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        parent[key] = dict(items)
    elif isinstance(value, float):
        parent[key] = int(value) if value.is_integer() else value
    elif isinstance(value, int) and not isinstance(value, bool) and key not in {"augplug_policy", "n"}:
        parent[key] = float(value)


def outcome(text: bytes | str, loads: Loads, lenient: Callable[[str], object]) -> str:
    """Read a mutant; say whether it was no text of its format, refused at a place, or a policy."""
    try:
        policy = loads(text, OPERATIONS)
    except PolicyError as error:
        return check_error(text, error, lenient)
    assert read_policy(policy.to_json(), OPERATIONS) == policy
    assert loads_json(dumps(policy.to_json()), OPERATIONS) == policy
    return "policy"


lenient_json = partial(json.loads, parse_int=float)
"""Without the limit on the digits of an integer, where ours knows the place and Python's does not."""


def check_error(text: bytes | str, error: PolicyError, lenient: Callable[[str], object]) -> str:
    """One line, about a place that is (or whose parent is) in the document as a lenient parser reads it."""
    assert str(error).isprintable(), text
    assert len(str(error)) < 1000, text
    try:
        place: Any = lenient(text.decode() if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        assert error.pointer == "", text
        return "syntax"
    *parents, last = error.pointer.split("/")[1:] or [""]
    for key in parents:
        place = step_into(place, key)
    assert last == "" or isinstance(place, dict | list), (error.pointer, text)
    return "place"


def step_into(place: Any, key: str) -> Any:
    if isinstance(place, list):
        return place[int(key)]
    return place[key.replace("~1", "/").replace("~0", "~")]
