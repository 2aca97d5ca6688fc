"""Evaluators that behave, and some that do not; run as a script, a worker process that knows them."""

import fcntl
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augplug import api
from augplug._evaluators.base import Evaluator
from augplug._executors.running import JobRunner
from augplug._executors.serving import serve
from augplug._policies.grammar import Policy
from augplug._search import baselines
from augplug.data.sets import Labelled, digest
from augplug.errors import SettingsError


@dataclass(frozen=True)
class ToySettings:
    """`mode` says what goes wrong, `folder` where notes are kept, `gift` what a policy gains over no augmentation.

    A policy `reports` so often on its way, each time nearer to its reward.
    """

    mode: str = ""
    folder: str = ""
    gift: float = 0.2
    times: int = 1
    reports: int = 0

    def __post_init__(self) -> None:
        if not -0.4 <= self.gift <= 0.4:
            raise SettingsError(f"toy: gift is a number in -0.4..0.4, not {self.gift}")


SIMPLE, PUBLISHED = baselines.simple(api.operations()), baselines.published_ones(api.operations())
PLAIN = frozenset(
    policy.digest
    for policies in (SIMPLE, PUBLISHED, baselines.flipped(api.operations(), PUBLISHED))
    for policy in policies.values()
)
"""The baselines, which gain nothing and never fail unless everything does."""


