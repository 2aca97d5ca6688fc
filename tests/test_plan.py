"""Plans are read, saved and replayed to the bit, in another process too; what cannot be replayed is refused by name."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augplug
from augplug._pipeline.items import Drawn, Item
from augplug.errors import AugplugError, ImageError, PlanError
from augplug.types import Image

PLANS = 1000
POLICIES: list[tuple[Any, str]] = [
    ("autoaugment-cifar10", "opencv"),
    ("autoaugment-imagenet", "reference"),
    ("randaugment:n=3,m=14", "opencv"),
    ("trivialaugment-wide", "opencv"),
    (
        augplug.sequence(
            augplug.step("Rotate", degrees=(-30, 30), interpolation="linear", fill=(9, 99, 199)),
            augplug.step("Color", factor=(0.1, 1.9)),
            augplug.step("Cutout", size=(0, 0.5)),
        ),
        "opencv",
    ),
    (
        augplug.blend(
            augplug.sequence(augplug.step("Rotate", level=5), augplug.step("Sharpness", factor=(0, 2))),
            augplug.step("Equalize"),
            augplug.some_of(2, augplug.step("Solarize", level=3), augplug.step("Posterize", bits=(2, 6))),
        ),
        "reference",
    ),
    (augplug.blend(augplug.step("ShearX", factor=(-1, 1)), augplug.step("Contrast", factor=0.3), alpha=0.3), "opencv"),
]
REPLAY = """
import hashlib, json, sys
import numpy as np
import augplug
images = np.load(sys.argv[2])
for number, text in enumerate(json.load(open(sys.argv[1]))):
    print(hashlib.sha256(augplug.replay(augplug.load_plan(text), images[number % len(images)]).tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def images() -> Image:
    """Some random RGB images."""
    return np.random.default_rng(1).integers(0, 256, (50, 24, 20, 3)).astype(np.uint8)


def test_a_thousand_saved_plans_replay_in_another_process(images: Image, tmp_path: Path) -> None:
    """The bytes of 1,000 replays, seven policies over both backends, are those of the calls that were planned."""
    texts, digests = [], []
    for number in range(PLANS):
        policy, backend = POLICIES[number % len(POLICIES)]
        augment = augplug.Augmenter(policy, seed=4, backend=backend)
        image = images[number % len(images)]
        texts.append(augment.plan(image, index=number, epoch=3).to_json())
        digests.append(hashlib.sha256(augment(image, index=number, epoch=3).tobytes()).hexdigest())
    (tmp_path / "plans.json").write_text(json.dumps(texts))
    np.save(tmp_path / "images.npy", images)

    ended = subprocess.run(
        [sys.executable, "-c", REPLAY, str(tmp_path / "plans.json"), str(tmp_path / "images.npy")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.split() == digests
    assert len(set(digests)) > PLANS / 2


def plan(node: Any = "randaugment", index: int | None = 5) -> augplug.Plan:
    """Return a plan on a small image."""
    return augplug.Augmenter(node, seed=4, backend="reference").plan(np.zeros((8, 8, 3), np.uint8), index=index)


TEXTS = [plan(policy).to_json() for policy, _ in POLICIES]


def document(**changes: Any) -> str:
    """Return a saved plan with some keys changed."""
    return json.dumps({**json.loads(plan(augplug.step("Rotate", degrees=9)).to_json()), **changes})


STEP = {"op": "augplug:Rotate", "version": 1, "fields": {"degrees": 9.0}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "object with the keys"),
        ('{"augplug_plan": NaN}', "not JSON"),
        (document(augplug_plan=3), "made by a newer augplug"),
        (document(augplug_plan=True), "format number is a whole number"),
        (document().replace("{", '{"fuse": "exact", ', 1), "the key 'fuse' is given twice"),
        (document().replace('"degrees":', '"degrees": 3, "degrees":'), "the key 'degrees' is given twice"),
        (document(extra=1), "keys"),
        (document(fuse="one_warp"), "fuse mode 'one_warp'"),
        (document(steps=3), "steps is a list"),
        (document(key=3), "objects"),
        (document(steps=[3]), "cannot be read"),
        (document(steps=[{**STEP, "op": "Rotate"}]), "'Rotate', which is not installed"),
        (document(steps=[{**STEP, "op": "other:Subject"}]), "'other:Subject', which is not installed"),
        (document(steps=[{**STEP, "version": 7}]), "version 7 of augplug:Rotate, here is version 1"),
        (document(steps=[{**STEP, "fields": {"degrees": 1e9}}]), "degrees"),
        (document(steps=[{**STEP, "fields": {"degres": 1}}]), "degres"),
        (document(steps=[{**STEP, "fields": {}}]), "degrees"),
        (document(steps=[{"weights": [1.0], "chains": []}]), "0 chains needs as many weights.*1.0"),
        (document(steps=[{"weights": [2.0], "chains": [[]]}]), "1 in sum, not .*2.0"),
        (document(steps=[{"weights": ["x"], "chains": [[]]}]), "cannot be read"),
        (document(steps=[{"weights": [10**400], "chains": [[]]}]), "cannot be read"),
        (document(steps=[{"weights": [], "chains": []}]), "0 chains needs"),
        (document(steps=[{"weights": [1.0, 1.0], "chains": [[], []]}]), "1 in sum"),
        (document(steps=[{**STEP, "fields": [9.0]}]), "cannot be read"),
        (document(steps=[{**STEP, "fields": None}]), "cannot be read"),
        (document(steps=[{**STEP, "fields": {"degrees": 10**400}}]), "cannot be read"),
        (document(steps=[{**STEP, "fields": {"degrees": "9"}}]), "degrees"),
        (document(steps=[{**STEP, "op": ["augplug:Rotate"]}]), "cannot be read"),
        (document(steps=["chains"]), "cannot be read"),
        (document(backend=None), "texts"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, says: str) -> None:
    """One PlanError that names what is wrong."""
    with pytest.raises(PlanError, match=says):
        augplug.load_plan(text)


def test_damaged_plans_are_refused_or_are_plans() -> None:
    """2,000 saved plans with a character changed: a plan that replays or refuses to, or one PlanError; never a bug."""
    rng = random.Random(5)
    text = plan(POLICIES[-1][0]).to_json()
    image = np.zeros((8, 8, 3), np.uint8)
    refused = 0
    for _ in range(2000):
        place = rng.randrange(len(text))
        damaged = text[:place] + chr(rng.randrange(32, 127)) + text[place + rng.randrange(2) :]
        try:
            augplug.replay(augplug.load_plan(damaged), image)
        except AugplugError:
            refused += 1

    assert 200 < refused < 2000


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "chains", "augplug:Invert", "exact"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["op", "chains", "fields", "x"]), inner)
    ),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a document."""
    for key in range(len(value)) if isinstance(value, list) else list(value):
        yield value, key
        if isinstance(value[key], list | dict):
            yield from places(value[key])


@settings(max_examples=1000)
@given(data=st.data(), policy=st.sampled_from([0, -1]))
def test_plans_with_a_part_replaced_or_lost_are_refused_or_are_plans(data: st.DataObject, policy: int) -> None:
    """Any part of a plan becomes any JSON value, or goes: still a plan that replays or refuses to, or a PlanError."""
    broken = json.loads(TEXTS[policy])
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(list(places(broken))))
        if data.draw(st.booleans()):
            container[key] = data.draw(ANYTHING)
        else:
            del container[key]
    try:
        read = augplug.load_plan(json.dumps(broken))
    except PlanError:
        return
    try:
        made = augplug.replay(read, np.zeros((8, 8, 3), np.uint8))
    except (PlanError, ImageError):
        return
    assert made.shape == (8, 8, 3)
    assert str(read)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"backend": "gpu"}, "backend that is not here.*'gpu'"),
        ({"versions": {"backend": "numpy 0.1"}}, "rendered by numpy 0.1, here is numpy"),
    ],
)
def test_another_backend_is_no_replay(changes: dict[str, Any], says: str) -> None:
    """Pixels are promised for the same backend and version alone, so a replay elsewhere is refused."""
    with pytest.raises(PlanError, match=says):
        augplug.replay(augplug.load_plan(document(**changes)), np.zeros((8, 8, 3), np.uint8))


def test_the_text_of_a_plan_is_no_plan() -> None:
    """A text must be read first, and the error says how."""
    with pytest.raises(PlanError, match="load_plan"):
        augplug.replay(document(), np.zeros((8, 8, 3), np.uint8))  # type: ignore[call-overload]  # what is tested


def test_plans_read_like_sentences() -> None:
    """`str(plan)` names the policy, the key and every drawn field."""
    text = str(plan(augplug.sequence(augplug.step("Rotate", degrees=9), augplug.step("Invert"))))

    assert "seed 4, epoch 0, index 5" in text
    assert "Rotate(degrees=9.0, interpolation='nearest', fill=0.0, mask_fill=0.0)" in text
    assert "Invert()" in text
    assert "nothing" in str(plan(augplug.step("Invert", p=0.0)))
    assert "of the image" in str(plan(POLICIES[-1][0]))
    assert "process" in str(plan(index=None))


def test_plans_survive_their_text() -> None:
    """Reading a plan's text gives the same operations with the same numbers to the last bit, and the same text."""
    for index, (policy, _) in product(range(20), POLICIES):
        made = plan(policy, index)
        read = augplug.load_plan(made.to_json())
        assert read.to_json() == made.to_json()
        assert str(read) == str(made)
        assert operations(read.items) == operations(made.items)


def operations(items: tuple[Item, ...]) -> list[Any]:
    """The operations of a plan, and the weights and chains of its blends, to compare."""
    return [
        item.operation if isinstance(item, Drawn) else (item.weights, *map(operations, item.chains)) for item in items
    ]
