"""A batch prepared and rendered together: the draws, the effects and the bits of its images one by one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_examples
from hypothesis import strategies as st

import augplug
from augplug._backends.base import Backend
from augplug._pipeline.batch_program import FEWEST, BatchPrograms
from augplug._pipeline.columns import draw_columns
from augplug._pipeline.compile import compile_policy
from augplug._pipeline.draw import drawing
from augplug._pipeline.items import Drawn
from augplug._pipeline.render import Renderer
from augplug._pipeline.sources import OwnKey
from augplug._policies.grammar import Policy, Sequence, Step
from augplug.distributions import Beta, Choice, Distribution, Integers, Key, LogUniform, Normal, Sign, Uniform
from augplug.effect_batch import EffectBatch
from augplug.effects import AdaptiveTone, Filter, Tone
from augplug.ops.base import Operation
from augplug.rng import Stream, Streams, key_of
from augplug.types import FUSE_MODES, Canvas, FuseMode
from tests.edgy import NUMBERS, Edgy, edgy
from tests.operations import NEED_RGB
from tests.strategies import BUILT_IN, policies

SIZES = ((1, 1), (2, 3), (28, 28), (32, 32), (77, 50))
INTERPOLATIONS = ("nearest", "linear", "cubic")


def images_of(count: int, shape: tuple[int, ...], dtype: Any = np.uint8) -> Any:
    """Return random images, a third of them smooth, one black and one white."""
    rng = np.random.default_rng(count)
    values = rng.random((count, *shape))
    values[::3] = np.linspace(0, 1, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    values[:1], values[1:2] = 0, 1
    kind = np.dtype(dtype)
    return (values * (np.iinfo(kind).max if kind.kind == "u" else 1)).astype(kind)


def check(policy: Any, images: Any, *, first: int = 0, together: bool = True, **given: Any) -> None:
    """Require that a batch has the bits of its images one by one; `together`: and is not rendered one by one."""
    augment = augplug.Augmenter(policy, seed=5, **given)
    indices = range(first, first + len(images))
    before = images.copy()

    made = augment.batch(images, indices=indices)

    assert np.array_equal(images, before)
    assert np.array_equal(
        made, np.stack([augment(image, index=index) for index, image in zip(indices, images, strict=True)])
    )
    if together:
        keys = [augment._key(index, 0) for index in indices]
        programs = augment._batches
        assert programs.useful
        assert programs.of(keys, images.shape[1:], images.dtype) is not None


def test_numbers_names_every_operation_that_describes_a_batch() -> None:
    own = {name for name, kind in augplug.operations().items() if ":" not in name and "describe_batch" in vars(kind)}

    assert own == set(NUMBERS)


@pytest.mark.parametrize("name", NUMBERS)
def test_describe_batch_says_what_describe_says(name: str) -> None:
    """For 2,000 operations on canvases of every kind, to the last bit of every number."""
    described_alike(name, 2000)


@pytest.mark.heavy
@pytest.mark.parametrize("name", NUMBERS)
def test_describe_batch_says_what_describe_says_100_000_times(name: str) -> None:
    described_alike(name, 100_000)


def described_alike(name: str, count: int) -> None:
    rng = np.random.default_rng(count)
    step = edgy(name)
    kind, fields = step.operation, dict(step.fields)
    columns: dict[str, Any] = {}
    for field, values in NUMBERS[name].items():
        reals = rng.uniform(min(values), max(values), count)
        reals = np.rint(reals) if field == "key" else reals
        columns[field] = np.where(rng.random(count) < 0.3, rng.choice(values, count), reals)
    fixed = {field: value for field, value in fields.items() if field not in columns}
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    operations = [kind(**fixed, **dict(zip(columns, row, strict=True))) for row in rows]
    for size in ((28, 28), (77, 50), (1, 2)):
        canvas = Canvas(*size, 3)
        batch = kind.describe_batch(SimpleNamespace(**{**vars(operations[0]), **columns}), canvas)
        assert batch is not None
        for row, (operation, ordinary) in enumerate(zip(operations, batch.ordinary.tolist(), strict=True)):
            if not ordinary:
                assert [batch.at(row)] == operation.describe(canvas), operation
        functions_agree(batch)


def functions_agree(batch: EffectBatch) -> None:
    """Before truncation to bytes, which hides most differences."""
    effect = batch.effect
    if batch.function is None or not isinstance(effect, Tone | AdaptiveTone):
        return
    means = np.arange(len(batch.numbers))[:, None] % 256.0
    numbers = np.concatenate([means, batch.numbers], axis=1) if isinstance(effect, AdaptiveTone) else batch.numbers
    values = np.arange(256.0)
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        together = batch.function(values.copy(), *some.T[..., None])
        for row, own in enumerate(some.tolist()):
            if not batch.ordinary[start + row]:
                assert np.array_equal(together[row], effect.function(values, *own)), own


@pytest.mark.parametrize("fuse", FUSE_MODES)
@pytest.mark.parametrize("shape", [(28, 28), (9, 7, 1), (28, 28, 3), (9, 7, 4), (2, 3, 3), (1, 1, 3), (77, 50, 3)])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_batch_has_the_bits_of_its_images(name: str, shape: tuple[int, ...], fuse: FuseMode) -> None:
    if name in NEED_RGB and shape[2:] not in ((), (1,), (3,)):
        pytest.skip("it mixes red, green and blue")

    check(edgy(name), images_of(40, shape), fuse=fuse)


@pytest.mark.parametrize("shape", [(20, 24, 3), (28, 28), (2, 3, 3), (1, 1, 3), (1, 9, 1)])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("border", ["edge", "reflect", "wrap"])
@pytest.mark.parametrize("name", ["Affine", "Perspective", "Rotate", "Scale", "ShearX", "TranslateX"])
def test_a_batch_that_repeats_outside_has_the_bits_of_its_images(
    name: str, border: str, interpolation: str, shape: tuple[int, ...]
) -> None:
    check(edgy(name, border=border, interpolation=interpolation), images_of(60, shape))


def test_warps_that_repeat_outside_are_prepared_together() -> None:
    """All but those with a way of their own: turns, whole shifts, and what shows more than is laid around."""
    turned = augplug.step("Affine", border="reflect", degrees=augplug.Uniform(1.0, 40.0), x=augplug.Uniform(-0.2, 0.2))
    bent = augplug.step("Perspective", border="reflect", distortion=augplug.Uniform(0.1, 0.3))
    for step in (turned, bent):
        augment = augplug.Augmenter(step, seed=1)
        keys = [augment._key(index, 0) for index in range(64)]

        program = augment._batches.of(keys, (28, 28, 3), np.dtype(np.uint8))

        assert program is not None
        assert [len(stage.rows) for stage in program.stages if len(stage.rows)] == [64]


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("fill", [0.0, 77.5, (1.0, 128.0, 255.0)], ids=["black", "grey", "colour"])
@pytest.mark.parametrize(
    "name", ["Affine", "Perspective", "RandomCrop", "Rotate", "Scale", "ShearX", "ShearY", "TranslateX"]
)
def test_a_batch_of_warps_has_the_bits_of_its_images(name: str, fill: Any, interpolation: str) -> None:
    more: dict[str, Any] = {} if name == "RandomCrop" else {"interpolation": interpolation}

    check(edgy(name, fill=fill, **more), images_of(60, (20, 24, 3)))


def test_perspectives_and_painted_regions_are_prepared_together() -> None:
    """After one another, so that a region is painted into the place where the warp left its image."""
    warp = augplug.step("Perspective", distortion=augplug.Uniform(0.1, 0.5), interpolation="linear")
    paint = augplug.step("Cutout", size=augplug.Uniform(0.2, 0.5), value=(1.0, 128.0, 255.0))
    augment = augplug.Augmenter(augplug.compose([warp, paint]), seed=1)
    keys = [augment._key(index, 0) for index in range(64)]

    program = augment._batches.of(keys, (28, 28, 3), np.dtype(np.uint8))

    assert program is not None
    assert [len(stage.rows) for stage in program.stages if len(stage.rows)] == [64, 64]
    check(augplug.compose([warp, paint]), images_of(64, (28, 28, 3)))
    check(augplug.compose([paint, augplug.step("RandomCrop", height=9, width=7)]), images_of(64, (28, 28, 3)))
    check(augplug.step("RandomErasing", noise=False, value=3.0), images_of(64, (28, 28)))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Cutout", {"size": Uniform(0.1, 0.5), "holes": Integers(1, 3)}),
        ("Cutout", {"size": Uniform(0.1, 0.5), "noise": True}),
        ("Cutout", {"size": 0.3, "x": 0.5, "y": 0.5, "value": Uniform(0, 255)}),
        ("Cutout", {"size": 0.3, "x": Uniform(0, 1), "y": 0.5, "key": 5}),
        ("Perspective", {"distortion": 0.3}),
        ("Perspective", {"distortion": Uniform(0, 0.5), "key": 7}),
        ("Perspective", {"distortion": 0.3, "fill": Uniform(0, 255)}),
        ("Perspective", {"distortion": 0.3, "key": 7, "fill": Uniform(0, 255)}),
        ("RandomErasing", {"mask_value": Uniform(0, 3)}),
    ],
)
def test_whatever_is_drawn_a_batch_has_the_bits_of_its_images(name: str, fields: dict[str, Any]) -> None:
    """Drawn numbers that change the structure, or that no batch describes; and all but one of the fields fixed."""
    check(augplug.step(name, **fields), images_of(40, (28, 28, 3)), together=False)


@pytest.mark.parametrize(
    "name",
    ["Affine", "Color", "Contrast", "Cutout", "HueShift", "Perspective", "RandomResizedCrop", "Rotate", "Sharpness"],
)
def test_a_batch_of_large_images_has_the_bits_of_its_images(name: str) -> None:
    """Where a warp packs its pixels, and no image is rendered together with another."""
    check(edgy(name, (224, 200)), images_of(FEWEST, (224, 200, 3)))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize(
    "name", ["Affine", "Brightness", "Contrast", "GaussianNoise", "RandomResizedCrop", "Sharpness"]
)
def test_other_dtypes_have_the_bits_of_their_images(name: str, dtype: type) -> None:
    check(edgy(name), images_of(FEWEST, (12, 11, 3), dtype), together=False)


@pytest.mark.parametrize("name", NUMBERS)
def test_the_reference_has_the_bits_of_its_images(name: str) -> None:
    check(edgy(name), images_of(FEWEST, (12, 11, 3)), backend="reference")


@pytest.mark.heavy
@pytest.mark.parametrize("fuse", FUSE_MODES)
@pytest.mark.parametrize("name", NUMBERS)
def test_100_000_values_of_a_step_have_the_bits_of_single_calls(name: str, fuse: FuseMode) -> None:
    images = images_of(1000, (12, 11, 3))

    for first in range(0, 100_000, len(images)):
        check(edgy(name, (9, 10)), images, first=first, together=first == 0, fuse=fuse)


@pytest.mark.parametrize("fuse", FUSE_MODES)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("output", [None, augplug.Output(0.5, (0.1, 0.2, 0.3), "CHW"), augplug.Output()])
@pytest.mark.parametrize("name", ["hand-made", "3-augment", "uniformaugment"])
def test_policies_have_the_bits_of_single_calls(
    name: str, output: augplug.Output | None, threads: int, fuse: FuseMode
) -> None:
    images = images_of(40, (28, 30, 3))
    augment = augplug.Augmenter(name, output=output, fuse=fuse)

    made = augment.batch(images, indices=range(40), threads=threads)

    assert np.array_equal(made, np.stack([augment(image, index=index) for index, image in enumerate(images)]))


def test_steps_that_are_rare_and_steps_that_are_ordinary() -> None:
    """Some steps hit few images, some have no form for batches, some recur, and tones and warps follow each other."""
    policy = augplug.sequence(
        augplug.step("HorizontalFlip", p=0.5),
        edgy("Rotate", p=0.5),
        augplug.step("Cutout", size=(0.1, 0.5), p=0.4),
        edgy("Brightness", p=0.9),
        augplug.step("ElasticTransform", spacing=(16, 40), amplitude=(1, 3), p=0.2),
        edgy("Solarize", p=0.3),
        augplug.one_of(edgy("Contrast"), augplug.step("Equalize"), edgy("Gamma", p=0.5), weights=[1, 0, 3]),
        augplug.some_of((0, 3), edgy("Sharpness"), edgy("ShearY"), edgy("Color"), replacement=False),
        edgy("RandomResizedCrop", (20, 22)),
        edgy("TranslateX", p=0.7),
    )

    check(policy, images_of(150, (28, 30, 3)))


def test_a_batch_that_is_not_contiguous() -> None:
    images = images_of(40, (28, 30, 3))

    check("hand-made", images[::2, ::-1])
    check("hand-made", images.transpose(0, 2, 1, 3))


def test_images_that_no_step_hits_are_copies() -> None:
    images = images_of(40, (8, 9, 3))
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=(-9, 9), p=0.0))

    made = augment.batch(images, indices=range(40))

    assert np.array_equal(made, images)
    assert not np.shares_memory(made, images)


def test_unequal_sizes_go_one_by_one() -> None:
    """Sizes that differ on the way, and are equal in the end; and the error where they are not."""
    turned = augplug.sequence(augplug.step("Rotate90"), edgy("Rotate"))
    equal = augplug.sequence(turned, augplug.step("CenterCrop", height=8, width=8))

    check(equal, images_of(20, (8, 12, 3)), together=False)
    check(turned, images_of(20, (8, 8, 3)))
    with pytest.raises(augplug.ImageError, match="unequal sizes"):
        augplug.Augmenter(turned).batch(images_of(20, (8, 12, 3)), indices=range(20))


@pytest.mark.parametrize(
    ("policy", "shape", "error", "words"),
    [
        (augplug.step("HueShift", degrees=(-9, 9)), (8, 8, 4), augplug.ImageError, "HueShift needs"),
        (augplug.step("Rotate", degrees=(-9, 9), fill=[1, 2]), (8, 8, 3), augplug.ImageError, "a fill of 2"),
    ],
)
def test_errors_are_those_of_single_calls(policy: Step, shape: tuple[int, ...], error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        augplug.Augmenter(policy).batch(images_of(FEWEST, shape))


def test_a_small_batch_goes_one_by_one() -> None:
    programs = augplug.Augmenter("hand-made")._batches
    keys = [key_of(0, 0, index) for index in range(FEWEST)]

    assert programs.render(images_of(FEWEST, (9, 9, 3)), keys) is not None
    assert programs.render(images_of(FEWEST - 1, (9, 9, 3)), keys[1:]) is None


@pytest.mark.parametrize(
    ("policy", "useful"),
    [
        ("hand-made", True),
        ("3-augment", True),
        ("autoaugment-cifar10", False),
        ("randaugment", False),
        ("trivialaugment-wide", False),
        ("augmix", False),
        (augplug.step("Rotate", degrees=augplug.Choice((1, 2, 3))), False),
    ],
)
def test_only_policies_that_draw_reals_are_prepared_together(policy: Any, *, useful: bool) -> None:
    augment = augplug.Augmenter(policy)

    assert augment._batches.useful == useful


@augplug.operation(source="a test")
class Foreign(Operation):
    """Another library's function, which refuses the image whose first value is 7."""

    def describe(self, canvas: Canvas) -> list[augplug.Effect]:
        return [augplug.Opaque(function=refuse_7, key=0)]


