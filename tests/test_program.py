"""One program for every caller: a recurring draw is described and prepared once, whatever is asked of it."""

from __future__ import annotations

import itertools
import pickle  # the test's own: augplug writes none
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import augplug
from augplug._backends import default_backend
from augplug._pipeline import cache
from augplug._pipeline.cache import Programs, bytes_of
from augplug._pipeline.describe import describe
from augplug._pipeline.mix import Partners
from augplug._pipeline.render import Renderer
from augplug._policies.grammar import Node
from augplug._sample.targets import Targets
from augplug.effects import Opaque
from augplug.types import Canvas

IMAGES = np.random.default_rng(5).integers(0, 256, (4, 17, 20, 3), dtype=np.uint8)
MASK = np.arange(17 * 20, dtype=np.uint8).reshape(17, 20) % 5


def mirrored(sample: dict[str, Any], _key: int) -> dict[str, Any]:
    """Mirror everything that a sample may hold."""
    width = sample["image"].shape[1]
    result = dict(sample)
    result["image"] = np.ascontiguousarray(sample["image"][:, ::-1])
    if "masks" in sample:
        result["masks"] = [np.ascontiguousarray(mask[:, ::-1]) for mask in sample["masks"]]
    if "boxes" in sample:
        left, top, right, bottom = sample["boxes"].T
        result["boxes"] = np.stack([width - right, top, width - left, bottom], axis=1)
    if "keypoints" in sample:
        result["keypoints"] = sample["keypoints"] * (-1, 1) + (width - 1, 0)
    return result


@augplug.operation(source="a mirror made by another library")
class Mirror(augplug.Operation):
    """Mirror the image by an opaque function."""

    # pylint: disable-next=no-self-use  # an operation without parameters
    def describe(self, canvas: Canvas) -> list[augplug.Effect]:
        """One opaque effect."""
        return [Opaque(function=mirrored, key=0, targets=frozenset({"masks", "boxes", "keypoints"}))]


