"""Checks of an observer: called with each journal record once it is on disk."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from augplug.testing.base import Check, Subject, require

RECORDS: tuple[Mapping[str, Any], ...] = (
    {"kind": "configuration", "format": 1, "settings": {"algorithm": "random", "trials": 2}, "size": None},
    {"kind": "evaluation", "stage": "baseline", "number": 0, "k": 0, "seed": 1, "policy": "6033f1eb4de82de6"}
    | {"reward": 0.5, "error": "", "seconds": 0.2, "reports": [0.3, 0.4], "stopped": False},
    {"kind": "baseline", "number": 0, "rewards": [0.5], "reward": 0.5, "error": ""},
    {"kind": "estimate", "evaluations": 26, "left": None, "seconds": 2.5},
    {"kind": "batch", "number": 0, "used": 0.1, "go": True},
    {"kind": "trial", "number": 0, "decisions": [1, 1], "policy": {"augplug_policy": 1}, "rewards": [0.6]}
    | {"reward": 0.6, "error": "", "stopped": False},
    {"kind": "trial", "number": 1, "decisions": None, "policy": {"augplug_policy": 1}, "rewards": []}
    | {"reward": None, "error": "ValueError: made up", "stopped": False},
    {"kind": "finalist", "number": 0, "rewards": [0.6], "reward": 0.6, "error": ""},
    {"kind": "found", "policy": {"augplug_policy": 1}, "number": 0, "decisions": [1, 1]},
    {"kind": "test", "name": "found", "rewards": [0.6, 0.7], "reward": 0.65, "error": ""},
    {"kind": "a-kind-of-tomorrow", "something": [1, {"deep": None}]},
)
"""A record of every kind, and of one that this augplug does not write."""


def _numbered() -> list[dict[str, Any]]:
    return [{"n": number, **copy.deepcopy(record), "crc": "00000000"} for number, record in enumerate(RECORDS)]


def _observer(subject: Subject) -> Callable[[Mapping[str, Any]], None]:
    made = subject.value()
    require(callable(made), f"it makes {type(made).__name__}, which cannot be called")
    return made  # type: ignore[no-any-return]  # `require` has looked


def takes_every_record(subject: Subject) -> None:
    """Does it take every kind of record, also one that it does not know, and a failed trial without a reward?

    When it fails: look at `record["kind"]` first, and let others go by.
    """
    watch = _observer(subject)
    for record in _numbered():
        watch(record)


def records_stay(subject: Subject) -> None:
    """Are the records left as they were?

    When it fails: copy what you keep or change: other observers get the same record.
    """
    watch, records = _observer(subject), _numbered()
    for record, before in zip(records, _numbered(), strict=True):
        watch(record)
        require(record == before, f"it changes a record of kind {before['kind']}")


def starts_anywhere(subject: Subject) -> None:
    """Does a fresh observer take the later half of a journal, as after a resume?

    When it fails: make what you need when it is first needed; a resumed search repeats no record.
    """
    watch = _observer(subject)
    for record in _numbered()[5:]:
        watch(record)
    for record in _numbered():
        _observer(subject)(record)


CHECKS: tuple[Check, ...] = (takes_every_record, records_stay, starts_anywhere)
