"""Every transform that is an operation: on every target, dtype and number of channels, by key, in any thread."""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import albumentations
import numpy as np
import pytest
from augplug_albumentations import augplug_operations
from skimage import data

import augplug
from augplug import AugplugError, SearchSpace

# Albumentations recommends its newer classes when some of the older ones are made.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*(special case|specialized version|very slow|already an RGB|alias):UserWarning"
)
NAMES = sorted(operation.about.name for operation in augplug_operations())
PHOTO = np.ascontiguousarray(data.astronaut()[100:164, 180:252])  # type: ignore[no-untyped-call]  # it has no types
"""A part of a photograph, 64 high and 72 wide."""
GIVEN: dict[str, Any] = {
    "height": 40,
    "width": 48,
    "size": (40, 48),
    "max_size": 60,
    "percent": 0.1,
    "num_grid_xy": (3, 3),
    "magnitude": 5,
    "min_max_height": (30, 50),
    "x_max": 60,
    "y_max": 50,
}
"""What the fields hold that have no default."""
BOXES = [[5, 6, 30, 40], [0, 0, 72, 64], [60, 50, 72, 64]]
POINTS = [[3.0, 4.0], [50.0, 30.0], [20.0, 20.0]]
DTYPES = ("uint8", "uint16", "float32", "float64")


def step(name: str, **fields: Any) -> Any:
    """A step of an operation, with every field that it needs."""
    parameters = augplug.operations()[name].about.parameters
    needed = {field: GIVEN[field] for field, p in parameters.items() if p.required and field in GIVEN}
    return augplug.step(name, **needed | fields)


def as_dtype(image: Any, dtype: Any) -> Any:
    """The photograph as another dtype, with the same brightness."""
    if dtype == "uint8":
        return image
    return image.astype(np.uint16) * 257 if dtype == "uint16" else (image / 255).astype(dtype)


def targets(image: Any) -> Any:
    labels = np.argmax(image[..., :3], axis=-1).astype(np.int64) * 300 if image.ndim == 3 else image > 100
    boxes = augplug.Boxes(BOXES, labels=["a", "b", "c"])
    return {"mask": labels, "masks": [labels > 0, labels / 1.0], "boxes": boxes, "keypoints": POINTS}


def digest(made: Any) -> Any:
    """A digest of everything that came out."""
    parts = [made["image"], made["mask"], *made["masks"], made["boxes"].array, np.array(made["keypoints"])]
    written = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    return hashlib.sha256(written + json.dumps(made["boxes"].labels).encode()).hexdigest()


def test_every_transform_is_an_operation_or_is_left_out_by_name(request: Any) -> None:
    """None is forgotten: A and its name, or a row of the page that says why not."""
    bases = {"BasicTransform", "DualTransform", "ImageOnlyTransform", "Transform3D"}
    there = {
        name
        for name in dir(albumentations)
        if isinstance(item := getattr(albumentations, name), type)
        and issubclass(item, albumentations.BasicTransform)
        and name not in bases
    }
    page = (request.path.parents[1] / "TRANSFORMS.md").read_text(encoding="utf-8")
    left_out = {line.split("|")[1].strip() for line in page.split("## Left out")[1].splitlines()[4:] if line}

    assert {name[1:] for name in NAMES} | left_out == there
    assert not {name[1:] for name in NAMES} & left_out
    assert len(NAMES) == 96
    assert len(left_out) == 20


