"""The backend `numba`: which effects its kernels render, and what it leaves to the backend beneath."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import skimage.data
from augplug_numba.backend import MOST_PIXELS, Numba

import augplug

COMPILED: Mapping[str, Mapping[str, float]] = {
    "Equalize": {},
    "AutoContrast": {},
    "Contrast": {"factor": 1.6},
    "Color": {"factor": 0.3},
    "Sharpness": {"factor": 1.9},
}
BACKENDS = {name: augplug.backends()[name]() for name in ("numba", "opencv", "reference")}


class Recorder(augplug.Backend):
    """The reference, which remembers the effects that it prepared and the tones that it ended with."""

    name = "recorder"

    def __init__(self) -> None:
        self.effects: list[Any] = []
        self._reference = BACKENDS["reference"]

    def version(self) -> str:
        return self._reference.version()

    def prepare(self, effect: augplug.Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> augplug.ImageFunction:
        self.effects.append(effect)
        return self._reference.prepare(effect, shape, dtype)

    def finish(self, output: Any, last: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        self.effects.append(last)
        return self._reference.finish(output, last, shape, dtype)

    def weighted_sum(
        self, image: augplug.Image, partner: augplug.Image, weight: float, out: augplug.Image | None = None
    ) -> augplug.Image:
        return self._reference.weighted_sum(image, partner, weight, out)


def photograph(height: int, width: int, at: int = 100) -> augplug.Image:
    picture: augplug.Image = skimage.data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    return np.ascontiguousarray(picture[at : at + height, at : at + width])


def rendered(policy: Any, image: augplug.Image, backend: Any, **given_: Any) -> augplug.Image:
    made: augplug.Image = augplug.Augmenter(policy, backend=backend, **given_)(image, index=0)
    return made


@pytest.mark.parametrize(
    "steps",
    [
        [augplug.step("Invert"), augplug.step("Equalize"), augplug.step("Posterize", bits=3)],
        [augplug.step("Equalize"), augplug.step("Solarize", threshold=100), augplug.step("Equalize")],
        [augplug.step("AutoContrast"), augplug.step("Equalize")],
        [augplug.step("Contrast", factor=1.6), augplug.step("Posterize", bits=3), augplug.step("Equalize")],
    ],
)
def test_a_run_with_equalize_of_a_large_image_is_rendered_by_the_kernels(steps: list[Any]) -> None:
    policy, image, beneath = augplug.sequence(*steps), photograph(224, 224), Recorder()

    made = rendered(policy, image, Numba(beneath))

    assert not beneath.effects
    assert np.array_equal(rendered(policy, image, BACKENDS["reference"], fuse="none"), made)


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("width", [MOST_PIXELS // 64, MOST_PIXELS // 64 + 1])
def test_images_are_rendered_by_the_kernels_of_autocontrast_small_ones(name: str, width: int) -> None:
    beneath = Recorder()

    rendered(augplug.step(name, **COMPILED[name]), photograph(64, width), Numba(beneath))

    assert len(beneath.effects) == (name == "AutoContrast" and 64 * width > MOST_PIXELS)


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize(
    "image",
    [photograph(20, 20).astype(np.uint16), np.float32(photograph(20, 20) / 255)],
    ids=["uint16", "float32"],
)
def test_other_images_are_left_to_the_backend_beneath(name: str, image: augplug.Image) -> None:
    beneath, policy = Recorder(), augplug.step(name, **COMPILED[name])

    made = rendered(policy, image, Numba(beneath))

    assert len(beneath.effects) == 1
    assert np.array_equal(rendered(policy, image, BACKENDS["reference"]), made)


@pytest.mark.parametrize("shape", [(20, 20), (20, 20, 1), (20, 20, 2), (20, 20, 4)])
def test_other_numbers_of_channels_are_left_to_the_backend_beneath(shape: tuple[int, ...]) -> None:
    beneath = Recorder()
    image = np.resize(photograph(20, 20), shape)

    for name in ("Equalize", "Contrast", "Sharpness"):
        rendered(augplug.step(name, **COMPILED[name]), image, Numba(beneath))

    assert len(beneath.effects) == 3


def halved(values: augplug.Values, mean: float) -> augplug.Values:
    return (values + mean) / 2


def flattened(counts: augplug.Histograms) -> augplug.Values:
    return np.broadcast_to(np.arange(256) // 2, counts.shape)


def run_of(name: str, *after: augplug.Tone | augplug.AdaptiveTone) -> augplug.AdaptiveTone:
    """The tone of an operation, with tones behind it."""
    (effect,) = augplug.operations()[name](**COMPILED[name]).describe(augplug.Canvas(20, 20, 3))
    assert isinstance(effect, augplug.AdaptiveTone)
    return augplug.AdaptiveTone(effect.statistic, effect.function, *effect.arguments, after=after)


@pytest.mark.parametrize(
    "run",
    [
        augplug.AdaptiveTone("gray_mean", halved),
        augplug.AdaptiveTone("histogram", flattened, before=(augplug.Tone(np.sqrt),)),
        run_of("Equalize", augplug.AdaptiveTone("histogram", flattened)),
    ],
)
def test_a_function_that_only_another_plugin_knows_is_left_to_the_backend_beneath(run: augplug.AdaptiveTone) -> None:
    image, beneath = photograph(20, 20), Recorder()

    made = Numba(beneath).prepare(run, image.shape, image.dtype)(image)

    assert beneath.effects == [run]
    assert np.array_equal(BACKENDS["reference"].prepare(run, image.shape, image.dtype)(image), made)


def test_what_stands_behind_contrast_is_prepared_as_one_effect() -> None:
    image, beneath = photograph(20, 20), Recorder()
    last = augplug.AdaptiveTone("histogram", flattened)
    run = run_of("Contrast", augplug.Tone(np.sqrt), last, augplug.Tone(np.sqrt))

    made = Numba(beneath).prepare(run, image.shape, image.dtype)(image)

    rest = augplug.AdaptiveTone("histogram", flattened, before=(augplug.Tone(np.sqrt),), after=(augplug.Tone(np.sqrt),))
    assert beneath.effects == [rest]
    assert np.array_equal(BACKENDS["reference"].prepare(run, image.shape, image.dtype)(image), made)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("name", [None, "Invert", *COMPILED])
def test_output_is_that_of_opencv(name: str | None, layout: Any) -> None:
    policy = augplug.step("Identity") if name is None else augplug.step(name, **COMPILED.get(name, {}))
    output = augplug.Output(mean=(0.1, 0.2, 0.3), std=0.5, layout=layout)
    batch = np.stack([photograph(32, 32, at) for at in (0, 100, 200)])

    one, other = (
        augplug.Augmenter(policy, backend=BACKENDS[name], output=output).batch(batch, indices=range(3))
        for name in ("numba", "opencv")
    )

    assert np.array_equal(one, other)


def test_the_last_tone_of_an_output_is_rendered_by_the_kernels() -> None:
    beneath = Recorder()

    rendered(augplug.step("Equalize"), photograph(32, 32), Numba(beneath), output=augplug.Output(mean=0.5, std=0.5))

    assert beneath.effects == [None]


def test_a_batch_by_threads_equals_single_calls() -> None:
    augment = augplug.Augmenter("autoaugment-imagenet", backend="numba")
    batch = np.stack([photograph(32, 32, 2 * at) for at in range(96)])
    batch.flags.writeable = False

    made = augment.batch(batch, indices=range(96), threads=4)

    assert np.array_equal(np.stack([augment(image, index=place) for place, image in enumerate(batch)]), made)


def test_threads_that_share_a_kernel_get_what_one_gets() -> None:
    pictures = [photograph(32, 32, 50 * at) for at in range(4)]
    for name, fields in COMPILED.items():
        augment = augplug.Augmenter(augplug.step(name, **fields), backend="numba")
        expected = [augment(picture, index=0).tobytes() for picture in pictures]
        with ThreadPoolExecutor(4) as pool:
            assert (
                list(pool.map(lambda at, of=augment: of(pictures[at % 4], index=0).tobytes(), range(64)))
                == expected * 16
            )


def test_the_plugin_is_loaded_and_a_plan_names_both_libraries() -> None:
    (row,) = [row for row in augplug.plugins() if row.distribution == "augplug-numba"]

    plan = augplug.Augmenter("autoaugment-cifar10", backend="numba").plan(photograph(8, 8), index=0)

    assert row.state == "loaded"
    assert row.provides["backends"] == ["numba"]
    assert plan.backend == "numba"
    assert plan.versions["backend"].startswith("numba ")
    assert BACKENDS["opencv"].version() in plan.versions["backend"]


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 1), (7, 9, 3), (3, 5, 40)])
def test_bytes_of_any_shape_are_added_by_the_kernel(shape: tuple[int, ...]) -> None:
    image, partner = np.random.default_rng(1).integers(0, 256, (2, *shape), np.uint8)
    image.flags.writeable = partner.flags.writeable = False
    expected = np.floor(0.7 * image.astype(float) + 0.3 * partner.astype(float) + 0.5)

    for out in (None, np.empty(shape, np.uint8)):
        assert np.array_equal(Numba(Recorder()).weighted_sum(image, partner, 0.3, out), expected)


def test_two_images_of_floats_are_added_by_the_backend_beneath(monkeypatch: pytest.MonkeyPatch) -> None:
    beneath, image, out = Recorder(), np.zeros((8, 8, 3), np.float32), np.ones((8, 8, 3), np.float32)
    monkeypatch.setattr(beneath, "weighted_sum", lambda *given: given)

    assert Numba(beneath).weighted_sum(image, out, 0.25, out) == (image, out, 0.25, out)
