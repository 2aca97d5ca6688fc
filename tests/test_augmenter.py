"""The public callable: what it takes, what it refuses, and that batches, threads and pickles change nothing."""

from __future__ import annotations

import pickle  # the test's own: augplug writes none
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import augplug
from augplug._backends.base import Backend
from augplug._pipeline.cache import bytes_of
from augplug.errors import AugplugError, ImageError, SettingsError
from augplug.types import Image

BACKENDS = ["reference", "opencv"]


def noise(*shape: int, seed: int = 0) -> Image:
    """Return a random uint8 image."""
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(12, 20, 17, 3), (12, 20, 17)])
def test_a_batch_equals_the_loop(backend: str, threads: int, shape: tuple[int, ...]) -> None:
    """Bit for bit, with one thread and with two, on RGB and on grey images."""
    images = noise(*shape)
    augment = augplug.Augmenter("randaugment:n=2,m=9", seed=3, backend=backend)
    indices = [7 * i for i in range(len(images))]

    made = augment.batch(images, indices=indices, epoch=2, threads=threads)

    one_by_one = [augment(image, index=index, epoch=2) for image, index in zip(images, indices, strict=True)]
    assert np.array_equal(made, np.stack(one_by_one))
    assert made.dtype == np.uint8


def test_many_shapes_and_draws_keep_the_cache_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are dropped when they take too many bytes, and results stay what they were."""
    monkeypatch.setattr("augplug._pipeline.cache.MOST_BYTES", 10_000)
    node = augplug.step("Rotate", degrees=(-30, 30))
    augment, fresh = augplug.Augmenter(node, seed=1), augplug.Augmenter(node, seed=1)
    images = [noise(8 + i % 3, 9) for i in range(40)]

    made = [augment(image, index=i) for i, image in enumerate(images)]

    programs = augment._programs
    generations = [
        [bytes_of((key[0], program.passes, program.finish)) for key, program in each.items()]
        for each in (programs.kept, programs._older)
    ]
    assert all(sum(sizes[:-1]) <= 5_000 for sizes in generations)  # the last one may reach over
    assert sum(map(len, generations)) < 40
    assert all(np.array_equal(fresh(images[i], index=i), made[i]) for i in reversed(range(40)))


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (augplug.step("RandomCrop", height=3, width=2), 6),
        (augplug.step("ChannelShuffle"), 6),
        (augplug.step("Rotate", degrees=(-30, 30)), 0),
        (augplug.step("HueShift", degrees=(-30, 30)), 0),
        (augplug.step("Gamma", gamma=(0.5, 2)), 0),
    ],
)
def test_what_recurs_is_kept_though_its_numbers_do_not(step: Any, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six places of a crop, six orders of channels, of a hundred draws; a turn by a real never comes back."""
    monkeypatch.setattr("augplug._pipeline.compile._INTERNED", 0)
    augment = augplug.Augmenter(step, seed=1)
    image = noise(4, 4, 3)
    for index in range(100):
        made = augment(image, index=index)
        assert np.array_equal(made, augplug.replay(augment.plan(image, index=index), image))
    assert len(augment._programs.kept) == kept


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_draw_on_images_of_many_shapes(backend: str) -> None:
    """What was prepared for one shape is not taken for another, of other sides or channels."""
    node = augplug.sequence(augplug.step("Rotate", degrees=30, fill=7), augplug.step("Equalize"))
    augment = augplug.Augmenter(node, backend=backend)
    for shape in [(9, 9), (9, 9, 3), (9, 5, 3), (5, 9, 3), (9, 9, 1), (9, 9, 5), (9, 9)]:
        fresh = augplug.Augmenter(node, backend=backend)
        assert np.array_equal(augment(noise(*shape), index=0), fresh(noise(*shape), index=0))


def test_the_input_stays_and_the_output_is_new() -> None:
    """Even the identity returns a copy."""
    image = noise(6, 7, 3)
    before = image.copy()
    made = augplug.Augmenter(augplug.step("Identity"))(image, index=0)

    assert np.array_equal(made, before)
    assert not np.shares_memory(made, image)
    made[:] = 0
    assert np.array_equal(image, before)


