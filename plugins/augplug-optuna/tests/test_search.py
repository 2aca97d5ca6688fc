"""`augplug search optuna` from the command line, with worker processes; and a search that was cut off and resumed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = "import sys; from augplug.cli import main; sys.exit(main())"
QUICK = ("--trials", "6", "--seeds", "1", "--workers", "2")
SETTINGS = (
    *("batch=2", "startup=2", "joined=2", "finalists=2", "copies=2", "train=12", "subsets=1"),
    *("race_cells=2", "significance=1"),
)
RESULTS = ("policy.json", "result.json")


def search(data: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run a small search in a process of its own."""
    chosen = [word for setting in SETTINGS for word in ("--set", setting)]
    command = [sys.executable, "-c", SCRIPT, "search", "optuna", str(data), "--out", str(out), *QUICK, *chosen, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 images of three kinds of stripes."""
    labels = np.arange(90) % 3
    images = np.random.default_rng(0).integers(0, 120, (90, 10, 10), dtype=np.uint8)
    images[np.arange(90), labels * 3, :] += 100
    path = tmp_path_factory.mktemp("data") / "stripes.npz"
    np.savez(path, x=images, y=labels)
    return path


@pytest.fixture(scope="module")
def run(data: Path) -> Path:
    """The folder of a finished search."""
    out = data.parent / "run"
    ended = search(data, out)
    assert ended.returncode == 0, ended.stderr
    assert "Warning" not in ended.stderr
    assert "study" not in ended.stderr
    return out


def test_a_search_ends_with_a_policy_of_the_best_trials(run: Path) -> None:
    result = json.loads((run / "result.json").read_text("utf-8"))
    assert result["algorithm"] == "optuna"
    assert (run / "policy.json").is_file()  # on so few images the race may keep a fixed policy
    raced = {entrant["name"] for entrant in result["race"]}
    assert "joined" in raced  # two policies of five sub-policies, as one
    assert sum(entrant["proposal"] is not None for entrant in result["race"]) == 2


def test_a_search_that_was_cut_off_ends_in_the_same_bytes(data: Path, run: Path) -> None:
    cut = run.parent / "cut"
    shutil.copytree(run, cut)
    for name in RESULTS:
        (cut / name).unlink()
    lines = (cut / "journal.jsonl").read_bytes().splitlines(keepends=True)
    third = next(
        place for place, line in enumerate(lines) if b'"trial"' in line and json.loads(line).get("number") == 3
    )
    (cut / "journal.jsonl").write_bytes(b"".join(lines[:third]))
    ended = search(data, cut, "--resume")
    assert ended.returncode == 0, ended.stderr
    assert [(cut / name).read_bytes() for name in RESULTS] == [(run / name).read_bytes() for name in RESULTS]


def test_a_wrong_setting_is_one_line(data: Path) -> None:
    ended = search(data, data.parent / "wrong", "--set", "candidates=0")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == "augplug: optuna: candidates is a whole number in 1..10000, not 0"
