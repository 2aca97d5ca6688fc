"""Runs that are gone on with: by their folder alone, to more trials, with other versions."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augplug import api
from augplug._search import configuration
from augplug._search.journal import Record, read_journal
from augplug._search.sessions import ANEW
from augplug.cli import main
from augplug.data.digits import load_digits
from augplug.errors import SettingsError
from augplug.report.run import read_run
from tests.plugins.installing import augplug, install
from tests.search.conftest import Study, direct
from tests.search.test_study import Stop, kinds, results, stop_at

SMALL = "--executor inline --seeds 1 --trials 2 --set copies=2 --set train=20 --set subsets=1 --set significance=1"


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    every = load_digits().take(np.arange(0, 5000, 25))
    np.savez(tmp_path / "digits.npz", x=every.x, y=every.y)
    return tmp_path / "digits.npz"


def without_estimates(folder: Path) -> list[Record]:
    """What a journal says, without the numbers and the clock."""
    return [
        {key: value for key, value in record.items() if key not in {"n", "seconds"}}
        for record in read_journal(folder)
        if record["kind"] != "estimate"
    ]


RANDOM: dict[str, Any] = {"algorithm": "random", "seeds": 1}
GIVEN = {"space": "geometry", "finalists": 2, "study.batch": 4, "subsets": 1}


def trials_of(folder: Path) -> list[Record]:
    return [record for record in without_estimates(folder) if record["kind"] == "trial"]


def test_a_larger_number_of_trials_continues_a_finished_run(study: Study, tmp_path: Path) -> None:
    study("run", options={**RANDOM, "trials": 6}, given=GIVEN)
    before = read_journal(tmp_path / "run")

    result = study("run", options={**RANDOM, "trials": 11}, given=GIVEN, resume=True).result

    records = read_journal(tmp_path / "run")
    assert records[: len(before)] == before
    assert records[len(before)]["kind"] == "trials"
    assert records[len(before)]["trials"] == 11
    assert result["trials"] == result["settings"]["trials"] == len(trials_of(tmp_path / "run")) == 11
    anew = [record["kind"] for record in records[len(before) :] if record["kind"] in ANEW]
    assert anew == [record["kind"] for record in before if record["kind"] in ANEW]
    run = read_run(tmp_path / "run")
    assert run.result == result
    assert len(run.trials) == 11
    assert run.policy == [record for record in records if record["kind"] == "found"][-1]["policy"]


@pytest.mark.parametrize("algorithm", ["random", "autoaugment", "strengths"])
def test_a_continued_run_that_is_stopped_anywhere_ends_in_the_same_bytes(
    study: Study, tmp_path: Path, algorithm: str
) -> None:
    given = {**GIVEN, "space": "strengths" if algorithm == "strengths" else "geometry"}
    options = {"algorithm": algorithm, "seeds": 1}
    study("base", options={**options, "trials": 6}, given=given)
    more: dict[str, Any] = {"options": {**options, "trials": 9}, "given": given, "resume": True}
    start = len(kinds(tmp_path / "base"))
    shutil.copytree(tmp_path / "base", tmp_path / "whole")
    study("whole", **more)
    end = len(kinds(tmp_path / "whole"))

    for number in range(start, end, 3):
        shutil.copytree(tmp_path / "base", tmp_path / str(number))
        with pytest.raises(Stop):
            study(str(number), observers=[stop_at(number)], **more)
        study(str(number), **more)

        assert results(tmp_path / str(number)) == results(tmp_path / "whole")
        assert without_estimates(tmp_path / str(number)) == without_estimates(tmp_path / "whole")


def test_fewer_trials_are_refused(study: Study, tmp_path: Path) -> None:
    study("run", options={**RANDOM, "trials": 6}, given=GIVEN)
    before = (tmp_path / "run" / "journal.jsonl").read_bytes()

    with pytest.raises(SettingsError, match="goes to 6 trials, not to 5; resume without --trials, or with a larger"):
        study("run", options={**RANDOM, "trials": 5}, given=GIVEN, resume=True)
    assert (tmp_path / "run" / "journal.jsonl").read_bytes() == before


def stop_at_trial(number: int) -> Any:
    @direct
    def stop(record: Record) -> None:
        if (record["kind"], record.get("number")) == ("trial", number):
            raise Stop

    return stop


VERSIONS = {"python": "3.11", "augplug": "1.0"}


def run_with(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    monkeypatch.setattr(configuration, "versions", lambda: {**VERSIONS, **versions})


def test_other_versions_are_refused_unless_they_are_accepted(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how: dict[str, Any] = {"options": {**RANDOM, "trials": 8}, "given": GIVEN}
    run_with(monkeypatch, numpy="2.4.6", stringzilla="5.3.2")
    with pytest.raises(Stop):
        study(observers=[stop_at_trial(5)], **how)
    done = len(trials_of(tmp_path / "run"))
    assert done == 6
    before = (tmp_path / "run" / "journal.jsonl").read_bytes()
    run_with(monkeypatch, numpy="2.5.0")

    text = (
        r"here is numpy 2\.5\.0 instead of 2\.4\.6, stringzilla not installed instead of 5\.3\.2; .*--accept-versions"
    )
    with pytest.raises(SettingsError, match=text):
        study(resume=True, **how)
    assert (tmp_path / "run" / "journal.jsonl").read_bytes() == before
    with pytest.raises(Stop):
        study(resume=True, accept_versions=True, observers=[stop_at(before.count(b"\n"))], **how)
    result = study(resume=True, **how).result  # accepted once is accepted

    assert kinds(tmp_path / "run").count("versions") == 1
    note = f"from trial {done} on it was run with numpy 2.5.0 instead of 2.4.6, stringzilla not installed instead of"
    assert result["warnings"][-1].startswith(note)
    assert read_run(tmp_path / "run").result == result


def test_a_library_that_nothing_depends_on_any_more_is_left_out(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how: dict[str, Any] = {"options": {**RANDOM, "trials": 2}, "given": GIVEN}
    run_with(monkeypatch, **{"scikit-image": "0.26.0"})
    with pytest.raises(Stop):
        study("run", observers=[stop_at_trial(0)], **how)
    run_with(monkeypatch)

    study("run", resume=True, **how)
    assert kinds(tmp_path / "run").count("versions") == 0


def test_the_versions_of_who_provides_what_is_used_are_recorded(study: Study, tmp_path: Path) -> None:
    def provider(kind: str, name: str) -> dict[str, str]:
        return {f"plugin-of-{name.lower()}": f"0.1 {kind}"} if name in {"toy", "random", "ShearX", "Posterize"} else {}

    study("run", options={**RANDOM, "trials": 1}, given=GIVEN, versions=provider)

    versions = read_journal(tmp_path / "run")[0]["versions"]
    assert {name: version for name, version in versions.items() if name.startswith("plugin")} == {
        "plugin-of-toy": "0.1 evaluators",
        "plugin-of-random": "0.1 searches",
        "plugin-of-shearx": "0.1 operations",  # the space "geometry" has it, and no Posterize
    }
    assert {"stringzilla", "Pillow", "numpy", "scipy"} <= versions.keys()


EVALUATOR = """
import augplug

