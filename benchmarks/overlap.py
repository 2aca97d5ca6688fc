"""Batches that overlap, for more than 8 workers: how busy they are, and what the controller learns meanwhile.

    python benchmarks/overlap.py use          whole studies by simulated workers; minutes of CPU
    python benchmarks/overlap.py learning     the controller on a made-up reward whose best policy is known

docs/design/search-scale.md quotes what this prints. In `use` everything is real but the workers: times of trials are
log-normal with a spread of 0.5, in 1 % of all attempts the worker dies, and a clock that nobody waits for says how long
it took. `learning` counts proposals until the last 100 match the hidden policy in 90 % of their decisions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Self

import numpy as np

import augplug
from augplug import api
from augplug._search.schedule import scheduled
from augplug._search.settings import StudySettings, study_settings
from augplug._search.study import run_study
from augplug.data.sets import Labelled

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.scale import SPACE, Instant, learn
from benchmarks.schedules import DEATHS, RESTART, attempts, barrier, in_order, simulate
from benchmarks.timing import table

SPREAD = 0.5


@dataclass
class Clock:
    """The simulated time, and of the trials: when they began and ended, and how long workers were busy with them."""

    now: float = 0.0
    began: float | None = None
    ended: float = 0.0
    busy: float = 0.0

    def use(self, workers: int) -> float:
        """Return the part of the workers' time that went into evaluations that gave a result."""
        return self.busy / (workers * (self.ended - (self.began or 0.0)))


class Simulated(augplug.Executor):
    """Workers whose evaluations take a time of chance, on a clock of their own."""

    def __init__(self, clock: Clock, speed: int, *, workers: int, runner: Any) -> None:
        """Take the clock, and a seed of the times."""
        self._clock, self._count, self._runner = clock, workers, runner
        self._chance = np.random.default_rng(speed)
        self._waiting: list[augplug.Job] = []

    def __enter__(self) -> Self:
        """Nothing is started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is stopped."""

    def add(self, jobs: Sequence[augplug.Job]) -> bool:
        """Take further jobs."""
        self._waiting += jobs
        return True

    def run(self, jobs: Iterable[augplug.Job]) -> Iterator[augplug.JobResult | augplug.JobDeath]:
        """Yield results and deaths in the order of the clock."""
        self._waiting = list(jobs)
        running: list[tuple[float, int, float, bool, augplug.Job]] = []
        clock = self._clock
        while self._waiting or running:
            while self._waiting and len(running) < self._count:
                job = self._waiting.pop(0)
                whole = float(self._chance.lognormal(-(SPREAD**2) / 2, SPREAD))
                dies = job.deaths < augplug.MOST_DEATHS - 1 and self._chance.random() < DEATHS
                taken = whole * self._chance.random() + RESTART if dies else whole
                heappush(running, (clock.now + taken, job.id, taken, dies, job))
                if _in_search(job) and clock.began is None:
                    clock.began = clock.now
            clock.now, _, taken, dies, job = heappop(running)
            if dies:
                self._waiting.insert(0, replace(job, deaths=job.deaths + 1))
                yield augplug.JobDeath(job.id, -9, "simulated")
                continue
            if _in_search(job):
                clock.ended, clock.busy = clock.now, clock.busy + taken
            yield self._runner(job)


def _in_search(job: augplug.Job) -> bool:
    """Return True if it is a trial with its policy's name, not one that races again, or the reference of trials."""
    return job.label == "the reference" or (job.label.startswith("trial") and job.label.endswith(")"))


def use_of(workers: int, trials: int, ahead: int | None, speed: int) -> tuple[float, bytes]:
    """Return the use of workers in the trials of a whole study, and its result."""
    clock = Clock()
    places: Any = {"simulated": partial(Simulated, clock, speed)}
    parts = replace(api.study_parts(), evaluators={"instant": Instant}, executors=places)
    data = Labelled(np.zeros((90, 4, 4), np.uint8), np.arange(90) % 3, ("a", "b", "c"))
    given = {"train": 6, "space": SPACE, "significance": 1, **({} if ahead is None else {"ahead": ahead})}
    settings = study_settings(given, parts, algorithm="autoaugment", evaluator="instant", seeds=1, trials=trials)
    with tempfile.TemporaryDirectory() as name:
        run_study(settings, data, parts=parts, out=name, executor="simulated", workers=workers)
        return clock.use(workers), (Path(name) / "result.json").read_bytes()


def use_section(given: argparse.Namespace) -> Iterator[str]:
    """Yield how busy the workers are behind a barrier, and when batches overlap."""
    rows = []
    for workers, trials in given.cases:
        behind, _ = use_of(workers, min(trials, 1000), 1, 0)
        (use, result), (other, again) = (use_of(workers, trials, None, speed) for speed in (0, 1))
        same = "yes" if result == again else "no"
        rows.append((f"{workers:,}", f"{trials:,}", f"{behind:.1%}", f"{use:.1%}", f"{other:.1%}", same))
    yield table(("workers", "trials", "batches of 20", "overlapping", "at other speeds", "same result.json"), rows)


def learning_section(given: argparse.Namespace) -> Iterator[str]:
    """Yield how many proposals the controller needs."""
    for seed in range(given.seeds):
        for workers, batch in given.workers:
            settings = StudySettings("autoaugment", seeds=1, batch=batch)
            ahead = scheduled(settings, workers, None).ahead
            load = attempts(10_000, SPREAD, seed)
            schedule = barrier(batch) if ahead is None else in_order(ahead * batch, batch)
            found = learn(simulate(schedule, load, workers), seed, batch=batch)
            yield f"{workers:,} workers, {schedule.name}, an update takes {batch}, seed {seed}: {found}"


def main() -> None:
    """Print a section, line by line."""
    parser = argparse.ArgumentParser(description="Batches that overlap, for more than 8 workers.")
    parser.add_argument("section", choices=("use", "learning"))
    parser.add_argument("--seeds", type=int, default=2, help="of the controller")
    parser.add_argument(
        "--workers", default="8:20,20:20,50:20,100:20,1000:100", help="of `learning`, and their batches"
    )
    parser.add_argument("--cases", default="50:2000,1000:10000", help="workers and trials of `use`")
    given = parser.parse_args()
    given.cases, given.workers = (
        [tuple(map(int, case.split(":"))) for case in cases.split(",")] for cases in (given.cases, given.workers)
    )
    for line in (use_section if given.section == "use" else learning_section)(given):
        print(line, flush=True)


if __name__ == "__main__":
    main()
