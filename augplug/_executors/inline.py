"""Trials in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from augplug._executors.base import Executor, Job, JobResult, Runner


class Inline(Executor):
    """Runs each job in this process when its outcome is asked for. `workers` makes no difference."""

    def __init__(self, *, workers: int = 1, runner: Runner) -> None:
        """Take the runner."""
        del workers
        self._runner = runner

    def __enter__(self) -> Self:
        """Nothing needs to be started."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing needs to be stopped."""

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Yield the outcomes, in the order of the jobs."""
        for job in jobs:
            yield self._runner(job)