def refuse_7(sample: dict[str, Any], _key: int) -> dict[str, Any]:
    if sample["image"].flat[0] == 7:
        raise ValueError("seven")
    return sample


def test_functions_of_other_libraries_see_one_image_after_the_other() -> None:
    light, foreign = edgy("Brightness"), Step("Foreign", "tests:Foreign", Foreign)
    images = images_of(FEWEST, (8, 9, 3))
    images[5] = 7

    check(Policy(Sequence((light, foreign))), np.concatenate([images[6:]] * 2), together=False)
    with pytest.raises(ValueError, match="seven"):
        augplug.Augmenter(Policy(Sequence((foreign, light)))).batch(images)


@augplug.operation(source="a test")
class Halved(Operation):
    """A tone without a form for many rows, of a plugin that describes a batch."""

    factor: float = augplug.parameter(low=0, high=2, unit="times")

    def describe(self, canvas: Canvas) -> list[augplug.Effect]:
        return [augplug.Tone(halved, self.factor)]

    @classmethod
    def describe_batch(cls, rows: Any, _canvas: Canvas) -> augplug.EffectBatch:
        numbers = rows.factor[:, None]
        return augplug.EffectBatch(augplug.Tone(halved, 0.0), numbers, np.zeros(len(numbers), np.bool_))


