"""Draws are what the documents say: a keyed hash, a mapping of our own, one position after the other in the policy.

A second implementation of both, from docs/design/house.md and the docstrings alone, draws every random policy alike.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import augplug
from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.items import Drawn, Item
from augplug._policies.reader import read_policy
from augplug.distributions import Key
from augplug.ops.levels import SCALES
from augplug.rng import Stream, key_of
from tests.strategies import BUILT_IN, policies

IMAGE = np.zeros((4, 5, 3), dtype=np.uint8)


class Words:
    """The 64-bit words of a draw: BLAKE2b-512 of (key, block), keyed with the policy's digest."""

    def __init__(self, digest: bytes, seed: int, epoch: int, index: int) -> None:
        self.digest, self.key = digest, struct.pack("<BQQQ", 0, seed, epoch, index)
        self.words = self.blocks(digest, self.key)
        self.occurred: list[int] = []

    @staticmethod
    def blocks(digest: bytes, key: bytes) -> Iterator[int]:
        """Eight words a block, little-endian, without end."""
        for block in itertools.count():
            yield from struct.unpack("<8Q", hashlib.blake2b(key + struct.pack("<I", block), key=digest).digest())

    def own_key(self, step: int) -> int:
        """The key of a step: of the first word of the key, the step and how often it occurred before."""
        own = self.blocks(self.digest, self.key + struct.pack("<II", step, self.occurred.count(step)))
        self.occurred.append(step)
        return next(own) >> 11

    def real(self) -> float:
        """The 53 highest bits as a fraction."""
        return (next(self.words) >> 11) / 2**53

    def below(self, bound: int) -> int:
        """The integer part of word / 2**64 times the bound."""
        return next(self.words) * bound // 2**64

    def sign(self) -> int:
        """The highest bit: set is plus."""
        return 1 if next(self.words) >= 2**63 else -1

    def pick(self, weights: list[float]) -> int:
        """The first index up to which the weights add to more than a random share of their sum."""
        target = self.real() * sum(weights)
        for index, total in enumerate(itertools.accumulate(weights)):
            if target < total:
                return index
        return max(index for index, weight in enumerate(weights) if weight)

    # pylint: disable-next=too-many-return-statements  # one for each word of the grammar
    def number(self, value: Any) -> Any:
        """A number of a policy file: itself, or a distribution's."""
        if not isinstance(value, dict):
            return value
        match value:
            case {"uniform": [low, high]}:
                return low + (high - low) * self.real()
            case {"integers": [low, high]}:
                return low + self.below(high - low + 1)
            case {"choice": choices, "weights": weights}:
                return choices[self.pick(weights)]
            case {"choice": choices}:
                return choices[self.below(len(choices))]
            case {"normal": [mean, deviation], "clip": [low, high]}:
                return min(max(special.ndtri(self.real() + 2.0**-54) * deviation + mean, low), high)
            case {"log_uniform": [low, high]}:
                return min(max(math.exp(math.log(low) + self.real() * math.log(high / low)), low), high)
            case {"beta": [a, b]}:
                return special.betaincinv(a, b, self.real())
            case {"sign": side}:
                return side * self.sign()
        raise AssertionError(value)


