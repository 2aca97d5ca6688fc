"""The backend `numba`: every bit is the reference's, on small images and on large ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import skimage.data
from augplug_numba import kernels
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


@st.composite
def images(draw: st.DrawFn, most: int = 64) -> augplug.Image:
    """RGB images of sides up to `most`: of one value, of two, noise over some range, a piece of a photograph."""
    shape = (draw(st.integers(1, most)), draw(st.integers(1, most)), 3)
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
    return photograph(shape[0], shape[1], int(chance.integers(0, 512 - max(shape))))


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


@settings(max_examples=60, deadline=None)
@given(images(300), st.lists(st.one_of(*TONES, *LOOKS), min_size=1, max_size=4))
def test_every_bit_of_a_large_image_is_that_of_the_reference(image: augplug.Image, steps: list[Any]) -> None:
    policy = augplug.sequence(*steps)

    assert np.array_equal(rendered(policy, image, BACKENDS["reference"]), rendered(policy, image, BACKENDS["numba"]))


def two_levels(height: int, width: int) -> augplug.Image:
    chance = np.random.default_rng(5)
    return chance.choice(np.array([3, 250], np.uint8), (height, width, 3), p=[0.2, 0.8])


@pytest.mark.parametrize("name", [*COMPILED, "Grayscale", "Saturation"])
@pytest.mark.parametrize(
    "image",
    [
        photograph(224, 224),
        photograph(224, 225),
        photograph(129, 127),
        photograph(301, 331)[::-1, 10:, ::-1],
        np.resize(photograph(64, 64), (1, 16385, 3)),
        np.resize(photograph(64, 64), (16387, 1, 3)),
        np.resize(photograph(64, 64), (2, 8195, 3)),
        np.resize(photograph(64, 64), (3, 5471, 3)),
        np.resize(photograph(64, 64), (5473, 3, 3)),
        np.full((150, 151, 3), 77, np.uint8),
        np.zeros((224, 224, 3), np.uint8),
        two_levels(200, 133),
    ],
    ids=lambda image: "x".join(map(str, image.shape)),
)
def test_large_images_of_every_kind_have_the_reference_s_bits(image: augplug.Image, name: str) -> None:
    policy = augplug.step(name, **COMPILED.get(name, {"factor": 1.4} if name == "Saturation" else {}))

    assert np.array_equal(rendered(policy, image, BACKENDS["reference"]), rendered(policy, image, BACKENDS["numba"]))


@pytest.mark.parametrize("pixels", range(16_380, 16_400))
def test_no_pixel_is_left_out_at_the_end_of_a_large_image(pixels: int) -> None:
    image = np.random.default_rng(pixels).integers(0, 256, (1, pixels, 3), np.uint8)

    for name in ("Equalize", "Contrast", "Color"):
        policy = augplug.step(name, **COMPILED[name])
        assert np.array_equal(
            rendered(policy, image, BACKENDS["reference"]), rendered(policy, image, BACKENDS["numba"])
        )


@pytest.mark.parametrize("factor", [*np.linspace(0, 2, 41).tolist(), 3, 10])
def test_many_pairs_of_values_are_blended_alike_by_every_factor(factor: float) -> None:
    red, green = np.meshgrid(np.arange(0, 256, 4), np.arange(3, 256, 4))
    image = np.stack([red, green, (red // 3 * 7 + green) % 256], axis=2).astype(np.uint8)

    for name in ("Color", "Sharpness", "Contrast"):
        policy = augplug.step(name, factor=factor)
        assert np.array_equal(
            rendered(policy, image, BACKENDS["reference"]), rendered(policy, image, BACKENDS["numba"])
        )


@pytest.mark.parametrize("factor", [*np.linspace(0, 2.2, 45).tolist(), 1 / 3, 0.999, 1.2345, 10])
def test_all_pairs_of_values_are_blended_to_pillow_s_bit(factor: float) -> None:
    base, values = (part.astype(np.uint8) for part in np.divmod(np.arange(1 << 16), 256))
    low, by = base.astype(np.float32), np.float32(factor)
    slope = kernels._slope(by)

    made = [kernels._blend(*pair, by, slope) for pair in zip(base, values, strict=True)]

    assert np.array_equal(np.clip(low + by * (values.astype(np.float32) - low), 0, 255).astype(np.uint8), made)


@pytest.mark.parametrize(
    ("factor", "whole"), [(0, True), (0.1, True), (1.9, True), (2, True), (1.3, False), (3, False)]
)
def test_whole_numbers_blend_where_no_product_lies_just_below_one(factor: float, whole: bool) -> None:
    assert bool(kernels._slope(np.float32(factor)) >= 0) == whole


def test_a_quotient_of_equalize_that_is_a_whole_number_is_not_rounded_down() -> None:
    # Steps of 49 pixels, and 49 * (1 / 49) is below 1 in float64. Smaller images have no step that is.
    counts = [25, *[49] * 253, 73, 49]
    image = np.repeat(np.repeat(np.arange(256, dtype=np.uint8), counts), 3).reshape(112, 112, 3)

    expected = rendered(augplug.step("Equalize"), image, BACKENDS["reference"])

    assert np.array_equal(expected, rendered(augplug.step("Equalize"), image, BACKENDS["numba"]))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.sampled_from([0.0, 1.0, 0.5, 0.1, 0.3, 1 / 3, 0.7, 0.49999997]), st.floats(0, 1)))
def test_every_pair_of_values_is_weighed_as_float64_rounds(weight: float) -> None:
    mine, theirs = np.mgrid[0:256, 0:256].astype(np.uint8)

    made = BACKENDS["numba"].weighted_sum(mine, theirs, weight)

    assert np.array_equal(made, np.floor((1 - weight) * mine.astype(float) + weight * theirs.astype(float) + 0.5))


@pytest.mark.parametrize(
    ("weight", "alike"),
    [(0, True), (1, True), (0.25, True), (0.31234, True), (0.1, False), (0.3, False), (0.5 + 2**-22, False)],
)
def test_float32_is_asked_where_it_rounds_as_float64_does(weight: float, alike: bool) -> None:
    assert kernels._rounds_alike(weight) == alike