def halved(values: Any, factor: float) -> Any:
    return values * factor / 2


def test_a_plugin_describes_a_batch() -> None:
    step = Step("Halved", "tests:Halved", Halved, fields=(("factor", Uniform(0, 2)),))

    check(Policy(step), images_of(20, (8, 9, 3)))


def test_weights_of_gaussians_have_the_bits_of_each() -> None:
    cv2_filters = pytest.importorskip("augplug._backends.opencv_filters")
    sigmas = np.concatenate([[0.1, 0.125, 1.0, 2.5, 256.0], np.random.default_rng(1).uniform(0.1, 9, 2000)])

    for sigma, weights in zip(sigmas.tolist(), cv2_filters.gaussians(sigmas), strict=True):
        alone = cv2_filters.filter_(Filter(kernel="gaussian", arguments=(sigma,)), (9, 9))
        assert np.array_equal(weights, alone.keywords["kernelX"])


# Draws.


@pytest.mark.parametrize(
    "distribution",
    [
        Uniform(-0.3, 0.7),
        Uniform(0, 3),
        Integers(-3, 7),
        Integers(0, 2**32 - 2),
        Integers(0, 2**32 - 1),
        Integers(0, 2**40),
        Choice((1.0, 5.0, 2.5)),
        Choice((1.0, 5.0, 2.5), (0.0, 2.0, 1.0)),
        Normal(0.5, 0.2, (0.0, 1.0)),
        LogUniform(0.75, 4 / 3),
        LogUniform(1e-3, 1e3),
        Beta(0.3, 2.0),
        Beta(1.0, 1.0),
        Sign(3.0),
        Key(),
        OwnKey(Key(), 3),
        Edgy((0.0, 1.0, 5.0)),
    ],
    ids=repr,
)
def test_numbers_of_many_streams_are_those_of_each(distribution: Distribution | OwnKey) -> None:
    """Ten of each stream, which is more than its first words."""
    keys = [key_of(1, 2, index) for index in range(300)]
    streams = Streams(b"digest", keys)
    rows = np.arange(0, 300, 3)

    made = np.stack([distribution.draw_rows(streams.of(rows)) for _ in range(10)], axis=1)

    assert made.dtype == np.float64
    for row, numbers in zip(rows, made, strict=True):
        stream = Stream(b"digest", keys[row])
        assert numbers.tolist() == [distribution.draw(stream) for _ in range(10)]


