"""What happened on the way of a run that its reader should know: a short time, deaths, limits, more trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from augplug._search.journal import Record
from augplug._search.sessions import effective, limits


def notes_on(records: Sequence[Record]) -> Iterator[str]:
    """Yield a sentence for each; records that a run does not have say nothing."""
    settings = records[0]["settings"]
    went_to = limits(records)
    if len(went_to) > 1:
        yield f"the run was continued to {went_to[-1]} trials; it first had {went_to[0]}"
    held = effective(records)
    yield from _time(settings, held)
    deaths = sum(record["kind"] == "death" for record in records)
    if deaths:
        yield f"{_counted(deaths, 'worker')} ended in the middle of an evaluation, which was run again"
    limited = sum(record["kind"] == "evaluation" and "limit" in record for record in records)
    if limited:
        yield f"a limit (trial_minutes, trial_memory) ended {_counted(limited, 'evaluation')}, which failed by it"


def _time(settings: Mapping[str, Any], held: Sequence[Record]) -> Iterator[str]:
    """What --minutes cut."""
    cut = cut_of(settings, held)
    compared = max((len(record["cells"]) for record in held if record["kind"] == "comparison"), default=None)
    if cut and cut["race_cells"] < settings["race_cells"]:
        yield f"time was short: the race ended in {cut['race_cells']} cells in place of {settings['race_cells']}"
    if compared is not None and compared < settings["subsets"]:
        yield (
            f"time was short: policies were compared on {compared} training subsets in place of {settings['subsets']}"
        )


def cut_of(settings: Mapping[str, Any], records: Sequence[Record]) -> Record | None:
    """Return the record of what time cut of the race and the comparison, if it cut anything."""
    cut = next((record for record in reversed(records) if record["kind"] == "cut"), None)
    whole = (settings.get("race_cells"), settings.get("subsets"))
    return cut if cut is not None and (cut["race_cells"], cut["subsets"]) != whole else None


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
