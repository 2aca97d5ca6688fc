"""MediaPipe, which reads labels and metadata of LiteRT files, gives the classes of Python by their names.

It is run by hand, in an environment with mediapipe and pytest in which augplug and this plugin are installed: MediaPipe
brings another build of OpenCV into the folder cv2, and the gate installs nothing beside an OpenCV that was changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from augplug_phones.litert import LiteRT

import augplug
from plugins.tests.phones import PIPELINE, SETTINGS, classes_by_python, halves, photographs, plan_of

SPEC = augplug.InputSpec(56, 60, 3)
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
pytestmark = pytest.mark.heavy
mediapipe = pytest.importorskip("mediapipe", reason="MediaPipe is not here")
tasks = pytest.importorskip("mediapipe.tasks.python")


def test_a_thousand_digits_have_the_names_that_python_gives(tmp_path: Path) -> None:
    """It knows names from the labels in the file only."""
    train, test = halves()
    train = augplug.Labelled(train.x, train.y, NAMES)
    (model,) = LiteRT(data=train, **SETTINGS).export(plan_of(SPEC), SPEC).values()
    (tmp_path / "digits.tflite").write_bytes(model)
    images = photographs(test.x, SPEC.height, SPEC.width)
    prepare = augplug.Augmenter(PIPELINE, backend="reference")
    expected = classes_by_python(train, np.stack([prepare(image)[..., 0] for image in images]))
    asked = [mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image) for image in images]
    options = tasks.vision.ImageClassifierOptions(tasks.BaseOptions(model_asset_path=str(tmp_path / "digits.tflite")))
    with tasks.vision.ImageClassifier.create_from_options(options) as classifier:
        made = [classifier.classify(image).classifications[0] for image in asked]

    assert [one.categories[0].category_name for one in made] == [NAMES[number] for number in expected]
    assert {one.head_name for one in made} == {"scores"}
    assert {len(one.categories) for one in made} == {len(NAMES)}
