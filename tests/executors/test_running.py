import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augplug import api
from augplug._evaluators.base import Evaluator
from augplug._evaluators.scoring import correct_bits
from augplug._executors.base import Job
from augplug._executors.running import KEPT, JobRunner, Stopped
from augplug._policies.grammar import Policy
from augplug.data.archive import write_parts, write_subsets
from augplug.data.sets import Labelled
from augplug.streams import stopping_signals
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
    for name in ("a", "b", "c", "d", "e"):
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

    for name in ("b", "c", "d", "e", "e", "a"):
        runner(replace(job, data=str(tmp_path / f"{name}.npz")))
    assert KEPT == 4
    assert Counted.built == 6


def test_an_evaluator_is_built_for_each_subset(job: Job, runner: JobRunner, tmp_path: Path) -> None:
    data = images(20)
    rows = [(np.arange(start, start + 3), np.arange(10, 20)) for start in (0, 3)]
    write_subsets(tmp_path / "a.npz", data, rows)

    for subset in (0, 1, 0, 1):
        runner(replace(job, subset=subset))

    assert Counted.built == 2


class Sure(Evaluator):
    """Knows margins: the first validation images are right."""

    def __init__(self, train: Labelled, valid: Labelled, right: int = 1) -> None:
        del train
        self.right, self.count = right, len(valid)

    def evaluate(self, policy: Policy, **_how: Any) -> float:
        raise AssertionError("margins say more")

    def margins(self, policy: Policy, **_how: Any) -> np.ndarray:
        return np.where(np.arange(self.count) < self.right, 1.0, -1.0)


def test_margins_give_the_reward_the_accuracy_and_what_became_of_each_image(job: Job) -> None:
    run = JobRunner({"counted": Sure}, api.operations())
    plain = run(replace(job, settings={"right": 3}, images=True))
    balanced = run(replace(job, settings={"right": 3}, balanced=True))

    count = len(images(20))
    assert plain.accuracy == pytest.approx(3 / count)
    assert plain.reward == pytest.approx((3 / (1 + np.exp(-10)) + (count - 3) / (1 + np.exp(10))) / count)
    assert correct_bits(plain.correct, count).tolist() == [True] * 3 + [False] * (count - 3)
    assert balanced.correct == ""
    y = images(20).y
    assert balanced.accuracy == pytest.approx(np.mean([np.mean((np.arange(count) < 3)[y == c]) for c in range(3)]))


def test_an_evaluator_without_margins_cannot_be_balanced(job: Job, runner: JobRunner) -> None:
    assert "has no margins, so its scores cannot be balanced" in runner(replace(job, balanced=True)).error


@pytest.mark.parametrize("margins", [np.zeros(3), np.full(20, np.nan)])
def test_margins_that_are_none_are_an_error(job: Job, margins: np.ndarray) -> None:
    class Wrong(Sure):
        def margins(self, policy: Policy, **_how: Any) -> np.ndarray:
            return margins

    assert "margins" in JobRunner({"counted": Wrong}, api.operations())(replace(job, settings={})).error


@pytest.mark.parametrize("reward", [np.nan, np.inf, -0.1, 1.1])
def test_a_reward_out_of_range_is_an_error(job: Job, runner: JobRunner, reward: float) -> None:
    outcome = runner(replace(job, settings={"reward": reward}))

    assert outcome.reward is None
    assert "a reward lies in 0..1" in outcome.error


class Raising(Counted):
    """Raises what it was told to."""

    raised: BaseException

    def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> float:
        raise self.raised


class UnreadableError(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise SystemExit(4)


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "GeneratorExit: "),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (Stopped(), "Stopped: "),
        (BaseExceptionGroup("two", [SystemExit(1), ValueError("x")]), "BaseExceptionGroup: two (2 sub-exceptions)"),
        (UnreadableError(), "UnreadableError (its text cannot be read)"),
        (ValueError("x" * 50_000_000), f"ValueError: {'x' * 1985}..."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_an_evaluator_raises_is_the_error_of_its_job(job: Job, raised: BaseException, error: str) -> None:
    Raising.raised = raised
    outcome = JobRunner({"counted": Raising}, api.operations())(job)

    assert (outcome.reward, outcome.error) == (None, error)
    assert len(outcome.error) <= 2000


def test_ctrl_c_is_no_error_of_a_job(job: Job) -> None:
    class Interrupted(Counted):
        def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> float:
            signal.raise_signal(signal.SIGINT)
            return 0.5

    with pytest.raises(KeyboardInterrupt):
        JobRunner({"counted": Interrupted}, api.operations())(job)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("ignored", [True, False])
def test_other_signals_stop_a_job_even_where_ctrl_c_is_ignored(
    number: signal.Signals, job: Job, *, ignored: bool
) -> None:
    """Shells do so for background jobs. A second signal does not disturb the first one's cleaning."""

    class Interrupted(Counted):
        def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> float:
            signal.raise_signal(number)
            return 0.5

    before = signal.getsignal(signal.SIGINT)
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stopping_signals():
            with pytest.raises(KeyboardInterrupt):
                JobRunner({"counted": Interrupted}, api.operations())(job)
            signal.raise_signal(number)
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_signal_whose_handler_returns_stops_nothing(job: Job) -> None:
    """As one of a batch system that only takes a note of it."""

    class Noted(Counted):
        def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> float:
            signal.raise_signal(signal.SIGTERM)
            raise ValueError("later, and for another reason")

    noted: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: noted.append(number))
    try:
        outcome = JobRunner({"counted": Noted}, api.operations())(job)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert noted == [signal.SIGTERM]
    assert outcome.error == "ValueError: later, and for another reason"


def test_none_is_no_reward(job: Job) -> None:
    class Nothing(Counted):
        def evaluate(self, policy: Policy, *, seed: int, **_: Any) -> Any:
            return None

    outcome = JobRunner({"counted": Nothing}, api.operations())(job)
    assert outcome.error == "TypeError: the evaluator returned None; a reward is a number in 0..1"


def test_unknown_names_are_errors_with_a_suggestion(job: Job, runner: JobRunner) -> None:
    assert "did you mean 'counted'" in runner(replace(job, evaluator="countd")).error
    policy = {**job.policy, "policy": {"op": "Rotat", "p": 1.0, "level": 3}}
    assert "PolicyError: at /policy/op" in runner(replace(job, policy=policy)).error
    assert "DataError" in runner(replace(job, data="nowhere.npz")).error
