"""Checks of an executor: jobs in, outcomes out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from augplug import api
from augplug._executors.base import Executor, Job, JobDeath, JobResult
from augplug._executors.running import JobRunner
from augplug._policies.building import sequence, step
from augplug._policies.grammar import Policy
from augplug.data.archive import write_parts
from augplug.testing.base import Check, Failed, Subject, require
from augplug.testing.evaluators import shuffled, stripes

_EVALUATOR = "kernel-ridge"


@contextmanager
def _jobs(count: int, evaluators: Sequence[str] = (_EVALUATOR,)) -> Iterator[list[Job]]:
    """Jobs of the built-in evaluator, which every worker knows; `evaluators` are taken in turn."""
    with tempfile.TemporaryDirectory(prefix="augplug-") as folder:
        path = Path(folder) / "parts.npz"
        write_parts(path, shuffled(stripes(1, 20)), stripes(2, 20))  # hard, so that rewards differ by seed
        turn = step(api.operations(), "augplug:Rotate", degrees=(-60, 60))
        policy = Policy(sequence(turn), "examined").to_json()
        yield [
            Job(
                10 + number,
                f"job {number}",
                evaluators[number % len(evaluators)],
                {"copies": 1},
                str(path),
                policy,
                seed=number,
            )
            for number in range(count)
        ]


def _executor(subject: Subject, workers: int = 2) -> Executor:
    runner = JobRunner(api.evaluators(), api.operations())
    made = subject.value(workers=workers, runner=runner)
    require(isinstance(made, Executor), f"it makes {type(made).__name__}, not an Executor")
    return made  # type: ignore[no-any-return]  # `require` has looked


def _outcomes(subject: Subject, jobs: Sequence[Job], workers: int = 2) -> list[JobResult]:
    with _executor(subject, workers) as executor:
        return _results(executor, jobs)


def _results(executor: Executor, jobs: Iterable[Job]) -> list[JobResult]:
    """Return the results; a worker that ended meanwhile is nothing to be examined."""
    return [told for told in executor.run(jobs) if not isinstance(told, JobDeath)]


def runs_every_job_once(subject: Subject) -> None:
    """Is there one outcome for each job, with its `id` and the reward that this process gets too?

    When it fails: give the outcomes of the runner, or of a worker that calls `JobRunner`, as they are.
    """
    with _jobs(5) as jobs:
        runner = JobRunner(api.evaluators(), api.operations())
        expected = {job.id: runner(job).reward for job in jobs}
        require(len(set(expected.values())) > 1, f"the jobs do not tell seeds apart: {expected}")
        for workers in (1, 2):
            made = _outcomes(subject, jobs, workers)
            numbers = sorted(one.id for one in made)
            require(numbers == sorted(expected), f"{workers} workers on {sorted(expected)} give outcomes of {numbers}")
            rewards = {one.id: one.reward for one in made}
            require(rewards == expected, f"{workers} workers give the rewards {rewards}, not {expected}")


def nothing_to_do_is_fine(subject: Subject) -> None:
    """Does it take no jobs at all, a second run after the first, and an iterator of jobs?

    When it fails: keep nothing of a run for the next, and go through `jobs` once.
    """
    with _jobs(3) as jobs, _executor(subject) as executor:
        require(not _results(executor, []), "no jobs have outcomes")
        first = sorted(one.id for one in _results(executor, iter(jobs)))
        again = sorted(one.id for one in _results(executor, jobs))
        require(first == again == [job.id for job in jobs], f"two runs of 3 jobs give {first}, then {again}")


def failures_are_outcomes(subject: Subject) -> None:
    """Is what an evaluator raises the outcome of its own job, and of no other?

    When it fails: catch nothing and raise nothing: the runner makes an outcome with the error.
    """
    with _jobs(4, (_EVALUATOR, "no-such-evaluator")) as jobs:
        made = {one.id: one for one in _outcomes(subject, jobs)}
        require(set(made) == {job.id for job in jobs}, f"of 4 jobs, two of which fail, only {sorted(made)} come back")
        for job in jobs:
            outcome = made[job.id]
            if job.evaluator == _EVALUATOR:
                require(outcome.reward is not None and not outcome.error, f"{job.label} fails with {outcome.error}")
            else:
                lost = outcome.reward is None and "no-such-evaluator" in outcome.error
                require(lost, f"{job.label} raises, but its outcome is {outcome}")


def leaving_stops_it(subject: Subject) -> None:
    """Does leaving the context, with jobs still to do or on an error, end at once and leave no process behind?

    When it fails: stop every worker in `__exit__`, wait for it, and do not swallow the error.
    """
    before = _children()
    with _jobs(6) as jobs:
        with _executor(subject) as executor:
            next(iter(executor.run(jobs)))
        left = _children() - before
        require(not left, f"it leaves {len(left)} processes behind")
        try:
            with _executor(subject):
                raise _MadeUpError
        except _MadeUpError:
            pass
        else:
            raise Failed("it swallows an error that is raised inside its context")
        require(not _children() - before, "it leaves processes behind when an error ends it")


class _MadeUpError(Exception):
    """Raised inside an executor's context."""


def _children() -> set[int]:
    """Return the process numbers of this process's children; none where the system does not say (other than Linux)."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(number) for path in lists for number in path.read_text(encoding="ascii").split()}


CHECKS: tuple[Check, ...] = (runs_every_job_once, nothing_to_do_is_fine, failures_are_outcomes, leaving_stops_it)