class Mine(augplug.Evaluator):
    def __init__(self, train, valid):
        pass

    def evaluate(self, policy, *, seed, budget=None, progress=None):
        return {reward} + seed % 97 / 1000

@augplug.hookimpl
def augplug_evaluators():
    return {{"mine": Mine}}
"""


def test_an_evaluator_that_was_upgraded_is_not_mixed_with_the_old_one(digits: Path, tmp_path: Path) -> None:
    site, out = tmp_path / "site", tmp_path / "run"
    install(site, "my-child", EVALUATOR.format(reward=0.5), version="0.1")
    line = ["search", "randaugment", str(digits), "--out", str(out), "--evaluator", "mine", "--executor", "inline"]
    small = ["--trials", "2", "--set", "train=20", "--set", "subsets=1", "--set", "significance=1"]
    assert augplug(site, *line, *small).returncode == 0
    journal = out / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:6]))
    before = journal.read_bytes()
    shutil.rmtree(site / "my_child-0.1.dist-info")
    install(site, "my-child", EVALUATOR.format(reward=0.1), version="0.2")

    ended = augplug(site, "search", "--resume", str(out), "--executor", "inline")
    assert ended.returncode == 2
    assert "here is my-child 0.2 instead of 0.1; install those, or go on with --accept-versions" in ended.stderr
    assert journal.read_bytes() == before
    ended = augplug(site, "search", "--resume", str(out), "--executor", "inline", "--accept-versions")
    assert ended.returncode == 0, ended.stderr
    assert "from trial 0 on it was run with my-child 0.2 instead of 0.1" in (out / "report.html").read_text("utf-8")


def test_nothing_is_written_where_nothing_is_left_to_do(digits: Path, tmp_path: Path) -> None:
    assert main(["search", "randaugment", str(digits), "--out", str(tmp_path / "run"), *SMALL.split()]) == 0
    before = (tmp_path / "run" / "journal.jsonl").read_bytes()
    expected = results(tmp_path / "run")

    assert main(["search", "--resume", str(tmp_path / "run"), "--executor", "inline"]) == 0

    assert (tmp_path / "run" / "journal.jsonl").read_bytes() == before
    assert results(tmp_path / "run") == expected


def test_a_folder_alone_is_enough_to_resume_and_to_continue(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["search", "random", digits.name, *SMALL.split(), "--set", "space=geometry", "--set", "finalists=1"]
    assert main([*given, "--out", "whole"]) == 0
    assert main([*given, "--out", "run"]) == 0
    first = Path("run/journal.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    for kept in (1, 5, len(first)):
        (tmp_path / "run" / "journal.jsonl").write_bytes(b"".join(first[:kept]))
        for name in ("policy.json", "result.json"):
            (tmp_path / "run" / name).unlink(missing_ok=True)
        assert main(["search", "--resume", str(tmp_path / "run"), "--executor", "inline"]) == 0
        assert results(tmp_path / "run") == results(tmp_path / "whole")

    assert main(["search", "--resume", str(tmp_path / "run"), "--trials", "3", "--executor", "inline"]) == 0
    assert read_run(tmp_path / "run").result["trials"] == 3
    # What was typed before keeps working, and needs no --trials.
    again = [*given[:2], str(digits), *given[3:]]
    again = " ".join(again).replace("--trials 2 ", "").split(" ")
    assert main([*again, "--out", str(tmp_path / "run"), "--resume"]) == 0
    assert read_run(tmp_path / "run").result["trials"] == 3


def test_images_that_were_moved_are_given_anew(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "randaugment", str(digits), "--out", str(tmp_path / "run"), *SMALL.split()]) == 0
    moved = digits.rename(tmp_path / "moved.npz")
    capsys.readouterr()

    assert main(["search", "--resume", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == (
        f"augplug: the images of {tmp_path}/run lay at {digits}, where nothing is now; give them with --data\n"
    )
    resumed = ["search", "--resume", str(tmp_path / "run"), "--data", str(moved), "--executor", "inline"]
    assert main(resumed) == 0
    every = load_digits().take(np.arange(0, 5000, 20))
    np.savez(moved, x=every.x, y=every.y)
    assert main(resumed) == 2
    assert "the images differ from those of this run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search", "--resume", "nowhere"], "nowhere holds no run"),
        (["search", "--resume", "run", "random", "digits.npz"], "--resume RUN stands alone"),
        (["search", "--trials", "3", "random", "digits.npz"], "come after its name: augplug search random DATA"),
        (["search"], "Missing command"),
    ],
)
def test_a_resume_that_cannot_be_is_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_a_search_of_arrays_is_resumed_with_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    every = load_digits().take(np.arange(0, 5000, 25))
    how: dict[str, Any] = {
        "executor": "inline",
        "seeds": 1,
        "settings": {"copies": 2, "train": 20, "subsets": 0, "significance": 1},
    }
    api.search("randaugment", every, out=tmp_path / "run", trials=2, **how)

    assert main(["search", "--resume", str(tmp_path / "run")]) == 2
    assert "does not say where its images lie; give them with --data" in capsys.readouterr().err
    assert api.search("randaugment", every, out=tmp_path / "run", resume=True, **how).result["trials"] == 2
    assert api.search("randaugment", every, out=tmp_path / "run", resume=True, trials=3, **how).result["trials"] == 3
