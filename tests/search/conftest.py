"""Small studies with a toy evaluator, and disks to run them on."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from augplug import api
from augplug._executors.inline import Inline
from augplug._executors.processes import Processes
from augplug._policies.grammar import Node, OneOf, Policy
from augplug._search.journal import Journal, Record
from augplug._search.settings import Registries, study_settings
from augplug._search.study import StudyResult, run_study
from augplug.data.sets import Labelled
from tests.executors.toys import COMMAND, Toy, images
from tests.search.disk import watched

Study = Callable[..., StudyResult]
FEW = {"trivialaugment-wide": api.policy("trivialaugment-wide")}
"""Fewer published policies than usual: each is several records on the disk."""


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


def direct(call: Callable[[Record], None]) -> Any:
    """Have `make_study` call this just after a record was written, before anything else happens.

    What it raises ends the search there. Observers can do neither.
    """
    call.direct = True  # type: ignore[attr-defined]  # a mark of the tests
    return call


@contextmanager
def called_directly(calls: Sequence[Callable[[Record], None]]) -> Iterator[None]:
    append = Journal.append

    def appended(journal: Journal, kind: str, **content: Any) -> Record:
        record = append(journal, kind, **content)
        for call in calls:
            call(record)
        return record

    with mock.patch.object(Journal, "append", appended):
        yield


def make_study(root: Path) -> Study:
    """`study(out, **options)`: a run in a folder of that name; usually 6 policies in 2 cells each, batches of 4."""

    def run(
        out: str = "run",
        *,
        data: Labelled | None = None,
        given: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
        algorithms: dict[str, Any] | None = None,
        executors: dict[str, Any] | None = None,
        versions: Callable[[str, str], dict[str, str]] = lambda _kind, _name: {},
        **how: Any,
    ) -> StudyResult:
        places = {"inline": Inline, "processes": partial(Processes, command=COMMAND), **(executors or {})}
        searches = {**api.searches(), **(algorithms or {})}
        parts = Registries(searches, {"toy": Toy, **api.evaluators()}, places, api.operations(), versions, FEW)
        chosen = {"algorithm": "randaugment", "evaluator": "toy", "seeds": 2, **(options or {})}
        small = {"m": (1, 5, 8), "n": (1, 2)} if chosen["algorithm"] == "randaugment" else {}
        settings = study_settings(
            {**small, "train": 6, "study.batch": 4, "subsets": 2, "significance": 1, **(given or {})}, parts, **chosen
        )
        watching = how.pop("observers", [])
        how["observers"] = [one for one in watching if not hasattr(one, "direct")]
        how = {"executor": "inline", **how}
        with called_directly([one for one in watching if hasattr(one, "direct")]):
            return run_study(settings, images(90) if data is None else data, parts=parts, out=root / out, **how)

    return run
