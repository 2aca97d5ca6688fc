"""Draws: functions of (policy, seed, epoch, index) and of nothing else."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import statistics
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import augplug
from augplug._policies.grammar import Policy
from augplug.distributions import (
    Beta,
    Choice,
    Distribution,
    Integers,
    LogUniform,
    Normal,
    Sign,
    Uniform,
    dirichlet,
)
from augplug.errors import SettingsError
from augplug.rng import Stream, key_of, key_of_count, pick

IMAGE = np.zeros((4, 4, 3), dtype=np.uint8)
CONTINUOUS = augplug.sequence(
    augplug.step("Rotate", degrees=(-30, 30)),
    augplug.step("Cutout", size=0.5),
    augplug.step("Color", factor=(0.1, 1.9)),
)
DIGEST = bytes(range(32))


def drawn(policy: object, index: int, epoch: int = 0, seed: int = 7) -> str:
    """Return what one call draws, as text."""
    augment = augplug.Augmenter(policy, seed=seed, backend="reference")  # type: ignore[arg-type]  # any form of one
    return json.dumps(json.loads(augment.plan(IMAGE, index=index, epoch=epoch).to_json())["steps"])


def _names(policy: object, index: int) -> list[str]:
    return [step["op"].removeprefix("augplug:") for step in json.loads(drawn(policy, index))]


def slow_words(digest: bytes, key: bytes, count: int) -> list[int]:
    """The stream again, from its description: BLAKE2b-512 of (key, block), keyed with the digest, little-endian."""
    blocks = (
        hashlib.blake2b(key + block.to_bytes(4, "little"), key=digest, digest_size=64).digest()
        for block in range(-(-count // 8))
    )
    stream = b"".join(blocks)
    return [int.from_bytes(stream[8 * i : 8 * i + 8], "little") for i in range(count)]


@given(st.binary(min_size=1, max_size=64), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(1, 40))
def test_words_are_the_keyed_hash(digest: bytes, seed: int, index: int, count: int) -> None:
    """Words, integers and reals are what the module says they are."""
    key = b"\0" + b"".join(number.to_bytes(8, "little") for number in (seed, 3, index))
    words = slow_words(digest, key, count)
    stream, again = Stream(digest, key_of(seed, 3, index)), Stream(digest, key_of(seed, 3, index))

    assert [stream.word() for _ in range(count)] == words
    assert again.real() == (words[0] >> 11) / 2**53


def test_kept_draws_have_not_changed() -> None:
    """Saved seeds must go on meaning what they meant: these draws were written down with the first version."""
    stream = Stream(DIGEST, key_of(1, 2, 3))
    draws: list[tuple[Distribution, float]] = [
        (Uniform(-1.0, 1.0), KEPT[0]),
        (Integers(0, 1000), KEPT[1]),
        (Choice((5.0, 6.0, 7.0), (1.0, 2.0, 3.0)), KEPT[2]),
        (Normal(0.0, 1.0, (-9.0, 9.0)), KEPT[3]),
        (LogUniform(0.01, 100.0), KEPT[4]),
        (Beta(0.5, 2.0), KEPT[5]),
        (Sign(3.0), KEPT[6]),
    ]

    assert [law.draw(stream) for law, _ in draws] == [kept for _, kept in draws]
    assert [_names("autoaugment-cifar10", index) for index in range(8)] == KEPT_STEPS


KEPT = [0.44395109487330897, 727, 7.0, 1.1299201846122742, 0.01764790952205658, 5.608797073364258e-05, 3.0]
KEPT_STEPS = [["TranslateY", "TranslateY"], [], [], ["AutoContrast"], [], [], ["AutoContrast"], ["Equalize"]]


LAWS: list[Distribution] = [
    Uniform(-2.0, 3.0),
    Integers(-2, 3),
    LogUniform(0.1, 10.0),
    Beta(2.0, 3.0),
    Normal(1.0, 4.0, (-1.0, 2.0)),
    Choice((1.0, -2.0)),
    Sign(-3.0),
]


@given(st.integers(0, 2**32), st.sampled_from(LAWS))
def test_draws_stay_within_their_bounds(index: int, law: Distribution) -> None:
    """Every draw lies within the bounds by which policies are checked."""
    low, high = law.bounds

    assert low <= law.draw(Stream(DIGEST, key_of(0, 0, index))) <= high


@pytest.mark.parametrize(
    ("law", "mean", "deviation"),
    [
        (Uniform(0.0, 1.0), 0.5, 12**-0.5),
        (Integers(0, 9), 4.5, 8.25**0.5),
        (Normal(3.0, 2.0, (-50.0, 50.0)), 3.0, 2.0),
        (Beta(2.0, 3.0), 0.4, 0.2),
        (Sign(1.0), 0.0, 1.0),
        (Choice((0.0, 1.0), (1.0, 3.0)), 0.75, (3 / 16) ** 0.5),
    ],
)
def test_draws_have_the_moments_of_their_law(law: Distribution, mean: float, deviation: float) -> None:
    """Mean and deviation of 4,000 draws lie within four standard errors (about) of the law's."""
    draws = [law.draw(Stream(DIGEST, key_of(5, 0, index))) for index in range(4000)]

    assert statistics.fmean(draws) == pytest.approx(mean, abs=4 * deviation / 4000**0.5)
    assert statistics.pstdev(draws) == pytest.approx(deviation, rel=0.06)