class Toy(Evaluator):
    """A reward from a hash of everything that a reward may depend on, and from nothing else."""

    Settings = ToySettings

    def __init__(self, train: Labelled, valid: Labelled, **settings: Any) -> None:
        self.settings = ToySettings(**settings)
        self.seen = f"{digest(train)}{digest(valid)}"

    def evaluate(
        self,
        policy: Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> float:
        plain = policy.digest in PLAIN
        if self.settings.mode:
            MODES[self.settings.mode](self, policy, seed)
        key = hashlib.sha256(f"{policy.digest.hex()}{seed}{self.seen}".encode()).digest()
        reward = 0.5 + (0 if plain else self.settings.gift) + (key[0] + 256 * key[1]) / 65536 / 20
        for number in range(self.settings.reports):
            if progress is not None:
                progress(reward - 0.1 / (number + 1))
        return reward

    def note(self, name: str) -> int:
        """Leave a note; how many of that name there are now."""
        folder = Path(self.settings.folder)
        count = len(list(folder.glob(f"{name}-*")))
        (folder / f"{name}-{count}").touch()
        return count + 1


def _fail_sometimes(_toy: Toy, policy: Policy, _seed: int) -> None:
    if policy.digest not in PLAIN and policy.digest[0] % 2:
        raise ValueError("no luck")


def _fail_on_policies(_toy: Toy, policy: Policy, _seed: int) -> None:
    if policy.digest not in PLAIN:
        raise ValueError("never")


def _fail_later(toy: Toy, policy: Policy, _seed: int) -> None:
    if policy.digest not in PLAIN and policy.digest[0] % 2 and toy.note(policy.digest.hex()) > toy.settings.times:
        raise ValueError("no luck any more")


def _fail_always(_toy: Toy, _policy: Policy, _seed: int) -> None:
    raise ValueError("not even that")


def _die_sometimes(toy: Toy, _policy: Policy, seed: int) -> None:
    if seed % 3 == 0 and toy.note(f"death-{seed}") <= toy.settings.times:
        os.kill(os.getpid(), signal.SIGKILL)


def results_pipe() -> int:
    """The number of the pipe that this worker's results go through: the one for writing beside the standard streams."""
    for entry in Path("/proc/self/fd").iterdir():
        number = int(entry.name)
        with suppress(OSError):  # what lists the folder is gone by then
            kind = os.fstat(number).st_mode
            if number > 2 and stat.S_ISFIFO(kind) and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_WRONLY:
                return number
    raise LookupError("no pipe of results")


def _write_to_the_pipe(toy: Toy, _policy: Policy, seed: int) -> None:
    if toy.note(f"stray-{seed}") <= toy.settings.times:
        os.write(results_pipe(), b"hello\n")
        signal.pause()


def _write_bytes_to_the_pipe(toy: Toy, _policy: Policy, seed: int) -> None:
    if toy.note(f"stray-{seed}") <= toy.settings.times:
        os.write(results_pipe(), b"\xff\x00[1")  # goes on in the line of the result


def _write_a_result_to_the_pipe(toy: Toy, _policy: Policy, seed: int) -> None:
    if toy.note(f"stray-{seed}") <= toy.settings.times:
        os.write(results_pipe(), json.dumps({"id": 7, "reward": 1.0, "error": "", "seconds": 0}).encode() + b"\n")
        signal.pause()


def _talk(_toy: Toy, _policy: Policy, seed: int) -> None:
    sys.stdout.write('{"id": 0, "reward": 1.0, "error": "", "seconds": 0}\n')
    os.write(1, json.dumps({"id": seed, "reward": 1.0}).encode() + b"\n")
    if sys.stdin.read():
        raise ValueError("an evaluator read a job")


def _wait(toy: Toy, _policy: Policy, _seed: int) -> None:
    toy.note(f"pid-{os.getpid()}")
    signal.pause()


def _wait_for_go(toy: Toy, _policy: Policy, _seed: int) -> None:
    toy.note("waiting")
    while not (Path(toy.settings.folder) / "go").exists():
        time.sleep(0.01)


def _stop_itself(toy: Toy, _policy: Policy, _seed: int) -> None:
    toy.note(f"pid-{os.getpid()}")
    os.kill(os.getpid(), signal.SIGSTOP)


KEPT: list[bytes] = []
MB = 2**20


def _keep(toy: Toy, _policy: Policy, _seed: int) -> None:
    KEPT.append(b"x" * (120 * MB))
    number = toy.note("kept")
    while not (Path(toy.settings.folder) / f"seen-{number}").exists():
        time.sleep(0.01)


def _leak(toy: Toy, _policy: Policy, _seed: int) -> None:
    toy.note(f"pid-{os.getpid()}")
    KEPT.append(b"x" * (600 * MB))
    signal.pause()


def _leak_in_a_child(toy: Toy, _policy: Policy, _seed: int) -> None:
    toy.note(f"pid-{os.getpid()}")
    code = f"import time; kept = b'x' * {600 * MB}; time.sleep(600)"
    subprocess.run((sys.executable, "-c", code), check=True)


def _start_another(toy: Toy, _policy: Policy, _seed: int) -> None:
    child = subprocess.Popen(("sleep", "600"))  # pylint: disable=consider-using-with  # it is meant to be left behind
    toy.note(f"pid-{child.pid}")
    signal.pause()


def _spy(toy: Toy, policy: Policy, _seed: int) -> None:
    (Path(toy.settings.folder) / f"{policy.name}-{toy.seen}").touch()


def _count_threads(_toy: Toy, _policy: Policy, _seed: int) -> None:
    import cv2  # here, as a backend does it: in the middle of a job

    if cv2.getNumThreads() != 1:
        raise ValueError(f"OpenCV has {cv2.getNumThreads()} threads")


MODES: dict[str, Callable[[Toy, Policy, int], None]] = {
    "fail sometimes": _fail_sometimes,
    "fail on policies": _fail_on_policies,
    "fail later": _fail_later,
    "fail always": _fail_always,
    "die sometimes": _die_sometimes,
    "talk": _talk,
    "write to the pipe": _write_to_the_pipe,
    "write bytes to the pipe": _write_bytes_to_the_pipe,
    "write a result to the pipe": _write_a_result_to_the_pipe,
    "wait": _wait,
    "wait for go": _wait_for_go,
    "stop itself": _stop_itself,
    "keep": _keep,
    "leak": _leak,
    "leak in a child": _leak_in_a_child,
    "spy": _spy,
    "start another": _start_another,
    "count threads": _count_threads,
}

COMMAND = (sys.executable, __file__)


def make_runner() -> JobRunner:
    """What `augplug.worker` makes, with the toys instead of the registry's evaluators."""
    return JobRunner({"toy": Toy, **api.evaluators()}, api.operations())


def images(count: int = 60, classes: int = 3, seed: int = 0) -> Labelled:
    """Small grey random images, as many of each class."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (count, 6, 6), dtype=np.uint8)
    return Labelled(x, np.arange(count, dtype=np.int64) % classes, tuple("abcdefghij"[:classes]))


def no_memory() -> JobRunner:
    """What `make_runner` does where there is too little of it."""
    raise MemoryError("Unable to allocate 72 TiB")


if __name__ == "__main__":
    serve(no_memory if "no memory" in sys.argv else make_runner)
