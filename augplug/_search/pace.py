"""How long a search goes on, and when a trial is hopeless: decisions that a resumed run repeats."""

from __future__ import annotations

import statistics
import time

from augplug._search import racing
from augplug._search.bench import EvaluationRunner
from augplug._search.ground import SHARED
from augplug._search.journal import Record
from augplug._search.sessions import effective
from augplug._search.settings import StudySettings
from augplug.errors import RunError

MOST_TRIALS = 10**6
"""Trials of a search that only time ends."""
ENOUGH = 20
"""Number of reports from which their quantile is used."""
LEAST = 20
"""Evaluations of the shortest search that can tell anything: four baselines in two cells, a few trials, finalists."""
ENDING = 3.0
"""Seconds that are kept for the report, which is written when every evaluation is done."""
FIRST_PART, LAST_PART = 0.25, 0.5
"""Of the time, how much the baselines take at most, and how much is kept at most for the race and the comparison."""


class Budget:
    """The budget of time, and the median rule of early stopping with a quantile in place of the median.

    Source of the rule: Golovin et al., "Google Vizier", KDD 2017, section 3.2. Each decision that time takes is a
    record with the time used so far, and a resume repeats the decisions.
    """

    def __init__(
        self, bench: EvaluationRunner, settings: StudySettings, workers: int, began: float | None = None
    ) -> None:
        """Start the clock at `began` (now), which goes on from the time that earlier sessions of the run have used."""
        self._bench = bench
        self._settings = settings
        self._workers = workers
        self._batches = 0
        used = [record["used"] for record in bench.journal.records if "used" in record]
        self._start = (time.monotonic() if began is None else began) - max(used, default=0.0)
        whole = 60 * (settings.minutes or 0)
        self._seconds = whole - min(ENDING, whole / 4)

    def check(self) -> None:
        """Refuse a time that is too short for anything, once it is known how long an evaluation takes. RunError."""
        least = LEAST * self._each() / 60
        if self._settings.minutes is not None and least > self._settings.minutes and self._said("time", 0) is None:
            raise RunError(
                f"--minutes {self._settings.minutes:g} is too short: an evaluation takes about {self._each():.1f} s "
                f"with {self._workers} workers, and the shortest search has {LEAST} and a comparison; give --minutes "
                f"{2 * least:.1f} or more"
            )

    def baselines(self, number: int, evaluations: int) -> bool:
        """Say whether there is time for this many further evaluations of baselines."""
        return self._go("time", number, evaluations * self._each(), FIRST_PART * self._seconds)

    def batch(self, baselines: int, under_way: int = 0) -> int:
        """Return how many trials the next batch has: fewer near the end of the time, and then none.

        `under_way` are the trials that were begun and have no result yet.
        """
        if self._settings.minutes is None:
            return self._settings.batch
        number, self._batches = self._batches, self._batches + 1
        said = self._said("batch", number)
        if said is not None:
            return int(said["count"])
        used, each = self._used(), self._each() * self._settings.seeds
        left = self._seconds - used - self._kept(baselines) - under_way * each
        count = max(0 if number else 1, min(self._settings.batch, int(left / each) if each else self._settings.batch))
        self._bench.append("batch", number=number, used=round(used, 3), count=count)
        return count

    def cut(self, baselines: int) -> tuple[int, int]:
        """Return in how many cells the race ends, and on how many subsets policies are compared.

        Where time is short, first cells are cut, then subsets.
        """
        mine = self._settings
        whole = mine.race_cells, mine.subsets
        if mine.minutes is None:
            return whole
        said = self._said("cut", None)
        if said is not None:
            return int(said["race_cells"]), int(said["subsets"])
        used = self._used()
        left = self._seconds - used
        choices = [(cells, mine.subsets) for cells in range(mine.race_cells, racing.FIRST - 1, -1)]
        choices += [(racing.FIRST, subsets) for subsets in range(mine.subsets - 1, -1, -1)]
        cells, subsets = next((one for one in choices if self._last(baselines, *one) <= left), choices[-1])
        self._bench.append("cut", used=round(used, 3), race_cells=cells, subsets=subsets)
        return cells, subsets

    def comparison(self, number: int, policies: int) -> bool:
        """Say whether there is time to compare this many policies on one more subset."""
        return self._go("subset", number, policies * self._each() / self._settings.trial_budget, self._seconds)

    def estimate(self, trials: int, scored: int, baselines: int) -> None:
        """Say how long what the journal does not hold will take; `scored`: evaluations of the baselines so far."""
        mine = self._settings
        records = effective(self._bench.journal.records)
        if any(record["kind"] == "comparison" for record in records):
            return  # a finished run that is resumed
        if mine.minutes is not None:
            self._bench.append("estimate", left=None, seconds=round(60 * mine.minutes, 1))
            return
        finalists = min(trials, mine.finalists) + len(racing.MIXED)
        batches = -(-trials // mine.batch)
        searched = mine.seeds * (trials + -(-batches // SHARED)) + racing.FIRST * finalists
        searched += racing.fits(baselines + finalists, mine.race_cells)
        compared = mine.subsets * (baselines + 1)
        total = scored + searched + compared
        left = max(0, total - sum(record["kind"] == "evaluation" for record in records))
        seconds = self.seconds(max(0, left - compared), min(left, compared))
        self._bench.append("estimate", evaluations=total, left=left, seconds=round(seconds, 1))

    def seconds(self, evaluations: int, compared: int = 0) -> float:
        """Return how long these numbers of evaluations of trials and of whole trainings take."""
        return self._each() * (evaluations + compared / self._settings.trial_budget)

    def stop_below(self, before: int) -> tuple[float, ...]:
        """Return, for each report, what hopeless trials lie below: a quantile of those of the trials before `before`.

        Those whose results the algorithm has, so that neither the number of workers nor a resume changes anything.
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

    def _kept(self, baselines: int) -> float:
        """Seconds that are kept for the race and the comparison."""
        mine = self._settings
        return min(LAST_PART * self._seconds, self._last(baselines, mine.race_cells, mine.subsets))

    def _last(self, baselines: int, race_cells: int, subsets: int) -> float:
        """Seconds of the race and the comparison."""
        finalists = self._settings.finalists + len(racing.MIXED) + 1
        raced = racing.FIRST * finalists + racing.fits(baselines + finalists, race_cells)
        return self.seconds(raced, subsets * (baselines + 1))

    def _used(self) -> float:
        return time.monotonic() - self._start

    def _each(self) -> float:
        """Seconds of a trial's evaluation, by those that ran, over the workers."""
        ran = [record for record in self._bench.journal.records if record["kind"] == "evaluation"]
        told = [record["seconds"] for record in ran if record["stage"] != "comparison"]
        return statistics.median(told) / self._workers if told else 0.0

    def _go(self, kind: str, number: int, seconds: float, end: float) -> bool:
        """Return True if that much more ends in time; with a budget of time a decision, which a resume repeats."""
        if self._settings.minutes is None:
            return True
        said = self._said(kind, number)
        if said is not None:
            return bool(said["go"])
        used = self._used()
        go = used + seconds <= end
        self._bench.append(kind, number=number, used=round(used, 3), go=go)
        return go

    def _said(self, kind: str, number: int | None) -> Record | None:
        return self._bench.said(kind, number)
