"""A run is read from its folder, and refused where its files do not belong together."""

import json
from pathlib import Path
from typing import Any

import pytest

from augplug._search.journal import read_journal
from augplug.errors import DataError, RunError, SettingsError
from augplug.report.run import NEEDED, Trial, read_run
from tests.runs import POLICY, write_journal, write_json, write_run


def test_a_run_is_read_from_its_folder(tmp_path: Path) -> None:
    trials: list[dict[str, Any]] = [{"decisions": [1, 3], "policy": POLICY}, {}, {"stopped": True}]
    run = read_run(write_run(tmp_path / "run", rewards=(0.5, None, 0.25), trials=trials))
    assert run.trials == (
        Trial(0, (1, 3), 0.5, "", policy=POLICY),
        Trial(1, (), None, "no"),
        Trial(2, (), 0.25, "", stopped=True),
    )
    assert set(NEEDED) <= set(run.result)
    assert (run.evaluations, run.seconds) == (3, 0.5 + 1.5 + 2.5)


def test_a_folder_that_is_no_finished_run_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    write_json(folder / "policy.json", [1])
    with pytest.raises(DataError, match="is not a JSON object"):
        read_run(folder)
    write_json(folder / "result.json", {"algorithm": "x"})
    with pytest.raises(DataError, match="lacks settings"):
        read_run(folder)
    (folder / "result.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        read_run(folder)
    (folder / "result.json").unlink()
    with pytest.raises(SettingsError, match="finish the search with --resume"):
        read_run(folder)
    (folder / "journal.jsonl").write_bytes(b"x\n")
    with pytest.raises(RunError, match="damaged"):
        read_run(folder)
    (folder / "journal.jsonl").unlink()
    with pytest.raises(SettingsError, match="holds no run"):
        read_run(folder)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("test_score", 0.99, "another test_score than the journal"),
        ("gains", [0.5, 0.5], "another gains than"),
        ("rewards", [0.9, 0.9, 0.9], "another rewards than"),
        ("hand_made_test_score", 0.1, "another hand_made_test_score"),
        ("settings", {"algorithm": "random", "seed": 9}, "another settings than"),
        ("data_digest", "cd" * 32, "another data_digest than"),
        ("test_score_interval", [0.1], "not an interval"),
        ("gains_interval", ["a", "b"], "not an interval"),
        ("gains_interval", float("nan"), "not an interval"),
    ],
)
def test_a_result_that_is_not_the_journals_is_refused(tmp_path: Path, name: str, value: Any, told: str) -> None:
    folder = write_run(tmp_path / "run", hand_made=0.74)
    result = json.loads((folder / "result.json").read_bytes())
    write_json(folder / "result.json", {**result, name: value})
    with pytest.raises(DataError, match=told):
        read_run(folder)


def test_a_run_of_a_newer_augplug_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    result = json.loads((folder / "result.json").read_bytes())
    write_json(folder / "result.json", {**result, "augplug_result": 4})

    with pytest.raises(SettingsError, match="cannot be read: made by a newer augplug"):
        read_run(folder)


def test_results_of_two_runs_that_were_swapped_are_refused(tmp_path: Path) -> None:
    one, other = write_run(tmp_path / "one"), write_run(tmp_path / "other", rewards=(0.5, 0.6, 0.7))
    (other / "result.json").rename(one / "result.json")
    with pytest.raises(DataError, match="another rewards than the journal"):
        read_run(one)


def test_a_result_beside_a_journal_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    records = read_journal(folder)
    for kept in (0, 1, 4):
        write_journal(folder, records[:kept])
        with pytest.raises(DataError, match="not that of a finished search"):
            read_run(folder)
