"""ExecuTorch's own runtime gives the reference's images, and the classes of Python."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from augplug_phones.executorch import ExecuTorch

import augplug
from augplug.testing.base import Case
from augplug.testing.samples import photograph
from plugins.tests.phones import PIPELINE, SETTINGS, cases_of, classes_by_python, halves, photographs, plan_of

with warnings.catch_warnings(action="ignore"):  # what they import says what it will drop
    import torch
    from executorch.runtime import Runtime

SPEC = augplug.InputSpec(56, 60, 3)
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.filterwarnings("ignore"),  # of torch and of what converts, which say what they will drop
]


@pytest.mark.parametrize("case", cases_of("executorch"), ids=str)
def test_the_examination(case: Case) -> None:
    """What every exporter is asked."""
    assert case.outcome({}).state == "passed"


@pytest.mark.parametrize(
    "step",
    [
        augplug.step("HorizontalFlip"),
        augplug.step("Solarize", threshold=100),
        augplug.step("Rotate", degrees=20, interpolation="linear"),
        augplug.step("Resize", height=20, width=20),
        augplug.step("Color", factor=0.3),
    ],
    ids=str,
)
def test_draws_equal_the_reference_within_the_bound(step: Any) -> None:
    """And the same bytes twice."""
    image, exporter = photograph((33, 47)), ExecuTorch()
    spec = augplug.InputSpec(*image.shape)
    plan = plan_of(spec, step)
    files = exporter.export(plan, spec)
    made = exporter.run(files, image, plan)
    expected = augplug.Augmenter(step, backend="reference")(image, index=0)

    assert made.shape == expected.shape
    assert np.abs(made.astype(int) - expected).max() <= 1
    assert exporter.export(plan, spec) == files


def test_a_thousand_digits_have_the_class_that_python_gives() -> None:
    """The photograph is shrunk, made grey and classified inside the program."""
    train, test = halves()
    (program,) = ExecuTorch(data=train, **SETTINGS).export(plan_of(SPEC), SPEC).values()
    images = photographs(test.x, SPEC.height, SPEC.width)
    prepare = augplug.Augmenter(PIPELINE, backend="reference")
    expected = classes_by_python(train, np.stack([prepare(image)[..., 0] for image in images]))
    method = Runtime.get().load_program(program).load_method("forward")
    classes = [int(method.execute((torch.from_numpy(image)[None],))[0].argmax()) for image in images]

    assert np.array_equal(classes, expected)
