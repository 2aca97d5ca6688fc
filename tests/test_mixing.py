"""CutMix, MixUp and SamplePairing: images, labels and targets of a batch mixed, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import augplug
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.mix import mix, mix_finished
from augplug._sample.targets import Targets
from augplug.effects import Mix, MixPart, Region
from augplug.errors import TargetError
from augplug.types import Image

BACKENDS: list[Backend] = [OpenCV(), Reference()]
COUNT, SIDES = 6, (20, 30)
FLAT = np.stack([np.full((*SIDES, 3), 40 * place, dtype=np.uint8) for place in range(COUNT)])
NOISE = np.random.default_rng(0).integers(0, 256, (COUNT, *SIDES, 3), dtype=np.uint8)


def mixed(name: str, images: Image = FLAT, seed: int = 0, **keywords: Any) -> Any:
    """Mix a batch with one operation."""
    fields: dict[str, Any] = {"weight": (0.1, 0.4)} if name == "SamplePairing" else {}
    augment = augplug.Augmenter(augplug.step(name, **fields), seed=seed, classes=COUNT)
    return augment.batch(images, indices=range(len(images)), **keywords)


@given(st.integers(0, 10**6), st.sampled_from(["CutMix", "MixUp", "SamplePairing"]))
def test_labels_sum_to_one(seed: int, name: str) -> None:
    """One-hot labels mix to weights that are 1 in sum."""
    made = mixed(name, seed=seed, label=list(range(COUNT)))

    assert np.abs(np.sum(made["label"], axis=1) - 1).max() <= 1e-6
    assert np.min(made["label"]) >= 0


@given(st.integers(0, 10**6))
def test_cutmix_labels_are_the_pasted_area(seed: int) -> None:
    """Exactly: each class has the share of the pixels that it has."""
    made = mixed("CutMix", seed=seed, label=list(range(COUNT)))

    for image, label in zip(made["image"], made["label"], strict=True):
        parts = [float((image[..., 0] == 40 * place).mean()) for place in range(COUNT)]
        assert np.abs(label - parts).max() <= 1e-12


def test_cutmix_shares_follow_beta() -> None:
    """With Beta(1, 1) the share drawn is uniform; clipping only makes the pasted part smaller."""
    pasted = np.array([1 - np.max(mixed("CutMix", seed=s, label=list(range(COUNT)))["label"][0]) for s in range(400)])

    assert 0.1 < pasted.mean() < 0.35
    assert pasted.min() < 0.02


def test_mixup_against_numpy() -> None:
    """The image is the weighted sum that the label says, rounded to nearest; soft labels mix too."""
    rows = np.random.default_rng(1).dirichlet([1, 1, 1, 1, 1, 1], COUNT)
    hard = mixed("MixUp", NOISE, label=list(range(COUNT)))
    soft = mixed("MixUp", NOISE, label=rows)

    for image, label, row in zip(hard["image"], hard["label"], soft["label"], strict=True):
        expected = np.einsum("i,ihwc->hwc", label, NOISE.astype(np.float64))
        assert np.array_equal(image, np.floor(expected + 0.5 + 1e-9))
        assert np.allclose(row, label @ rows)


@given(st.one_of(st.sampled_from([0.0, 1.0, 0.5, 0.1, 0.3, 1 / 3, 0.7, 0.49999997]), st.floats(0, 1)))
def test_every_pair_of_values_is_weighed_to_the_bit(weight: float) -> None:
    """In float32 where that is exact, in pieces: the values are those of float64 all the same."""
    mine, theirs = (np.dstack([values] * 3) for values in np.mgrid[0:256, 0:256].astype(np.uint8))
    sums = [mix(mine, Targets(), MixPart(0, weight=weight), theirs, Targets(), backend)[0] for backend in BACKENDS]

    for made in sums:
        assert np.array_equal(made, np.floor((1 - weight) * mine.astype(float) + weight * theirs.astype(float) + 0.5))


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (augplug.step("Posterize", bits=4), 1),
        (augplug.step("RandomCrop", height=19, width=29), 4),
        (augplug.step("Gamma", gamma=(0.5, 2)), 0),
        (augplug.step("SamplePairing", weight=0.5), 1),  # the program of nothing
    ],
)
def test_what_comes_before_a_mix_is_kept_if_it_recurs(before: Any, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mix is another every time; kept or not, the images are the same."""
    monkeypatch.setattr("augplug._pipeline.compile._INTERNED", 0)
    node = augplug.sequence(before, augplug.step("CutMix"))
    augment = augplug.Augmenter(node, seed=1)
    for epoch in range(5):
        made, fresh = (
            each.batch(NOISE, indices=range(COUNT), epoch=epoch) for each in (augment, augplug.Augmenter(node, seed=1))
        )
        assert np.array_equal(made, fresh)

    assert len(augment._programs.kept) == kept


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
@pytest.mark.parametrize(
    "parts",
    [
        (MixPart(0, weight=0.3),),
        (MixPart(0, weight=1 / 3),),
        (MixPart(0, region=Region(2, 3, 15, 20)),),
        (MixPart(0, weight=0.3), MixPart(1, region=Region(2, 3, 15, 20)), MixPart(2, weight=0.25)),
    ],
)
def test_a_mix_is_written_where_it_belongs(parts: tuple[MixPart, ...], backend: Backend) -> None:
    """Into the array that is given, whatever stands there, if its shape and dtype are the image's."""
    for images in (NOISE, NOISE.repeat(40, axis=1)):  # small ones have no table of pairs
        finished = [(image, Targets()) for image in images]
        out = np.full_like(images[0], 7)
        alone, _ = mix_finished(Mix(parts), finished, 0, backend)
        written, _ = mix_finished(Mix(parts), finished, 0, backend, out)
        elsewhere, _ = mix_finished(Mix(parts), finished, 0, backend, out.astype(np.float32))

        assert written is out
        assert np.array_equal(out, alone)
        assert np.array_equal(elsewhere, alone)
        assert elsewhere.dtype == np.uint8


