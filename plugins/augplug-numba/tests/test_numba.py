"""The backend `numba`: the reference's bits on every small image, and what it leaves to the backend beneath."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import skimage.data
from augplug_numba.backend import MOST_PIXELS, Numba
from hypothesis import example, given, settings
from hypothesis import strategies as st

import augplug

COMPILED: Mapping[str, Mapping[str, float]] = {
    "Equalize": {},
    "AutoContrast": {},
    "Contrast": {"factor": 1.6},
    "Color": {"factor": 0.3},
    "Sharpness": {"factor": 1.9},
}
BACKENDS = {name: augplug.backends()[name]() for name in ("numba", "opencv", "reference")}
TONES = [
    st.just(augplug.step("Invert")),
    st.builds(lambda value: augplug.step("Solarize", threshold=value), st.integers(0, 256)),
    st.builds(lambda value: augplug.step("Posterize", bits=value), st.integers(1, 8)),
    st.builds(lambda value: augplug.step("Brightness", factor=value), st.floats(0, 10)),
    st.builds(lambda value: augplug.step("ToneCurve", shadows=value), st.floats(0, 1)),
]
FACTORS = st.one_of(st.floats(0, 2), st.floats(0, 10), st.sampled_from([0.0, 0.1, 0.5, 1.9, 10.0]))
LOOKS = [
    st.just(augplug.step("Equalize")),
    st.just(augplug.step("AutoContrast")),
    *(st.builds(lambda value, name=name: augplug.step(name, factor=value), FACTORS) for name in list(COMPILED)[2:]),
]


class Recorder(augplug.Backend):
    """The reference, which remembers the effects that it prepared and the tones that it ended with."""

    name = "recorder"

    def __init__(self) -> None:
        self.effects: list[Any] = []
        self._reference = BACKENDS["reference"]

    def version(self) -> str:
        return self._reference.version()

    def prepare(self, effect: augplug.Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> augplug.Kernel:
        self.effects.append(effect)
        return self._reference.prepare(effect, shape, dtype)

    def finish(self, output: Any, last: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        self.effects.append(last)
        return self._reference.finish(output, last, shape, dtype)


@st.composite
def images(draw: st.DrawFn) -> augplug.Image:
    """Small RGB images: of one value, of two, noise over some range, a piece of a photograph."""
    shape = (draw(st.integers(1, 64)), draw(st.integers(1, 64)), 3)
    chance = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    low, high = sorted(draw(st.tuples(st.integers(0, 255), st.integers(0, 255))))
    kind = draw(st.sampled_from(["constant", "two", "noise", "channels", "photograph"]))
    if kind == "constant":
        return np.full(shape, low, np.uint8)
    if kind == "two":
        return chance.choice(np.array([low, high], np.uint8), shape, p=[0.03, 0.97])
    if kind == "noise":
        return chance.integers(low, high, shape, np.uint8, endpoint=True)
    if kind == "channels":
        return np.stack([chance.integers(0, top, shape[:2], np.uint8, endpoint=True) for top in (0, low, high)], axis=2)
    return photograph(shape[0], shape[1], int(chance.integers(0, 400)))


def photograph(height: int, width: int, at: int = 100) -> augplug.Image:
    picture: augplug.Image = skimage.data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    return np.ascontiguousarray(picture[at : at + height, at : at + width])


def rendered(policy: Any, image: augplug.Image, backend: Any, **given_: Any) -> augplug.Image:
    made: augplug.Image = augplug.Augmenter(policy, backend=backend, **given_)(image, index=0)
    return made


@settings(max_examples=400, deadline=None)
@given(images(), st.lists(st.one_of(*TONES, *LOOKS), min_size=1, max_size=4))
@example(np.zeros((1, 1, 3), np.uint8), [augplug.step("Equalize"), augplug.step("AutoContrast")])
@example(photograph(3, 3), [augplug.step("Sharpness", factor=2)])
@example(photograph(64, 64), [augplug.step("Invert"), augplug.step("Equalize"), augplug.step("Posterize", bits=3)])
@example(photograph(64, 64), [augplug.step("Contrast", factor=2.0), augplug.step("Equalize")])
def test_every_bit_is_that_of_the_reference_and_of_opencv(image: augplug.Image, steps: list[Any]) -> None:
    policy = augplug.sequence(*steps)

    expected = rendered(policy, image, BACKENDS["reference"], fuse="none")

    for fuse in ("none", "exact"):
        assert np.array_equal(expected, rendered(policy, image, BACKENDS["numba"], fuse=fuse)), fuse
    assert np.array_equal(expected, rendered(policy, image, BACKENDS["opencv"]))


@pytest.mark.parametrize("factor", [*np.linspace(0, 2, 41).tolist(), 3, 10])
def test_many_pairs_of_values_are_blended_alike_by_every_factor(factor: float) -> None:
    red, green = np.meshgrid(np.arange(0, 256, 4), np.arange(3, 256, 4))
    image = np.stack([red, green, (red // 3 * 7 + green) % 256], axis=2).astype(np.uint8)

    for name in ("Color", "Sharpness", "Contrast"):
        policy = augplug.step(name, factor=factor)
        assert np.array_equal(
            rendered(policy, image, BACKENDS["reference"]), rendered(policy, image, BACKENDS["numba"])
        )


def test_a_quotient_of_equalize_that_is_a_whole_number_is_not_rounded_down() -> None:
    # Steps of 49 pixels, and 49 * (1 / 49) is below 1 in float64. Smaller images have no step that is.
    counts = [25, *[49] * 253, 73, 49]
    image = np.repeat(np.repeat(np.arange(256, dtype=np.uint8), counts), 3).reshape(112, 112, 3)
    wide = Numba(Recorder(), most_pixels=image.size)

    expected = rendered(augplug.step("Equalize"), image, BACKENDS["reference"])

    assert np.array_equal(expected, rendered(augplug.step("Equalize"), image, wide))


@pytest.mark.parametrize("name", COMPILED)
def test_small_images_are_rendered_by_the_kernels(name: str) -> None:
    beneath = Recorder()

    rendered(augplug.step(name, **COMPILED[name]), photograph(64, MOST_PIXELS // 64), Numba(beneath))

    assert not beneath.effects


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize(
    "image",
    [photograph(64, MOST_PIXELS // 64 + 1), photograph(20, 20).astype(np.uint16), np.float32(photograph(20, 20) / 255)],
    ids=["large", "uint16", "float32"],
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


def flattened(counts: augplug.Counts) -> augplug.Values:
    return np.broadcast_to(np.arange(256) // 2, counts.shape)


def run_of(name: str, *after: augplug.Tone | augplug.ToneFrom) -> augplug.ToneFrom:
    """The tone of an operation, with tones behind it."""
    (effect,) = augplug.operations()[name](**COMPILED[name]).describe(augplug.Canvas(20, 20, 3))
    assert isinstance(effect, augplug.ToneFrom)
    return augplug.ToneFrom(effect.statistic, effect.function, *effect.arguments, after=after)


@pytest.mark.parametrize(
    "run",
    [
        augplug.ToneFrom("grey_mean", halved),
        augplug.ToneFrom("histogram", flattened, before=(augplug.Tone(np.sqrt),)),
        run_of("Equalize", augplug.ToneFrom("histogram", flattened)),
        run_of("Contrast", augplug.Tone(np.sqrt), augplug.ToneFrom("histogram", flattened)),
    ],
)
def test_a_function_that_only_another_plugin_knows_is_left_to_the_backend_beneath(run: augplug.ToneFrom) -> None:
    image, beneath = photograph(20, 20), Recorder()

    made = Numba(beneath).prepare(run, image.shape, image.dtype)(image)

    assert beneath.effects == [run]
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


def test_two_images_are_added_by_the_backend_beneath(monkeypatch: pytest.MonkeyPatch) -> None:
    beneath, image, into = Recorder(), photograph(8, 8), photograph(8, 8, 9)
    monkeypatch.setattr(beneath, "weighed", lambda *given: given)

    assert Numba(beneath).weighed(image, into, 0.25, into) == (image, into, 0.25, into)
