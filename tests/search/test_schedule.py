"""Batches that overlap: the order of asks and tells, whoever is fast, and what a resume repeats."""

import heapq
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self
from unittest import mock

import pytest

from augplug import api
from augplug._executors.base import Executor, Job, JobResult
from augplug._search.base import Proposal, Result
from augplug._search.journal import Record, read_journal
from augplug._search.pace import Budget
from augplug._search.random import RandomSearch
from augplug._search.schedule import scheduled
from augplug._search.settings import StudySettings
from augplug.errors import SettingsError
from tests.executors.toys import make_runner
from tests.search.conftest import Study
from tests.search.test_study import Stop, stop_at

SEARCH: dict[str, Any] = {
    "options": {"algorithm": "autoaugment", "trials": 26, "seeds": 1},
    "given": {"study.batch": 4, "algorithm.batch": 4, "ahead": 3, "hidden": 8, "space": "geometry", "subsets": 1}
    | {"finalists": 2, "race_cells": 2, "reports": 2},
}


class Simulated(Executor):
    """Three workers, each job of which takes a time of chance; nobody waits for it."""

    speed = 0
    adds = True

    def __init__(self, *, workers: int, runner: object) -> None:
        del workers, runner
        self._runner = make_runner()
        self._chance = random.Random(self.speed)
        self._waiting: list[Job] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs."""

    def add(self, jobs: Sequence[Job]) -> bool:
        self._waiting += jobs if self.adds else []
        return self.adds

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        self._waiting = list(jobs)
        running: list[tuple[float, int, Job]] = []
        now = 0.0
        while self._waiting or running:
            while self._waiting and len(running) < 3:
                job = self._waiting.pop(0)
                heapq.heappush(running, (now + self._chance.lognormvariate(0, 1), job.id, job))
            now, _, job = heapq.heappop(running)
            yield self._runner(job)


def by_speed(number: int, *, adds: bool = True) -> type[Simulated]:
    return type("Simulated", (Simulated,), {"speed": number, "adds": adds})


def left_in(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("policy.json", "result.json")]


def without_times(records: Iterable[Record]) -> list[str]:
    return sorted(json.dumps({k: v for k, v in record.items() if k not in ("n", "seconds")}) for record in records)


class Heard(RandomSearch):
    """Random search that says what it is asked and told."""

    said: ClassVar[list[str]] = []

    def ask(self, count: int) -> list[Proposal]:
        made = super().ask(count)
        self.said.append(f"ask {len(made)}")
        return made

    def tell(self, results: Sequence[Result]) -> None:
        self.said.append(f"tell {results[0].number}-{results[-1].number}")
        super().tell(results)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (1, ["ask 4", "tell 0-3", "ask 4", "tell 4-7", "ask 2", "tell 8-9"]),
        (2, ["ask 4", "ask 4", "tell 0-3", "ask 2", "tell 4-7", "tell 8-9"]),
        (9, ["ask 4", "ask 4", "ask 2", "tell 0-3", "tell 4-7", "tell 8-9"]),
    ],
)
def test_the_next_batch_is_asked_for_when_the_oldest_is_told(
    study: Study, monkeypatch: pytest.MonkeyPatch, ahead: int, expected: list[str]
) -> None:
    monkeypatch.setattr(Heard, "said", [])
    study(
        algorithms={"heard": partial(Heard, api.operations())},
        options={"algorithm": "heard", "trials": 10},
        given={"ahead": ahead, "space": "geometry"},
    )

    assert Heard.said == expected


@pytest.mark.parametrize(
    "limit", [{"trial_minutes": 10}, {"trial_memory": 400}, {"trial_minutes": 10, "trial_memory": 400}]
)
def test_limits_need_an_executor_that_can_end_a_trial(study: Study, limit: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="need an executor that can end a trial, such as processes"):
        study(given=limit, executor="inline")


def test_neither_speed_nor_executor_changes_a_byte(study: Study, tmp_path: Path) -> None:
    executors = {"slow": by_speed(0), "fast": by_speed(1), "one": by_speed(2, adds=False)}
    for name in ("inline", "processes", *executors):
        study(name, executor=name, workers=2, executors=executors, **SEARCH)

    journals = {name: read_journal(tmp_path / name) for name in ("inline", "processes", *executors)}
    assert all(left_in(tmp_path / name) == left_in(tmp_path / "inline") for name in journals)
    assert all(without_times(records[1:]) == without_times(journals["inline"][1:]) for records in journals.values())
    orders = [
        [record["number"] for record in records if record["kind"] == "evaluation"] for records in journals.values()
    ]
    assert any(order != orders[0] for order in orders)
    assert json.loads(left_in(tmp_path / "slow")[1])["settings"]["ahead"] == 3


@pytest.mark.parametrize("at", [10, 25, 40])
def test_a_run_that_is_stopped_resumes_to_the_same_bytes(study: Study, tmp_path: Path, at: int) -> None:
    study("whole", executor="slow", executors={"slow": by_speed(0)}, **SEARCH)
    with pytest.raises(Stop):
        study(executor="slow", executors={"slow": by_speed(1)}, observers=[stop_at(at)], **SEARCH)
    asked = {**SEARCH, "given": {name: value for name, value in SEARCH["given"].items() if name != "ahead"}}
    study(resume=True, executor="slow", executors={"slow": by_speed(2)}, workers=2, **asked)

    assert left_in(tmp_path / "run") == left_in(tmp_path / "whole")


def settings_of(**more: Any) -> StudySettings:
    return StudySettings(algorithm="random", **more)


@pytest.mark.parametrize(
    ("workers", "more", "ahead"),
    [
        (8, {"seeds": 1}, None),
        (9, {"seeds": 1}, 2),
        (50, {"seeds": 1}, 6),
        (50, {"seeds": 3}, 2),
        (50, {"seeds": 1, "trials": 160}, 4),
        (1000, {"seeds": 1}, 250),
        (1000, {"seeds": 1, "batch": 100}, 50),
        (1000, {"seeds": 1, "ahead": 1}, 1),
    ],
)
def test_above_8_workers_batches_overlap(workers: int, more: dict[str, Any], ahead: int | None) -> None:
    assert scheduled(settings_of(**more), workers, None).ahead == ahead


@pytest.mark.parametrize(("began", "resumed"), [(2, 50), (50, 2)])
def test_a_resume_repeats_the_schedule_with_any_number_of_workers(
    study: Study, tmp_path: Path, began: int, resumed: int
) -> None:
    search = {"options": {"algorithm": "random", "trials": 6}, "given": {"space": "geometry"}}
    study(workers=began, executor="slow", executors={"slow": by_speed(0)}, **search)
    before = read_journal(tmp_path / "run")
    study(workers=resumed, executor="slow", executors={"slow": by_speed(0)}, resume=True, **search)

    assert read_journal(tmp_path / "run") == before
    assert before[0]["settings"].get("ahead") == (2 if began == 50 else None)


def test_hopeless_is_what_lies_below_those_that_were_told(study: Study, tmp_path: Path) -> None:
    """With three batches of 20 under way, the second and the third begin before any result is told."""
    given = {**SEARCH["given"], "study.batch": 20, "algorithm.batch": 20, "early_stop": 0.5}
    study(executor="slow", executors={"slow": by_speed(0)}, given=given, options={**SEARCH["options"], "trials": 100})

    records = read_journal(tmp_path / "run")
    ran = [record for record in records if record["kind"] == "evaluation" and record["stage"] == "trial"]
    firsts = {record["number"]: record["reports"][0] for record in ran}
    middle = sorted(firsts[number] for number in range(20))[10]
    stopped = {record["number"] for record in ran if record["stopped"]}
    assert not {number for number in stopped if number < 60}
    below = {number for number in range(60, 80) if firsts[number] < middle}
    assert below
    assert below <= stopped


def test_trials_under_way_take_of_the_time_that_is_left() -> None:
    settings = StudySettings(algorithm="random", minutes=10.0, seeds=1, batch=100, finalists=1, race_cells=2, subsets=0)
    bench = mock.Mock(journal=mock.Mock(records=[{"kind": "evaluation", "stage": "trial", "seconds": 10.0}]))
    bench.said.return_value = None
    budget = Budget(bench, settings, 1)
    budget.batch(0)

    counts = [budget.batch(0, under_way) for under_way in (0, 1, 5)]

    assert [counts[0] - count for count in counts] == [0, 1, 5]
    assert 5 < counts[0] < 100
