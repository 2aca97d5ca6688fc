"""Searches that are killed anywhere end in the bytes of one that was left alone.

What `python tests/search/killing.py` does, and prints figures of.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from augplug.errors import SettingsError
from tests.search.conftest import Study
from tests.search.killing import NAMED, ROOT, SEARCHES, Killing, kills

CASES = [(search, workers) for search in SEARCHES for workers in (1, 2)]
SAMPLE = 30


@pytest.mark.parametrize("total", [SAMPLE, pytest.param(200, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("case", range(len(CASES)), ids=[f"{search}-{workers}" for search, workers in CASES])
def test_a_search_killed_anywhere_ends_in_the_same_bytes(tmp_path: Path, case: int, total: int) -> None:
    killing = Killing(tmp_path, *CASES[case])
    planned = kills(killing.moments, total // len(CASES), seed=case)

    figures = killing.go(planned)

    assert figures.kills.total() == total // len(CASES)
    assert figures.runs >= 1
    assert not killing.orphans()


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_workers_change_no_byte(tmp_path: Path, workers: int) -> None:
    killing = Killing(tmp_path, "randaugment", workers)

    assert killing.killed_workers(every=25) > 1
    assert not killing.orphans()


def test_the_sample_has_every_named_moment() -> None:
    planned = [kill for case in range(len(CASES)) for kill in kills(list(NAMED), SAMPLE // len(CASES), seed=case)]

    assert {kill.moment for kill in planned} == {"", *NAMED}


HOLDER = """
import json, sys
from pathlib import Path
from tests.search.conftest import direct, make_study
@direct
def hold(record):
    if record["n"] == 4:
        print("held", flush=True)
        sys.stdin.read()
make_study(Path(sys.argv[1]))("held", observers=[hold])
"""


def test_a_second_search_on_one_run_is_refused_with_the_pid_of_the_first(study: Study, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        before = (tmp_path / "held" / "journal.jsonl").read_bytes()
        for _ in range(3):
            with pytest.raises(SettingsError, match=rf"held is being written by another process \(pid {first.pid}\)"):
                study("held", resume=True)
        assert (tmp_path / "held" / "journal.jsonl").read_bytes() == before
        assert json.loads(before.splitlines()[-1])["n"] == 4
        first.kill()

    assert (tmp_path / "held" / ".lock.pid").read_text("utf-8") == f"{first.pid}\n"
    study("held", resume=True)
    assert {path.name for path in (tmp_path / "held").iterdir()} == {
        *(".lock", "journal.jsonl", "policy.json", "result.json")
    }
