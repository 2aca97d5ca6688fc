"""An evaluator that misbehaves, in each stage in each way: nothing is lost, and the search ends with a policy."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from augplug import api
from augplug._executors.inline import Inline
from augplug._executors.processes import Processes
from augplug._search.journal import Record, read_journal
from augplug._search.settings import Registries, study_settings
from augplug._search.study import StudyResult, run_study
from augplug.errors import RunError
from tests.executors.toys import images
from tests.search.misbehaving import COMMAND, Poisoned, poison
from tests.search.test_study import results

ERRORS = {
    "NaN": r"ValueError: the evaluator returned nan; a reward lies in 0\.\.1",
    "None": "TypeError: the evaluator returned None; a reward is a number",
    "1.5": r"ValueError: the evaluator returned 1\.5; a reward lies in 0\.\.1",
    "raise": "ValueError: no\nluck",
    "sys.exit": "SystemExit: 3",
    "50 MB of error": r"ValueError: x+\.\.\.$",
    "print": "^$",
    "os._exit": "its worker ended 3 times, last with exit status 7$",
    "segmentation fault": r"its worker ended 3 times, last with exit status -11 \(SIGSEGV\)$",
    "kill": r"its worker ended 3 times, last with exit status -9 \(SIGKILL, often because memory ran out",
    "stray line": "its worker ended 3 times, last with it wrote a line to the pipe of its results",
    "hang": r"it took more than 10 minutes, its limit \(trial_minutes\)",
    "leak": r"it took \d+ MB of memory, and 400 MB is its limit \(trial_memory\)",
}
"""What each harm makes the error of its evaluation."""
ROOT = str(Path(__file__).parents[2])
ENVIRONMENT = {**os.environ, "PYTHONPATH": ROOT}
KILLING = tuple(ERRORS)[7:]
"""Harms that end a worker, or are ended from outside."""
DEADLY = KILLING[:4]
KEY = ("cell", "policy")


def search(root: Path, out: str, harm: str = "", *, resume: bool = False) -> StudyResult:
    """Run a small search in which this harm is done."""
    executors: Any = {"inline": Inline, "processes": partial(Processes, command=COMMAND)}
    parts = Registries(api.searches(), {"poisoned": Poisoned}, executors, api.operations(), published={})
    given = {
        "space": "geometry",
        "train": 6,
        "subsets": 2,
        "finalists": 2,
        "study.batch": 4,
        "significance": 1,
        "race_cells": 4,
    }
    given |= {"harm": harm, "folder": str(root / "poison")}
    if harm in {"hang", "leak"}:
        given |= {"trial_minutes": 10, "trial_memory": 400}
    settings = study_settings(given, parts, algorithm="random", evaluator="poisoned", trials=5, seeds=1)
    executor = "processes" if harm in KILLING else "inline"
    return run_study(settings, images(90), parts=parts, out=root / out, executor=executor, workers=1, resume=resume)


def evaluations(folder: Path) -> list[Record]:
    return [record for record in read_journal(folder) if record["kind"] == "evaluation"]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """The evaluations of a search in which nothing is poisoned."""
    root = tmp_path_factory.mktemp("quiet")
    search(root, "run")
    return evaluations(root / "run")


def poisoned(root: Path, records: Sequence[Record], stage: str) -> Record:
    """Poison an evaluation of a stage."""
    name, place = STAGES[stage]
    chosen = [record for record in records if record["stage"] == name][place]
    (root / "poison").mkdir()
    (root / "poison" / poison(chosen["policy"], chosen["seed"])).touch()
    return chosen


QUICK = {"trial"}
"""Stages in which workers are killed in every run of the tests."""
STAGES = {
    "no augmentation": ("race", 0),
    "another baseline": ("race", -1),
    "reference": ("reference", 0),
    "trial": ("trial", 1),
    "finalist": ("race", 9),
    "comparison of the found policy": ("comparison", 0),
    "comparison": ("comparison", 3),
}
"""Evaluations: the stage, and which of its evaluations."""
ENDING = {"no augmentation"}
"""Those without which there is no result."""


CASES = [
    pytest.param(harm, stage, marks=pytest.mark.heavy) if harm in KILLING and stage not in QUICK else (harm, stage)
    for harm in ERRORS
    for stage in STAGES
]


@pytest.mark.parametrize(("harm", "stage"), CASES)
def test_harm_in_any_stage_loses_nothing(
    tmp_path: Path, quiet: list[Record], monkeypatch: pytest.MonkeyPatch, harm: str, stage: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", ROOT)  # for the workers, who import the tests
    hung = partial(tmp_path.glob, "poison/hung-*")
    monkeypatch.setattr(Processes, "clock", staticmethod(lambda: time.monotonic() + 1000 * len(list(hung()))))
    chosen = poisoned(tmp_path, quiet, stage)
    if stage in ENDING and harm != "print":
        with pytest.raises(RunError) as caught:
            search(tmp_path, "run", harm)
        assert len(str(caught.value)) < 2200
        for mark in (tmp_path / "poison").iterdir():
            mark.unlink()
        result = search(tmp_path, "run", harm, resume=True)
    else:
        result = search(tmp_path, "run", harm)
        (mine,) = [one for one in evaluations(tmp_path / "run") if all(one[name] == chosen[name] for name in KEY)]
        assert re.search(ERRORS[harm], mine["error"])
        assert len(mine["error"]) <= 2000
        assert (mine["reward"] is None) == (harm != "print")
        assert mine.get("limit") == {"hang": "minutes", "leak": "memory"}.get(harm)
        assert result.result["ended_by_limit"] == ("limit" in mine)

    records = read_journal(tmp_path / "run")
    deaths = [record for record in records if record["kind"] == "death"]
    assert len(deaths) == (2 if harm in DEADLY else 0)
    assert api.load_policy(tmp_path / "run" / "policy.json") == result.policy
    done = [tuple(one[name] for name in KEY) for one in evaluations(tmp_path / "run")]
    assert len(done) == len(set(done))
    rewards = {tuple(one[name] for name in KEY): one["reward"] for one in quiet}
    for one in evaluations(tmp_path / "run"):
        assert one["error"] or one["reward"] == rewards.get(tuple(one[name] for name in KEY), one["reward"])
    before = results(tmp_path / "run")
    search(tmp_path, "run", harm, resume=True)
    assert results(tmp_path / "run") == before
    assert [one for one in read_journal(tmp_path / "run") if one["kind"] != "estimate"] == [
        one for one in records if one["kind"] != "estimate"
    ]


def test_deaths_are_counted_over_resumes(tmp_path: Path, quiet: list[Record]) -> None:
    poisoned(tmp_path, quiet, "trial")
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom augplug._search.journal import Journal\n"
        "from tests.search.test_misbehaving import search\n"
        "append = Journal.append\n"
        "def appended(journal, kind, **content):\n"
        "    record = append(journal, kind, **content)\n"
        "    if kind == 'death': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return record\n"
        "Journal.append = appended\n"
        "search(Path(sys.argv[1]), 'run', 'os._exit', resume=True)\n"
    )
    statuses = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], check=False, env=ENVIRONMENT, capture_output=True
        )
        statuses.append(done.returncode)

    assert statuses == [-9, -9, 0]
    (failed,) = [one for one in evaluations(tmp_path / "run") if one["error"]]
    assert failed["error"].startswith("its worker ended 3 times")
    assert [one["kind"] for one in read_journal(tmp_path / "run")].count("death") == 2


OBSERVED = """
import ctypes, os, signal, sys
from pathlib import Path
from tests.search.conftest import make_study
HARMS = {
    "os._exit": lambda: os._exit(7),
    "segmentation fault": lambda: ctypes.string_at(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
}
root, harm, kind = sys.argv[1:]
def observer(record):
    if record["kind"] == kind:
        HARMS[harm]()
make_study(Path(root))("run", given={"m": "1,9", "n": "1", "subsets": 1}, resume=True, observers=[observer])
"""


@pytest.mark.parametrize("kind", ["configuration", "baseline", "trial", "found"])
@pytest.mark.parametrize("harm", ["os._exit", "segmentation fault", "kill"])
def test_an_observer_that_ends_the_process_loses_nothing(study: Any, tmp_path: Path, harm: str, kind: str) -> None:
    command = [sys.executable, "-c", OBSERVED, str(tmp_path), harm, kind]
    done = subprocess.run(command, check=False, env=ENVIRONMENT, capture_output=True)
    assert done.returncode == {"os._exit": 7, "segmentation fault": -11, "kill": -9}[harm]
    before = read_journal(tmp_path / "run")
    assert kind in [record["kind"] for record in before]

    small: dict[str, Any] = {"given": {"m": "1,9", "n": "1", "subsets": 1}}
    study("run", resume=True, **small)
    study("quiet", **small)

    assert read_journal(tmp_path / "run")[: len(before)] == before
    assert results(tmp_path / "run") == results(tmp_path / "quiet")
