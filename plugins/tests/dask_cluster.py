"""A Dask cluster of processes on 127.0.0.1, a child model that misbehaves on it, and searches by it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
EVALUATOR = '''
import hashlib, os, time
from dataclasses import dataclass

import augplug


@dataclass(frozen=True)
class Settings:
    """`seconds` are slept; the policy whose digest begins so `ends` the process, or `tells` a variable as its error."""

    seconds: float = 0.0
    ends: str = "-"
    tells: str = ""


class Toy(augplug.Evaluator):
    """A reward from a hash."""

    Settings = Settings

    def __init__(self, train, valid, **settings):
        augplug.check_known("toy", settings, Settings)
        self.settings = Settings(**settings)

    def evaluate(self, policy, *, seed, budget=None, progress=None):
        digest = policy.digest.hex()
        if self.settings.tells:
            raise ValueError(repr(os.environ.get(self.settings.tells)))
        if digest.startswith(self.settings.ends):
            os._exit(7)
        time.sleep(self.settings.seconds)
        return hashlib.sha256(f"{digest}{seed}".encode()).digest()[0] / 255


@augplug.hookimpl
def augplug_evaluators():
    return {"dask-toy": Toy}
'''
SEARCH = """
import json, sys, warnings
import augplug
from augplug.testing.evaluators import stripes

warnings.simplefilter("ignore")
augplug.search("random", stripes(1, 90), evaluator="dask-toy", **json.loads(sys.argv[1]))
"""
SETTINGS = {"finalists": 2, "train": 12, "subsets": 1, "race_cells": 4, "significance": 1}


class Cluster:
    """A scheduler and workers as processes of their own, which find the child model `dask-toy`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = contextlib.ExitStack()
        self._count = 0
        _install(folder / "site")
        # A worker imports the test whose function it is to call.
        paths = [str(folder / "site"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "AUGPLUG_DASK": str(self.file)}
        self.scheduler: subprocess.Popen[bytes]

    @property
    def file(self) -> Path:
        """Where the scheduler says its address."""
        return self._folder / "scheduler.json"

    def __enter__(self) -> Self:
        port = ("--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        self.scheduler = self._start("scheduler", *port)
        while not self.file.exists():
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started.close()

    def worker(self, **variables: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, which nobody starts again."""
        more = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self._folder))
        return self._start("worker", "--scheduler-file", str(self.file), *more, **variables)

    def _start(self, kind: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        self._count += 1
        log = self._started.enter_context((self._folder / f"{kind}-{self._count}.log").open("wb"))
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--host", "127.0.0.1", *arguments]
        environment = {**self.environment, **variables}
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # the stack ends it
            command, env=environment, stdout=log, stderr=log, cwd=self._folder
        )
        self._started.callback(process.wait)
        self._started.callback(process.kill)
        return process

    @contextlib.contextmanager
    def search(self, out: Path, **arguments: Any) -> Iterator[subprocess.Popen[str]]:
        """Start a search in a process of its own; it is killed if the block ends before it."""
        chosen = {"out": str(out), "executor": "dask", **arguments}
        chosen["settings"] = {**SETTINGS, **chosen.get("settings", {})}
        command = [sys.executable, "-c", SEARCH, json.dumps(chosen)]
        with subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def finish(self, out: Path, **arguments: Any) -> None:
        """Run a search, or the rest of it, to its end."""
        with self.search(out, **arguments) as process:
            _, said = process.communicate(timeout=500)
            assert process.returncode == 0, said


def wait_for_trials(run: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a search has this many trials."""
    journal = run / "journal.jsonl"
    while not journal.exists() or journal.read_text("utf-8").count('"kind": "trial"') < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def results(run: Path) -> Mapping[str, bytes]:
    """What a search is to leave, to the byte."""
    return {name: (run / name).read_bytes() for name in ("policy.json", "result.json")}


def kill(process: subprocess.Popen[Any]) -> None:
    """Kill a process, and wait for its end."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def _install(site: Path) -> None:
    """Put the evaluator's distribution into a folder, as an installer would."""
    info = site / "dask_toy-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "dask_toy.py").write_text(EVALUATOR)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dask-toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[augplug]\ndask-toy = dask_toy\n")
