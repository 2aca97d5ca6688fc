"""Budgets of time, and hopeless trials."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from augplug import api
from augplug._executors.base import Job
from augplug._executors.running import JobRunner
from augplug._search import pace
from augplug._search.journal import read_journal
from augplug._search.random import RandomSearch
from augplug.data.archive import write_parts
from augplug.errors import RunError, SettingsError
from tests.executors.toys import Toy, images
from tests.search.conftest import FEW, Study
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


TIMED: dict[str, Any] = {"options": {"algorithm": "random", "minutes": 100.0}, "given": {"study.batch": 5}}
SECONDS = 6000


def of_kind(folder: Path, *kinds: str) -> list[Any]:
    return [record for record in read_journal(folder) if record["kind"] in kinds]


def test_no_batch_begins_after_the_time_is_up(study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    timed(monkeypatch, 700)

    result = study(**TIMED).result

    batches = of_kind(tmp_path / "run", "batch")
    assert [batch["count"] for batch in batches] == [5] * (len(batches) - 1) + [0]
    assert batches[-2]["used"] < SECONDS <= batches[-1]["used"] + 1
    assert result["trials"] == 5 * (len(batches) - 1)
    assert "used" not in str(result)


def test_there_is_one_trial_at_least(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, 1e6)

    assert study(**TIMED).result["trials"] == 1


def test_time_that_is_short_cuts_first_cells_then_subsets(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timed(monkeypatch, 700)
    monkeypatch.setattr(pace.Budget, "_each", lambda _self: 60.0)  # 100 evaluations have room

    result = study(**TIMED).result

    (cut,) = of_kind(tmp_path / "run", "cut")
    assert (cut["race_cells"], cut["subsets"]) == (2, 0)  # what is left then is less than the finalists take
    assert {len(entrant["rewards"]) for entrant in result["race"]} == {2}
    assert result["comparisons"] == {}
    assert (tmp_path / "run" / "policy.json").exists()


def test_what_the_race_and_the_comparison_take_is_kept_for_them(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timed(monkeypatch, 100)
    monkeypatch.setattr(pace.Budget, "_each", lambda _self: 20.0)  # 300 evaluations have room

    result = study(**TIMED).result

    batches = of_kind(tmp_path / "run", "batch")
    last = next(batch for batch in batches if batch["count"] < 5)
    race = 2 * 5 + 4 * 2 + 2 * 4 + 4 * 4  # four finalists, what is joined of them, and the rounds of 4 and 2 at least
    assert last["used"] < SECONDS - 20 * race
    (cut,) = of_kind(tmp_path / "run", "cut")
    assert cut["race_cells"] >= 10  # the last batch may take a little of it
    assert len(result["gains"]) == cut["subsets"] == 2


def test_a_time_that_is_too_short_for_anything_is_refused(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace.Budget, "_each", lambda _self: 60.0)

    with pytest.raises(RunError, match=r"--minutes 10 is too short: .*about 60.0 s .* give --minutes 40.0 or more"):
        study(options={"algorithm": "random", "minutes": 10.0})


def test_resuming_repeats_what_was_decided_and_goes_on_with_the_time_that_was_left(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timed(monkeypatch, 700)
    study("whole", **TIMED)
    place = of_kind(tmp_path / "whole", "batch")[2]["n"]

    with pytest.raises(Stop):
        study(observers=[stop_at(place)], **TIMED)
    before = of_kind(tmp_path / "run", "batch", "time")
    timed(monkeypatch, 300)
    study(resume=True, **TIMED)

    after = of_kind(tmp_path / "run", "batch", "time")
    assert after[: len(before)] == before
    used = [record["used"] for record in after]
    assert used[len(before)] == used[len(before) - 1] + 300  # the second session's clock goes on from there
    assert SECONDS <= used[-1] < SECONDS + 300


def test_the_time_begins_when_the_caller_says_and_ends_before_the_report(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timed(monkeypatch, 100)
    study("now", began=1000.0, **TIMED)
    timed(monkeypatch, 100)
    study("before", began=1000.0 - 1000, **TIMED)

    first = [of_kind(tmp_path / out, "time")[0]["used"] for out in ("now", "before")]
    assert first[1] - first[0] == 1000
    assert of_kind(tmp_path / "before", "batch")[-1]["used"] <= SECONDS

    budget = pace.Budget(mock.Mock(journal=mock.Mock(records=[])), mock.Mock(minutes=0.5), 1)
    assert budget._seconds == 27


def test_the_first_decision_counts_what_is_scored_before_the_next(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Published policies and probes, in two cells each: without time for both none of them is begun."""
    timed(monkeypatch, 0)
    published, probes = 2 * len(FEW), 2 * 6
    monkeypatch.setattr(pace.Budget, "_each", lambda _self: 0.25 * (SECONDS - pace.ENDING) / (published + probes - 1))
    monkeypatch.setattr(pace, "LEAST", 0)

    study(options={"minutes": 100.0}, given={"significance": 0.01})  # a grid, which ends by itself

    assert [record["go"] for record in of_kind(tmp_path / "run", "time")] == [False]
    assert not of_kind(tmp_path / "run", "signal")


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
    assert not stopped & {entrant["proposal"] for entrant in result["race"]}


def test_what_is_stopped_depends_neither_on_workers_nor_on_a_resume(study: Study, tmp_path: Path) -> None:
    study("alone", **REPORTING)
    study("two", executor="processes", workers=2, **REPORTING)
    with pytest.raises(Stop):
        study("resumed", observers=[stop_at(95)], **REPORTING)
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
