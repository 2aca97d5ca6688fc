"""What a job takes, seen from outside its worker: time, and the memory of the worker's process group."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from augplug._executors.base import Job

MB = 2**20
_GROUP, _RESIDENT = 2, 21
"""Places of the process group and of the resident pages in /proc/PID/stat, counted after the command (man 5 proc)."""


def resident_memory() -> dict[int, int]:
    """Return the bytes of resident memory of each process group. Empty if the system has no /proc."""
    page, found = os.sysconf("SC_PAGE_SIZE"), dict[int, int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # the process has just ended
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
            group = int(fields[_GROUP])
            found[group] = found.get(group, 0) + page * int(fields[_RESIDENT])
    return found


def exceeded(job: Job, seconds: float, memory: int) -> tuple[str, str]:
    """Return the limit of the job that is exceeded and an error that says so; two empty texts if none is."""
    if job.minutes is not None and seconds > 60 * job.minutes:
        return "minutes", f"it took more than {job.minutes:g} minutes, its limit (trial_minutes)"
    if job.memory is not None and memory > MB * job.memory:
        return "memory", f"it took {memory / MB:.0f} MB of memory, and {job.memory:g} MB is its limit (trial_memory)"
    return "", ""
