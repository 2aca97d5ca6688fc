"""What the examination asks of evaluators can be answered by a linear model, and it says what is missing here."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import augplug
from augplug.data.sets import Labelled
from augplug.testing import run


class Linear(augplug.Evaluator):
    """Ridge regression on the pixels, and nothing else."""

    def __init__(self, train: Labelled, valid: Labelled) -> None:
        self.train, self.valid = train, valid

    def evaluate(self, policy: augplug.Policy, *, seed: int, **_more: Any) -> float:
        """Return the accuracy on the validation images."""
        augment = augplug.Augmenter(policy, seed=seed)
        rows = np.stack([augment(x, index=i) for i, x in enumerate(self.train.x)])
        train, valid = (x.reshape(len(x), -1) / 128.0 - 1 for x in (rows, self.valid.x))
        inner = train.T @ train + 10 * np.eye(train.shape[1])
        weights = np.linalg.solve(inner, train.T @ (2.0 * self.train.y - 1))
        return float(((valid @ weights > 0) == self.valid.y).mean())


class Knows(Linear):
    """Nothing."""

    def evaluate(self, policy: augplug.Policy, *, seed: int, **_more: Any) -> float:
        """Return chance."""
        return 0.5


class Lacks(Linear):
    """Imports a library that is not there."""

    def evaluate(self, policy: augplug.Policy, *, seed: int, **_more: Any) -> float:
        """Return nothing."""
        # pylint: disable-next=import-error  # that is what is tested
        import no_such_library.part  # type: ignore[import-not-found]  # as above

        return float(no_such_library.part.score(policy, seed))


def outcomes(made: type[augplug.Evaluator]) -> dict[str, tuple[str, str]]:
    """The state and message of each check of an evaluator."""
    module = ModuleType("kinds")
    module.__file__ = __file__

    @augplug.hookimpl
    def augplug_evaluators() -> dict[str, type[augplug.Evaluator]]:
        return {"made": made}

    module.augplug_evaluators = augplug_evaluators  # type: ignore[attr-defined]  # a module made by hand
    return {one.check: (one.state, one.message) for one in run(module) if one.subject == "evaluators:made"}


def test_a_linear_model_learns_something_and_a_constant_does_not() -> None:
    assert outcomes(Linear)["learns-something"] == ("passed", "")
    assert outcomes(Knows)["learns-something"][0] == "failed"


@pytest.mark.parametrize("check", ["learns-something", "reward-is-in-range", "same-seed-same-reward"])
def test_a_library_that_is_not_here_is_named_in_the_place_of_a_remedy(check: str) -> None:
    told = "it needs no_such_library, which is not installed here: install it, and ask again"
    assert outcomes(Lacks)[check] == ("failed", told)
