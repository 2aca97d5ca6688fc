"""A text in the place of an index: its draws are functions of (policy, seed, epoch, text), apart from all others."""

import hashlib
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import augplug
from augplug.errors import SettingsError

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
IMAGES = np.random.default_rng(1).integers(0, 256, (20, 12, 12, 3), dtype=np.uint8)
NAME = "shard-3/000123.jpg"
ROTATE = augplug.step("Rotate", degrees=(-30, 30))
"""A step that takes exactly one word of the stream."""
ELSEWHERE = """
import sys, augplug, numpy
augment = augplug.Augmenter("randaugment:n=2,m=9", seed=5)
sys.stdout.write(augment.plan(numpy.zeros((12, 12, 3), numpy.uint8), key=sys.argv[1], epoch=2).to_json())
"""


def degrees(seed: int, epoch: int, text: str) -> float:
    """What ROTATE draws, from the description: the first word of BLAKE2b(2, seed, epoch, BLAKE2b-128(text))."""
    digest = augplug.Augmenter(ROTATE).policy.digest
    key = struct.pack("<BQQ", 2, seed, epoch) + hashlib.blake2b(text.encode(), digest_size=16).digest()
    block = hashlib.blake2b(key + bytes(4), key=digest, digest_size=64).digest()
    return -30 + 60 * ((int.from_bytes(block[:8], "little") >> 11) * 2.0**-53)


def drawn(plan: augplug.Plan) -> float:
    value: float = json.loads(plan.to_json())["steps"][0]["fields"]["degrees"]
    return value


@pytest.mark.parametrize("text", ["a", NAME, "Zürich/ä b.png", "日本", "x" * 5000, "5", "\0", "a\n"])
def test_a_draw_is_that_of_the_description(text: str) -> None:
    augment = augplug.Augmenter(ROTATE, seed=2**64 - 1)

    assert drawn(augment.plan(IMAGE, key=text, epoch=3)) == degrees(2**64 - 1, 3, text)
    assert drawn(augment.plan(IMAGE, key=text)) == degrees(2**64 - 1, 0, text)


def test_texts_indices_and_counts_draw_apart() -> None:
    augment = augplug.Augmenter(ROTATE)
    texts = [drawn(augment.plan(IMAGE, key=str(number))) for number in range(1000)]
    indices = [drawn(augment.plan(IMAGE, index=number)) for number in range(1000)]
    counted = [drawn(augment.plan(IMAGE)) for _ in range(1000)]

    assert len({*texts, *indices, *counted}) == 3000


def test_another_process_draws_the_same() -> None:
    run = [sys.executable, "-c", ELSEWHERE, NAME]
    there = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout

    assert there == augplug.Augmenter("randaugment:n=2,m=9", seed=5).plan(IMAGE, key=NAME, epoch=2).to_json()


@pytest.mark.parametrize("policy", ["randaugment:n=2,m=9", "hand-made", ROTATE])
def test_a_batch_equals_the_loop(policy: Any) -> None:
    augment = augplug.Augmenter(policy, seed=3)
    texts = [f"{number:06}.jpg" for number in range(len(IMAGES))]
    loop = [augment(image, key=text, epoch=4) for image, text in zip(IMAGES, texts, strict=True)]

    assert np.array_equal(augment.batch(IMAGES, keys=texts, epoch=4), loop)
    assert np.array_equal(augment.batch(IMAGES, keys=np.array(texts), epoch=4, threads=2), loop)


def test_a_plan_holds_the_text_and_replays() -> None:
    augment = augplug.Augmenter("randaugment:n=2,m=9", seed=3)
    plan = augment.plan(IMAGE, key=NAME, epoch=1)
    document = json.loads(plan.to_json())

    assert (document["augplug_plan"], document["key"]) == (2, {"seed": 3, "epoch": 1, "key": NAME})
    assert json.loads(augment.plan(IMAGE, index=1).to_json())["augplug_plan"] == 1
    assert f"(seed 3, epoch 1, key '{NAME}';" in str(plan)
    again = augplug.replay(augplug.load_plan(plan.to_json()), IMAGE)
    assert np.array_equal(again, augment(IMAGE, key=NAME, epoch=1))


WRONG: dict[str, Callable[[augplug.Augmenter], object]] = {
    "takes the place of an index": lambda augment: augment(IMAGE, key="a", index=1),
    "not ''": lambda augment: augment(IMAGE, key=""),
    "not 3": lambda augment: augment(IMAGE, key=3),  # type: ignore[call-overload]  # what is tested
    r"'a\\udcff' has a lone surrogate": lambda augment: augment(IMAGE, key="a\udcff"),
    "epoch is an integer": lambda augment: augment(IMAGE, key="a", epoch=-1),
    "the place of an index": lambda augment: augment.plan(IMAGE, key="a", index=1),
    "keys= takes the place": lambda augment: augment.batch(IMAGES, keys=["a"] * 20, indices=range(20)),
    "keys is a list of texts": lambda augment: augment.batch(IMAGES, keys="a" * 20),
    "not None": lambda augment: augment.batch(IMAGES, keys=[None] * 20),  # type: ignore[list-item]  # as above
    "key is a text": lambda augment: augment.batch(IMAGES, keys=[*"a" * 19, ""]),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_key_is_a_typed_error(message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        WRONG[message](augplug.Augmenter(ROTATE))

    assert len(str(caught.value)) < 200
