"""Draws: functions of (policy, seed, epoch, index) and of nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import os
import pickle  # the test's own: augplug writes none
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import augplug
from augplug._pipeline.draw import drawing
from augplug._pipeline.items import Drawn
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
from augplug.errors import OperationError, SettingsError
from augplug.rng import WORD, Stream, Streams, check_weights, generator, key_of, key_of_count, pick, pick_rows
from tests import processes
from tests.processes import drawn

IMAGE = np.zeros((4, 4, 3), dtype=np.uint8)
CONTINUOUS = processes.policy()
DIGEST = bytes(range(32))


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


@pytest.mark.parametrize("word", [0, 1, WORD - 1, WORD - 2**11, WORD // 2])
@pytest.mark.parametrize("law", LAWS)
def test_no_word_is_too_small_or_too_large(law: Distribution, word: int) -> None:
    """The first and the last words of the generator are drawn once in 2**64 calls, and must be draws like any."""
    stream = Stream(DIGEST, key_of(0, 0, 0))
    stream.word = lambda: word
    low, high = law.bounds

    assert low <= law.draw(stream) <= high
    assert 0 <= stream.real() < 1
    assert 0 <= stream.below(7) < 7
    assert pick((0.0, 1.0, 0.1, 0.0), stream) in (1, 2)
    assert sum(dirichlet(0.7, 3, stream)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("weights", [(0.0, 1.0, 0.1, 0.0), (0.0, 0.0, 2.0), (0.1, 0.2, 0.3, 0.0)])
def test_rows_are_picked_as_one_is_at_the_ends_of_the_weights(weights: tuple[float, ...]) -> None:
    """At 0 no index of weight 0; at the sum, which only rounding reaches, the last of a weight above 0."""
    reals = [0.0, *(np.cumsum(weights) / sum(weights)).tolist(), 0.5, 1.0]
    drawn = iter(reals)
    rows: Any = SimpleNamespace(reals=lambda: np.array(reals))
    one: Any = SimpleNamespace(real=lambda: next(drawn))

    assert pick_rows(weights, rows).tolist() == [pick(weights, one) for _ in reals]


def test_words_of_rows_are_computed_in_blocks_as_they_are_needed() -> None:
    streams = Streams(DIGEST, [key_of(0, 0, index) for index in range(3)])
    rows = np.array([0, 2])

    assert streams.words(rows[:0]).shape == (0,)
    for count in range(1, 18):
        streams.words(rows)
        assert streams.blocks == -(-count // 8)


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


@given(st.one_of(st.integers(0, 2**53 - 1), st.integers(0, 2**24 - 1).map(lambda number: (2 * number + 1) << 28)))
def test_beta_of_ones_is_what_scipy_inverts(number: int) -> None:
    """The uniform law takes no call of scipy and gives its float, ties of the rounding included."""
    stream = Stream(DIGEST, key_of(0, 0, 0))
    stream.word = lambda: number << 11
    inverted = float(special.betaincinv(1.0, 1.0, number * 2.0**-53))

    assert Beta(1.0, 1.0).draw(stream) == round(inverted * 2**24) / 2**24


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


@pytest.fixture(scope="module")
def in_order() -> dict[int, str]:
    """Draws for 1,000 indices in this process, in order."""
    return {index: drawn(CONTINUOUS, index) for index in range(1000)}


def printed(*arguments: str) -> Any:
    """Return what the program prints in an interpreter of its own."""
    command = [sys.executable, processes.__file__, *arguments]
    # Without coverage, whose own thread and files a fork would share.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=plain).stdout)


@pytest.mark.parametrize("shards", [1, 2, 4, 8])
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_shards_of_any_number_and_order_draw_alike(shards: int, start: str, in_order: dict[int, str]) -> None:
    """1,000 indices over 1, 2, 4 and 8 shards, backwards, in forked and in spawned processes."""
    assert {int(index): text for index, text in printed("shards", start, str(shards)).items()} == in_order


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


def test_a_policy_without_chance_is_drawn_once_and_any_other_every_time() -> None:
    certain = Policy(augplug.compose([augplug.step("Rotate", degrees=20), augplug.step("Invert", p=0)]))
    likely = Policy(augplug.compose([augplug.step("Rotate", degrees=20), augplug.step("Invert", p=0.5)]))

    for policy, count in ((certain, 1), (likely, 2)):
        draw = drawing(policy)
        every = [draw(key_of(0, 0, index)) for index in range(64)]
        assert len({tuple(item.operation for item in items if isinstance(item, Drawn)) for items in every}) == count


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


def test_calls_without_an_index_differ_in_threads_forks_and_copies() -> None:
    """200 calls and two forked children that inherit the count; four threads; a pickle: no key comes twice."""
    augment = augplug.Augmenter(CONTINUOUS, seed=7, backend="reference")
    copied = pickle.loads(pickle.dumps(augment))
    forked = [tuple(key) for key in printed("keys")]

    with ThreadPoolExecutor(4) as pool:
        threaded = [key for part in pool.map(lambda _: processes.keys(augment, 200), range(4)) for key in part]
    others = processes.keys(copied, 100)

    assert len({process for process, _ in forked}) == 3
    assert len(set(forked)) == 400
    assert len({process for process, _ in threaded}) == 1
    assert len(set(threaded) | set(others)) == 900
    assert key_of_count(7, 1, 2) != key_of(7, 1, 2)


@pytest.mark.parametrize(
    ("law", "cumulative"),
    [
        (Uniform(-2.0, 3.0), lambda x: (x + 2) / 5),
        (LogUniform(0.1, 10.0), lambda x: (math.log10(x) + 1) / 2),
        (Normal(1.0, 4.0, (-99.0, 99.0)), statistics.NormalDist(1.0, 4.0).cdf),
        (Beta(2.0, 1.0), lambda x: x * x),
        (Beta(1.0, 3.0), lambda x: 1 - (1 - x) ** 3),
        (Integers(0, 9), lambda x: (x + 0.5) / 10),
    ],
)
def test_tenths_of_a_law_are_equally_likely(law: Distribution, cumulative: Callable[[float], float]) -> None:
    """Chi-square of 4,000 draws in ten parts that the law says are equal: 27.9 is passed once in a thousand."""
    counted = Counter(int(10 * cumulative(law.draw(Stream(DIGEST, key_of(3, 0, index))))) for index in range(4000))

    assert set(counted) <= set(range(10))
    assert sum((counted[part] - 400) ** 2 / 400 for part in range(10)) < 27.9


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
        lambda: LogUniform(1e-300, 1e5),
        lambda: Beta(0.0, 1.0),
        lambda: Beta(float("nan"), 1.0),
    ],
)
def test_distributions_refuse_what_cannot_be_drawn(make: Callable[[], Distribution]) -> None:
    """One typed error when it is made, none when it is drawn."""
    with pytest.raises(SettingsError):
        make()


def test_a_generator_depends_on_its_key_alone() -> None:
    """Its numbers are Philox's words; nothing that is asked in between changes them."""
    words = np.random.Philox(key=7).random_raw(3)
    one, other = generator(7), generator(7)
    np.random.default_rng().random(5)

    assert one.random(3).tolist() == [float(word >> np.uint64(11)) * 2.0**-53 for word in words]
    assert other.integers(0, 1 << 62) == generator(7).integers(0, 1 << 62)
    assert generator(8).random() != generator(7).random()