def test_dirichlet_weights_sum_to_one_and_are_alike() -> None:
    """Symmetric weights: each has the mean 1 / count."""
    weights = np.array([dirichlet(1.0, 3, Stream(DIGEST, key_of(0, 0, index))) for index in range(2000)])

    assert np.allclose(weights.sum(axis=1), 1)
    assert weights.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.03)


def test_picks_follow_their_weights_and_never_take_weight_zero() -> None:
    """3,000 picks by weights 0, 1, 3."""
    counted = Counter(pick((0.0, 1.0, 3.0), Stream(DIGEST, key_of(0, 0, index))) for index in range(3000))

    assert counted[0] == 0
    assert counted[2] / 3000 == pytest.approx(0.75, abs=0.03)


def shard(arguments: tuple[int, int]) -> dict[int, str]:
    """Draw every `count`-th of 1,000 indices, from the last to the first."""
    number, count = arguments
    return {index: drawn(CONTINUOUS, index) for index in reversed(range(number, 1000, count))}


@pytest.fixture(scope="module")
def in_order() -> dict[int, str]:
    """Draws for 1,000 indices in this process, in order."""
    return {index: drawn(CONTINUOUS, index) for index in range(1000)}


@pytest.mark.parametrize("shards", [1, 2, 4, 8])
@pytest.mark.parametrize("start", ["fork", "spawn"])
# A forked child of a process with threads may hang; pytest has none that hold locks here.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_shards_of_any_number_and_order_draw_alike(shards: int, start: str, in_order: dict[int, str]) -> None:
    """1,000 indices over 1, 2, 4 and 8 shards, backwards, in forked and in spawned processes."""
    with multiprocessing.get_context(start).Pool(2) as pool:
        parts = pool.map(shard, [(number, shards) for number in range(shards)])

    assert {index: text for part in parts for index, text in part.items()} == in_order


def test_two_epochs_never_draw_alike(in_order: dict[int, str]) -> None:
    """No index draws in epoch 1 what it drew in epoch 0; no two indices draw alike either."""
    later = {index: drawn(CONTINUOUS, index, epoch=1) for index in range(1000)}

    assert not [index for index in later if later[index] == in_order[index]]
    assert len(set(in_order.values()) | set(later.values())) == 2000
    assert drawn(CONTINUOUS, 5, epoch=9) != drawn(CONTINUOUS, 9, epoch=5)
    assert drawn(CONTINUOUS, 5, seed=8) != in_order[5]


def test_the_digest_is_of_what_is_drawn() -> None:
    """Renaming a policy or fusing it otherwise changes no draw; another scale or default does."""
    node = augplug.step("Rotate", level=4)
    policy = Policy(node)

    assert Policy(node, name="other", source="somebody", fuse="none").digest == policy.digest
    assert Policy(node, scale="randaugment").digest != policy.digest
    assert Policy(node, defaults={"fill": 3.0}).digest != policy.digest
    assert Policy(augplug.step("Rotate", level=5)).digest != policy.digest


def steps(node: object, index: int) -> list[dict[str, object]]:
    """Return the drawn steps of one call."""
    found: list[dict[str, object]] = json.loads(drawn(node, index))
    return found


def test_probabilities_zero_and_one_are_certain() -> None:
    """p = 0 never happens, p = 1 always."""
    node = augplug.sequence(augplug.step("Invert", p=0.0), augplug.step("Equalize", p=1.0))

    assert {tuple(step["op"] for step in steps(node, index)) for index in range(500)} == {("augplug:Equalize",)}


