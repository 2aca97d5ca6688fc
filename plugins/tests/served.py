"""`augplug serve` as a process of its own, on the loopback, and clients that say exactly what they are told."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import numpy as np

NOISE = np.random.default_rng(0).integers(0, 256, (24, 31, 3), dtype=np.uint8)
"""A picture."""
MAIN = "import sys; from augplug.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Reply:
    """An answer; names of headers are in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Served:
    """A server that runs: its process, its address, and the file of what it says on standard error."""

    process: subprocess.Popen[str]
    host: str
    port: int
    log: Path
    line: str

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"

    def connect(self) -> socket.socket:
        """A connection; it gives up after a minute."""
        return socket.create_connection((self.host, self.port), timeout=60)

    def send(self, request: bytes) -> Reply:
        """The one answer to a request as it stands."""
        with self.connect() as connection:
            connection.sendall(request)
            return reply_of(connection)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """The answer to GET, or to POST with a body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://{self.address}{path}", body, named)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Reply(answer.status, answer.read(), _small(answer.headers.items()))
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read(), _small(error.headers.items()))

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 if it is not there yet."""
        text = self.ask("/metrics").body.decode()
        return sum(
            float(found) for found in re.findall(rf"^augplug_serve_{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
        )

    def resident(self) -> int:
        """Bytes of memory that the process holds."""
        text = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", text)[0]) * 1024

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(90)


def reply_of(connection: socket.socket) -> Reply:
    """Read one answer from a connection."""
    answer = HTTPResponse(connection)
    answer.begin()
    return Reply(answer.status, answer.read(), _small(answer.getheaders()))


def _small(pairs: object) -> dict[str, str]:
    return {name.lower(): value for name, value in dict(pairs).items()}  # type: ignore[call-overload]  # pairs of texts


@contextmanager
def served(folder: Path, *options: str, command: str = "serve") -> Iterator[Served]:
    """Run a command that serves on a free port, and end it; whatever was asked of it, it logs no traceback."""
    log = folder / f"{command}.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", MAIN, *command.split(), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://(\S+?):(\d+)", line)
            assert found, log.read_text("utf-8")
            yield Served(process, found[1], int(found[2]), log, line)
        finally:
            if process.poll() is None:
                process.terminate()
            status = process.wait(90)
    assert status == 0
    assert "Traceback" not in log.read_text("utf-8")
