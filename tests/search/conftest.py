"""Small studies with a toy evaluator, and disks to run them on."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from augplug import api
from augplug._executors.inline import Inline
from augplug._executors.processes import Processes
from augplug._policies.grammar import Node, OneOf, Policy
from augplug._search.settings import Registries, study_settings
from augplug._search.study import StudyResult, run_study
from augplug.data.sets import Labelled
from tests.executors.toys import COMMAND, Toy, images
from tests.search.disk import watched

Study = Callable[..., StudyResult]


def children_of(policy: Policy) -> list[Node]:
    """The sub-policies of which a policy draws one."""
    assert isinstance(policy.node, OneOf)
    return list(policy.node.children)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Studies in the test's own folder."""
    return make_study(tmp_path)


@pytest.fixture
def put_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a disk in the place of the real one, for calls of this test."""

    def put(before: Any, after: Any = lambda _name, _handle: None) -> None:
        monkeypatch.undo()
        for name, function in watched(before, after).items():
            monkeypatch.setattr(os, name, function)

    return put


def make_study(root: Path) -> Study:
    """`study(out, **options)`: a run in a folder of that name: 6 cells, 2 seeds, batches of 4 unless told otherwise."""

    def run(
        out: str = "run",
        *,
        data: Labelled | None = None,
        given: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
        algorithms: dict[str, Any] | None = None,
        **how: Any,
    ) -> StudyResult:
        executors: Any = {"inline": Inline, "processes": partial(Processes, command=COMMAND)}
        searches = {**api.searches(), **(algorithms or {})}
        parts = Registries(searches, {"toy": Toy, **api.evaluators()}, executors, api.operations())
        chosen = {"algorithm": "randaugment", "evaluator": "toy", "seeds": 2, **(options or {})}
        small = {"m": (1, 5, 9), "n": (1, 2)} if chosen["algorithm"] == "randaugment" else {}
        settings = study_settings(
            {**small, "train": 6, "study.batch": 4, "subsets": 2, "test_seeds": 2, **(given or {})}, parts, **chosen
        )
        how = {"executor": "inline", **how}
        return run_study(settings, images(90) if data is None else data, parts=parts, out=root / out, **how)

    return run
