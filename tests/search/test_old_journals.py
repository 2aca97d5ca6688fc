"""Runs that earlier formats of the journal left are read for ever.

`journals/format-N` is what `augplug search randaugment` wrote when `FORMAT` was N: six cells, two seeds, 200 digits,
kernel-ridge. A new format gets a new folder; none of them is ever written again.
"""

import json
import shutil
from pathlib import Path

import pytest

from augplug.api import load_policy
from augplug.cli import main
from augplug.report.run import read_run

FOLDERS = sorted((Path(__file__).parent / "journals").iterdir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_old_run_is_read(folder: Path) -> None:
    run = read_run(folder)

    assert f"format-{run.result['augplug_result']}" == folder.name
    assert [trial.reward for trial in run.trials] == run.result["rewards"]
    assert [trial.decisions for trial in run.trials] == [(n, m) for n in (1, 2) for m in (1, 5, 9)]
    assert run.trials[run.result["best_number"]].reward == run.result["best_reward"]
    assert load_policy(folder / "policy.json").to_json() == run.policy


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_old_run_has_a_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(folder, tmp_path / "run")

    assert main(["report", str(tmp_path / "run")]) == 0

    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert json.loads((folder / "result.json").read_bytes())["verdict"].partition(":")[0] in page
    assert "report.html" in capsys.readouterr().out
