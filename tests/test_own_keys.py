"""Keys of a step's own: Cutout's noise and further holes, which take no word from the draw."""

from __future__ import annotations

import hashlib
import itertools
import json
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import augplug
from augplug._pipeline.draw import drawing
from augplug._pipeline.items import Drawn, DrawnBlend, Item
from augplug._policies.grammar import Policy
from augplug.effects import Paint
from augplug.errors import OperationError, PlanError
from augplug.ops.regions import Cutout
from augplug.rng import Stream, key_of
from augplug.types import Canvas

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 20, 3)).astype(np.uint8)
LOUD = augplug.step("Cutout", size=0.5, x=0.5, y=0.5, noise=1)
HOLES = augplug.step("Cutout", size=0.2, x=0.5, y=0.5, holes=4)


def leaves(items: tuple[Item, ...]) -> Iterator[Drawn]:
    for item in items:
        if isinstance(item, DrawnBlend):
            for chain in item.chains:
                yield from leaves(chain)
        else:
            yield item


def keys(node: Any, index: int = 0, seed: int = 0) -> list[int]:
    """The keys of the Cutouts that one call draws."""
    policy = node if isinstance(node, Policy) else Policy(node)
    found = leaves(drawing(policy)(key_of(seed, 0, index)))
    return [item.operation.key for item in found if isinstance(item.operation, Cutout)]


@pytest.mark.parametrize("node", [LOUD, HOLES])
def test_pixels_differ_by_index_though_nothing_else_is_drawn(node: Any) -> None:
    augment = augplug.Augmenter(node, seed=3)

    assert len({augment(IMAGE, index=index).tobytes() for index in range(200)}) == 200


def test_noise_depends_on_neither_x_nor_y() -> None:
    def noise(x: float, y: float) -> int | None:
        (paint,) = Cutout(size=0.5, x=x, y=y, noise=True, key=7).describe(Canvas(20, 20, 3))
        assert isinstance(paint, Paint)
        return paint.key

    assert {noise(x, y) for x in (0.1, 0.5) for y in (0.2, 0.9)} == {7}


def test_a_key_is_that_of_the_hash_written_down_here() -> None:
    """BLAKE2b-512 of (draw key, number of the step, how often it occurred before, block), keyed with the digest."""
    policy = Policy(augplug.sequence(augplug.step("Invert"), augplug.some_of(3, LOUD), HOLES))

    for index in range(20):
        expected = []
        for step, occurrence in ((1, 0), (1, 1), (1, 2), (2, 0)):
            message = struct.pack("<BQQQIII", 0, 5, 0, index, step, occurrence, 0)
            block = hashlib.blake2b(message, key=policy.digest).digest()
            expected.append(int.from_bytes(block[:8], "little") >> 11)
        assert keys(policy, index, seed=5) == expected


def test_every_step_and_every_occurrence_has_a_key_of_its_own() -> None:
    policy = Policy(
        augplug.sequence(
            LOUD,
            LOUD,
            augplug.some_of(6, LOUD, HOLES),
            augplug.one_of(LOUD, HOLES),
            augplug.blend(LOUD, augplug.sequence(LOUD, HOLES)),
        )
    )

    every = [key for index in range(100) for key in keys(policy, index)]

    assert Counter(every).most_common(1)[0][1] == 1
    assert len(every) == 100 * 12


def test_a_step_keeps_its_key_whatever_is_drawn_before_it() -> None:
    """A step that is not drawn, or a some_of that is drawn more often, moves no other key: numbers are positions."""
    sometimes = Policy(augplug.sequence(augplug.step("Cutout", p=0.5, size=0.5, noise=1), LOUD))
    by_length: dict[int, list[int]] = {1: [], 2: []}
    for index in range(100):
        found = keys(sometimes, index)
        by_length[len(found)].append(index)
        stream = Stream(sometimes.digest, key_of(0, 0, index))
        assert found[-1] == stream.own(1).word() >> 11
    assert min(map(len, by_length.values())) > 20


