"""Trials that several processes train together, and what happens when one of these is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import augplug_torch
import numpy as np
import pytest
from augplug_torch.children import CHECKPOINTS

import augplug
from augplug.testing.evaluators import stripes

POLICY = augplug.policy("hand-made")


def children_of(process: int) -> list[int]:
    """The processes that one started."""
    found = Path(f"/proc/{process}/task").glob("*/children")  # each thread has its own
    return [int(number) for one in found for number in one.read_text("ascii").split()]


def torchruns_of(process: int) -> Iterator[int]:
    """The processes of torchrun that one started."""
    for one in children_of(process):
        if b"torch.distributed.run" in Path(f"/proc/{one}/cmdline").read_bytes():
            yield one


def ranks_of(process: int) -> list[int]:
    """The ranks that torchrun, started by a process, has started."""
    return [rank for one in torchruns_of(process) for rank in children_of(one)]


def killing(times: int, seen: list[float]) -> Callable[[float], None]:
    """A `progress` that kills a rank at the third report of this many attempts."""
    killed: list[int] = []

    def progress(reward: float) -> None:
        seen.append(reward)
        if len(seen) % 3 == 0 and len(killed) < times:
            killed.append(1)
            os.kill(ranks_of(os.getpid())[-1], signal.SIGKILL)

    return progress


def child(processes: int, **settings: object) -> augplug_torch.TorchCNN:
    return augplug_torch.TorchCNN(
        stripes(1), stripes(2), **{"steps": 30, "batch_size": 16, "rate": 0.003, "processes": processes, **settings}
    )


def test_a_killed_rank_ends_the_attempt_and_the_trial_ends_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[float] = []
    whole = child(2).margins(POLICY, seed=5)

    monkeypatch.setenv(CHECKPOINTS, str(tmp_path))
    disturbed = child(2).margins(POLICY, seed=5, progress=killing(1, seen))

    assert disturbed.tobytes() == whole.tobytes()
    assert 9 <= len(seen) <= 9 + 3
    assert sum("attempt 1" in record.getMessage() for record in caplog.records) == 1
    assert not list(tmp_path.iterdir())
    alone = child(1).margins(POLICY, seed=5)
    assert abs(np.mean(whole) - np.mean(alone)) < 0.1


@pytest.mark.heavy
def test_a_trial_whose_ranks_are_killed_each_time_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augplug_torch.ranks.ATTEMPTS", 1)

    with pytest.raises(augplug.RunError, match="a rank was killed in each of 1 attempts"):
        child(2).evaluate(POLICY, seed=5, progress=killing(1, []))


def test_what_a_rank_says_is_told() -> None:
    """A policy whose fill is for RGB, on grey images."""
    turn = augplug.step("Rotate", degrees=30.0, fill=(1.0, 2.0, 3.0))
    with pytest.raises(augplug.RunError, match=r"torch-cnn: a rank failed: ImageError: a fill of 3 numbers"):
        child(2).evaluate(augplug.Policy(turn, "turned"), seed=1)


def test_too_many_processes_are_told_so() -> None:
    with pytest.raises(augplug.SettingsError, match="9 processes need batches of twice as many"):
        child(9).evaluate(POLICY, seed=1)


@pytest.mark.heavy
def test_two_processes_give_the_reward_of_one_within_noise() -> None:
    """Over five seeds: the difference of the means is within two standard errors of it."""
    one, two = (
        np.array([child(count, rate=0.001, steps=60).evaluate(POLICY, seed=seed) for seed in range(5)])
        for count in (1, 2)
    )

    error = np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 5)
    assert abs(one.mean() - two.mean()) <= 2 * error + 1e-3, (one, two)


SEARCH = """
import sys
from augplug.cli import main
sys.exit(main(["search", "random", sys.argv[1], "--out", sys.argv[2], "--evaluator", "torch-cnn", "--trials", "3",
    "--seeds", "1", "--workers", "1", "--set", "steps=30", "--set", "batch_size=8", "--set", "processes=2",
    "--set", "train=24", "--set", "subsets=1", "--set", "significance=1", "--set", "race_cells=2",
    "--set", "finalists=1", "--set", "joined=1"]))
"""


@pytest.mark.heavy
def test_a_search_goes_on_when_ranks_are_killed(tmp_path: Path) -> None:
    data = stripes(1, 90)
    np.savez(tmp_path / "data.npz", x=data.x, y=data.y)
    killed, launched = 0, []
    with subprocess.Popen(
        [sys.executable, "-P", "-c", SEARCH, str(tmp_path / "data.npz"), str(tmp_path / "run")]
    ) as search:
        while search.poll() is None:
            time.sleep(0.5)
            for started in [one for worker in children_of(search.pid) for one in torchruns_of(worker)]:
                ranks = children_of(started)
                if started in launched or not ranks:
                    continue
                launched.append(started)
                if len(launched) % 2 == 1 and killed < 3:  # not the attempt that follows
                    os.kill(ranks[-1], signal.SIGKILL)
                    killed += 1
    assert (search.returncode, killed) == (0, 3)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["algorithm"] == "random"


@pytest.mark.heavy
def test_a_search_that_is_killed_and_resumed_ends_in_the_same_bytes(tmp_path: Path) -> None:
    data = stripes(1, 90)
    np.savez(tmp_path / "data.npz", x=data.x, y=data.y)
    text = SEARCH.replace('"processes=2"', '"processes=1"').replace('"--workers", "1"', '"--workers", "2"')

    def search(out: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-c", text.replace("sys.argv[2],", "sys.argv[2], *sys.argv[3:],")]
        return subprocess.Popen([*command, str(tmp_path / "data.npz"), str(tmp_path / out), *more])

    with search("whole") as whole:
        assert whole.wait() == 0
    with search("cut") as cut:
        journal = tmp_path / "cut" / "journal.jsonl"
        while not journal.exists() or journal.read_bytes().count(b"\n") < 4:
            time.sleep(0.2)
        cut.kill()
    with search("cut", "--resume") as resumed:
        assert resumed.wait() == 0
    for name in ("policy.json", "result.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
