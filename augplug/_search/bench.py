"""The study's workbench: evaluations that are run at most once, because the journal remembers them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from augplug._executors.base import Executor, Job, JobResult
from augplug._policies.grammar import Policy
from augplug._search.journal import Journal, Record, writing
from augplug._search.settings import StudySettings
from augplug.data.archive import write_parts
from augplug.data.sets import Labelled
from augplug.errors import RunError, SettingsError

MAY_FAIL = ("trial", "finalist")
"""Stages that go on without a task that failed."""
Observer: TypeAlias = Callable[[Record], None]


@dataclass(frozen=True)
class StageData:
    """The images that the evaluator of one stage may see."""

    name: str
    train: Labelled
    valid: Labelled


@dataclass(frozen=True)
class Task:
    """A policy to evaluate under `seeds` seeds: in the journal, `number` of `stage`; for people, `label`.

    Tasks of one stage with the same `seed_group` have the same seeds, so that they can be compared in pairs.
    `stop_below` are the intermediate rewards below which an evaluation is hopeless.
    """

    stage: str
    number: int
    label: str
    policy: Policy
    part: StageData
    seeds: int
    seed_group: int
    stop_below: tuple[float, ...] = ()


@dataclass(frozen=True)
class Scores:
    """What a task gave: a reward for each seed; or the first `error`, and no rewards. `stopped`: some seed was."""

    rewards: tuple[float, ...]
    error: str
    stopped: bool


class EvaluationRunner:
    """Runs tasks through an executor, and writes the journal. Everything in the journal is never run again."""

    def __init__(
        self, journal: Journal, executor: Executor, settings: StudySettings, folder: Path, observers: Sequence[Observer]
    ) -> None:
        """Take the open journal and executor, and a temporary folder for the files that workers read."""
        self.journal = journal
        self._executor = executor
        self._settings = settings
        self._folder = folder
        self._observers = observers
        self._done = {_key(record): record for record in journal.records if record["kind"] == "evaluation"}
        self._said = {(record["kind"], record.get("number")): record for record in journal.records}

    def append(self, kind: str, **content: Any) -> None:
        """Write a record and tell the observers."""
        record = self.journal.append(kind, **content)
        for observer in self._observers:
            observer(record)

    def said(self, kind: str, number: int | None) -> Record | None:
        """Return the record of that kind and number that the journal held when it was opened."""
        return self._said.get((kind, number))

    def once(self, kind: str, **content: Any) -> None:
        """Write a record unless the journal has it, for a resumed run comes by here again. RunError when it differs."""
        before = self.said(kind, content.get("number"))
        if before is None:
            self.append(kind, **content)
            return
        now = json.loads(json.dumps(content))
        differing = [name for name, value in now.items() if before.get(name) != value]
        if differing:
            raise RunError(
                f"resuming came to another {kind} than record {before['n']} of the journal holds "
                f"({', '.join(differing)}), so the "
                "algorithm or the evaluator has changed since; start again with another --out"
            )

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Scores]]:
        """Yield each task with its scores, in the order of the tasks, each as soon as it and those before are done."""
        evaluations = [(task, k) for task in tasks for k in range(task.seeds)]
        missing = [(task, k) for task, k in evaluations if self._key(task, k) not in self._done]
        jobs = [self._job(number, task, k) for number, (task, k) in enumerate(missing)]
        outcomes = self._executor.run(jobs) if jobs else iter(())
        for task in tasks:
            keys = [self._key(task, k) for k in range(task.seeds)]
            while not all(key in self._done for key in keys):
                outcome = next(outcomes)  # pylint: disable=stop-iteration-return  # an outcome for each job: the contract
                done, k = missing[outcome.id]
                self._keep(done, k, outcome)
            records = [self._done[key] for key in keys]
            error = next((record["error"] for record in records if record["error"]), "")
            rewards = () if error else tuple(record["reward"] for record in records)
            yield task, Scores(rewards, error, any(record.get("stopped", False) for record in records))

    def _keep(self, task: Task, k: int, outcome: JobResult) -> None:
        error = outcome.error
        if error and task.stage not in MAY_FAIL:
            # Without these there is no result. Not in the journal, so that --resume tries again.
            request = error.removeprefix("SettingsError: ")
            raise SettingsError(request) if request != error else RunError(f"{task.label} failed: {error}")
        content = dict(zip(_KEY, self._key(task, k), strict=True))
        content |= {"reward": outcome.reward, "error": error, "seconds": round(outcome.seconds, 4)}
        if outcome.reports:
            content |= {"reports": outcome.reports, "stopped": outcome.stopped}
        self.append("evaluation", **content)
        record = self.journal.records[-1]
        self._done[_key(record)] = record

    def _job(self, number: int, task: Task, k: int) -> Job:
        path = self._folder / f"{task.part.name}.npz"
        if not path.exists():
            with writing(path):
                write_parts(path, task.part.train, task.part.valid)
        return Job(
            id=number,
            label=task.label,
            evaluator=self._settings.evaluator,
            settings=self._settings.evaluator_settings,
            data=str(path),
            policy=task.policy.to_json(),
            seed=self._seed(task, k),
            stop_below=task.stop_below,
        )

    def _seed(self, task: Task, k: int) -> int:
        """48 bits from what the evaluation is, so that no stages share draws and the order of work does not matter."""
        text = f"{self._settings.seed}/{task.stage}/{task.seed_group}/{k}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "little")

    def _key(self, task: Task, k: int) -> tuple[Any, ...]:
        return task.stage, task.number, k, self._seed(task, k), _digest(task.policy)


def _digest(policy: Policy) -> str:
    return policy.digest.hex()[:16]


_KEY = ("stage", "number", "k", "seed", "policy")
"""What says which evaluation a record is of."""


def _key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[name] for name in _KEY)
