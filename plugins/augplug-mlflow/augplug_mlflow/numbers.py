"""The numbers that the records of a search hold, and the settings as one level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any


class Numbers:
    """Yields the numbers of one record after the other: name, step, value. It counts trials as they go by."""

    def __init__(self) -> None:
        """Nothing has been seen."""
        self._trials, self._failed, self._best = 0, 0, 0.0

    def of(self, record: Mapping[str, Any]) -> Iterator[tuple[str, int, float]]:
        """Yield the numbers of the next record."""
        number, reward = record.get("number", 0), record.get("reward")
        match record["kind"]:
            case "evaluation":
                yield "evaluations/seconds", record["n"], record["seconds"]
                if reward is not None:
                    yield "evaluations/reward", record["n"], reward
            case "baseline":
                yield f"baselines/{record.get('name', number)}", 0, record["reward"]
            case "trial" if reward is None:
                self._trials, self._failed = self._trials + 1, self._failed + 1
                yield "trials/failed", number, self._failed
            case "trial":
                self._trials, self._best = self._trials + 1, max(self._best, record["reward"])
                yield "trials/reward", number, record["reward"]
                yield "trials/best", number, self._best
            case "race":
                for entrant in record["entrants"]:
                    yield f"race/{entrant['name']}", self._trials, fmean(entrant["rewards"])
            case "comparison" if record["accuracy"] is not None:
                yield f"test-score/{record['policy']}", self._trials, record["accuracy"]


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested settings as names with dots, and values."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