def drawn_alike(policy: Policy, count: int) -> None:
    keys = [key_of(3, 1, index) for index in range(count)]
    draw = drawing(policy)

    made: list[list[Drawn]] = [[] for _ in keys]
    for step in draw_columns(compile_policy(policy), policy.digest, keys, 1)[0]:
        for row, drawn in zip(step.rows, step.operations(np.arange(len(step.rows))), strict=True):
            made[row].append(drawn)

    for key, row in zip(keys, made, strict=True):
        expected = [(item.address, item.operation) for item in draw(key) if isinstance(item, Drawn)]
        assert [(item.address, item.operation) for item in row] == expected


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given_examples(policies(BUILT_IN, blend=False))
def test_random_policies_draw_alike(policy: Policy) -> None:
    drawn_alike(policy, 12)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given_examples(policies(BUILT_IN, blend=False, channels=3), st.sampled_from(FUSE_MODES))
def test_random_policies_render_alike(policy: Policy, fuse: FuseMode) -> None:
    """Or refuse alike; images of unequal sizes are no batch."""
    augment = augplug.Augmenter(policy, fuse=fuse)
    images = images_of(FEWEST, (13, 11, 3))

    try:
        expected = [augment(image, index=index) for index, image in enumerate(images)]
    except augplug.AugplugError as error:
        with pytest.raises(type(error)):
            augment.batch(images, indices=range(FEWEST))
        return
    if len({image.shape for image in expected}) > 1:
        with pytest.raises(augplug.ImageError, match="unequal sizes"):
            augment.batch(images, indices=range(FEWEST))
        return

    assert np.array_equal(augment.batch(images, indices=range(FEWEST)), np.stack(expected))


def test_programs_of_a_backend_without_batches() -> None:
    """It has the default, and its rows are prepared one by one."""
    policy = augplug.policy("hand-made")
    backend: Backend = augplug.backends()["reference"]()
    programs = BatchPrograms(compile_policy(policy), policy.digest, Renderer("exact", backend, None))

    assert programs.of([key_of(0, 0, index) for index in range(5)], (9, 9, 3), np.dtype(np.uint8)) is not None