@pytest.mark.parametrize("index", [3, np.int64(3), np.uint8(3), True + 2])
def test_any_integer_is_an_index(index: Any) -> None:
    """Samplers yield numpy integers."""
    augment = augplug.Augmenter("randaugment", seed=1)

    assert np.array_equal(augment(noise(5, 5), index=index), augment(noise(5, 5), index=3))


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (None, "not NoneType"),
        ("cat.png", "not str"),
        ([[1, 2], [3, 4]], "not list"),
        (np.full((4, 4), 7, dtype=np.float32), "7 to 7; divide"),
        (np.full((4, 4), np.nan), "nan to nan; divide"),
        (np.array([[0.5, -np.inf]]), "-inf to 0.5"),
        (np.zeros((4, 4), dtype=np.int64), "not int64.*astype"),
        (np.zeros((4, 4), dtype=np.float16), "not float16.*float32"),
        (np.zeros((4, 4), dtype=complex), "not complex128"),
        (np.ma.zeros((4, 4)), "not MaskedArray"),
        (np.zeros((4, 4), dtype=bool), "not bool"),
        (np.zeros((4, 4), dtype=object), "not object"),
        (np.zeros(4, dtype=np.uint8), r"shape \(4,\)"),
        (np.zeros((2, 4, 4, 3), dtype=np.uint8), r"shape \(2, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), dtype=np.uint8), r"shape \(0, 4, 3\)"),
        (np.zeros((4, 4, 0), dtype=np.uint8), r"shape \(4, 4, 0\)"),
        (np.broadcast_to(np.zeros((1, 1), np.uint8), (1 << 15, 1 << 14)), "pixels"),
    ],
)
def test_what_is_no_image_is_refused(image: Any, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One typed error that says what was given."""
    monkeypatch.setattr("augplug._sample.image.MAX_PIXELS", 1 << 20)
    augment = augplug.Augmenter("randaugment")
    for call in (augment,) if image is None else (augment, augment.plan):  # a plan needs no image
        with pytest.raises(ImageError, match=says):
            call(image, index=0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda a: a(noise(3, 3), index=-1), r"index.*-1"),
        (lambda a: a(noise(3, 3), index=1.5), r"index.*1\.5"),
        (lambda a: a(noise(3, 3), index="3"), r"index.*'3'"),
        (lambda a: a(noise(3, 3), index=2**64), "index"),
        (lambda a: a(noise(3, 3), index=np.arange(2)), "index"),
        (lambda a: a(noise(3, 3), index=0, epoch=np.arange(2)), "epoch"),
        (lambda a: a(noise(3, 3), index=0, epoch=-2), r"epoch.*-2"),
        (lambda a: a.batch(noise(3, 3), indices=[0, 1, 2]), "2 dimensions"),
        (lambda a: a.batch(noise(2, 3, 3), indices=[0]), r"2 images.*not 1"),
        (lambda a: a.batch(noise(2, 3, 3), indices=7), "indices.*not 7"),
        (lambda a: a.batch(noise(2, 3, 3), indices=[0, -5]), r"index.*-5"),
        (lambda a: a.batch([noise(3, 3), noise(4, 3)]), "images of one size"),
        (lambda a: a.batch(None), "0 dimensions"),
        (lambda a: a.batch(noise(2, 3, 3).astype(float)), "divide it by"),
        (lambda a: a.batch(noise(2, 3, 3), threads=0), "threads.*not 0"),
        (lambda a: a.batch(noise(2, 3, 3), threads="2"), "threads.*'2'"),
        (lambda a: a(noise(3, 3), index=float("nan")), "index.*nan"),
        (lambda _: augplug.Augmenter("randaugment", seed=-1), r"seed.*-1"),
        (lambda _: augplug.Augmenter("randaugment", seed=None), "seed.*None"),  # type: ignore[arg-type]  # given on purpose
        (
            lambda _: augplug.Augmenter(augplug.step("Rotate", degrees=9, fill=(1, 2, 3)))(noise(3, 3), index=0),
            "3 numbers",
        ),
        (lambda _: augplug.Augmenter("randaugment", fuse="exct"), "did you mean 'exact'"),  # type: ignore[arg-type]  # given on purpose
        (lambda _: augplug.Augmenter("randaugment", backend="opncv"), "did you mean 'opencv'"),
        (lambda _: augplug.Augmenter("randaugmnt"), "did you mean 'randaugment'"),
        (lambda _: augplug.Augmenter(3), "not 3"),  # type: ignore[arg-type]  # given on purpose
        (lambda _: augplug.step("Rotat", degrees=3), "did you mean 'Rotate'"),
        (lambda _: augplug.register_policy("randaugment", augplug.step("Invert")), "already"),
    ],
)
def test_wrong_requests_are_told_so(call: Callable[[augplug.Augmenter], Any], says: str) -> None:
    """The error is one of augplug's and names the argument and what was given."""
    with pytest.raises(AugplugError, match=says):
        call(augplug.Augmenter("randaugment"))


def test_operations_that_need_colour_say_so() -> None:
    """Color on five channels names the operation and the channels."""
    augment = augplug.Augmenter(augplug.step("Color", factor=0.5))

    with pytest.raises(ImageError, match=r"Color needs.*not 5 channels"):
        augment(noise(4, 4, 5), index=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_pickles_look_their_operations_up_again(backend: str) -> None:
    """A pickle holds the policy's JSON and names, no class of an operation; it draws and renders alike."""
    augment = augplug.Augmenter("autoaugment-svhn", seed=5, backend=backend, fuse="none")
    written = pickle.dumps(augment)
    copied = pickle.loads(written)

    assert b"augplug.ops" not in written
    assert (copied.seed, copied.fuse, copied.backend.name) == (5, "none", backend)
    images = [noise(16, 16, 3, seed=i) for i in range(20)]
    assert all(np.array_equal(copied(image, index=i), augment(image, index=i)) for i, image in enumerate(images))


def test_registered_policies_have_a_name() -> None:
    """`register_policy` gives a node a name in this process."""
    augplug.register_policy("mine-for-a-test", augplug.step("Invert"))
    image = noise(3, 3)

    assert np.array_equal(augplug.Augmenter("mine-for-a-test")(image, index=0), 255 - image)
    assert augplug.policies()["mine-for-a-test"].provider == "this process"
    with pytest.raises(SettingsError, match="already"):
        augplug.register_policy("mine-for-a-test", augplug.step("Invert"))


def test_a_backend_object_is_taken_as_it_is() -> None:
    """`backend=` takes a name or a Backend."""
    backend: Backend = augplug.backends()["reference"]()

    assert augplug.Augmenter("randaugment", backend=backend).backend is backend


def test_without_opencv_the_reference_renders_with_one_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no OpenCV is importable, the notice says what to install."""
    from augplug import _backends

    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.warns(UserWarning, match=r"pip install 'augplug\[opencv\]'"):
        backend = _backends.default_backend.__wrapped__()

    assert backend.name == "reference"


def test_epoch_samplers_never_repeat_an_epoch() -> None:
    """Every index once an epoch, in an order of its own; a restart goes on where `set_epoch` says."""
    sampler = augplug.EpochSampler(50, seed=3)
    first, second = list(sampler), list(sampler)
    again = augplug.EpochSampler(50, seed=3)
    again.set_epoch(1)

    assert sorted(index for _, index in first) == list(range(50))
    assert {epoch for epoch, _ in first} == {0}
    assert [index for _, index in first] != [index for _, index in second]
    assert list(again) == second
    assert list(augplug.EpochSampler(3, shuffle=False)) == [(0, 0), (0, 1), (0, 2)]
    assert len(sampler) == 50
    with pytest.raises(SettingsError):
        augplug.EpochSampler(-1)


def test_what_draws_nothing_is_a_copy_all_the_same() -> None:
    """Of an image, of one that might have been mixed, and of a replayed draw: the result is the caller's to change."""
    image, partner = noise(6, 5, 3), noise(6, 5, 3)
    never = augplug.Augmenter(augplug.step("MixUp", p=0.0), classes=2)
    plain = augplug.Augmenter(augplug.step("Invert", p=0.0))

    results = [
        plain(image, index=0),
        plain(image=image, label=1, index=0)["image"],
        never(image, index=0, partner=partner),
        never(image=image, label=1, index=0, partner={"image": partner, "label": 0})["image"],
        augplug.replay(plain.plan(image, index=0), image),
        augplug.replay(never.plan(image, index=0, partner=partner), image, partner=partner),
    ]

    for made in results:
        assert np.array_equal(made, image)
        assert not np.shares_memory(made, image)
