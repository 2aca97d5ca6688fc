"""The search's side: one job for each thread of a Dask worker, and what has ended is taken home at once.

Dask itself would run the job of a dead worker again, on any other, up to four times, and count it against whatever
waited there. Here each job is bound to one worker, so that each death is known, and counted as augplug counts.
"""

from __future__ import annotations

import hashlib
import os
import queue
import socket
import time
import warnings
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import augplug
from augplug_dask.connecting import connect
from augplug_dask.working import receive, stop, work

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

TICK = 1.0
"""Seconds between two looks at which workers there are."""
PATIENCE = 30.0
"""Seconds that a result may take from its worker to here."""
LONG = 60.0
"""Seconds without any worker after which that is said."""


class Dask(augplug.Executor):
    """Runs jobs on the Dask cluster that AUGPLUG_DASK names, at most `workers` at a time. `runner` is not used.

    AUGPLUG_DASK is the scheduler's address or its file; without it Dask's own DASK_SCHEDULER_ADDRESS holds; without
    both, the jobs run on this machine.
    """

    limits_jobs = True

    def __init__(self, *, workers: int, runner: object = None) -> None:
        """Take the number of jobs at a time."""
        del runner
        if workers < 1:
            raise augplug.SettingsError(f"--workers takes a whole number of 1 or more, not {workers}")
        self._count = workers
        self._client: Client
        self._cluster: LocalCluster | None = None
        self._threads: dict[str, int] = {}
        self._waiting: deque[augplug.Job] = deque()
        self._data: dict[str, tuple[str, bytes]] = {}
        self._sent: set[tuple[str, str]] = set()
        self._running: dict[Future, tuple[augplug.Job, str, float]] = {}
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._next_look = self._alone_until = 0.0
        self._run = ""

    def __enter__(self) -> Self:
        """Connect, and stop what a killed session of this run left behind. Raises RunError."""
        self._run = f"{socket.gethostname()}:{os.urandom(8).hex() if self.folder is None else self.folder.absolute()}"
        self._client, self._cluster = connect(self._count)
        self._stop()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every job of this run, on every worker."""
        self._stop()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def run(self, jobs: Iterable[augplug.Job]) -> Iterator[augplug.JobResult | augplug.JobDeath]:
        """Yield results and deaths as they come. Raises RunError if the scheduler is gone, or a worker of no use."""
        if self._running:  # of a run that nobody went on with
            self._stop()
        self._waiting = deque(jobs)
        try:
            yield from self._ran(self._waiting)
        except Exception as error:
            if self._client.status == "running" and not isinstance(error, OSError):
                raise
            raise augplug.RunError(f"the Dask scheduler is gone: {error}; go on with --resume") from error

    def add(self, jobs: Sequence[augplug.Job]) -> bool:
        """Let the run that goes on have further jobs."""
        self._waiting += jobs
        return True

    def _ran(self, waiting: deque[augplug.Job]) -> Iterator[augplug.JobResult | augplug.JobDeath]:
        while waiting or self._running:
            self._look()
            self._assign(waiting)
            for future in self._over():
                job, address, began = self._running.pop(future)
                told = self._told(future, job, address, time.monotonic() - began)
                if isinstance(told, augplug.JobDeath):
                    waiting.appendleft(replace(job, deaths=job.deaths + 1))
                yield told

    def _look(self) -> None:
        """Ask from time to time which workers there are."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + TICK
        self._threads = self._client.nthreads()
        self._sent = {(address, name) for address, name in self._sent if address in self._threads}
        if self._threads or not self._alone_until:
            self._alone_until = now + LONG
        elif now > self._alone_until:
            self._alone_until = float("inf")
            warnings.warn("augplug: the Dask scheduler has no workers; the search waits for some", stacklevel=3)

    def _assign(self, waiting: deque[augplug.Job]) -> None:
        """Give a job to every thread of a worker that has none; first to the workers that have fewest."""
        if not waiting:
            return
        busy = Counter(address for _, address, _ in self._running.values())
        idle = sorted((n, address) for address, count in self._threads.items() for n in range(busy[address], count))
        chosen = [address for _, address in idle[: min(len(waiting), self._count - len(self._running))]]
        given = [(waiting.popleft(), address) for address in chosen]
        for path in dict.fromkeys(job.data for job, _ in given):
            self._send(path, [address for job, address in given if job.data == path])
        for job, address in given:
            document = replace(job, data=self._data[job.data][0]).to_json()
            # A key of its own: Dask takes two tasks of one key for the same.
            key = f"augplug-{os.urandom(8).hex()}"
            future = self._client.submit(work, self._run, document, key=key, workers=[address])
            self._running[future] = job, address, time.monotonic()
            future.add_done_callback(self._ended.put)

    def _send(self, path: str, addresses: list[str]) -> None:
        """Give the data of jobs to workers that have none: nobody needs a file system that all of them see."""
        if path not in self._data:
            content = Path(path).read_bytes()
            self._data[path] = f"{hashlib.sha256(content).hexdigest()}.npz", content
        name, content = self._data[path]
        lacking = [address for address in addresses if (address, name) not in self._sent]
        if not lacking:
            return
        writes = "" if self.folder is None else str(self.folder.absolute())
        answers = self._client.run(receive, self._run, writes, name, content, workers=lacking, on_error="return")
        for address, answer in answers.items():
            # A worker that is gone by now is noticed when its job is missed.
            if isinstance(answer, Exception) and not isinstance(answer, OSError):
                raise augplug.RunError(
                    f"the Dask worker {address} cannot take jobs: {type(answer).__name__}: {answer}; each worker needs "
                    "augplug-dask, and what else the search uses, in the versions of this machine"
                )
        self._sent |= {(address, name) for address in lacking}

    def _over(self) -> Iterator[Future]:
        """Wait for the next future that ends; then yield it, and those whose worker is gone."""
        with suppress(queue.Empty):
            ended = self._ended.get(timeout=TICK)
            if ended in self._running:
                yield ended
        yield from [future for future, (_, address, _) in self._running.items() if address not in self._threads]

    def _told(
        self, future: Future, job: augplug.Job, address: str, seconds: float
    ) -> augplug.JobResult | augplug.JobDeath:
        """Take home what became of a job."""
        status, reason = None, f"the Dask worker {address} is gone"
        if future.done():
            try:
                told = future.result(timeout=PATIENCE)
            except augplug.AugplugError:
                raise
            except Exception as error:  # noqa: BLE001  # Dask has many words for a worker that ended
                reason = f"{type(error).__name__}: {error}"
                self._client.nthreads()  # raises if it is the scheduler that is gone
            else:
                if "result" in told:
                    return augplug.JobResult.from_json(told["result"])
                status, reason = told["status"], told["reason"]
        future.cancel()
        self._sent = {pair for pair in self._sent if pair[0] != address}
        deaths = job.deaths + 1
        if deaths < augplug.MOST_DEATHS:
            return augplug.JobDeath(job.id, status, reason)
        return augplug.JobResult(job.id, None, f"its worker ended {deaths} times, last with {reason}", seconds)

    def _stop(self) -> None:
        """End everything of this run, on every worker."""
        if self._client.status == "running":
            with suppress(OSError):  # a scheduler that is gone has no workers to stop
                self._client.cancel(list(self._running))
                self._client.run(stop, self._run, on_error="ignore")
        self._running.clear()
        self._sent.clear()
