"""The corruptions as operations: every kind of image, draws, targets, severities on photographs, the policy."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from augplug_corruptions import augplug_operations, severities

import augplug

OPERATIONS = {operation.about.name: operation for operation in augplug_operations()}
KEYED = sorted(name for name, operation in OPERATIONS.items() if "key" in operation.about.parameters)
COLOR = ("CorruptionSnow", "CorruptionBrightness", "CorruptionJpegCompression")
"""They need grey or RGB."""
TARGETS: dict[str, Any] = {
    "mask": np.arange(60 * 80).reshape(60, 80) % 7,
    "boxes": augplug.Boxes([[3, 4, 30, 40]], format="xyxy", labels=["cat"]),
    "keypoints": [(5.0, 6.0)],
}


def noise(dtype: str, shape: tuple[int, ...]) -> augplug.Image:
    """An image of that kind with values over the whole range."""
    real = np.random.default_rng(sum(shape)).random(shape)
    kind = np.dtype(dtype)
    return (real * (np.iinfo(kind).max if kind.kind == "u" else 1)).astype(kind)


def corrupted(name: str, severity: int, image: augplug.Image, key: int = 5) -> augplug.Image:
    """The image corrupted, with the key where there is one, and 30 degrees where there is an angle."""
    known = OPERATIONS[name].about.parameters
    given: dict[str, Any] = {
        field: value for field, value in {"key": key, "degrees": -70 + 10 * key}.items() if field in known
    }
    made: augplug.Image = augplug.Augmenter(augplug.step(name, severity=severity, **given))(image, index=0)
    return made


def photographs() -> list[augplug.Image]:
    """Photographs of 224x224 pixels, the size that the severities were published for."""
    return [
        skimage.data.astronaut()[20:244, 100:324],  # type: ignore[no-untyped-call]  # scikit-image has no types
        skimage.data.chelsea()[40:264, 110:334],  # type: ignore[no-untyped-call]  # scikit-image has no types
        skimage.data.coffee()[60:284, 180:404],  # type: ignore[no-untyped-call]  # scikit-image has no types
        skimage.data.rocket()[100:324, 200:424],  # type: ignore[no-untyped-call]  # scikit-image has no types
    ]


def test_there_are_fourteen_and_the_plugin_is_loaded() -> None:
    (row,) = [row for row in augplug.plugins() if row.distribution == "augplug-corruptions"]

    assert row.state == "loaded"
    assert sorted(row.provides["operations"]) == sorted(OPERATIONS)
    assert row.provides["policies"] == ["corruptions"]
    assert len(OPERATIONS) == 14
    assert all(augplug.operations()[name] is operation for name, operation in OPERATIONS.items())


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("severity", range(1, 6))
def test_every_kind_of_image_keeps_shape_and_dtype(name: str, severity: int) -> None:
    kinds = ("uint8", "uint16", "float32", "float64")
    for dtype, channels, size in itertools.product(kinds, (None, 1, 2, 3, 4, 13), ((1, 1), (1, 40), (33, 47))):
        image = noise(dtype, size if channels is None else (*size, channels))
        before = image.copy()
        if name in COLOR and channels not in (None, 1, 3):
            with pytest.raises(
                augplug.ImageError, match=f"{name} needs a grey or an RGB image.*not {channels} channels"
            ):
                corrupted(name, severity, image)
            continue
        made = corrupted(name, severity, image)
        assert (made.dtype, made.shape) == (image.dtype, image.shape)
        assert np.array_equal(image, before)
        if image.dtype.kind == "f":
            assert 0 <= made.min() <= made.max() <= 1
        if min(size) > 1 and channels in (None, 3):
            assert not np.array_equal(made, image)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_corruption_means_the_same_on_every_dtype(name: str) -> None:
    """Within what the rounding of integers amounts to; two Gaussian filters round twice."""
    image = noise("uint8", (40, 50, 3))
    expected = corrupted(name, 3, image).astype(np.float64)

    for dtype, scale in (("uint16", 257), ("float32", 1 / 255), ("float64", 1 / 255)):
        made = corrupted(name, 3, (image.astype(np.float64) * scale).astype(dtype))
        assert np.abs(made / scale - expected).max() <= 1.01


@pytest.mark.parametrize("name", OPERATIONS)
def test_grey_is_one_channel(name: str) -> None:
    image = noise("float64", (40, 50))

    assert np.array_equal(corrupted(name, 2, image), corrupted(name, 2, image[..., None])[..., 0])


@pytest.mark.parametrize("name", KEYED)
def test_pixels_depend_on_the_key_alone(name: str) -> None:
    """Whichever thread asks, and whatever was asked before."""
    image = noise("uint8", (40, 50, 3))
    expected = [corrupted(name, 4, image, key) for key in range(6)]

    with ThreadPoolExecutor(4) as threads:
        again = list(threads.map(lambda key: corrupted(name, 4, image, key), [*range(6)] * 4))

    assert all(np.array_equal(made, expected[place % 6]) for place, made in enumerate(again))
    assert not any(np.array_equal(one, other) for one, other in itertools.combinations(expected, 2))


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"CorruptionElasticTransform"}))
def test_targets_stay_where_nothing_moves(name: str) -> None:
    augment = augplug.Augmenter(augplug.step(name, severity=5), seed=1)

    made = augment(image=noise("uint8", (60, 80, 3)), **TARGETS, index=0)

    assert np.array_equal(made["mask"], TARGETS["mask"])
    assert np.array_equal(made["boxes"].array, TARGETS["boxes"].array)
    assert made["boxes"].labels == ["cat"]
    assert made["keypoints"] == TARGETS["keypoints"]


@pytest.mark.parametrize(("target", "named"), [("mask", "masks"), ("boxes", "boxes"), ("keypoints", "keypoints")])
def test_elastic_refuses_targets_by_name(target: str, named: str) -> None:
    augment = augplug.Augmenter(augplug.step("CorruptionElasticTransform", severity=1), seed=1)

    with pytest.raises(augplug.TargetError, match=f"moves no {named}"):
        augment(image=noise("uint8", (60, 80, 3)), **{target: TARGETS[target]}, index=0)


@pytest.mark.parametrize("severity", [0, 6, 2.5])
def test_other_severities_are_refused(severity: Any) -> None:
    with pytest.raises(augplug.OperationError, match="severity"):
        augplug.step("CorruptionFog", severity=severity)


def distances(name: str) -> list[float]:
    """The root mean square distance from the photograph at each severity, over photographs and keys."""
    keys = range(12) if "key" in OPERATIONS[name].about.parameters else [5]
    return [
        float(np.mean([rms(corrupted(name, severity, image, key), image) for image in photographs() for key in keys]))
        for severity in range(1, 6)
    ]


def rms(one: augplug.Image, other: augplug.Image) -> float:
    """The root mean square difference."""
    return float(np.sqrt(((one.astype(np.float64) - other) ** 2).mean()))


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"CorruptionElasticTransform"}))
def test_severity_grows(name: str) -> None:
    assert (np.diff(distances(name)) > 0).all()


def test_elastic_grows_in_two_runs() -> None:
    """As published, severities 1 and 2 tilt the whole image, 3 to 5 crumple it: two scales, not one."""
    one, two, three, four, five = distances("CorruptionElasticTransform")

    assert one < two
    assert three < four < five
    assert three < one


def drawn(policy: augplug.Policy, draws: int) -> set[tuple[str, int]]:
    """The operations and severities that the policy draws."""
    augment = augplug.Augmenter(policy, seed=0)
    plans = [json.loads(augment.plan(noise("uint8", (8, 8, 3)), index=index).to_json()) for index in range(draws)]
    return {(step["op"], step["fields"]["severity"]) for plan in plans for step in plan["steps"]}


def test_the_policy_draws_every_corruption_at_every_severity() -> None:
    every = itertools.product((f"augplug-corruptions:{name}" for name in OPERATIONS), range(1, 6))

    assert drawn(augplug.policy("corruptions"), 1000) == {*every}


def test_the_policy_takes_one_severity() -> None:
    seen = drawn(augplug.policy("corruptions", severity=2), 200)

    assert {severity for _, severity in seen} == {2}
    assert len(seen) == 14
    for other in (-1, 6, 2.5):
        with pytest.raises(augplug.OperationError, match="severity"):
            augplug.policy("corruptions", severity=other)


def test_a_plan_replays_to_the_bit() -> None:
    augment = augplug.Augmenter("corruptions", seed=3)
    image = noise("uint8", (30, 40, 3))
    for index in range(60):
        assert np.array_equal(augplug.replay(augment.plan(image, index=index), image), augment(image, index=index))


def test_the_readme_has_the_numbers() -> None:
    text = Path(__file__).parent.parent.joinpath("README.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if line.startswith("| Corruption")
    ]
    numbers = [[[float(part) for part in cell.split(",")] for cell in row[-5:]] for row in rows]
    constants = [value for name, value in vars(severities).items() if isinstance(value, tuple)]

    assert len(numbers) == 14
    assert numbers == [[[*part] if isinstance(part, tuple) else [part] for part in value] for value in constants]