# pylint: disable-next=too-many-return-statements  # one for each word of the grammar
def slow_draw(node: Any, policy: dict[str, Any], words: Words) -> list[Any]:
    """What a policy file draws: [name, {field: number}] for a step, [weights, chains] for a blend.

    The steps of `node` carry their number in the policy as "#".
    """
    match node:
        case {"op": name, "p": p}:
            if p < 1 and next(words.words) >= int(p * 2**64):
                return []
            return [[name, slow_fields(node, policy, words)]]
        case {"sequence": children}:
            return [item for child in children for item in slow_draw(child, policy, words)]
        case {"one_of": children, "weights": weights}:
            return slow_draw(children[words.pick(weights)], policy, words)
        case {"one_of": children}:
            return slow_draw(children[words.below(len(children))], policy, words)
        case {"some_of": children, "n": n, "replacement": replacement}:
            made: list[Any] = []
            weights = list(node.get("weights", [1.0] * len(children)))
            for _ in range(int(words.number(n))):
                plain = replacement and "weights" not in node
                chosen = words.below(len(children)) if plain else words.pick(weights)
                weights[chosen] *= replacement
                made += slow_draw(children[chosen], policy, words)
            return made
        case {"blend": children, "alpha": alpha}:
            share = special.betaincinv(alpha, alpha, words.real())
            parts = [special.gammaincinv(alpha, words.real()) for _ in children]
            shares = [part / sum(parts) if sum(parts) else 1 / len(parts) for part in parts]
            chains = [slow_draw(child, policy, words) for child in children]
            return [[[1 - share, *(share * part for part in shares)], [[], *chains]]]
        case {"policy": nested}:
            return slow_draw(nested["policy"], nested, words)
    raise AssertionError(node)


def slow_fields(node: dict[str, Any], policy: dict[str, Any], words: Words) -> dict[str, Any]:
    """The numbers of a step, in the order in which its operation declares them."""
    about = BUILT_IN[node["op"]].about
    scale = SCALES[policy["scale"]]
    row = scale.row(f"augplug:{about.name}", BUILT_IN[node["op"]]) if "level" in node else None
    fields: dict[str, Any] = {}
    for name, declared in about.parameters.items():
        if row is not None and name == row.field:
            t = words.number(node["level"]) / scale.divisor
            if row.signed and (isinstance(node["level"], dict) or row.value(t, 1) != row.value(t, -1)):
                fields[name] = row.value(t, words.sign())
            else:
                fields[name] = row.value(t, 1)
        elif (written := about.written_name(name)) in node or name in policy["defaults"]:
            fields[name] = words.number(node.get(written, policy["defaults"].get(name)))
        elif isinstance(declared.draw, Key) and declared.draw.needed_by:
            others = {other: about.parameters[other].default for other in declared.draw.needed_by}
            needed = any(node.get(other, usual) != usual for other, usual in others.items())
            fields[name] = words.own_key(node["#"]) if needed else declared.default
        elif isinstance(declared.draw, Key):
            fields[name] = next(words.words) >> 11
        elif declared.draw is not None:
            fields[name] = words.number(declared.draw.to_json())
        else:
            fields[name] = declared.default
    return fields


def plain(items: tuple[Item, ...]) -> list[Any]:
    """Drawn operations as `slow_draw` writes them."""
    made: list[Any] = []
    for item in items:
        if isinstance(item, Drawn):
            about = item.operation.about
            fields = {name: getattr(item.operation, name) for name in about.parameters}
            made.append([item.address, fields])
        else:
            made.append([list(item.weights), [plain(chain) for chain in item.chains]])
    return made


def assert_alike(made: Any, slow: Any) -> None:
    """The same draw; reals that go through a mathematical library to 2**-24 of their range, or 1e-6."""
    if isinstance(slow, dict):
        assert made.keys() == slow.keys()
        for name, value in slow.items():
            assert_alike(made[name], value)
    elif isinstance(slow, list | tuple):
        assert len(made) == len(slow)
        for one, other in zip(made, slow, strict=True):
            assert_alike(one, other)
    elif isinstance(slow, str):
        assert made in (slow, f"augplug:{slow}")
    elif slow is None or isinstance(slow, bool):
        assert made is slow
    else:
        assert math.isclose(made, slow, rel_tol=2e-6, abs_tol=2e-6)


@given(
    policy=policies(BUILT_IN),
    seed=st.integers(0, 2**64 - 1),
    epoch=st.integers(0, 2**64 - 1),
    index=st.integers(0, 2**64 - 1),
)
def test_a_second_implementation_draws_alike(policy: augplug.Policy, seed: int, epoch: int, index: int) -> None:
    """Every word of the grammar, every distribution, every scale, from the policy's JSON."""
    made = Augmenter(policy, seed=seed).plan(IMAGE, index=index, epoch=epoch)
    document = json.loads(json.dumps(policy.to_json()))
    for number, step in enumerate(steps_in(document["policy"])):
        step["#"] = number
    words = Words(policy.digest, seed, epoch, index)
    assert_alike(plain(made.items), slow_draw(document["policy"], document, words))


