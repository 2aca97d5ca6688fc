"""An evaluator that does harm in chosen evaluations; run as a script, a worker process that knows it."""

import math
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augplug import api
from augplug._evaluators.base import Evaluator
from augplug._executors.running import JobRunner
from augplug._executors.serving import serve
from augplug._policies.grammar import Policy
from augplug.data.sets import Labelled
from tests.executors.toys import Toy, results_pipe

COMMAND = (sys.executable, __file__)
MB = 2**20
KEPT: list[bytes] = []


@dataclass(frozen=True)
class Harm:
    """What is done, and the folder in which a file `DIGEST-SEED` means each evaluation in which it is done."""

    harm: str = ""
    folder: str = ""


class Poisoned(Evaluator):
    """The toy, but for the evaluations that are poisoned."""

    Settings = Harm

    def __init__(self, train: Labelled, valid: Labelled, **settings: Any) -> None:
        self.settings = Harm(**settings)
        self._toy = Toy(train, valid)

    def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> Any:
        mark = Path(self.settings.folder) / poison(policy.digest.hex()[:16], seed)
        reward = self._toy.evaluate(policy, seed=seed)
        return HARMS[self.settings.harm](mark, reward) if mark.exists() else reward


def poison(digest: str, seed: int) -> str:
    """The name of the file that poisons the evaluation of a policy under a seed."""
    return f"{digest}-{seed}"


def _fail(_mark: Path, _reward: float) -> None:
    raise ValueError("no\nluck")


def _raise_50_mb(_mark: Path, _reward: float) -> None:
    raise ValueError("x" * 50_000_000)


def _hang(mark: Path, _reward: float) -> None:
    (mark.parent / f"hung-{mark.name}").touch()
    signal.pause()


def _leak(_mark: Path, _reward: float) -> None:
    KEPT.append(b"x" * (600 * MB))
    signal.pause()


def _print(_mark: Path, reward: float) -> float:
    for _ in range(1000):
        sys.stdout.write('{"id": 0, "reward": 1.0}\n' * 40)
        os.write(1, b'{"id": 0, "reward": 1.0}\n' * 40)
    return reward


def _write_to_the_pipe(_mark: Path, _reward: float) -> None:
    os.write(results_pipe(), b"hello\n")
    signal.pause()


HARMS: dict[str, Callable[[Path, float], Any]] = {
    "": lambda _mark, reward: reward,
    "NaN": lambda _mark, _reward: math.nan,
    "None": lambda _mark, _reward: None,
    "1.5": lambda _mark, _reward: 1.5,
    "raise": _fail,
    "sys.exit": lambda _mark, _reward: sys.exit(3),
    "50 MB of error": _raise_50_mb,
    "print": _print,
    "os._exit": lambda _mark, _reward: os._exit(7),
    "segmentation fault": lambda _mark, _reward: os.kill(os.getpid(), signal.SIGSEGV),
    "kill": lambda _mark, _reward: os.kill(os.getpid(), signal.SIGKILL),
    "stray line": _write_to_the_pipe,
    "hang": _hang,
    "leak": _leak,
}


def make_runner() -> JobRunner:
    """What a worker runs jobs with."""
    return JobRunner({"poisoned": Poisoned}, api.operations())


if __name__ == "__main__":
    serve(make_runner)
