"""How long a search goes on, and when a trial is hopeless: decisions that a resumed run repeats."""

from __future__ import annotations

import time

from augplug._search.bench import EvaluationRunner
from augplug._search.settings import StudySettings

MOST_TRIALS = 10**6
"""Trials of a search that only time ends."""
ENOUGH = 20
"""From so many reports on, their quantile means something."""


class Budget:
    """The budget of time, and the median rule of early stopping with a quantile in place of the median.

    Source of the rule: Golovin et al., "Google Vizier", KDD 2017, section 3.2.
    """

    def __init__(self, bench: EvaluationRunner, settings: StudySettings) -> None:
        """Start the clock, which goes on from the time that earlier sessions of the run have used."""
        self._bench = bench
        self._settings = settings
        self._batches = 0
        used = [record["used"] for record in bench.journal.records if record["kind"] == "batch"]
        self._start = time.monotonic() - max(used, default=0.0)

    def may_go_on(self) -> bool:
        """Say whether there is time for another batch. The answer is a record, and a resume gives the same."""
        if self._settings.minutes is None:
            return True
        number, self._batches = self._batches, self._batches + 1
        said = self._bench.said("batch", number)
        if said is not None:
            return bool(said["go"])
        used = time.monotonic() - self._start
        go = number == 0 or used < 60 * self._settings.minutes
        self._bench.append("batch", number=number, used=round(used, 3), go=go)
        return go

    def stop_below(self, before: int) -> tuple[float, ...]:
        """Return, for each report, what hopeless trials lie below: a quantile of those of the trials before `before`.

        They come from finished batches alone, so that neither the number of workers nor a resume changes them.
        """
        records = [
            record["reports"]
            for record in self._bench.journal.records
            if "reports" in record and record["stage"] == "trial" and record["number"] < before
        ]
        stop_below: list[float] = []
        while self._settings.early_stop:
            told = sorted(reports[len(stop_below)] for reports in records if len(reports) > len(stop_below))
            if len(told) < ENOUGH:
                break
            stop_below.append(told[int(self._settings.early_stop * len(told))])
        return tuple(stop_below)
