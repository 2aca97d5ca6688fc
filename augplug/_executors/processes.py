"""Trials in processes of this machine: JSON lines over pipes, and a supervisor that outlives its workers.

Not `multiprocessing`: no pickle, no guard around the user's main module, and a worker that is killed is a fact to
handle, not a broken pool.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from augplug._evaluators.pinning import VARIABLES
from augplug._executors.base import MOST_DEATHS, Executor, Job, JobDeath, JobResult, Runner
from augplug._executors.limits import exceeded, resident_memory
from augplug._executors.serving import READY
from augplug._executors.workers import Event, Worker
from augplug.errors import RunError, SettingsError

# -P: a file numpy.py in the folder one happens to stand in must not become the workers' numpy.
COMMAND = (sys.executable, "-P", "-m", "augplug.confined", "augplug.worker")
PATIENCE = 5.0
"""Seconds that workers have to leave by themselves."""
LONG = 600.0
"""Seconds after which a job is said to run long."""
TICK = 0.25
"""Seconds between two looks at what the jobs take."""
PAUSE = 0.5
"""Seconds in which a signal that ended a worker reaches this process too, if it was meant for both."""


class Processes(Executor):
    """Runs jobs in `workers` processes, each on one thread. `runner` is not used: workers open their own registry.

    The kernel confines a worker, where it can: `augplug.gate.confinement`. `clock` gives seconds.
    """

    limits_jobs = True
    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self,
        *,
        workers: int,
        runner: Runner | None = None,
        folder: Path | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Take the number of processes, and the run's folder if it is known.

        `command` starts a process that calls `augplug._executors.serving.serve`.
        """
        del runner
        self.folder = folder
        if workers < 1:
            raise SettingsError(f"--workers takes a whole number of 1 or more, not {workers}")
        self._count = workers
        self._command = tuple(command)
        self._workers: list[Worker] = []
        self._started: list[Worker] = []
        self._waiting: deque[Job] = deque()
        self._deaths: Counter[int] = Counter()
        self._failed_starts = 0
        self._next_look = 0.0
        self._stopped = False
        self._private = ""
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        """Processes are started when there are jobs for them."""
        try:
            self._private = tempfile.mkdtemp(prefix="augplug-")
        except (OSError, MemoryError) as error:
            raise _cannot_start(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let idle workers leave, kill busy ones, and wait for the end of all."""
        self._drop_busy()
        for worker in self._started:
            worker.close()
        end = time.monotonic() + PATIENCE
        for worker in self._started:
            # A process that an evaluator left behind may hold the pipe open; its listener must not hold us.
            worker.join(end)
            worker.kill()
        self._workers, self._started = [], []
        shutil.rmtree(self._private, ignore_errors=True)

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult | JobDeath]:
        """Yield results and deaths as they come. Raises RunError if workers cannot be started."""
        waiting = self._waiting = deque[Job]()
        self._deaths.clear()
        self.add(list(jobs))
        self._drop_busy()  # with jobs of a run that nobody went on with
        while not self._stopped and (waiting or any(worker.job is not None for worker in self._workers)):
            self._assign(waiting)
            told = self._told(waiting)
            self._look()
            if told is not None:
                yield told

    def add(self, jobs: Sequence[Job]) -> bool:
        """Let the run that goes on have further jobs."""
        self._waiting += jobs
        self._deaths.update({job.id: job.deaths for job in jobs})
        return True

    def stop(self) -> None:
        """End `run`, in whichever thread it is, with jobs left to do; a stopped executor does not run again."""
        self._stopped = True

    def _assign(self, waiting: deque[Job]) -> None:
        """Give a job to every idle worker; start workers while there are fewer than asked for."""
        while waiting:
            idle = next((worker for worker in self._workers if worker.job is None), None)
            if idle is None:
                if len(self._workers) >= self._count:
                    return
                idle = self._start(waiting[0])
            # If the worker died just now its end is an event to come, and the job is run again then.
            idle.take(waiting.popleft(), self.clock())

    def _told(self, waiting: deque[Job]) -> JobResult | JobDeath | None:
        """Wait for what a worker says next, not longer than until the next look."""
        try:
            worker, line = self._events.get(timeout=TICK)
        except queue.Empty:
            return None
        if worker not in self._workers:
            return None
        return self._bury(worker, waiting) if line is None else self._heard(worker, line)

    def _heard(self, worker: Worker, line: str) -> JobResult | None:
        """Take a line of a worker."""
        if line.strip() == READY and not worker.ready:
            worker.ready, worker.since, self._failed_starts = True, self.clock(), 0
            return None
        if worker.reason:  # it is being killed, so what it says now comes too late
            return None
        result = _result(line)
        if worker.job is None or result is None or result.id != worker.job.id:
            worker.end("it wrote a line to the pipe of its results that is not one")
            return None
        job, worker.job = worker.job, None
        if job.memory is not None and exceeded(job, 0, 2 * resident_memory().get(worker.process.pid, 0))[0]:
            # What this evaluator keeps is not to be counted against the next job.
            self._drop(worker)
        return result

    def _drop(self, worker: Worker) -> None:
        """Kill a worker; its end is of no interest."""
        self._workers.remove(worker)
        worker.kill()

    def _drop_busy(self) -> None:
        for worker in [worker for worker in self._workers if worker.job is not None]:
            self._drop(worker)

    def _bury(self, worker: Worker, waiting: deque[Job]) -> JobResult | JobDeath | None:
        """Handle the end of a worker: its job is over, or is run again."""
        self._workers.remove(worker)
        worker.close()
        job, status = worker.job, worker.process.returncode
        if status in (-signal.SIGTERM, -signal.SIGHUP):
            time.sleep(PAUSE)
        if not worker.ready and not worker.limit:
            self._failed_starts += 1
            if self._failed_starts == MOST_DEATHS:
                raise RunError(
                    f"{MOST_DEATHS} workers in a row ended before they could take a job, the last with "
                    f"{_described(status)}; mend what they said, or give fewer --workers, and go on with --resume"
                )
        if job is None:
            return None
        seconds = self.clock() - worker.since
        if worker.limit:
            return JobResult(job.id, None, worker.reason, seconds, limit=worker.limit)
        if worker.ready:
            self._deaths[job.id] += 1
        reason = worker.reason or _described(status)
        if (deaths := self._deaths[job.id]) >= MOST_DEATHS:
            return JobResult(job.id, None, f"its worker ended {deaths} times, last with {reason}", seconds)
        waiting.appendleft(job)
        return JobDeath(job.id, status, reason) if worker.ready else None

    def _look(self) -> None:
        """Kill workers whose jobs take more than they may; say which jobs run long."""
        now = self.clock()
        if now < self._next_look:
            return
        self._next_look = now + TICK
        busy = [(worker, worker.job) for worker in self._workers if worker.job is not None and not worker.reason]
        memory = resident_memory() if any(job.memory is not None for _, job in busy) else {}
        for worker, job in busy:
            seconds = now - worker.since
            worker.limit, reason = exceeded(job, seconds, memory.get(worker.process.pid, 0))
            if worker.limit:
                worker.end(reason)
            elif seconds > LONG and not worker.long:
                worker.long = True
                warnings.warn(
                    f"augplug: {job.label} has run for {LONG / 60:g} minutes; --set trial_minutes= limits that",
                    stacklevel=3,
                )

    def _start(self, job: Job) -> Worker:
        orders = {
            "private": self._private,
            "reading": [str(Path(job.data).parent)],  # a study keeps the data of all its jobs there
            "writing": [] if self.folder is None else [str(self.folder)],
            "say": not self._started,  # of several workers only the first
        }
        told = {"AUGPLUG_CONFINED": json.dumps(orders)}
        environment = {**os.environ, **dict.fromkeys(VARIABLES, "1"), **told}
        try:
            worker = Worker(self._command, environment, self._events)
        except (OSError, MemoryError, RuntimeError) as error:
            raise _cannot_start(error) from error
        self._workers.append(worker)
        self._started.append(worker)
        return worker


def _result(line: str) -> JobResult | None:
    """Return the result that a line is, if it is one."""
    try:
        content = json.loads(line)
        result = JobResult.from_json(content)
    except (ValueError, TypeError, RecursionError):
        return None
    return result if isinstance(content["error"], str) and isinstance(content["seconds"], float | int) else None


def _described(status: int | None) -> str:
    if status is None or status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:  # a signal of real time
        name = "a signal"
    hint = ", often because memory ran out: give fewer --workers" if status == -signal.SIGKILL else ""
    return f"exit status {status} ({name}{hint})"


def _cannot_start(error: BaseException) -> RunError:
    what = str(error) or type(error).__name__
    return RunError(
        f"a worker cannot be started: {what}; give it more (ulimit -n, -u, -v), or give fewer --workers, and go on "
        "with --resume"
    )
