"""What a Dask worker does: each job runs in a process of its own, as the executor `processes` runs it.

So a trial that ends its process, or is ended by a limit, leaves the Dask worker alone; and when that ends, its
processes end too. Nothing here outlives the worker's process: one that lacks the data of a job was started anew.
"""

from __future__ import annotations

import functools
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import augplug

Told: TypeAlias = Mapping[str, Any]
"""What became of a job: the fields of a JobResult under `result`; or the `status` and `reason` of a death."""


class Site:
    """What this Dask worker keeps of one search: the data of its jobs, and a process for each job at a time."""

    def __init__(self, writes: str) -> None:
        """Take the run's folder, which evaluators may write to if this machine has it."""
        self._writes = Path(writes) if writes and Path(writes).is_dir() else None
        self._opened = ExitStack()
        self._folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="augplug-dask-")))
        self._lock = threading.Lock()
        self._idle: list[augplug.Processes] = []
        self._busy: list[augplug.Processes] = []
        self._closed = False
        self._left = threading.Condition(self._lock)

    def keep(self, name: str, content: bytes) -> None:
        """Write data of jobs under a name."""
        (self._folder / name).write_bytes(content)

    def run(self, job: augplug.Job) -> augplug.JobResult | augplug.JobDeath | None:
        """Run a job until its result or the next death of its process; None if it was stopped, or its data lack."""
        path = self._folder / job.data
        with self._lock:
            if self._closed or not path.exists():
                return None
            if not self._idle:
                self._idle.append(self._opened.enter_context(augplug.Processes(workers=1, folder=self._writes)))
            processes = self._idle.pop()
            self._busy.append(processes)
        try:
            return next(iter(processes.run([replace(job, data=str(path))])), None)
        finally:
            with self._lock:
                self._busy.remove(processes)
                self._idle.append(processes)
                self._left.notify()

    def close(self) -> None:
        """Stop the jobs that run, end every process, and remove the data."""
        with self._lock:
            self._closed = True
            for processes in self._busy:
                processes.stop()
            self._left.wait_for(lambda: not self._busy)
        self._opened.close()


@functools.cache
def sites() -> dict[str, Site]:
    """The searches that have worked here, by the names of their runs."""
    return {}


def receive(run: str, writes: str, name: str, content: bytes) -> None:
    """Keep data of a run's jobs."""
    if run not in sites():
        sites()[run] = Site(writes)
    sites()[run].keep(name, content)


def stop(run: str) -> None:
    """End what works for a run here, and forget it."""
    site = sites().pop(run, None)
    if site is not None:
        site.close()


def work(run: str, document: Mapping[str, Any]) -> Told:
    """Run a job."""
    job = augplug.Job.from_json(document)
    site = sites().get(run)
    told = None if site is None else site.run(job)
    if isinstance(told, augplug.JobResult):
        return {"result": told.to_json()}
    if told is None:
        return {"status": None, "reason": "the Dask worker was started anew"}
    return {"status": told.status, "reason": told.reason}