@pytest.mark.parametrize("settings", [{"noise": 1}, {"holes": 3}, {"noise": 1, "holes": 3}])
def test_no_word_is_taken_from_the_draw(settings: dict[str, Any]) -> None:
    """What follows is drawn as after a Cutout that needs no key, from the same words."""

    def following(cutout: Any) -> list[Any]:
        after = augplug.sequence(augplug.step("Rotate", degrees=(-30, 30)), augplug.step("GaussianNoise", std=3))
        policy = Policy(augplug.sequence(cutout, after))
        draws = []
        for index in range(50):
            first, *rest = drawing_under(policy, index)
            draws.append((first.operation.x, first.operation.y, [item.operation for item in rest]))  # type: ignore[attr-defined]  # a Cutout
        return draws

    def drawing_under(policy: Policy, index: int) -> list[Drawn]:
        # Under one digest, else two policies have different words.
        vars(policy)["digest"] = bytes(32)
        return list(leaves(drawing(policy)(key_of(0, 0, index))))

    assert following(augplug.step("Cutout", size=0.5, **settings)) == following(augplug.step("Cutout", size=0.5))


def test_a_key_is_drawn_only_if_something_needs_it() -> None:
    """One hole without noise: key 0, and a draw that recurs is one object."""
    plain = augplug.step("Cutout", size=0.5, x=0.5, y=0.5)
    for node in (plain, augplug.step("Cutout", size=0.5, x=0.5, y=0.5, holes=1, noise=0)):
        draw = drawing(Policy(node))
        (one,), (other,) = draw(key_of(0, 0, 0)), draw(key_of(0, 0, 1))
        assert one is other
        assert keys(node) == [0]
    sided = drawing(Policy(augplug.step("Cutout", size=0.5, x=0.5, y=augplug.Choice((0.0, 1.0)))))
    assert len({sided(key_of(0, 0, index))[0] for index in range(100)}) == 2


def test_a_key_that_the_policy_gives_is_the_key() -> None:
    fixed = augplug.step("Cutout", size=0.5, noise=1, key=5)
    drawn = augplug.step("Cutout", size=0.5, noise=1, key=augplug.Integers(1, 3))

    assert {key for index in range(20) for key in keys(fixed, index)} == {5}
    assert {key for index in range(50) for key in keys(drawn, index)} == {1, 2, 3}


def test_digests_and_policy_files_do_not_mention_a_key_that_is_not_given() -> None:
    policy = Policy(LOUD)

    assert "key" not in json.dumps(policy.to_json())
    assert policy.digest.hex() == "571623b5df59030863973adfa69575d8752f088b83d93f1778300db99e2fbf89"
    assert policy.digest != Policy(augplug.step("Cutout", size=0.5, x=0.5, y=0.5, noise=1, key=0)).digest


MANY = augplug.sequence(LOUD, augplug.some_of(2, LOUD, HOLES, augplug.step("Rotate", degrees=(-30, 30))))
PROGRAM = """
import hashlib, json, sys
import numpy as np
import augplug
image = np.random.default_rng(0).integers(0, 256, (24, 20, 3)).astype(np.uint8)
policy = augplug.load_policy(json.loads(sys.argv[1]))
augment = augplug.Augmenter(policy, seed=9)
print(*[hashlib.sha256(augment(image, index=index, epoch=2).tobytes()).hexdigest() for index in reversed(range(20))])
"""


def test_pixels_are_those_of_seed_epoch_and_index_in_calls_batches_plans_threads_and_processes() -> None:
    policy = Policy(MANY)
    augment = augplug.Augmenter(policy, seed=9)
    calls = [augment(IMAGE, index=index, epoch=2) for index in range(20)]

    batch = augment.batch(np.stack([IMAGE] * 20), indices=range(20), epoch=2)
    plans = [augment.plan(IMAGE, index=index, epoch=2).to_json() for index in range(20)]
    with ThreadPoolExecutor(4) as pool:
        threads = list(pool.map(lambda index: augment(IMAGE, index=index, epoch=2), [*range(20)] * 10))
    command = [sys.executable, "-c", PROGRAM, json.dumps(policy.to_json())]
    digests = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    np.testing.assert_array_equal(calls, batch)
    np.testing.assert_array_equal(calls, [augplug.replay(augplug.load_plan(plan), IMAGE) for plan in plans])
    np.testing.assert_array_equal(calls * 10, threads)
    assert digests[::-1] == [hashlib.sha256(call.tobytes()).hexdigest() for call in calls]
    for one, other in itertools.combinations(calls, 2):
        assert not np.array_equal(one, other)


