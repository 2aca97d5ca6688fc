"""One process of a tool: its time, its output and its children are bounded, and its environment is what it is given."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO


class ToolError(Exception):
    """A tool that did not do its work; the message is the reason that a report gives."""


@dataclass(frozen=True)
class Limits:
    """How long a tool may take, in seconds, how much it may print on each stream and what memory it has, in bytes."""

    seconds: float = 120.0
    output: int = 32_000_000
    memory: int = 4 * 2**30


@dataclass(frozen=True)
class Output:
    """What a tool said; `status` is its exit status."""

    status: int
    out: str
    err: str


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], limits: Limits) -> Output:
    """Run a command in `folder` with exactly this environment, and end all its processes. Raises ToolError."""
    overdue = []
    with _group(command, folder, environment) as process:
        _bound(process, limits.memory)

        def stop() -> None:
            overdue.append(True)
            _kill(process)

        timer = Timer(limits.seconds, stop)
        timer.start()
        try:
            out, err = _read(process, limits)
            status = process.wait()
        finally:
            timer.cancel()
    if overdue:
        raise ToolError(f"it took longer than {limits.seconds:g} s")
    return Output(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


@contextmanager
def _group(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"it cannot be started: {error}") from error
    with process:
        try:
            yield process
        finally:
            _kill(process)  # also what the tool itself started and left behind


def _bound(process: subprocess.Popen[bytes], memory: int) -> None:
    """Limit the memory that a process writes to, where the system can do it from outside (Linux)."""
    if hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError):  # it has ended
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (memory, memory))


def _read(process: subprocess.Popen[bytes], limits: Limits) -> tuple[bytes, bytes]:
    def drained(stream: IO[bytes]) -> bytes:
        content = stream.read(limits.output + 1)
        if len(content) > limits.output:
            _kill(process)
            raise ToolError(f"it printed more than {limits.output} bytes")
        return content

    streams = [stream for stream in (process.stdout, process.stderr) if stream]
    with ThreadPoolExecutor(len(streams)) as pool:  # side by side: a full pipe would stop the tool
        out, err = pool.map(drained, streams)
    return out, err


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it has ended, and so have its children
        os.killpg(process.pid, signal.SIGKILL)
