"""Checks of an observer: called with each journal record once it is on disk."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from augplug.testing.base import Check, Subject, require

_FOUND = {"augplug_policy": 1}
_ENTRANT = {"name": "none", "baseline": True, "proposal": None, "rewards": [0.5, 0.5], "accuracies": [0.6, 0.6]}
_EVALUATION = {"stage": "race", "number": 0, "cell": "race-0", "policy": "6033f1eb4de82de6", "subset": 0, "seed": 1}
_TRIAL = {"cells": ["trial-0"], "policy": _FOUND, "digest": "6033f1eb4de82de6", "stopped": False}
_COMPARED = {"cells": ["test-0", "test-1"], "digest": "6033f1eb4de82de6"}
RECORDS: tuple[Mapping[str, Any], ...] = (
    {"kind": "configuration", "format": 3, "settings": {"algorithm": "random", "trials": 2}, "size": None},
    {"kind": "evaluation", **_EVALUATION, "reward": 0.5, "accuracy": 0.6, "error": "", "seconds": 0.2}
    | {"reports": [0.3, 0.4], "stopped": False},
    {"kind": "death", **_EVALUATION, "status": -9, "reason": "exit status -9"},
    {"kind": "evaluation", **_EVALUATION, "reward": None, "accuracy": None, "error": "it took more than 1 minutes"}
    | {"seconds": 60.1, "limit": "minutes"},
    {"kind": "time", "number": 0, "used": 0.1, "go": True},
    {"kind": "signal", "number": 0, "ratio": 9.5, "chance": 0.001, "policies": 11, "cells": 2},
    {"kind": "baseline", "number": 0, **_ENTRANT, "reward": 0.5},
    {"kind": "estimate", "evaluations": 26, "left": 20, "seconds": 2.5},
    {"kind": "estimate", "left": None, "seconds": 60.0},
    {"kind": "batch", "number": 0, "used": 0.1, "count": 20},
    {"kind": "trial", "number": 0, **_TRIAL, "decisions": [1, 1], "rewards": [0.6]}
    | {"reward": 0.6, "accuracy": 0.7, "error": ""},
    {"kind": "trial", "number": 1, **_TRIAL, "decisions": None, "rewards": []}
    | {"reward": None, "accuracy": None, "error": "ValueError: made up"},
    {"kind": "trials", "trials": 4},
    {"kind": "versions", "versions": {"augplug": "1.0.0"}},
    {"kind": "cut", "used": 0.2, "race_cells": 6, "subsets": 5},
    {"kind": "race", "entrants": [_ENTRANT]},
    {"kind": "found", "name": "trial 0", "baseline": None, "policy": _FOUND, "number": 0, "decisions": [1, 1]},
    {"kind": "labels", "y": [0, 1, 1]},
    {"kind": "subset", "number": 0, "used": 0.3, "go": True},
    {"kind": "comparison", "number": 0, **_COMPARED, "policy": "found", "rewards": [0.6, 0.7]}
    | {"reward": 0.65, "accuracy": 0.7, "error": ""},
    {"kind": "comparison", "number": 1, **_COMPARED, "policy": "none", "rewards": []}
    | {"reward": None, "accuracy": None, "error": "ValueError: made up"},
    {"kind": "a-kind-of-tomorrow", "something": [1, {"deep": None}]},
)
"""A record of every kind, and of one that this augplug does not write."""


def _numbered() -> list[dict[str, Any]]:
    return [{"n": number, **copy.deepcopy(record), "crc": "00000000"} for number, record in enumerate(RECORDS)]


@contextmanager
def _observer(subject: Subject, *held: Mapping[str, Any]) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """An observer of a run in whose folder is a journal that holds some records; told of the run's end."""
    made = subject.value()
    require(callable(made), f"it makes {type(made).__name__}, which cannot be called")
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        journal.write_text("".join(json.dumps(record) + "\n" for record in held), encoding="utf-8")
        if hasattr(made, "begin"):
            made.begin(Path(folder), list(held))
        yield made
        if hasattr(made, "end"):
            made.end(finished=True)


def takes_every_record(subject: Subject) -> None:
    """Does it take every kind of record, also one that it does not know, and a failed trial without a reward?

    When it fails: look at `record["kind"]` first, and let others go by.
    """
    with _observer(subject) as watch:
        for record in _numbered():
            watch(record)


def records_stay(subject: Subject) -> None:
    """Are the records left as they were?

    When it fails: copy what you keep or change: other observers get the same record.
    """
    with _observer(subject) as watch:
        for record, before in zip(_numbered(), _numbered(), strict=True):
            watch(record)
            require(record == before, f"it changes a record of kind {before['kind']}")


def starts_anywhere(subject: Subject) -> None:
    """Does a fresh observer take the later half of a journal, as after a resume?

    When it fails: make what you need when it is first needed; a resumed search repeats no record.
    """
    records = _numbered()
    with _observer(subject, *records[:5]) as watch:
        for record in records[5:]:
            watch(record)
    for record in _numbered():
        with _observer(subject) as watch:
            watch(record)


CHECKS: tuple[Check, ...] = (takes_every_record, records_stay, starts_anywhere)