def test_a_draw_of_many_blocks_of_words_has_the_same_keys() -> None:
    """The first attempt of a draw that runs out of words leaves no occurrence counted."""
    policy = Policy(augplug.some_of(40, LOUD, augplug.step("Rotate", degrees=(-30, 30))))
    draw = drawing(policy)
    items = [draw(key_of(0, 0, 0)) for _ in range(3)]  # the second begins with two blocks

    (one, other, last) = [[item.operation for item in leaves(drawn)] for drawn in items]
    assert one == other == last
    first = next(operation for operation in one if isinstance(operation, Cutout))
    assert first.key == Stream(policy.digest, key_of(0, 0, 0)).own(0).word() >> 11


def plan_of(version: int, **fields: Any) -> str:
    document = json.loads(augplug.Augmenter(LOUD, backend="reference").plan(IMAGE, index=0).to_json())
    document["steps"] = [{"op": "augplug:Cutout", "version": version, "fields": fields}]
    return json.dumps(document)


VERSION_1 = {"size": 0.5, "x": 0.4, "y": 0.7, "value": 9.0, "holes": 1, "noise": 0, "mask_value": -1.0}


@pytest.mark.parametrize(
    ("changes", "digest"),
    [
        ({}, "be2444050913b0f3"),
        ({"noise": 1}, "a951fda8cd192865"),
        ({"holes": 3}, "2feac24a38c54ba1"),
        ({"holes": 3, "noise": 1}, "0733212db387ebfd"),
    ],
)
def test_plans_of_version_1_replay_to_the_pixels_that_they_were_saved_with(
    changes: dict[str, Any], digest: str
) -> None:
    """The digests were made by the release before: a change here breaks what users have saved."""
    read = augplug.load_plan(plan_of(1, **{**VERSION_1, **changes}))

    made = augplug.replay(read, np.arange(24 * 20, dtype=np.uint16).astype(np.uint8).reshape(24, 20))

    assert hashlib.sha256(made.tobytes()).hexdigest()[:16] == digest
    assert json.loads(read.to_json())["steps"] == json.loads(plan_of(1, **{**VERSION_1, **changes}))["steps"]


def test_plans_of_versions_that_are_not_known_and_fields_of_another_version_are_refused() -> None:
    with pytest.raises(PlanError, match="version 4 of augplug:Cutout, here is version 3"):
        augplug.load_plan(plan_of(4, **VERSION_1))
    with pytest.raises(PlanError, match="key"):
        augplug.load_plan(plan_of(1, **VERSION_1, key=3))


def test_only_the_version_of_today_is_an_operation_of_policies() -> None:
    assert augplug.operations()["Cutout"] is Cutout
    assert Cutout.about.version == 3
    assert list(Cutout.about.earlier) == [1]


class Later(augplug.Operation):
    """Nothing."""

    def describe(self, canvas: Canvas) -> list[augplug.Effect]:
        return [augplug.Noise(key=canvas.height, std=self.about.version)]


def test_earlier_versions_are_checked() -> None:
    with pytest.raises(OperationError, match=r"Later has earlier=\{1: Cutout of version 3\}"):
        augplug.operation(source="a test", version=2, earlier={1: Cutout})(Later)


def test_a_plan_is_written_in_the_earliest_version_that_has_its_pixels() -> None:
    """A Cutout without noise and with one hole needs no key: its plan is as version 1 wrote it."""
    plain = json.loads(augplug.Augmenter(augplug.step("Cutout", size=0.3)).plan(IMAGE, index=1).to_json())
    holes = json.loads(augplug.Augmenter(augplug.step("Cutout", size=0.3, holes=2)).plan(IMAGE, index=1).to_json())

    assert plain["steps"][0]["version"] == 1
    assert "key" not in plain["steps"][0]["fields"]
    assert holes["steps"][0]["version"] == 2
    assert "key" in holes["steps"][0]["fields"]