def steps_in(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step below a node of a policy file, from the first to the last."""
    if "op" in node:
        yield node
    for word in ("sequence", "one_of", "some_of", "blend"):
        for child in node.get(word, []):
            yield from steps_in(child)
    if "policy" in node:
        yield from steps_in(node["policy"]["policy"])


def test_words_are_those_of_the_keyed_hash() -> None:
    """More than one block of them, for keys at both ends."""
    for seed, epoch, index in ((0, 0, 0), (7, 3, 12345), (2**64 - 1,) * 3):
        stream, words = Stream(b"digest", key_of(seed, epoch, index)), Words(b"digest", seed, epoch, index)
        assert [stream.word() for _ in range(40)] == list(itertools.islice(words.words, 40))


GOLDEN_POLICY = {
    "augplug_policy": 1,
    "scale": "randaugment",
    "policy": {
        "sequence": [
            {"op": "Rotate", "degrees": {"uniform": [-30, 30]}},
            {"op": "Posterize", "bits": {"integers": [2, 7]}},
            {"op": "Color", "factor": {"normal": [1, 0.5], "clip": [0, 2]}},
            {"op": "Brightness", "factor": {"log_uniform": [0.5, 2]}},
            {"op": "Cutout", "size": {"beta": [2, 3]}},
            {"op": "TranslateX", "pixels": {"sign": 3}},
            {"op": "Solarize", "threshold": {"choice": [10, 20, 30], "weights": [1, 2, 3]}},
            {
                "some_of": [{"op": "ShearX", "level": 9}, {"op": "Invert"}, {"op": "Equalize", "p": 0.5}],
                "n": 2,
                "replacement": False,
            },
        ]
    },
}
GOLDEN_DIGEST = "da3179eaa9f4a1322009dcbf94ff4190096ddbc07e62b8dabd9b21c925f026f8"
GOLDEN = {
    (0, 0, 0): "-18.660080290518117 2 1.2281905114650726 1.4328335523605347 0.36633944511413574 "
    "0.8777301721382075 0.08855596309625491 3.0 10.0 Equalize 0.27",
    (0, 1, 0): "-4.774092462295354 5 0.4253903925418854 1.4638742804527283 0.39129871129989624 "
    "0.7896455993419075 0.9551643202214763 3.0 20.0 Invert Equalize",
    (1, 0, 0): "7.288157917490551 4 1.220766305923462 0.6626899838447571 0.8046165704727173 "
    "0.42061952181511586 0.4105163364116954 -3.0 30.0 Invert",
    (2**64 - 1,) * 3: "27.52462065421959 3 0.5092552900314331 0.6661931574344635 0.7764191031455994 "
    "0.7306913367213823 0.5605168603869168 3.0 30.0 Invert -0.27",
}
"""Seed, epoch, index -> what is drawn. Frozen: a change here is a change of every user's draws."""


def test_draws_of_a_policy_are_frozen() -> None:
    """The digest, and the numbers that 0.1 drew, from every distribution and from a level."""
    policy = read_policy(GOLDEN_POLICY, BUILT_IN)
    assert policy.digest.hex() == GOLDEN_DIGEST
    told = {"degrees", "bits", "factor", "size", "x", "y", "pixels", "threshold"}
    for (seed, epoch, index), kept in GOLDEN.items():
        made: list[Any] = []
        for address, fields in plain(Augmenter(policy, seed=seed).plan(IMAGE, index=index, epoch=epoch).items):
            made += [value for name, value in fields.items() if name in told] or [address.removeprefix("augplug:")]
        assert " ".join(map(str, made)) == kept
