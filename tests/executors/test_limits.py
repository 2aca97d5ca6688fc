"""Jobs that take more than they may, and jobs that take long."""

import itertools
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from augplug._executors import limits
from augplug._executors.base import Job, JobDeath, JobResult
from augplug._executors.processes import Processes
from tests.executors.test_processes import _alive, _is_zombie, data, jobs, waiting_worker
from tests.executors.toys import COMMAND

__all__ = ["data"]  # a fixture

MINUTES = "it took more than 10 minutes, its limit (trial_minutes)"


class Clock:
    """Goes on by 1,000 seconds for each of two looks, once an evaluator has left a file of that name.

    Two: the first may come before the worker is heard to be ready, which is when its time begins.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._now = folder, name, 0.0

    def __call__(self) -> float:
        if self._now < 2000 and any(self._folder.glob(f"{self._name}-*")):
            self._now += 1000
        return self._now


def run_with(clock: Callable[[], float], *given: Job, **changes: Any) -> list[JobResult | JobDeath]:
    todo = [replace(job, **changes) for job in given]
    with Processes(workers=1, command=COMMAND) as running:
        running.clock = clock
        return list(running.run(todo))


@pytest.mark.parametrize("mode", ["wait", "stop itself", "start another"])
def test_a_job_that_takes_too_long_is_ended_and_never_run_again(data: str, tmp_path: Path, mode: str) -> None:
    hung = jobs(data, 1, mode=mode, folder=str(tmp_path))
    told = run_with(Clock(tmp_path, "pid"), *hung, *jobs(data, 2)[1:], minutes=10.0)

    first, second = told
    assert isinstance(first, JobResult)
    assert isinstance(second, JobResult)
    assert (first.reward, first.error, first.limit) == (None, MINUTES, "minutes")
    assert first.seconds >= 1000
    assert (second.error, second.limit) == ("", "")
    pid = waiting_worker(tmp_path)
    assert not _alive(pid) or _is_zombie(pid)
    assert len(list(tmp_path.glob("pid-*"))) == 1


@pytest.mark.parametrize("mode", ["leak", "leak in a child"])
def test_a_job_that_takes_too_much_memory_is_ended(data: str, tmp_path: Path, mode: str) -> None:
    greedy = jobs(data, 1, mode=mode, folder=str(tmp_path))
    first, second = run_with(lambda: next(counted), *greedy, *jobs(data, 2)[1:], memory=400.0)

    assert isinstance(first, JobResult)
    assert isinstance(second, JobResult)
    assert (first.reward, first.limit) == (None, "memory")
    assert first.error.endswith(" MB of memory, and 400 MB is its limit (trial_memory)")
    assert (second.error, second.limit) == ("", "")
    pid = waiting_worker(tmp_path)
    assert not _alive(pid) or _is_zombie(pid)


counted = itertools.count()


def test_what_an_evaluator_keeps_is_not_counted_against_the_next_job(data: str, tmp_path: Path) -> None:
    looks: Counter[int] = Counter()

    def seconds() -> float:
        number = len(list(tmp_path.glob("kept-*")))
        looks[number] += 1
        if looks[number] == 6:  # the memory was looked at since
            (tmp_path / f"seen-{number}").touch()
        return next(counted)

    told = run_with(seconds, *jobs(data, 5, mode="keep", folder=str(tmp_path)), memory=560.0)

    assert [one.error for one in told if isinstance(one, JobResult)] == [""] * 5


def test_a_job_that_takes_long_is_said_once(data: str, tmp_path: Path) -> None:
    clock, looks = Clock(tmp_path, "waiting"), itertools.count()

    def seconds() -> float:
        now = clock()
        if now and next(looks) == 8:
            (tmp_path / "go").touch()
        return now + next(counted) / 1e6

    with pytest.warns(UserWarning, match="has run for") as caught:
        (told,) = run_with(seconds, *jobs(data, 1, mode="wait for go", folder=str(tmp_path)))

    assert isinstance(told, JobResult)
    assert told.error == ""
    (line,) = [str(warning.message) for warning in caught]
    assert line == "augplug: job 0 has run for 10 minutes; --set trial_minutes= limits that"


def test_the_memory_of_a_group_is_that_of_its_processes() -> None:
    mine = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    assert limits.resident_memory()[os.getpgrp()] >= 0.8 * mine