@pytest.mark.parametrize("key", [-1, WORD])
def test_a_generator_refuses_what_is_no_key(key: int) -> None:
    with pytest.raises(SettingsError, match="the key of a generator"):
        generator(key)


@pytest.mark.parametrize("value", [360.5, -360.5, math.nan, math.inf])
def test_a_number_beyond_what_its_law_promised_is_refused(value: float) -> None:
    """A law of somebody else's may keep its bounds once, and no longer; the operation never holds such a number."""
    lies: list[float] = []

    class Liar(Uniform):
        def draw(self, stream: Stream) -> float:
            return lies[0] if lies else super().draw(stream)

    augment = augplug.Augmenter(augplug.step("Rotate", degrees=Liar(0.0, 1.0)))

    augment(np.zeros((4, 4, 3), np.uint8), index=0)
    lies.append(value)

    with pytest.raises(OperationError, match=r"Rotate\(degrees=\.\.\.\)"):
        augment(np.zeros((4, 4, 3), np.uint8), index=1)


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.heavy)])
def test_no_two_keys_draw_alike(count: int) -> None:
    """The first 128 bits of keys of 50 policies, with seeds, epochs and indices that are small, equal or large."""
    digests = [hashlib.blake2b(bytes([number])).digest()[:32] for number in range(50)]
    numbers = [0, 1, 2, 3, 2**32 - 1, 2**32, 2**40]
    beginnings = set()
    for row in range(count // len(digests)):
        seed, (epoch, index) = numbers[row % 7], divmod(row // 7, 101)
        key = key_of(seed, epoch, index)
        beginnings |= {two_words(digest, key) for digest in digests}
    assert len(beginnings) == count


def two_words(digest: bytes, key: bytes) -> bytes:
    stream = Stream(digest, key)
    return stream.word().to_bytes(8, "little") + stream.word().to_bytes(8, "little")


def test_the_first_key_is_a_key() -> None:
    assert generator(0).integers(2**63) != generator(1).integers(2**63)


@pytest.mark.parametrize(("weights", "expected"), [((0.0, 0.25, 0.5, 0.0), 2), ((0.5, 0.0), 0), ((1e-9,), 0)])
def test_what_rounding_leaves_over_goes_to_the_last_that_can_be_picked(
    weights: tuple[float, ...], expected: int
) -> None:
    assert pick(weights, Top(DIGEST, key_of(0, 0, 0))) == expected


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0,), (1.0, -0.5), (1.0, math.nan), (1.0, math.inf)])
def test_weights_that_choose_nothing_are_refused(weights: tuple[float, ...]) -> None:
    check_weights((0.0, 1.0), 2)
    with pytest.raises(SettingsError, match="2 weights are needed, none negative and not all zero"):
        check_weights(weights, 2)


class Top(Stream):
    """A stream of reals that are more than any stream gives, as a sum of weights may be after rounding."""

    def real(self) -> float:
        return math.nextafter(1.0, 2.0)
