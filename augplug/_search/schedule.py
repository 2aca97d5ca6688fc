"""When proposals are asked for, and when their results are told.

Up to BARRIER workers a batch is asked for once the one before is told. More workers would be idle behind that barrier,
so then `ahead` batches are under way: the next is asked for whenever the oldest is told. Results are told in the order
of the proposals, a batch at a time. So the order of asks and tells follows from `ahead` alone, whoever is fast; it is a
setting in the journal, and a resume repeats it with any number of workers. docs/design/search-scale.md has figures.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from augplug._policies.grammar import Policy
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.bench import EvaluationRunner, Task
from augplug._search.ground import SHARED, Ground
from augplug._search.journal import read_journal
from augplug._search.pace import Budget
from augplug._search.sessions import trials_left
from augplug._search.settings import StudySettings
from augplug.disk import kind_or
from augplug.errors import SettingsError

BARRIER = 8
"""Workers up to which a batch waits for the one before: they are busy for 72 % of the time, and results are fresh."""
GENERATIONS = 2
"""A search of a known number of trials gets results at least this often before its last proposals."""


def scheduled(settings: StudySettings, workers: int, run: Path | None) -> StudySettings:
    """Return the settings with the batches that are under way at a time; None: one, with a barrier.

    They are those that were given; else, of a `run` that is resumed, what its journal says; else they follow from the
    number of workers.
    """
    if settings.ahead is not None:
        return settings
    records = read_journal(run) if run is not None and kind_or(SettingsError, run / "journal.jsonl") == "file" else []
    if records and records[0]["kind"] == "configuration":
        return replace(settings, ahead=records[0]["settings"].get("ahead"))
    if workers <= BARRIER:
        return settings
    # One slow trial holds up the results of all that come after it, and the slowest of a thousand is slower.
    trials = workers * max(2.0, 2 * math.log10(workers) - 1) / settings.seeds
    ahead = math.ceil(trials / settings.batch)
    if settings.trials is not None:
        ahead = min(ahead, settings.trials // (GENERATIONS * settings.batch))
    return replace(settings, ahead=max(2, ahead))


@dataclass(frozen=True)
class Batch:
    """Proposals that are under way, and their tasks, before which stands that of the reference."""

    proposals: Sequence[Proposal]
    tasks: Sequence[Task]


class Trials:
    """The trials of a search. Each is compared with the `reference` policy, of reward `level`, in its cells."""

    def __init__(
        self,
        settings: StudySettings,
        ground: Ground,
        bench: EvaluationRunner,
        budget: Budget,
        algorithm: SearchAlgorithm,
        *,
        reference: Policy,
        level: float,
    ) -> None:
        """Begin with nothing asked."""
        self._ahead = settings.ahead or 1
        self._ground = ground
        self._bench = bench
        self._pace = budget
        self._algorithm = algorithm
        self._reference = reference
        self._level = level
        self._batches = self._asked = self._told = 0

    def run(self, trials: int, baselines: int) -> None:
        """Ask for at most this many proposals and tell their results; `baselines` are yet to be raced and compared."""
        under_way = deque[Batch]()
        more = True
        while more or under_way:
            while more and len(under_way) < self._ahead:
                batch = self._begin(trials - self._asked, baselines)
                more = batch is not None
                if batch is not None:
                    under_way.append(batch)
            if under_way:
                self._algorithm.tell(self._results(under_way.popleft()))

    def _begin(self, left: int, baselines: int) -> Batch | None:
        """Ask for the next batch and begin it; None if the trials, the time or the algorithm's proposals are over."""
        count = min(left, self._pace.batch(baselines, self._asked - self._told) if left else 0)
        if not count:
            return None
        proposals = self._algorithm.ask(min(count, trials_left(self._bench.journal.records, self._asked)))
        if not proposals:
            return None
        cells = self._ground.trial_cells(self._batches)
        stop_below = self._pace.stop_below(self._told)
        tasks = [self._ground.task("reference", self._batches // SHARED, "the reference", self._reference, cells)]
        tasks += [
            replace(
                self._ground.task("trial", p.number, f"trial {p.number} ({p.policy.name})", p.policy, cells),
                stop_below=stop_below,
            )
            for p in proposals
        ]
        self._bench.begin(tasks)
        self._batches += 1
        self._asked += len(proposals)
        return Batch(proposals, tasks)

    def _results(self, batch: Batch) -> list[Result]:
        """Wait for the trials of a batch, one after the other, and write each."""
        first, *tasks = batch.tasks
        there = self._bench.scores(first).rewards
        level = self._level - statistics.fmean(there) if there else 0.0  # without a reference, scores as they are
        results = []
        for task, proposal in zip(tasks, batch.proposals, strict=True):
            scores = self._bench.scores(task)
            # A difference to the reference in these cells, plus what that has in the first ones: a score again.
            reward = min(max(statistics.fmean(scores.rewards) + level, 0.0), 1.0) if scores.rewards else None
            self._bench.record(
                "trial",
                task,
                scores,
                reward=reward,
                decisions=proposal.decisions,
                policy=task.policy.to_json(),
                stopped=scores.stopped,
            )
            results.append(Result(task.number, reward, scores.error, scores.stopped))
        self._told += len(results)
        return results