def test_no_name_is_that_of_a_built_in_operation() -> None:
    provided = [name for name in augplug.operations() if name.startswith("augplug:")]

    assert not {f"augplug:{name}" for name in NAMES} & set(provided)
    assert all(f"augplug-albumentations:{name}" in augplug.operations() for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_moves_every_target_of_every_dtype(name: Any) -> None:
    """Its pixels do not depend on which targets are given; masks agree with each other; the input stays."""
    augment = augplug.Augmenter(step(name), seed=3)
    for dtype in DTYPES:
        image = as_dtype(PHOTO, dtype)
        before = image.copy()
        given = targets(PHOTO)
        for index in range(3):
            made = augment(image=image, **given, index=index)
            alone = augment(image, index=index)

            assert np.array_equal(made["image"], alone)
            assert (alone.dtype, alone.shape[2:]) == (image.dtype, image.shape[2:])
            assert made["mask"].dtype == np.int64
            assert made["mask"].shape == alone.shape[:2]
            assert np.isin(made["mask"], [0, 300, 600]).all()
            assert np.array_equal(made["mask"] > 0, made["masks"][0])
            assert np.array_equal(made["mask"], made["masks"][1])
            assert len(made["keypoints"]) == 3
            assert set(made["boxes"].labels) <= {"a", "b", "c"}
            assert len(made["boxes"].labels) == len(made["boxes"].array)
            assert np.array_equal(image, before)
            assert np.array_equal(given["mask"], targets(PHOTO)["mask"])


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_takes_an_image_or_refuses_it_in_words(name: Any) -> None:
    """Grey, 1 to 13 channels, sides down to a pixel: an image of equal channels comes out, or augplug's own error."""
    augment = augplug.Augmenter(step(name), seed=3)
    rng = np.random.default_rng(0)
    taken = 0
    for shape in [(64, 72), *((64, 72, channels) for channels in (1, 2, 3, 4, 5, 13)), (1, 1, 3), (5, 90, 3)]:
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        try:
            made = augment(image, index=0)
        except AugplugError:
            continue
        assert made.shape[2:] == image.shape[2:]
        taken += 1
    assert taken >= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_mean_the_same_in_every_dtype(dtype: Any) -> None:
    """A fill is in 8-bit units, and a solarized value is the same shade."""
    filled = augplug.Augmenter(step("APad", padding=4, fill=51))(as_dtype(PHOTO, dtype), index=0)
    solar = augplug.Augmenter(step("ASolarize", threshold_range=0.5))(as_dtype(PHOTO, dtype), index=0)
    top = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
    expected = np.where(PHOTO >= 127.5, 255 - PHOTO, PHOTO) / 255

    assert filled.shape == (72, 80, 3)
    assert np.allclose(filled[0, 0] / top, 0.2, atol=1e-6)
    assert np.abs(solar / top - expected).max() < 1 / 254


def test_the_key_alone_decides() -> None:
    """In another thread and in another process the same comes out; another index draws something else."""
    everything = augplug.one_of(*(step(name) for name in NAMES))
    augment = augplug.Augmenter(everything, seed=9)
    numbers = range(200)
    here = [digest(augment(image=PHOTO, **targets(PHOTO), index=index)) for index in numbers]
    with ThreadPoolExecutor(4) as pool:
        threads = list(pool.map(lambda i: digest(augment(image=PHOTO, **targets(PHOTO), index=i)), numbers))
    script = (
        "import pickle, sys, importlib.util as u, warnings; warnings.simplefilter('ignore')\n"
        f"spec = u.spec_from_file_location('cases', {__file__!r}); m = u.module_from_spec(spec)\n"
        "spec.loader.exec_module(m); import augplug, numpy; from skimage import data\n"
        "photo = numpy.ascontiguousarray(data.astronaut()[100:164, 180:252])\n"
        "augment = augplug.Augmenter(augplug.load_policy(__import__('json').loads(sys.stdin.read())), seed=9)\n"
        f"print([m.digest(augment(image=photo, **m.targets(photo), index=i)) for i in range({len(here)})])\n"
    )
    document = json.dumps(augment.policy.to_json())
    ran = subprocess.run([sys.executable, "-c", script], input=document, capture_output=True, text=True, check=False)

    assert ran.stdout.strip() == str(here), ran.stderr
    assert threads == here
    assert len(set(here)) > 150


def test_a_saved_plan_replays_bit_for_bit() -> None:
    everything = augplug.one_of(*(step(name) for name in NAMES))
    augment = augplug.Augmenter(everything, seed=4)
    for index in range(60):
        plan = augplug.load_plan(augment.plan(PHOTO, index=index).to_json())

        assert np.array_equal(augplug.replay(plan, PHOTO), augment(PHOTO, index=index))


def test_a_batch_equals_the_loop() -> None:
    augment = augplug.Augmenter(augplug.sequence(step("ARotate"), step("AGaussNoise"), augplug.step("Invert")), seed=1)
    images = np.stack([PHOTO, PHOTO[::-1], PHOTO[:, ::-1]])
    loop = np.stack([augment(image, index=i, epoch=2) for i, image in enumerate(images)])

    assert np.array_equal(augment.batch(images, indices=range(3), epoch=2, threads=2), loop)


def test_a_size_is_known_before_the_transform_runs() -> None:
    """What follows a crop is described on the crop; what draws its own size comes back at the canvas'."""
    cropped = augplug.Augmenter(augplug.sequence(step("ARandomCrop"), augplug.step("HorizontalFlip", p=1)), seed=1)
    made = cropped(image=PHOTO, mask=PHOTO[..., 0], keypoints=POINTS, index=0)

    assert made["image"].shape == (40, 48, 3)
    assert np.array_equal(made["mask"], made["image"][..., 0])
    for name, size in [
        ("AResize", (40, 48)),
        ("ACrop", (50, 60)),
        ("ATranspose", (72, 64)),
        ("ALongestMaxSize", (53, 60)),
        ("ASmallestMaxSize", (60, 68)),
        ("ARandomScale", (64, 72)),
        ("ARandomRotate90", (64, 72)),
        ("ARandomResizedCrop", (40, 48)),
    ]:
        assert augplug.Augmenter(step(name), seed=1)(PHOTO, index=1).shape[:2] == size, name
    assert augplug.Augmenter(step("APadIfNeeded", min_height=70, min_width=60))(PHOTO, index=1).shape == (70, 72, 3)
    assert augplug.Augmenter(step("APad", padding=(1, 2, 3, 4)))(PHOTO, index=1).shape == (70, 76, 3)


def test_labels_stay_with_their_boxes() -> None:
    """A box that a crop leaves outside goes with its label; one that is half outside is counted as half visible."""
    boxes = augplug.Boxes([[0, 0, 10, 10], [20, 20, 40, 40], [50, 10, 70, 20]], labels=["out", "in", "half"])
    crop = augplug.Augmenter(step("ACrop", x_min=15, x_max=60, y_min=5, y_max=64))
    made = crop(image=PHOTO, boxes=boxes, index=0)["boxes"]
    strict = augplug.Boxes(boxes.array, labels=boxes.labels, min_visibility=0.6)

    assert list(made.labels) == ["in", "half"]
    assert np.allclose(made.array, [[5, 15, 25, 35], [35, 5, 45, 15]], atol=1e-4)
    assert list(crop(image=PHOTO, boxes=strict, index=0)["boxes"].labels) == ["in"]


def test_a_box_that_is_hidden_goes_and_the_others_are_still_judged() -> None:
    """What an earlier step cut off a box is not forgotten when Albumentations takes another box out."""
    crop, hole = step("ACrop", x_max=66, y_max=64), {"num_holes_range": 1, "hole_height_range": 0.5}
    drop = augplug.step("ACoarseDropout", hole_width_range=0.5, **hole)
    augment = augplug.Augmenter(augplug.sequence(crop, drop), seed=1)
    labels = ["middle", "half", "whole"]
    boxes = augplug.Boxes([[31, 30, 35, 34], [60, 0, 72, 4], [0, 60, 4, 64]], labels=labels, min_visibility=0.6)
    kept = [list(augment(image=PHOTO, boxes=boxes, index=index)["boxes"].labels) for index in range(20)]

    assert all("half" not in names for names in kept)
    assert any("middle" not in names and "whole" in names for names in kept)


def test_a_search_proposes_them() -> None:
    space = SearchSpace("mixed", ("ARotate", "APosterize", "AHorizontalFlip", "Invert"), sub_policies=2)
    search = augplug.searches()["random"](seed=0, space=space)
    policies = [proposal.policy for proposal in search.ask(20)]
    used = {row["op"] for p in policies for pair in p.to_json()["policy"]["one_of"] for row in pair["sequence"]}

    assert {op.split(":")[-1] for op in used} == {"ARotate", "APosterize", "AHorizontalFlip", "Invert"}
    for policy in policies:
        assert augplug.Augmenter(policy, seed=1)(PHOTO, index=0).shape == PHOTO.shape


@pytest.mark.parametrize("name", [name for name in NAMES if augplug.operations()[name].about.level_field])
def test_the_strongest_level_changes_more_than_the_weakest(name: Any) -> None:
    """What the weakest level of a scale leaves is Albumentations' own: its distortions of 0 still resample."""
    changes = []
    for level in (0, 9):
        augment = augplug.Augmenter(augplug.step(name, level=level), seed=1)
        made = [augment(PHOTO, index=index) for index in range(8)]
        changes.append(np.mean([np.abs(image - PHOTO.astype(float)).mean() for image in made]))

    assert changes[1] > changes[0] + 4
