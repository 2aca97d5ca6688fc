"""A job, run in this process."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from augplug._evaluators.base import Evaluator
from augplug._evaluators.pinning import one_thread
from augplug._executors.base import Job, JobResult
from augplug._policies.reader import Operations, read_policy
from augplug.data.archive import read_parts
from augplug.errors import SettingsError, suggest

KEPT = 2
"""Evaluators kept for the next job: of the data file at hand, and of the one before."""


class Stopped(BaseException):
    """Ends a hopeless evaluation. No Exception, so that an evaluator which catches those does not go on."""


class ProgressMonitor:
    """Takes an evaluator's reports; raises Stopped at one below its floor."""

    def __init__(self, stop_below: Sequence[float]) -> None:
        """Take a floor for each report that has one."""
        self._floors = stop_below
        self.reports: list[float] = []

    def __call__(self, reward: float) -> None:
        """Take the next report. Raises ValueError for one that is no reward."""
        reward = checked(reward, "reported")
        self.reports.append(reward)
        if len(self.reports) <= len(self._floors) and reward < self._floors[len(self.reports) - 1]:
            raise Stopped


def checked(reward: float, verb: str) -> float:
    """Return a reward; ValueError for one outside 0..1."""
    reward = float(reward)
    if not (math.isfinite(reward) and 0 <= reward <= 1):
        raise ValueError(f"the evaluator {verb} {reward}; a reward lies in 0..1")
    return reward


class JobRunner:
    """Runs jobs with the evaluators and operations it was given; builds each evaluator once for a data file."""

    def __init__(self, evaluators: Mapping[str, Callable[..., Evaluator]], operations: Operations) -> None:
        """Take what names mean: evaluators by name, operations by name and by `distribution:Name`."""
        self._evaluators = evaluators
        self._operations = operations
        self._built: dict[str, Evaluator] = {}

    def __call__(self, job: Job) -> JobResult:
        """Return the outcome; whatever the evaluator or the reading of the job raises becomes its error."""
        start = time.perf_counter()
        watch, stopped = ProgressMonitor(job.stop_below), False
        try:
            reward, error = self._reward(job, watch), ""
        except Stopped:
            reward, error, stopped = watch.reports[-1], "", True
        except Exception as raised:  # noqa: BLE001  # an evaluator may raise anything; only its trial fails
            reward, error = None, f"{type(raised).__name__}: {raised}"
        return JobResult(job.id, reward, error, time.perf_counter() - start, watch.reports, stopped)

    def _reward(self, job: Job, watch: ProgressMonitor) -> float:
        policy = read_policy(job.policy, self._operations)
        evaluator = self._evaluator(job)
        with one_thread():
            return checked(evaluator.evaluate(policy, seed=job.seed, progress=watch), "returned")

    def _evaluator(self, job: Job) -> Evaluator:
        key = json.dumps([job.evaluator, job.settings, job.data], sort_keys=True)
        if key not in self._built:
            if job.evaluator not in self._evaluators:
                raise SettingsError(
                    f"there is no evaluator {job.evaluator!r}{suggest(job.evaluator, self._evaluators)}"
                )
            while len(self._built) >= KEPT:
                self._built.pop(next(iter(self._built)))
            train, valid = read_parts(Path(job.data))
            with one_thread():
                self._built[key] = self._evaluators[job.evaluator](train, valid, **job.settings)
        return self._built[key]
