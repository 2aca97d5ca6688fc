"""LiteRT's interpreter gives the classes of Python; files hold labels and metadata; what cannot be held is named."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import augplug_phones
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from augplug_phones.child import features_of
from augplug_phones.litert import LiteRT

import augplug
from augplug._evaluators.gradients import features
from augplug.testing.base import Case, Subject
from augplug.testing.exporters import plans_of
from augplug.testing.samples import photograph
from plugins.tests.phones import PIPELINE, SETTINGS, cases_of, classes_by_python, halves, photographs, plan_of

PAGE = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SPEC = augplug.InputSpec(56, 60, 3)


@pytest.fixture(scope="module")
def digits() -> tuple[bytes, Any, Any, Any]:
    """A model that takes colour photographs, a thousand of them, their classes by Python, and the true ones."""
    train, test = halves()
    (model,) = LiteRT(data=train, **SETTINGS).export(plan_of(SPEC), SPEC).values()
    images = photographs(test.x, SPEC.height, SPEC.width)
    prepare = augplug.Augmenter(PIPELINE, backend="reference")
    small = np.stack([prepare(image)[..., 0] for image in images])
    return model, images, classes_by_python(train, small), test.y


@pytest.mark.parametrize("case", cases_of("litert"), ids=str)
def test_the_examination(case: Case) -> None:
    """What every exporter is asked."""
    assert case.outcome({}).state == "passed"


def scores(model: bytes, images: Any) -> Any:
    """Return what LiteRT's interpreter gives for images."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    made = []
    for image in images:
        interpreter.set_tensor(taken["index"], image[None])
        interpreter.invoke()
        made.append(interpreter.get_tensor(given["index"])[0])
    return np.stack(made)


def test_a_thousand_digits_have_the_class_that_python_gives(digits: tuple[bytes, Any, Any, Any]) -> None:
    """The photograph is shrunk, made grey and classified inside the model; confidences sum to 1."""
    model, images, expected, true = digits
    made = scores(model, images)

    assert np.array_equal(made.argmax(axis=1), expected)
    assert np.allclose(made.sum(axis=1), 1, atol=1e-5)
    assert (expected == true).mean() > 0.95


ALONE = """
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
given = np.load(sys.argv[2])
interpreter = Interpreter(model_path=sys.argv[1])
classify = interpreter.get_signature_runner()
made = [classify(image=image[None])["scores"].argmax() for image in given["images"]]
assert np.array_equal(made, given["classes"])
assert not {"augplug", "augplug_phones", "tensorflow", "torch"} & set(sys.modules), "it runs with LiteRT alone"
print(f"{len(made)} classes are equal")
"""


