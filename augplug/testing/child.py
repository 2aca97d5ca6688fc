"""The examination in a process of its own, with limits: for plugins that are not trusted to come back.

The kernel confines the process, where it can, to what the plugin declares: `augplug.gate.confinement`. Elsewhere this
is not a boundary: the process has the user's rights, and a plugin that hangs, dies or prints is not taken for one that
passed, and nothing more. What the audit hook reports is a hint; code that wants to can go around it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import augplug
from augplug.gate.runtime import declared
from augplug.testing.base import Outcome
from augplug.testing.elsewhere import OTHERS, SEED

_PYTHON = (sys.executable, "-P", "-B", "-m", "augplug.confined")
_KILLED = 2.0
"""Seconds in which a killed process is gone."""
_SAID = 400
"""How much of what the process said last is shown."""


@dataclass(frozen=True)
class Examination:
    """What a child found. With a `failure` the plugin is *not examined*, whatever else is here: it did not pass.

    `findings` are events of the plugin's that an audit hook saw: network, processes, files opened for writing.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    failure: str = ""
    opaque: list[str] = field(default_factory=list)
    """The operations that describe an `Opaque`."""

    @property
    def passed(self) -> bool:
        """Return True if there are outcomes and none of them failed."""
        return not self.failure and bool(self.outcomes) and all(one.state != "failed" for one in self.outcomes)


def examine_in_child(
    folder: Path | str, modules: Sequence[str], *, seconds: float = 600, megabytes: int = 4096
) -> Examination:
    """Examine `modules`, importable from `folder`, in a child process with a clean environment and a folder of its own.

    The child has at most `seconds` of CPU time and twice that by the clock, and `megabytes` of address space; each of
    its processes has, and they are killed together at the end. Its report comes through an open file without a name,
    which no print of the plugin can garble. What a plugin does in another process is asked of processes that are
    started here, since a confined one can start none.
    """
    path = str(Path(folder).resolve())
    capabilities = sorted(declared(f"{path}/{module.partition('.')[0]}" for module in modules))
    with tempfile.TemporaryDirectory(prefix="augplug-") as home, tempfile.TemporaryFile() as report:
        orders = {"private": home, "reading": [path], "capabilities": capabilities}
        environment = {**_environment(home), "AUGPLUG_CONFINED": json.dumps(orders)}
        limits = ["--report", str(report.fileno()), "--seconds", str(seconds), "--megabytes", str(megabytes)]
        command = [*_PYTHON, "augplug.testing", *modules, "--path", path, *limits]
        asked = () if "process" in capabilities else modules
        with tempfile.TemporaryFile() as said, _elsewhere(asked, environment, seconds, megabytes) as others:
            told = {**environment, OTHERS: json.dumps(others)}
            status = _run(command, told, [report.fileno(), *itertools.chain(*others.values())], said, seconds)
            last = _tail(said)
        if isinstance(status, str):
            return Examination(failure=f"{status}; it said last: {last}")
        report.seek(0)
        return _read(report.read(), status, last)


def _environment(home: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(augplug.__file__).resolve().parents[1]),
        "OPENBLAS_NUM_THREADS": "2",  # each of its threads reserves address space
    }


@contextlib.contextmanager
def _elsewhere(
    modules: Sequence[str], environment: dict[str, str], seconds: float, megabytes: int
) -> Iterator[dict[str, tuple[int, int]]]:
    """Start a process for each module, which waits for a question; yield the ends to ask and to hear it by."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in modules:
            started[name] = subprocess.Popen(
                [*_PYTHON, "augplug.testing.elsewhere", name],
                cwd=environment["HOME"],
                env={**environment, "PYTHONHASHSEED": SEED},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            _limit(started[name].pid, seconds, megabytes)
        yield {name: (_number(one.stdin), _number(one.stdout)) for name, one in started.items()}
    finally:
        for one in started.values():
            _kill_group(one)
            one.communicate()


def _number(end: IO[bytes] | None) -> int:
    assert end is not None  # noqa: S101  # both ends are pipes
    return end.fileno()


def _limit(process: int, seconds: float, megabytes: int) -> None:
    """Give another process the limits that the child gives itself, where the system can."""
    if hasattr(resource, "prlimit"):
        whole = max(1, round(seconds))
        resource.prlimit(process, resource.RLIMIT_CPU, (whole, whole + 1))
        resource.prlimit(process, resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _run(
    command: list[str], environment: dict[str, str], channels: Sequence[int], said: IO[bytes], seconds: float
) -> int | str:
    """Return the exit status, or why there is none."""
    # pylint: disable-next=consider-using-with  # it is killed below, with its children
    child = subprocess.Popen(
        command,
        cwd=environment["HOME"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        pass_fds=channels,
        start_new_session=True,
    )
    try:
        return child.wait(timeout=2 * seconds)
    except subprocess.TimeoutExpired:
        return f"it was not done after {2 * seconds:g} s"
    finally:
        _kill_group(child)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # also when it is done: what it started may be left
    child.wait(timeout=_KILLED)


def _tail(said: IO[bytes]) -> str:
    said.seek(0, os.SEEK_END)
    said.seek(max(0, said.tell() - _SAID))
    return " / ".join(said.read().decode("utf-8", "replace").split("\n")).strip(" /") or "nothing"


def _read(text: bytes, status: int, last: str) -> Examination:
    """Return what a report says; a failure where there is no whole report, or the status does not fit it."""
    if status < 0:
        return Examination(failure=f"it was killed by {signal.Signals(-status).name}; it said last: {last}")
    try:
        document: dict[str, Any] = json.loads(text)
        outcomes = [Outcome(**one) for one in document["outcomes"]]
        findings = [str(one) for one in document["findings"]]
        failure = str(document["failure"])
        opaque = [str(one) for one in document["opaque"]]
    except (ValueError, TypeError, KeyError):
        return Examination(failure=f"it ended with status {status} and no report; it said last: {last}")
    expected = 2 if failure else int(any(one.state == "failed" for one in outcomes))
    if status != expected:
        return Examination(failure=f"its report does not fit its status {status}; it said last: {last}")
    if not failure and not outcomes:
        return Examination(failure="its report is empty")
    return Examination(outcomes, findings, failure, opaque)
