"""What the tests of the observers share: a small search, one that is killed, and the numbers of a journal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import augplug
from augplug.testing.evaluators import stripes

SETTINGS = {"batch": 2, "finalists": 2, "copies": 2, "train": 12, "subsets": 1, "race_cells": 4, "significance": 1}
_KILLED = """
import json, os, signal, sys
import augplug
from augplug.testing.evaluators import stripes

def kill(record):
    if record["kind"] == "trial" and record["number"] == 3:
        os.kill(os.getpid(), signal.SIGKILL)

augplug.search(
    "random", stripes(1, 90), out=sys.argv[1], trials=6, executor="inline", settings=json.loads(sys.argv[2]),
    observe=[sys.argv[3], kill],
)
"""


def search(out: Path, *observers: Any, settings: Mapping[str, Any] = SETTINGS, trials: int = 6, **more: Any) -> Any:
    """Run a search of seconds that observers watch."""
    data = stripes(1, 90)
    return augplug.search(
        "random", data, out=out, observe=observers, settings=settings, trials=trials, executor="inline", **more
    )


def search_and_kill(out: Path, observer: str) -> None:
    """Run the same search in another process, which is killed at its fourth trial."""
    command = [sys.executable, "-c", _KILLED, str(out), json.dumps(SETTINGS), observer]
    ended = subprocess.run(command, check=False, timeout=300)
    assert ended.returncode == -signal.SIGKILL
    assert any(record["kind"] == "trial" for record in journal(out))
    assert not (out / "policy.json").exists()


def journal(run: Path) -> list[dict[str, Any]]:
    """Return the records of a run."""
    return [json.loads(line) for line in (run / "journal.jsonl").read_text("utf-8").splitlines()]


def expected(records: list[dict[str, Any]]) -> Iterator[tuple[str, int, float]]:
    """Yield name, step and value of everything that a tracker should show of these records."""
    trials, best = 0, 0.0
    for record in records:
        match record:
            case {"kind": "evaluation", "reward": float() as reward}:
                yield "evaluations/reward", record["n"], reward
                yield "evaluations/seconds", record["n"], record["seconds"]
            case {"kind": "baseline"}:
                yield f"baselines/{record['name']}", 0, record["reward"]
            case {"kind": "trial"}:
                trials, best = trials + 1, max(best, record["reward"])
                yield "trials/reward", record["number"], record["reward"]
                yield "trials/best", record["number"], best
            case {"kind": "race"}:
                for entrant in record["entrants"]:
                    yield f"race/{entrant['name']}", trials, fmean(entrant["rewards"])
            case {"kind": "comparison"}:
                yield f"test-score/{record['policy']}", trials, record["accuracy"]


def check_provided(observer: str, library: str) -> None:
    """Check that a plugin is loaded, that it provides its observer, and that augmenting does not import its library."""
    assert observer in augplug.observers()
    (row,) = [row for row in augplug.plugins() if row.distribution == f"augplug-{observer}"]
    assert (row.state, row.provides["observers"]) == ("loaded", [observer])
    code = f"import augplug, sys; augplug.observers(); assert {library!r} not in sys.modules"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