def test_litert_alone_runs_the_file(digits: tuple[bytes, Any, Any, Any], tmp_path: Path) -> None:
    """A process that has no augplug asks by the names of the signature."""
    model, images, expected, _ = digits
    (tmp_path / "digits.tflite").write_bytes(model)
    np.savez(tmp_path / "digits.npz", images=images, classes=expected)
    command = [sys.executable, "-I", "-c", ALONE, str(tmp_path / "digits.tflite"), str(tmp_path / "digits.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "1000 classes are equal\n", done.stderr


def test_labels_and_metadata_are_in_the_file(digits: tuple[bytes, Any, Any, Any]) -> None:
    """The labels by any reader of zip archives, the metadata by its name and identifier."""
    model = digits[0]
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
        assert archive.read("labels.txt").decode().split() == [str(digit) for digit in range(10)]
    assert model[4:8] == b"TFL3"
    assert b"TFLITE_METADATA" in model
    assert b"M001" in model


def test_other_images_than_digits(tmp_path: Path) -> None:
    """Colour images of 70 x 90, which are reduced before their gradients; the data from a file; augmented copies."""
    rng = np.random.default_rng(5)
    images, classes = rng.integers(0, 256, (12, 70, 90, 3), dtype=np.uint8), np.arange(12) % 3
    np.savez(tmp_path / "data.npz", x=images, y=classes)
    spec = augplug.InputSpec(70, 90, 3)
    exporter = LiteRT(data=str(tmp_path / "data.npz"), augment="flip", copies=2)
    files = exporter.export(plan_of(spec, augplug.sequence()), spec)

    assert exporter.bound is None
    assert np.array_equal(scores(files["model.tflite"], images).argmax(axis=1), classes)
    assert files == LiteRT(data=augplug.load_images(tmp_path / "data.npz"), augment="flip", copies=2).export(
        plan_of(spec, augplug.sequence()), spec
    )


@pytest.mark.parametrize("shape", [(28, 28, 1), (40, 52, 3), (130, 64, 3), (3, 9, 3), (70, 150, 1)])
def test_the_features_are_those_of_the_child(shape: tuple[int, int, int]) -> None:
    """Of `kernel-ridge`, to rounding."""
    images = np.random.default_rng(1).integers(0, 256, (4, *shape), dtype=np.uint8)
    expected = features(images[..., 0] if shape[2] == 1 else images, 4)
    assert np.allclose(features_of(shape, 4)(images), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "step",
    [
        augplug.step("Rotate", degrees=(-180, 180), interpolation="linear", fill=(10, 20, 30)),
        augplug.step("Rotate", degrees=(-180, 180), interpolation="nearest", border="reflect"),
        augplug.step("Affine", degrees=(-90, 90), scale=(0.5, 2), interpolation="cubic", border="wrap"),
        augplug.step("Perspective", border="edge"),
        augplug.step("RandomResizedCrop", height=9, width=18),
        augplug.step("Affine", degrees=0, scale=(0.3, 2), interpolation="cubic", border="reflect"),
        augplug.step("Letterbox", height=40, width=20, fill=(1, 2, 3)),
        augplug.step("RandomCrop", height=20, width=20, padding=9, fill=(9, 8, 7)),
        augplug.step("Rotate90"),
        augplug.step("HueShift", degrees=(-180, 180)),
        augplug.step("Color", factor=(0, 2)),
        augplug.step("Cutout", size=0.4),
        augplug.sequence(
            augplug.step("Posterize", bits=3),
            augplug.step("HorizontalFlip"),
            augplug.step("CenterCrop", height=20, width=20),
        ),
    ],
    ids=str,
)
def test_draws_equal_the_reference_within_the_bound(step: Any) -> None:
    """20 draws each, of steps whose numbers are not whole."""
    image = photograph((33, 47))
    augment = augplug.Augmenter(step, backend="reference", seed=4)
    spec = augplug.InputSpec(*image.shape)
    for index in range(20):
        plan = augment.plan(image, index=index)
        made = LiteRT().run(LiteRT().export(plan, spec), image, plan)
        expected = augment(image, index=index)
        assert made.shape == expected.shape
        assert np.abs(made.astype(int) - expected).max() <= 1


def test_what_is_not_exported_is_refused_by_name() -> None:
    """Operations, all of them; a policy; another dtype; data of another size; alpha."""
    spec, data = augplug.InputSpec(24, 31, 3), halves()[1]
    blur, equal = augplug.step("MotionBlur", length=5), augplug.step("Equalize")
    rare = augplug.sequence(blur, PIPELINE, augplug.blend(augplug.step("HorizontalFlip")), equal)
    for source, given, match in (
        (plan_of(spec, rare), spec, "cannot hold Equalize, MotionBlur, blend with the settings in unnamed"),
        (augplug.policy("flip"), spec, "holds one draw: export a plan, with --index 0 if"),
        (plan_of(spec), augplug.InputSpec(24, 31, 3, "float32"), "takes uint8 images here, not float32"),
        (augplug.Augmenter(PIPELINE, channels="RGBA").plan(np.zeros((24, 31, 4), np.uint8), index=0),
         augplug.InputSpec(24, 31, 4), r"alpha \(RGBA\)"),
    ):  # fmt: skip
        with pytest.raises(augplug.ExportError, match=match):
            LiteRT().export(source, given)
    with pytest.raises(augplug.ExportError, match=r"leaves images \(24, 31, 3\), and .* data are \(28, 28\): make the"):
        LiteRT(data=data).export(plan_of(spec, augplug.sequence()), spec)


def test_settings_are_checked() -> None:
    """Those of a classifier without one, unknown ones, and values out of range."""
    for settings, match in (
        ({"augment": "flip"}, "augment belongs to a classifier that is trained: give its images as data="),
        ({"copies": 1}, "copies belongs to a classifier"),
        ({"data": halves()[0], "cell": 3}, "cell"),
        ({"data": halves()[0], "cells": 0}, "cells"),
    ):
        with pytest.raises(augplug.SettingsError, match=match):
            LiteRT(**settings)


def test_without_litert_the_error_says_what_to_install() -> None:
    """In a process in which it cannot be imported; the plugin is listed all the same."""
    script = """
import sys
sys.modules["ai_edge_litert"] = None
import augplug, augplug_phones
plan = augplug.Augmenter("flip").plan(augplug.InputSpec(8, 8).blank(), index=0)
augplug_phones.LiteRT().export(plan, augplug.InputSpec(8, 8))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "ExportError: LiteRT is not installed: pip install 'augplug-phones[litert]'" in done.stderr


def test_the_operations_that_export_are_those_of_the_page() -> None:
    """The README lists what is refused; all else is exported in every example."""
    subject = Subject("exporters", "litert", LiteRT, augplug_phones, augplug.operations())
    taken: dict[str, bool] = {}
    for name, _, plan in plans_of(subject):
        try:
            LiteRT().export(plan, augplug.InputSpec(33, 47, 3))
        except augplug.ExportError:
            taken[name] = False
        taken.setdefault(name, True)
    refused = sorted(name for name, whole in taken.items() if not whole)

    assert f"{len(taken) - len(refused)} of {len(taken)}" in PAGE
    assert ", ".join(f"`{name}`" for name in refused) in PAGE
