from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augplug import api
from augplug._evaluators.base import Evaluator
from augplug._executors.base import Job
from augplug._executors.running import KEPT, JobRunner
from augplug._policies.grammar import Policy
from augplug.data.archive import write_parts
from augplug.data.sets import Labelled
from tests.executors.toys import images


class Counted(Evaluator):
    """Counts how often it is built."""

    built = 0

    def __init__(self, train: Labelled, valid: Labelled, reward: float = 0.5) -> None:
        type(self).built += 1
        self.reward = reward
        self.sizes = len(train), len(valid)

    def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> float:
        del policy, seed
        assert self.sizes == (10, 20)
        return self.reward


@pytest.fixture
def job(tmp_path: Path) -> Job:
    for name in ("a", "b", "c"):
        write_parts(tmp_path / f"{name}.npz", images(10), images(20))
    policy = api.policy("randaugment").to_json()
    return Job(7, "a job", "counted", {}, str(tmp_path / "a.npz"), policy, seed=1)


@pytest.fixture
def runner() -> JobRunner:
    Counted.built = 0
    return JobRunner({"counted": Counted}, api.operations())


def test_a_job_survives_json(job: Job) -> None:
    assert Job.from_json(job.to_json()) == job


def test_an_evaluator_is_built_once_for_a_data_file(job: Job, runner: JobRunner, tmp_path: Path) -> None:
    for seed in range(5):
        assert runner(replace(job, seed=seed)).reward == 0.5
    assert Counted.built == 1

    for name in ("b", "c", "c", "a"):
        runner(replace(job, data=str(tmp_path / f"{name}.npz")))
    assert KEPT == 2
    assert Counted.built == 4


@pytest.mark.parametrize("reward", [np.nan, np.inf, -0.1, 1.1])
def test_a_reward_out_of_range_is_an_error(job: Job, runner: JobRunner, reward: float) -> None:
    outcome = runner(replace(job, settings={"reward": reward}))

    assert outcome.reward is None
    assert "a reward lies in 0..1" in outcome.error


def test_unknown_names_are_errors_with_a_suggestion(job: Job, runner: JobRunner) -> None:
    assert "did you mean 'counted'" in runner(replace(job, evaluator="countd")).error
    policy = {**job.policy, "policy": {"op": "Rotat", "p": 1.0, "level": 3}}
    assert "PolicyError: at /policy/op" in runner(replace(job, policy=policy)).error
    assert "DataError" in runner(replace(job, data="nowhere.npz")).error