OPAQUE = augplug.step("Mirror", operations={"augplug:Mirror": Mirror, "Mirror": Mirror})
MOVES = augplug.sequence(
    augplug.step("Rotate", degrees=20), augplug.step("HorizontalFlip", p=0.5), augplug.step("Solarize", threshold=100)
)
POLICIES: dict[str, Node] = {
    "fixed": MOVES,
    "opaque": augplug.sequence(MOVES, OPAQUE, augplug.step("Posterize", bits=4)),
    "nothing": augplug.step("Identity"),
    "mixup": augplug.sequence(MOVES, augplug.step("MixUp")),
    "cutmix": augplug.sequence(MOVES, OPAQUE, augplug.step("CutMix")),
    "raw mix": augplug.sequence(augplug.step("SamplePairing", weight=0.3), MOVES),
    "raw mix of a crop": augplug.sequence(
        augplug.step("RandomCrop", height=9, width=9), augplug.step("SamplePairing", weight=0.3)
    ),
    "both mixes": augplug.sequence(augplug.step("SamplePairing", weight=0.3), MOVES, augplug.step("CutMix")),
}
TARGETS: dict[str, dict[str, Any]] = {
    "image": {},
    "mask": {"mask": MASK},
    "boxes": {"boxes": augplug.Boxes([[2, 3, 9, 11]], labels=["cat"])},
    "keypoints": {"keypoints": [(3.0, 4.0)]},
    "all": {"mask": MASK, "boxes": [[2, 3, 9, 11]], "keypoints": [(3.0, 4.0)], "label": 1},
}
OUTPUT = augplug.Output(mean=0.5, std=0.25, layout="CHW")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts how often something is described, and how often a kernel is prepared."""
    counter: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            counter[name] += 1
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(cache, "describe", counting("describe", describe))
    backend = type(default_backend())
    for name in ("prepare", "finish"):
        monkeypatch.setattr(backend, name, counting(name, getattr(backend, name)))
    return counter


def caller(policy: str, targets: str, output: augplug.Output | None, how: str) -> Callable[[], Any]:
    augment = augplug.Augmenter(POLICIES[policy], seed=3, classes=3, output=output)
    given = TARGETS[targets]
    if how == "batch":
        columns: dict[str, Any] = {name: [value] * len(IMAGES) for name, value in given.items()}
        return partial(augment.batch, IMAGES, indices=range(len(IMAGES)), **columns)
    partner = {"image": IMAGES[1], **given} if augment.mixes else None
    if how == "replay":
        plan = augment.plan(IMAGES[0], index=1, partner=IMAGES[1] if augment.mixes else None)
        return partial(augplug.replay, plan, IMAGES[0], IMAGES[1] if augment.mixes else None)
    if not given and not augment.mixes:
        return partial(augment, IMAGES[0], index=1)
    return partial(augment, image=IMAGES[0], index=1, partner=partner, **given)


def combinations() -> list[Any]:
    rows = []
    for policy, targets, output, how in itertools.product(POLICIES, TARGETS, (None, OUTPUT), ("call", "batch")):
        two_images_have_no_targets = policy == "mixup" and targets in ("mask", "keypoints", "all")
        if not two_images_have_no_targets:
            rows.append(pytest.param(policy, targets, output, how, id=f"{policy}-{targets}-{how}-{output is not None}"))
    return rows + [pytest.param(policy, "image", None, "replay", id=f"{policy}-replay") for policy in POLICIES]


@pytest.mark.parametrize(("policy", "targets", "output", "how"), combinations())
def test_a_recurring_draw_is_described_and_prepared_once(
    policy: str, targets: str, output: augplug.Output | None, how: str, counted: Counter[str]
) -> None:
    """Nothing on the second call, of whatever was described and prepared on the first."""
    call = caller(policy, targets, output, how)
    call()
    first = Counter(counted)
    counted.clear()
    call()
    assert not counted, f"described or prepared again: {dict(counted)}"
    assert first["describe"] >= 1


def test_an_opaque_function_is_described_once_on_the_first_call(counted: Counter[str]) -> None:
    """With and without a mask: the image alone and the sample take one way."""
    for targets in ("image", "mask"):
        counted.clear()
        caller("opaque", targets, None, "call")()
        assert counted["describe"] == 1


def test_what_is_asked_for_again_survives_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """One shape recurs among many that do not: its program stays, the others are dropped."""
    augment = augplug.Augmenter("randaugment:n=2,m=9", seed=1)
    often = np.zeros((8, 8, 3), np.uint8)
    monkeypatch.setattr(cache, "MOST_BYTES", 40_000)
    augment(often, index=0)
    program = augment._programs.of(augment._items(augment._key(0, 0)), often)
    for side in range(9, 80):
        augment(np.zeros((side, 8, 3), np.uint8), index=0)
        augment(often, index=0)
    assert augment._programs.of(augment._items(augment._key(0, 0)), often) is program
    assert len(augment._programs.kept) + len(augment._programs._older) < 50


def test_bytes_are_counted_through_kernels() -> None:
    """Arrays in partials, in closures and in tuples; a table shared by two kernels counts for each."""
    table = np.zeros(1000, np.uint8)
    assert 1000 < bytes_of(table) < 1500
    assert 1000 < bytes_of(partial(np.take, table)) < 2000
    assert 2000 < bytes_of((partial(np.take, table), lambda image: table[image])) < 3500


def test_a_program_that_mixes_asks_for_partners() -> None:
    """Before anything is rendered."""
    augment = augplug.Augmenter(POLICIES["raw mix"], seed=3)
    items = augment._items(augment._key(1, 0))
    program = Programs(Renderer("exact", default_backend(), None)).of(items, IMAGES[0])
    for targets in (None, Targets()):
        with pytest.raises(augplug.TargetError, match="no partner"):
            program.run(IMAGES[0], targets)
    assert program.run(IMAGES[0], None, Partners([*IMAGES], 0)).shape == program.shape == IMAGES[0].shape


def test_nothing_that_comes_back_is_the_image_that_went_in() -> None:
    """Not even when a draw does nothing, with or without a partner."""
    nothing = augplug.Augmenter(POLICIES["nothing"])
    cut = augplug.Augmenter(augplug.step("CutMix", share=1.0, x=0.5, y=0.5))
    assert not np.shares_memory(nothing(IMAGES[0], index=0), IMAGES)
    assert not np.shares_memory(nothing.batch(IMAGES), IMAGES)
    assert not np.shares_memory(cut(IMAGES[0], index=0, partner=IMAGES[1]), IMAGES)
    assert not np.shares_memory(augplug.replay(nothing.plan(IMAGES[0], index=0), IMAGES[0]), IMAGES)


def test_a_plan_pickles_after_it_was_replayed() -> None:
    """Its kept programs stay behind."""
    augment = augplug.Augmenter("autoaugment-cifar10", seed=2)
    plan = augment.plan(IMAGES[0], index=4)
    expected = augplug.replay(plan, IMAGES[0])
    again = pickle.loads(pickle.dumps(plan))
    assert again.to_json() == plan.to_json()
    assert np.array_equal(augplug.replay(again, IMAGES[0]), expected)


def test_repr_says_what_an_augmenter_does() -> None:
    """The policy's name and the settings that matter."""
    augment = augplug.Augmenter("randaugment:n=2,m=9", seed=7, backend="reference", classes=10)
    assert repr(augment) == "Augmenter('randaugment', seed=7, backend='reference', fuse='exact', classes=10)"
