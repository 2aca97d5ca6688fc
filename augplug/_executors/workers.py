"""A worker process as its supervisor sees it: a job goes in, lines and an end come out as events."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from augplug._executors.base import Job

Event: TypeAlias = "tuple[Worker, str | None]"
"""A line that a worker wrote; None says that its process has ended."""


class Worker:
    """A process of its own group, with threads that feed and hear it, so that no wait for it holds anybody else.

    `job` is what it has to do, `since` when that began, `ready` whether it has said that it takes jobs, `reason` why it
    was killed (by the `limit` of that name), `long` whether it was said that its job runs long.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], events: queue.SimpleQueue[Event]
    ) -> None:
        """Start it. Raises OSError, MemoryError or RuntimeError if the system refuses a process or a thread."""
        self.job: Job | None = None
        self.since = 0.0
        self.ready = self.long = False
        self.reason = self.limit = ""
        self._events = events
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with  # its supervisor ends it
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",  # a stray line may hold anything
            env=environment,
            start_new_session=True,  # Ctrl-C on the terminal is for the parent, which stops its workers itself
        )
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._feed, self._hear, self._wait)]
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def take(self, job: Job, now: float) -> None:
        """Hand it a job."""
        self.job, self.since, self.long = job, now, False
        self._lines.put(json.dumps(job.to_json()) + "\n")

    def end(self, reason: str) -> None:
        """Kill it for a reason; its end is an event to come."""
        self.reason = reason
        self.kill()

    def kill(self) -> None:
        """Kill it if it lives, and what its evaluator started."""
        if self.process.returncode is None:  # not `poll`: what that finds ended has its number no longer
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Give it no more jobs: it leaves when it is idle."""
        self._lines.put(None)

    def join(self, end: float) -> None:
        """Wait for the end of its threads, not longer than until `end`, of the monotonic clock."""
        for thread in self._threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _feed(self) -> None:
        # `_wait` reports its end; a line that nobody reads any more is of no interest.
        with suppress(BrokenPipeError):
            while (line := self._lines.get()) is not None:
                assert self.process.stdin is not None  # noqa: S101  # it was opened with a pipe
                self.process.stdin.write(line)
                self.process.stdin.flush()
        with suppress(BrokenPipeError):
            assert self.process.stdin is not None  # noqa: S101  # as above
            self.process.stdin.close()

    def _hear(self) -> None:
        assert self.process.stdout is not None  # noqa: S101  # as above
        # A half-written last line of a killed worker is not a result.
        for line in self.process.stdout:
            if line.endswith("\n"):
                self._events.put((self, line))
        self.process.stdout.close()

    def _wait(self) -> None:
        # The process stays a zombie until what it started in its group is killed too: until then its number is its own.
        if hasattr(os, "waitid"):
            with suppress(ChildProcessError, ProcessLookupError, PermissionError):
                os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._events.put((self, None))
