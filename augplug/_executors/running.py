"""A job, run in this process."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._evaluators.base import Evaluator
from augplug._evaluators.pinning import one_thread
from augplug._evaluators.scoring import Scored, scored
from augplug._executors.base import Job, JobResult, clipped
from augplug._policies.reader import Operations, read_policy
from augplug.data.archive import read_parts
from augplug.errors import SettingsError, suggest
from augplug.streams import watching_interrupts

KEPT = 4
"""Evaluators kept for the next job: as many as there are training subsets in turn."""


class Stopped(BaseException):
    """Ends a hopeless evaluation. No Exception, so that an evaluator which catches those does not go on."""


class ProgressMonitor:
    """Takes an evaluator's reports; raises Stopped at one below its floor."""

    def __init__(self, stop_below: Sequence[float]) -> None:
        """Take a floor for each report that has one."""
        self._floors = stop_below
        self.reports: list[float] = []

    def __call__(self, reward: float) -> None:
        """Take the next report. Raises ValueError for one that is not a reward."""
        reward = checked(reward, "reported")
        self.reports.append(reward)
        if len(self.reports) <= len(self._floors) and reward < self._floors[len(self.reports) - 1]:
            raise Stopped


def error_text(error: BaseException) -> str:
    """Return an error as text, cut where it is long. An error that has no text is named alone."""
    name = type(error).__name__
    try:
        return clipped(f"{name}: {error}")
    except BaseException:  # noqa: BLE001  # it comes from an evaluator, whose errors may raise errors
        return f"{name} (its text cannot be read)"


def checked(reward: Any, verb: str) -> float:
    """Return a reward. Raises ValueError or TypeError for one that is not a number in 0..1."""
    if reward is None:
        raise TypeError(f"the evaluator {verb} None; a reward is a number in 0..1")
    value = float(reward)
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise ValueError(f"the evaluator {verb} {value}; a reward lies in 0..1")
    return value


class JobRunner:
    """Runs jobs with the evaluators and operations it was given; builds each evaluator once for a data file."""

    def __init__(self, evaluators: Mapping[str, Callable[..., Evaluator]], operations: Operations) -> None:
        """Take what names mean: evaluators by name, operations by name and by `distribution:Name`."""
        self._evaluators = evaluators
        self._operations = operations
        self._built: dict[str, tuple[Evaluator, npt.NDArray[np.int64]]] = {}

    def __call__(self, job: Job) -> JobResult:
        """Return the outcome; whatever the evaluator or the reading of the job raises becomes its error.

        Only Ctrl-C is raised again: an evaluator can raise KeyboardInterrupt too, which is an error like any other.
        """
        start = time.perf_counter()
        watch, interrupts = ProgressMonitor(job.stop_below), list[int]()
        found: Scored | None = None
        error, stopped = "", False
        try:
            with watching_interrupts(interrupts):
                found = self._scored(job, watch)
        except BaseException as raised:  # an evaluator may raise anything; only its trial fails
            if interrupts:
                raise
            stopped = isinstance(raised, Stopped) and bool(watch.reports)
            found, error = (Scored(watch.reports[-1]), "") if stopped else (None, error_text(raised))
        seconds = time.perf_counter() - start
        if found is None:
            return JobResult(job.id, None, error, seconds, watch.reports)
        return JobResult(
            job.id,
            found.reward,
            error,
            seconds,
            watch.reports,
            stopped,
            accuracy=found.accuracy,
            correct=found.correct if job.images else "",
        )

    def _scored(self, job: Job, watch: ProgressMonitor) -> Scored:
        policy = read_policy(job.policy, self._operations)
        evaluator, y = self._evaluator(job)
        how: dict[str, Any] = {"seed": job.seed, "budget": job.budget, "progress": watch}
        with one_thread():
            margins = evaluator.margins(policy, **how)
            if margins is not None:
                return scored(margins, y, balanced=job.balanced)
            if job.balanced:
                raise SettingsError(f"the evaluator {job.evaluator} has no margins, so its scores cannot be balanced")
            return Scored(checked(evaluator.evaluate(policy, **how), "returned"))

    def _evaluator(self, job: Job) -> tuple[Evaluator, npt.NDArray[np.int64]]:
        """The evaluator of the job's images, and the classes of those that it validates on."""
        key = json.dumps([job.evaluator, job.settings, job.data, job.subset], sort_keys=True)
        if key not in self._built:
            if job.evaluator not in self._evaluators:
                raise SettingsError(
                    f"there is no evaluator {job.evaluator!r}{suggest(job.evaluator, self._evaluators)}"
                )
            while len(self._built) >= KEPT:
                self._built.pop(next(iter(self._built)))
            train, valid = read_parts(Path(job.data), job.subset)
            with one_thread():
                self._built[key] = self._evaluators[job.evaluator](train, valid, **job.settings), valid.y
        return self._built[key]
