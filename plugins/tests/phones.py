"""What the tests of every format share: pipelines, digits, and the classes that Python gives them."""

from __future__ import annotations

from typing import Any

import augplug_phones
import numpy as np

import augplug
from augplug._evaluators.gradients import features
from augplug.data.digits import load_digits
from augplug.testing.base import Case
from augplug.testing.running import cases_of as every_case

PIPELINE = augplug.sequence(augplug.step("Resize", height=28, width=28))
TRAINED = 1000
SETTINGS: dict[str, Any] = {"train": TRAINED, "copies": 0}


def cases_of(exporter: str) -> list[Case]:
    """Return the checks of the examination for one exporter: the libraries of the others need not be here."""
    return [case for case in every_case(augplug_phones) if case.subject.name == exporter]


def halves() -> tuple[augplug.Labelled, augplug.Labelled]:
    """Return 4,000 digits to train on, and a thousand others, 100 of each class."""
    digits = load_digits()
    apart = np.arange(0, len(digits), 5)
    return digits.take(np.setdiff1d(np.arange(len(digits)), apart)), digits.take(apart)


def photographs(images: Any, height: int, width: int) -> Any:
    """Return grey digits as larger colour images `(N, H, W, 3)`."""
    larger = augplug.Augmenter(
        augplug.sequence(augplug.step("Resize", height=height, width=width, interpolation="linear"))
    )
    return np.stack([np.repeat(larger(image)[..., None], 3, axis=2) for image in images])


def plan_of(spec: augplug.InputSpec, policy: Any = PIPELINE) -> augplug.Plan:
    """Return the pipeline as a plan for images."""
    return augplug.Augmenter(policy, backend="reference").plan(spec.blank(), index=0)


def classes_by_python(train: augplug.Labelled, images: Any) -> Any:
    """Return the classes that augplug's own child, on features of augplug's own, gives prepared grey images."""
    few = train.take(np.linspace(0, len(train) - 1, TRAINED).round().astype(np.int64))
    child = augplug.FeatureRidge(
        "kernel-ridge", few, few.take(np.arange(1)), lambda x: features(x, 4), copies=0, ridge=0.01, gamma=0.1
    )
    fitted = child.fit(augplug.Policy(augplug.sequence()), seed=0)
    return fitted.scores(features(images, 4).astype(np.float64)).argmax(axis=1)
