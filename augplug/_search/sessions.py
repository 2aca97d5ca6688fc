"""A run that was gone on with: with more trials, or with other versions. The journal as if it were of one session."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from augplug._search.journal import Record

ANEW = frozenset({"race", "found", "comparison", "cut", "subset", "finalist", "test", "gain"})
"""Kinds of records that follow from all trials: with more trials they are made anew."""


def limits(records: Sequence[Record]) -> list[int | None]:
    """Return to how many trials the run went at first, and each time that it was continued; None: to the end."""
    first = records[0]["settings"]["trials"]
    return [first, *(record["trials"] for record in records if record["kind"] == "trials")]


def trials_left(records: Sequence[Record], done: int) -> int:
    """Return how many trials the next batch may have after this many: what ended a session ended a batch too."""
    ends = [end for end in limits(records) if end is not None and end > done]
    return min(ends) - done if ends else sys.maxsize


def effective(records: Sequence[Record]) -> list[Record]:
    """Return the records that hold, as if the run had been started with what it was continued with."""
    last = max((record["n"] for record in records if record["kind"] == "trials"), default=0)
    kept = [record for record in records if record["kind"] not in ANEW or record["n"] > last]
    if not last:
        return kept
    settings = {**records[0]["settings"], "trials": limits(records)[-1]}
    return [{**records[0], "settings": settings}, *kept[1:]]


def versions_of(records: Sequence[Record]) -> Mapping[str, str]:
    """Return the versions with which the run was last gone on with."""
    held: Mapping[str, str] = records[0]["versions"]
    for record in records:
        held = record["versions"] if record["kind"] == "versions" else held
    return held


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return in words what differs between two sets of versions."""
    differing = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return ", ".join(
        f"{name} {now.get(name, 'not installed')} instead of {before.get(name, 'none')}" for name in differing
    )


def version_notes(records: Sequence[Record]) -> list[str]:
    """Return a sentence for each time that the run was gone on with by other versions."""
    notes, before, trials = list[str](), records[0]["versions"], 0
    for record in records:
        trials += record["kind"] == "trial"
        if record["kind"] == "versions":
            notes.append(f"from trial {trials} on it was run with {changes(before, record['versions'])}")
            before = record["versions"]
    return notes
