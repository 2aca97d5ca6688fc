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
import subprocess
import sys
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from augplug._evaluators.pinning import VARIABLES
from augplug._executors.base import Executor, Job, JobResult, Runner
from augplug.errors import RunError, SettingsError

# -P: a file numpy.py in the folder one happens to stand in must not become the workers' numpy.
COMMAND = (sys.executable, "-P", "-m", "augplug.confined", "augplug.worker")
PATIENCE = 5.0
"""Seconds that a worker has to leave by itself."""
RETRIES = 5
"""How often a job is run again after its worker died."""


@dataclass(eq=False)
class _Worker:
    """A process, and the job it has."""

    process: subprocess.Popen[str]
    job: Job | None = None

    @property
    def stdin(self) -> IO[str]:
        """Where jobs go."""
        assert self.process.stdin is not None  # noqa: S101  # it was opened with a pipe
        return self.process.stdin

    @property
    def stdout(self) -> IO[str]:
        """Where outcomes come from."""
        assert self.process.stdout is not None  # noqa: S101  # as above
        return self.process.stdout


class Processes(Executor):
    """Runs jobs in `workers` processes, each on one thread. `runner` is not used: workers open their own registry.

    The kernel confines a worker, where it can: `augplug.gate.confinement`.
    """

    def __init__(self, *, workers: int, runner: Runner | None = None, command: Sequence[str] = COMMAND) -> None:
        """Take the number of processes; `command` starts one that calls `augplug._executors.serving.serve`."""
        del runner
        if workers < 1:
            raise SettingsError(f"--workers takes a whole number of 1 or more, not {workers}")
        self._count = workers
        self._command = tuple(command)
        self._workers: list[_Worker] = []
        self._threads: list[threading.Thread] = []
        self._private = ""
        # A line is an outcome; None says that the process has ended.
        self._events: queue.SimpleQueue[tuple[_Worker, str | None]] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        """Processes are started when there are jobs for them."""
        self._private = tempfile.mkdtemp(prefix="augplug-")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let idle workers leave, kill busy ones, and wait for the end of all."""
        workers, self._workers = self._workers, []
        for worker in workers:
            if worker.job is not None:
                _kill(worker.process)
            _close(worker)
        for thread in self._threads:
            # A process that an evaluator left behind may hold the pipe open; its listener must not hold us.
            thread.join(timeout=PATIENCE)
        for worker in workers:
            _kill(worker.process)
        shutil.rmtree(self._private, ignore_errors=True)

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Yield outcomes as they come. Raises RunError when a job's workers died 6 times."""
        waiting = deque(jobs)
        pending = {job.id for job in waiting}
        deaths: Counter[int] = Counter()
        while pending:
            self._assign(waiting)
            worker, line = self._events.get()
            if worker not in self._workers:
                continue
            if line is None:
                self._bury(worker, waiting, deaths)
                continue
            outcome = JobResult.from_json(json.loads(line))
            worker.job = None
            if outcome.id in pending:
                pending.remove(outcome.id)
                yield outcome

    def _assign(self, waiting: deque[Job]) -> None:
        """Give a job to every idle worker; start workers while there are fewer than asked for."""
        while waiting:
            idle = next((worker for worker in self._workers if worker.job is None), None)
            if idle is None:
                if len(self._workers) >= self._count:
                    return
                idle = self._start(waiting[0])
            idle.job = waiting.popleft()
            # When the worker died just now its end is an event to come, and the job is run again then.
            with suppress(BrokenPipeError):
                idle.stdin.write(json.dumps(idle.job.to_json()) + "\n")
                idle.stdin.flush()

    def _bury(self, worker: _Worker, waiting: deque[Job], deaths: Counter[int]) -> None:
        self._workers.remove(worker)
        _close(worker)
        job = worker.job
        if job is None:
            return
        deaths[job.id] += 1
        if deaths[job.id] > RETRIES:
            raise RunError(
                f"{job.label}: its worker ended {deaths[job.id]} times (last with exit status "
                f"{worker.process.returncode}); "
                "a negative status is a signal, -9 often means that memory ran out: give fewer --workers, and go on "
                "with --resume"
            )
        waiting.appendleft(job)

    def _start(self, job: Job) -> _Worker:
        orders = {
            "private": self._private,
            "reading": [str(Path(job.data).parent)],  # a study keeps the data of all its jobs there
            "writing": [] if self.folder is None else [str(self.folder)],
            "say": not self._threads,  # of several workers only the first
        }
        told = {"AUGPLUG_CONFINED": json.dumps(orders)}
        environment = {**os.environ, **dict.fromkeys(VARIABLES, "1"), **told}
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # it ends in __exit__ or in _bury
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,  # Ctrl-C on the terminal is for the parent, which stops its workers itself
        )
        worker = _Worker(process)
        self._workers.append(worker)
        for target in (self._listen, self._wait):
            thread = threading.Thread(target=target, args=(worker,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return worker

    def _listen(self, worker: _Worker) -> None:
        # A half-written last line of a killed worker is no outcome.
        with suppress(ValueError):
            for line in worker.stdout:
                if line.endswith("\n"):
                    self._events.put((worker, line))
        worker.stdout.close()

    def _wait(self, worker: _Worker) -> None:
        worker.process.wait()
        self._events.put((worker, None))


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a worker that lives, and what its evaluator started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _close(worker: _Worker) -> None:
    with suppress(BrokenPipeError):
        worker.stdin.close()