def test_mixup_floats_are_not_quantised() -> None:
    """On float images the sum is exact."""
    floats = NOISE.astype(np.float64) / 255
    made = mixed("MixUp", floats, label=list(range(COUNT)))

    for image, label in zip(made["image"], made["label"], strict=True):
        assert np.abs(image - np.einsum("i,ihwc->hwc", label, floats)).max() <= 1e-12


def test_sample_pairing_takes_the_raw_partner_and_keeps_the_label() -> None:
    """Anywhere in a sequence: the partner is as it was before augmentation, resized."""
    node = augplug.sequence(
        augplug.step("Invert"), augplug.step("Resize", height=10, width=15), augplug.step("SamplePairing", weight=0.5)
    )
    augment = augplug.Augmenter(node, classes=2)
    made = augment(image=FLAT[1], label=1, partner=FLAT[3], index=0)
    after = augplug.Augmenter(augplug.sequence(augplug.step("SamplePairing", weight=0.5), augplug.step("Invert")))

    assert (made["image"] == (255 - 40 + 120 + 1) // 2).all()
    assert made["image"].shape == (10, 15, 3)
    assert made["label"].tolist() == [0, 1]
    assert (after(FLAT[1], partner=FLAT[3], index=0) == 255 - 80).all()


def test_cutmix_moves_boxes_keypoints_and_masks() -> None:
    """Masks paste, keypoints in the region change owner, boxes of both are clipped to what their owner keeps."""
    node = augplug.step("CutMix", share=0.75, x=0.5, y=0.5)  # rows 5 to 15, columns 8 to 22
    made = augplug.Augmenter(node)(
        image=FLAT[0],
        mask=np.zeros(SIDES, dtype=np.int64),
        boxes=augplug.Boxes([[0, 0, 4, 4], [9, 6, 12, 9], [5, 6, 12, 14]], labels=["left", "covered", "cut"]),
        keypoints=[[1, 1], [10, 10]],
        partner={
            "image": FLAT[2],
            "mask": np.ones(SIDES, dtype=np.int64),
            "boxes": augplug.Boxes([[0, 0, 30, 20], [0, 0, 3, 3]], labels=["theirs", "outside"]),
            "keypoints": [[2, 2], [12, 9]],
        },
        index=0,
    )
    pasted = made["image"][..., 0] == 80
    ys, xs = np.nonzero(pasted)
    left, top, right, bottom = xs.min(), ys.min(), xs.max() + 1, ys.max() + 1

    assert np.array_equal(made["mask"] == 1, pasted)
    assert made["boxes"].labels == ["left", "cut", "theirs"]
    assert made["boxes"].array.tolist() == [[0, 0, 4, 4], [5, 6, left, 14], [left, top, right, bottom]]
    assert made["keypoints"] == [(1, 1), (12, 9)]


def test_cutmix_keeps_the_visibility_of_the_points_that_are_left() -> None:
    node = augplug.step("CutMix", share=0.75, x=0.5, y=0.5)  # as above
    mine, theirs = np.array([[10, 10, 2], [1, 1, 1], [2, 1, 2]]), np.array([[12, 9, 1], [2, 2, 2], [13, 9, 2]])

    made = augplug.Augmenter(node)(
        image=FLAT[0], keypoints=mine, partner={"image": FLAT[2], "keypoints": theirs}, index=0
    )

    assert made["keypoints"].tolist() == [[1, 1, 1], [2, 1, 2], [12, 9, 1], [13, 9, 2]]


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([2, 1, 0], [True, False, True], [1, 0, 2, 2]),
        ([True, False, True], [1, 0, 2], [False, True, False, True]),
        (None, [1, 0, 2], [True, True, False, True]),
    ],
)
def test_cutmix_gives_the_visibility_of_both_in_the_form_of_the_first(
    mine: Any, theirs: Any, expected: list[Any]
) -> None:
    """True is COCO's 2, visible: 1 is hidden."""
    node = augplug.step("CutMix", share=0.75, x=0.5, y=0.5)
    points = augplug.Keypoints([[10, 10], [1, 1], [2, 1]], visible=mine)
    partner = augplug.Keypoints([[12, 9], [2, 2], [13, 9]], visible=theirs)

    made = augplug.Augmenter(node)(
        image=FLAT[0], keypoints=points, partner={"image": FLAT[2], "keypoints": partner}, index=0
    )

    assert made["keypoints"].visible.tolist() == expected