def test_probability_is_a_probability() -> None:
    """p = 0.3 happens in about three of ten calls."""
    happened = sum(len(steps(augplug.step("Invert", p=0.3), index)) for index in range(2000))

    assert happened / 2000 == pytest.approx(0.3, abs=0.04)


def test_signed_levels_go_to_both_sides() -> None:
    """A level of Rotate turns left as often as right, and Posterize has one side only."""
    sides = Counter(steps(augplug.step("Rotate", level=9), i)[0]["fields"]["degrees"] for i in range(1000))  # type: ignore[index]  # data read from JSON
    bits = {steps(augplug.step("Posterize", level=9), i)[0]["fields"]["bits"] for i in range(50)}  # type: ignore[index]  # data read from JSON

    assert set(sides) == {30.0, -30.0}
    assert sides[30.0] == pytest.approx(500, abs=64)
    assert bits == {4}


def test_some_of_without_replacement_takes_each_once() -> None:
    """Three of three without replacement is every operation once, in any order."""
    names = [augplug.step(name) for name in ("Invert", "Equalize", "AutoContrast")]
    orders = Counter(
        tuple(step["op"] for step in steps(augplug.some_of(3, *names, replacement=False), i)) for i in range(600)
    )

    assert {frozenset(order) for order in orders} == {
        frozenset({"augplug:Invert", "augplug:Equalize", "augplug:AutoContrast"})
    }
    assert len(orders) == 6
    assert min(orders.values()) > 60


def test_one_of_follows_its_weights() -> None:
    """Weights 1 and 4."""
    node = augplug.one_of(augplug.step("Invert"), augplug.step("Equalize"), weights=(1, 4))
    counted = Counter(steps(node, index)[0]["op"] for index in range(2000))

    assert counted["augplug:Equalize"] / 2000 == pytest.approx(0.8, abs=0.04)


def test_defaults_hold_where_a_step_says_nothing() -> None:
    """A policy's fill goes to steps that have one and do not say otherwise."""
    node = augplug.sequence(
        augplug.step("Rotate", degrees=3), augplug.step("ShearX", factor=0.1, fill=9), augplug.step("Invert")
    )
    made = steps(Policy(node, defaults={"fill": 128.0, "interpolation": "linear"}), 0)
    fields = [step["fields"] for step in made]

    assert [field.get("fill") for field in fields] == [128.0, 9.0, None]  # type: ignore[attr-defined]  # data read from JSON
    assert [field.get("interpolation") for field in fields] == ["linear", "linear", None]  # type: ignore[attr-defined]  # data read from JSON


def key_of_next(send: Callable[[object], None], augment: augplug.Augmenter) -> None:
    """Send the key of a call without an index."""
    send(dict(augment.plan(IMAGE).key))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_calls_without_an_index_differ_in_every_process() -> None:
    """A count in this process; other random bits in a forked child, which inherits the count."""
    augment = augplug.Augmenter(CONTINUOUS, seed=7, backend="reference")
    first, second = dict(augment.plan(IMAGE).key), dict(augment.plan(IMAGE).key)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=key_of_next, args=(sender.send, augment))
    child.start()
    theirs = receiver.recv()
    child.join()

    assert (first["process"], first["count"] + 1) == (second["process"], second["count"])
    assert theirs["process"] != first["process"]
    assert augplug.Augmenter(CONTINUOUS).plan(IMAGE).key["process"] != first["process"]
    assert key_of_count(7, 1, 2) != key_of(7, 1, 2)
    assert child.pid != os.getpid()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Uniform(1.0, 0.0),
        lambda: Uniform(-1.7e308, 1.7e308),
        lambda: Integers(0, 1.5),  # type: ignore[arg-type]  # given on purpose
        lambda: Choice(()),
        lambda: Choice((1.0, 2.0), (1.0,)),
        lambda: Choice((1.0, 2.0), (1.0, float("nan"))),
        lambda: Normal(0.0, -1.0, (0.0, 1.0)),
        lambda: Normal(float("nan"), 1.0, (0.0, 1.0)),
        lambda: LogUniform(0.0, 1.0),
        lambda: LogUniform(5e-324, 1.0),
        lambda: Beta(0.0, 1.0),
        lambda: Beta(float("nan"), 1.0),
    ],
)
def test_distributions_refuse_what_cannot_be_drawn(make: Callable[[], Distribution]) -> None:
    """One typed error when it is made, none when it is drawn."""
    with pytest.raises(SettingsError):
        make()
