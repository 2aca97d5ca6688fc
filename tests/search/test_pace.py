"""Budgets of time, and hopeless trials."""

from pathlib import Path
from typing import Any

import pytest

from augplug import api
from augplug._executors.base import Job
from augplug._executors.running import JobRunner
from augplug._search import pace
from augplug._search.journal import read_journal
from augplug._search.random import RandomSearch
from augplug.data.archive import write_parts
from augplug.errors import SettingsError
from tests.executors.toys import Toy, images
from tests.search.conftest import Study
from tests.search.test_study import Stop, stop_at

REPORTING: dict[str, Any] = {
    "options": {"algorithm": "random", "trials": 60, "seeds": 1},
    "given": {"reports": 3, "study.batch": 20, "space": "geometry", "finalists": 4},
}


class Clock:
    """Goes on by `step` seconds whenever somebody looks."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 1000.0, step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


def timed(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    monkeypatch.setattr(pace, "time", Clock(step))


TIMED: dict[str, Any] = {"options": {"algorithm": "random", "minutes": 1.0}, "given": {"study.batch": 5}}


def test_no_batch_begins_after_the_time_is_up(study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    timed(monkeypatch, 25)

    result = study(**TIMED).result

    batches = [record for record in read_journal(tmp_path / "run") if record["kind"] == "batch"]
    assert [(batch["used"], batch["go"]) for batch in batches] == [(25, True), (50, True), (75, False)]
    assert result["trials"] == 10
    assert "used" not in str(result)


def test_there_is_one_batch_at_least(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, 1e6)

    assert study(**TIMED).result["trials"] == 5


def test_resuming_repeats_what_was_decided_and_goes_on_with_the_time_that_was_left(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timed(monkeypatch, 25)
    second = 1 + 2 * 3 + 1 + 1 + 5 * 4  # records before the second batch: configuration to the trials of the first

    with pytest.raises(Stop):
        study(observers=[stop_at(second)], **TIMED)
    timed(monkeypatch, 11)
    study(resume=True, **TIMED)

    batches = [record for record in read_journal(tmp_path / "run") if record["kind"] == "batch"]
    # In the second session the clock is looked at when it starts and for every new decision.
    used = batches[-1]["used"]
    assert [batch["go"] for batch in batches] == [True] * (len(batches) - 1) + [False]
    assert [batch["number"] for batch in batches] == list(range(len(batches)))
    assert used == pytest.approx(max(batch["used"] for batch in batches))
    assert batches[1]["used"] in {36, 50}  # 25 of the first session, then 11; or written before the stop
    assert 60 <= used < 60 + 11


def test_hopeless_trials_are_stopped_from_the_second_batch_on_and_never_finalists(study: Study, tmp_path: Path) -> None:
    result = study(**REPORTING).result

    records = read_journal(tmp_path / "run")
    evaluations = [record for record in records if record["kind"] == "evaluation" and record["stage"] == "trial"]
    stopped = {record["number"] for record in evaluations if record["stopped"]}
    firsts = sorted(record["reports"][0] for record in evaluations if record["number"] < 20)
    expected = {
        record["number"]
        for record in evaluations
        if 20 <= record["number"] < 40 and record["reports"][0] < firsts[int(0.25 * 20)]
    }
    assert expected
    assert {number for number in stopped if number < 40} == expected
    assert result["stopped"] == len(stopped)
    for record in evaluations:
        assert record["stopped"] or len(record["reports"]) == 3
        if record["stopped"]:
            assert record["reward"] == record["reports"][-1]
    trials = {record["number"]: record for record in records if record["kind"] == "trial"}
    assert {number for number, record in trials.items() if record["stopped"]} == stopped
    assert not stopped & {record["number"] for record in records if record["kind"] == "finalist"}


def test_what_is_stopped_depends_neither_on_workers_nor_on_a_resume(study: Study, tmp_path: Path) -> None:
    study("alone", **REPORTING)
    study("two", executor="processes", workers=2, **REPORTING)
    with pytest.raises(Stop):
        study("resumed", observers=[stop_at(75)], **REPORTING)
    study("resumed", resume=True, **REPORTING)

    assert len({(tmp_path / name / "result.json").read_bytes() for name in ("alone", "two", "resumed")}) == 1


def test_early_stopping_can_be_left_out(study: Study) -> None:
    how = {**REPORTING, "given": {**REPORTING["given"], "early_stop": 0}}

    assert study(**how).result["stopped"] == 0


def job(folder: Path, stop_below: tuple[float, ...], **settings: Any) -> Job:
    write_parts(folder / "data.npz", images(12), images(12))
    policy = api.policy("randaugment").to_json()
    return Job(0, "a job", "toy", settings, str(folder / "data.npz"), policy, 1, stop_below)


def test_a_worker_stops_at_the_first_report_below_its_floor(tmp_path: Path) -> None:
    run = JobRunner({"toy": Toy}, api.operations())
    whole = run(job(tmp_path, (), reports=3))
    assert (len(whole.reports), whole.stopped) == (3, False)

    just = run(job(tmp_path, tuple(whole.reports), reports=3))
    assert (just.reward, just.stopped) == (whole.reward, False)

    second = run(job(tmp_path, (0.0, whole.reports[1] + 1e-9), reports=3))
    assert (second.reward, second.stopped, second.reports) == (whole.reports[1], True, whole.reports[:2])


def test_a_report_that_is_no_reward_fails_the_trial(tmp_path: Path) -> None:
    class Loud(Toy):
        def evaluate(self, policy: Any, *, seed: int, budget: Any = None, progress: Any = None) -> float:
            progress(2.0)
            return 0.5

    outcome = JobRunner({"toy": Loud}, api.operations())(job(tmp_path, ()))

    assert outcome.error == "ValueError: the evaluator reported 2.0; a reward lies in 0..1"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"minutes": 0}, r"minutes is a number in 0\.001"),
        ({"trials": 2.5}, r"trials is a whole number in 1\.\."),
        ({"seeds": 0}, r"seeds is a whole number in 1\.\."),
    ],
)
def test_wrong_budgets_are_refused(study: Study, given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        study(options={"algorithm": "random", **given})


def test_an_algorithm_says_how_long_it_searches_unless_told(study: Study, tmp_path: Path) -> None:
    study(options={"algorithm": "random", "seeds": None, "trials": 7}, given={"finalists": 2})

    settings = read_journal(tmp_path / "run")[0]["settings"]
    assert (settings["seeds"], settings["trials"], settings["finalists"]) == (1, 7, 2)
    assert RandomSearch.defaults["trials"] == 400
