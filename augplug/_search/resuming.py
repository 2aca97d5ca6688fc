"""How a run was begun, for who goes on with it by its folder alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augplug._search.journal import read_journal
from augplug._search.sessions import limits
from augplug.disk import kind_or
from augplug.errors import SettingsError


def request_of(**arguments: Any) -> dict[str, Any] | None:
    """Return the arguments of a search as JSON; None for those without one: only their owner can give them again."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(arguments, allow_nan=False))
    except (TypeError, ValueError):
        return None
    return plain


def recorded_request(run: Path) -> dict[str, Any]:
    """Return the arguments that began a run, with the number of trials that it goes to now. Raises SettingsError."""
    records = read_journal(run)
    request: Mapping[str, Any] | None = records[0].get("request") if records else None
    if request is None:
        raise SettingsError(
            f"the journal of {run} does not hold what the search was begun with; resume it by the whole command: "
            f"augplug search ALGORITHM DATA ... --out {run} --resume"
        )
    return {**request, "trials": limits(records)[-1]}


def recorded_trials(run: Path) -> int | None:
    """Return the number of trials that a run goes to; None if it has none, or there is no run."""
    records = read_journal(run) if kind_or(SettingsError, run / "journal.jsonl") == "file" else []
    return limits(records)[-1] if records and records[0]["kind"] == "configuration" else None