@pytest.mark.parametrize(("target", "value"), [("mask", np.zeros(SIDES, np.uint8)), ("keypoints", [[1, 1]])])
def test_mixup_refuses_masks_and_keypoints(target: str, value: Any) -> None:
    """By name."""
    keywords: dict[str, Any] = {target: [value] * COUNT}
    with pytest.raises(TargetError, match="masks" if target == "mask" else "keypoints"):
        mixed("MixUp", **keywords)


def test_mixup_adds_masks_of_floats() -> None:
    """With the weights of the images, in their dtype; each needs the same ones."""
    mix = augplug.Augmenter(augplug.step("MixUp", share=0.25))
    image, chance = np.zeros((8, 9, 3), np.uint8), np.random.default_rng(0)
    for dtype in ("float16", "float32", "float64"):
        masks = [chance.random((8, 9, 4)).astype(dtype) for _ in range(2)]
        made = mix(image=image, mask=masks[0], index=0, partner={"image": image, "mask": masks[1]})["mask"]
        assert made.dtype == masks[0].dtype
        assert np.allclose(made, 0.25 * masks[0] + 0.75 * masks[1], atol=1e-3 if dtype == "float16" else 1e-6)
        batch = mix.batch(np.stack([image, image]), mask=masks, indices=[0, 0])["mask"]
        assert np.allclose(batch[1], 0.25 * masks[1] + 0.75 * masks[0], atol=1e-3 if dtype == "float16" else 1e-6)
        with pytest.raises(TargetError, match="masks of the same number"):
            mix(image=image, mask=masks[0], index=0, partner=image)


@pytest.mark.parametrize("name", ["CutMix", "MixUp", "SamplePairing"])
def test_a_batch_is_the_same_in_any_number_of_threads_and_leaves_its_input(name: str) -> None:
    """And every image has a partner that is not itself."""
    before = NOISE.copy()
    one, two = mixed(name, NOISE), mixed(name, NOISE, threads=2)

    assert np.array_equal(one, two)
    assert np.array_equal(NOISE, before)
    assert (np.abs(one.astype(int) - NOISE).sum(axis=(1, 2, 3)) > 0).sum() >= COUNT - 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: augplug.Augmenter(augplug.step("MixUp"))(FLAT[0], index=0), "one image alone has no partner"),
        (lambda: augplug.Augmenter(augplug.step("MixUp"))(image=FLAT[0], label=1, index=0), "give partner="),
        (lambda: augplug.Augmenter(augplug.step("MixUp"))(FLAT[0], index=0, partner=FLAT[1][:9]), "cannot be mixed"),
        (lambda: augplug.Augmenter(augplug.step("MixUp")).batch(FLAT, label=[0] * COUNT), "classes="),
        (
            lambda: augplug.Augmenter(augplug.step("MixUp"), classes=3)(
                image=FLAT[0], label=1, partner=FLAT[1], index=0
            ),
            "need label= both",
        ),
        (lambda: augplug.Augmenter(augplug.step("Invert"))(FLAT[0], partner=FLAT[1], index=0), "mixes no images"),
        (lambda: mixed("MixUp", label=[9] * COUNT), "below classes, which is 6, not 9"),
        (
            lambda: augplug.Augmenter(augplug.sequence(augplug.step("CutMix"), augplug.step("Invert"))).batch(FLAT),
            "put it last",
        ),
    ],
)
def test_what_cannot_be_mixed_is_refused(call: Any, says: str) -> None:
    """One typed error that says what to do."""
    with pytest.raises(TargetError, match=says):
        call()


@pytest.mark.parametrize("name", ["CutMix", "MixUp", "SamplePairing"])
def test_a_plan_replays_with_its_partner_only(name: str) -> None:
    """The plan holds the partner's digest; another image, or none, is refused."""
    fields: dict[str, Any] = {"weight": 0.3} if name == "SamplePairing" else {}
    augment = augplug.Augmenter(augplug.sequence(augplug.step("Invert"), augplug.step(name, **fields)), seed=2)
    plan = augplug.load_plan(augment.plan(NOISE[0], index=4, partner=NOISE[1]).to_json())

    assert np.array_equal(augplug.replay(plan, NOISE[0], NOISE[1]), augment(NOISE[0], index=4, partner=NOISE[1]))
    for other in (NOISE[2], None):
        with pytest.raises(augplug.PlanError, match="another partner"):
            augplug.replay(plan, NOISE[0], other)
    with pytest.raises(TargetError, match="give it as partner="):
        augplug.replay(augment.plan(NOISE[0], index=4), NOISE[0])
