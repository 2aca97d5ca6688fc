"""The worker's side of the `processes` executor: jobs as JSON lines on stdin, outcomes as JSON lines on stdout."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO, cast

from augplug._executors.base import Job, Runner
from augplug._executors.running import error_text
from augplug.streams import Lenient, hold_streams, tell

READY = '{"ready": true}'
"""The line by which a worker says that it takes jobs."""
GRACE = 1.0
"""Seconds that a busy worker goes on when its parent is gone."""


def serve(make_runner: Callable[[], Runner]) -> None:
    """Answer jobs until stdin ends; then leave, whatever is still running: the parent is gone or wants no more.

    Whatever else writes to stdout in this process reaches stderr, and whatever reads stdin reads nothing, so that no
    print of an evaluator can be taken for an outcome; a print that fails fails no evaluation. Ctrl-C is the parent's to
    handle.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hold_streams()
    jobs_in, outcomes_out = _private_channels()
    jobs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs_in, jobs), daemon=True).start()
    try:
        runner = make_runner()
    except (OSError, MemoryError, ImportError) as error:  # too few descriptors, too little memory
        tell(f"augplug: a worker cannot start: {' '.join(error_text(error).split())}")
        os._exit(1)
    _answer(outcomes_out, READY)
    while (line := jobs.get()) is not None:
        outcome = runner(Job.from_json(json.loads(line)))
        _answer(outcomes_out, json.dumps(outcome.to_json()))


def _answer(outcomes_out: TextIO, line: str) -> None:
    try:
        outcomes_out.write(line + "\n")
        outcomes_out.flush()
    except BrokenPipeError:  # the parent is gone, and this process has nothing to say to anybody else
        os._exit(0)


def _private_channels() -> tuple[TextIO, TextIO]:
    """The process's stdin and stdout under numbers of their own; 0 becomes the null device and 1 becomes stderr."""
    jobs_in = os.fdopen(os.dup(0), encoding="utf-8")
    outcomes_out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr = cast(TextIO, Lenient(sys.stderr))
    return jobs_in, outcomes_out


def _read(jobs_in: TextIO, jobs: queue.SimpleQueue[str | None]) -> None:
    for line in jobs_in:
        jobs.put(line)
    jobs.put(None)
    time.sleep(GRACE)
    # The main thread is in the middle of a long evaluation that nobody waits for.
    os._exit(0)
