"""A finished run, read from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augplug._search.journal import Record, read_journal
from augplug.errors import DataError, SettingsError

NEEDED = (
    "algorithm",
    "settings",
    "data",
    "data_digest",
    "versions",
    "warnings",
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


@dataclass(frozen=True)
class Trial:
    """A policy that was tried: its `number`, the algorithm's `decisions`, its mean `reward`, or its `error`."""

    number: int
    decisions: tuple[float, ...]
    reward: float | None
    error: str


@dataclass(frozen=True)
class Run:
    """The numbers of a run: `result` is the content of its result.json, `policy` that of its policy.json."""

    folder: Path
    result: Mapping[str, Any]
    policy: Mapping[str, Any]
    trials: tuple[Trial, ...]


def read_run(folder: Path) -> Run:
    """Return the run in a folder.

    Raises SettingsError where there is none, or it is not finished; DataError where a file of it is damaged.
    """
    if not folder.is_dir():
        problem = "is a file" if folder.exists() else "does not exist"
        raise SettingsError(f"{folder} {problem}; give the folder that a search wrote, its --out")
    records = read_journal(folder)
    if not (folder / "result.json").is_file():
        raise SettingsError(f"{folder} has no result yet; finish the search with --resume, then ask for its report")
    result = _json(folder / "result.json")
    missing = [key for key in NEEDED if key not in result]
    if missing:
        raise DataError(
            f"{folder / 'result.json'} lacks {', '.join(missing)}; remove it and run the search with --resume"
        )
    return Run(
        folder, result, _json(folder / "policy.json"), tuple(_trial(one) for one in records if one["kind"] == "trial")
    )


def _trial(record: Record) -> Trial:
    return Trial(record["number"], tuple(record.get("decisions") or ()), record["reward"], str(record.get("error", "")))


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read ({error}); remove it and run the search with --resume") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} is no JSON object; remove it and run the search with --resume")
    return content
