"""A job, run in this process."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from augplug._evaluators.base import Evaluator
from augplug._evaluators.pinning import one_thread
from augplug._executors.base import Job, Outcome
from augplug._policies.reader import Operations, read_policy
from augplug.data.archive import read_parts
from augplug.errors import SettingsError, suggest

KEPT = 2
"""Evaluators kept for the next job: of the data file at hand, and of the one before."""


class JobRunner:
    """Runs jobs with the evaluators and operations it was given; builds each evaluator once for a data file."""

    def __init__(self, evaluators: Mapping[str, Callable[..., Evaluator]], operations: Operations) -> None:
        """Take what names mean: evaluators by name, operations by name and by `distribution:Name`."""
        self._evaluators = evaluators
        self._operations = operations
        self._built: dict[str, Evaluator] = {}

    def __call__(self, job: Job) -> Outcome:
        """Return the outcome; whatever the evaluator or the reading of the job raises becomes its error."""
        start = time.perf_counter()
        try:
            reward, error = self._reward(job), ""
        except Exception as raised:  # noqa: BLE001  # an evaluator may raise anything; only its trial fails
            reward, error = None, f"{type(raised).__name__}: {raised}"
        return Outcome(job.id, reward, error, time.perf_counter() - start)

    def _reward(self, job: Job) -> float:
        policy = read_policy(job.policy, self._operations)
        evaluator = self._evaluator(job)
        with one_thread():
            reward = float(evaluator.evaluate(policy, seed=job.seed))
        if not (math.isfinite(reward) and 0 <= reward <= 1):
            raise ValueError(f"the evaluator {job.evaluator} returned {reward}; a reward lies in 0..1")
        return reward

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
