"""A finished run, read from its folder."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augplug._search.choosing import could_not_choose
from augplug._search.configuration import FORMAT
from augplug._search.journal import Record, read_journal
from augplug._search.result import Floats, facts, found_table
from augplug.disk import kind_or
from augplug.errors import DataError, SettingsError
from augplug.formats import format_problem
from augplug.report.notes import notes_on

NEEDED = (
    "algorithm",
    "settings",
    "data",
    "data_digest",
    "versions",
    "warnings",
    "rewards",
    "best_number",
    "best_decisions",
    "best_reward",
    "baseline_reward",
    "test_score",
    "test_score_interval",
    "baseline_test_score",
    "baseline_test_score_interval",
    "gains",
    "gains_mean",
    "gains_interval",
    "beats_baseline",
    "verdict",
)
"""The keys of `result.json` that a page is made of."""
INTERVALS = ("test_score_interval", "baseline_test_score_interval", "hand_made_test_score_interval", "gains_interval")

FORMER = 2
"""The newest format whose runs are compared with two baselines at most, without cells."""


@dataclass(frozen=True)
class Trial:
    """A policy that was tried: its `number`, the algorithm's `decisions`, its mean `reward`, or its `error`.

    `policy` is the content of its policy file. One that was `stopped` early has its last intermediate reward. `cells`
    are where it was evaluated; runs of formats 1 and 2 have none.
    """

    number: int
    decisions: tuple[float, ...]
    reward: float | None
    error: str
    stopped: bool = False
    policy: Mapping[str, Any] | None = None
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """The numbers of a run: `result` is the content of its result.json, `policy` that of its policy.json.

    `seconds` is what its `evaluations` took, added up over the workers. `notes` are sentences on what happened on the
    way. `signal` says by how much policies differed before the search, if that was asked. `table` `(subsets, images)`
    says which test images the found policy's child models classified correctly; None of runs of formats 1 and 2, and
    where nothing was compared.
    """

    folder: Path
    result: Mapping[str, Any]
    policy: Mapping[str, Any]
    trials: tuple[Trial, ...]
    evaluations: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    signal: Mapping[str, Any] | None = None
    table: Floats | None = field(default=None, compare=False)


def read_run(folder: Path) -> Run:
    """Return the run in a folder.

    Raises SettingsError where there is none, or it is not finished; DataError where a file of it is damaged, or says
    something else than the journal; RunError where the journal is damaged.
    """
    kind = kind_or(SettingsError, folder)
    if kind != "folder":
        problem = "does not exist" if kind == "nothing" else "is a file"
        raise SettingsError(f"{folder} {problem}; give the folder that a search wrote, its --out")
    records = read_journal(folder)
    if kind_or(SettingsError, folder / "result.json") != "file":
        if could_not_choose(records):
            raise SettingsError(
                f"{folder} has no policy to report: policies of all strengths differ by no more than noise: "
                "nothing could be chosen on its images"
            )
        raise SettingsError(f"{folder} has no result yet; finish the search with --resume, then ask for its report")
    result = _json(folder / "result.json")
    if problem := format_problem(result.get("augplug_result", 1), FORMAT):
        raise SettingsError(f"{folder} cannot be read: {problem}")
    _check(result, records, folder / "result.json")
    evaluations = [record for record in records if record["kind"] == "evaluation"]
    return Run(
        folder,
        result,
        _json(folder / "policy.json"),
        tuple(_trial(one) for one in records if one["kind"] == "trial"),
        len(evaluations),
        math.fsum(record["seconds"] for record in evaluations),
        tuple(notes_on(records)),
        next((record for record in reversed(records) if record["kind"] == "signal"), None),
        found_table(records) if records[0]["format"] > FORMER else None,
    )


def _same(one: Any, other: Any) -> bool:
    """True if two documents are equal but for what another version of numpy or scipy makes of their numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def _check(result: Mapping[str, Any], records: Sequence[Record], path: Path) -> None:
    """Refuse a result that lacks something, or is not that of the journal."""
    problem = ""
    missing = [key for key in NEEDED if key not in result]
    broken = [name for name in INTERVALS if not missing and not _is_interval(result.get(name))]
    if missing:
        problem = f"lacks {', '.join(missing)}"
    elif broken:
        problem = f"has {broken[0]} = {result[broken[0]]!r}, which is not an interval"
    else:
        told = _told(records, path)
        other = [name for name in told if name in result and not _same(result[name], told[name])]
        if other:
            problem = f"has another {' and another '.join(other)} than the journal beside it"
    if problem:
        raise DataError(f"{path} {problem}; remove it and run the search with --resume")


def _is_interval(value: Any) -> bool:
    if value is None:
        return True
    numbers = isinstance(value, list) and all(isinstance(bound, float | int) for bound in value)
    return numbers and len(value) == 2 and all(map(math.isfinite, value))


def _told(records: Sequence[Record], path: Path) -> dict[str, Any]:
    """What the journal says about a result."""
    try:
        return facts(records)
    except (LookupError, ValueError) as error:
        raise DataError(
            f"{path} is not of the journal beside it, which is not that of a finished search; remove it and run the "
            "search with --resume"
        ) from error


def _trial(record: Record) -> Trial:
    return Trial(
        record["number"],
        tuple(record.get("decisions") or ()),
        record["reward"],
        str(record.get("error", "")),
        bool(record.get("stopped")),
        record.get("policy"),
        tuple(record.get("cells") or ()),
    )


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read ({error}); remove it and run the search with --resume") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} is not a JSON object; remove it and run the search with --resume")
    return content
