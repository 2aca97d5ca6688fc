"""The study's workbench: evaluations that are run at most once, because the journal remembers them."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from augplug._executors.base import Executor, Job, JobDeath, JobResult, clipped
from augplug._executors.running import checked
from augplug._policies.grammar import Policy
from augplug._search.journal import Journal, Record, writing
from augplug._search.observers import Audience, Observer
from augplug._search.sessions import effective
from augplug._search.settings import StudySettings
from augplug.data.archive import write_subsets
from augplug.data.sets import Labelled
from augplug.data.split import Indices
from augplug.errors import RunError, SettingsError


@dataclass(frozen=True)
class StageData:
    """The images that the evaluators of one stage may see; of each subset what is trained and what is validated on."""

    name: str
    data: Labelled
    subsets: tuple[tuple[Indices, Indices], ...]


@dataclass(frozen=True)
class Cell:
    """Where policies are compared: a training subset of a stage and an augmentation seed, which follows from `name`."""

    name: str
    part: StageData
    subset: int


@dataclass(frozen=True)
class Task:
    """A policy to evaluate in `cells`: in the journal, `number` of `stage`; for people, `label`.

    `budget` in (0, 1] is the part of the full training, None all of it; `images` asks for what became of each image.
    `stop_below` are the intermediate rewards below which an evaluation is hopeless. Without a task that is `needed`
    there is no result: its failure ends the run.
    """

    stage: str
    number: int
    label: str
    policy: Policy
    cells: tuple[Cell, ...]
    budget: float | None = None
    images: bool = False
    needed: bool = False
    stop_below: tuple[float, ...] = ()


@dataclass(frozen=True)
class Scores:
    """What a task gave: its evaluation's record for each cell; or the first `error`. `stopped`: some evaluation was."""

    records: tuple[Record, ...]
    error: str = ""
    stopped: bool = False

    @property
    def rewards(self) -> tuple[float, ...]:
        """The rewards, a cell each; none where something failed."""
        return () if self.error else tuple(record["reward"] for record in self.records)

    @property
    def accuracies(self) -> tuple[float, ...]:
        """The accuracies, a cell each; the rewards where the evaluator knows no accuracy."""
        return () if self.error else tuple(accuracy_of(record) for record in self.records)


def accuracy_of(evaluation: Record) -> float:
    """Return the accuracy that an evaluation's record holds, or the reward where its evaluator knows no accuracy."""
    accuracy = evaluation.get("accuracy")
    return float(evaluation["reward"] if accuracy is None else accuracy)


class EvaluationRunner:
    """Runs tasks through an executor, and writes the journal. Everything in the journal is never run again."""

    def __init__(
        self, journal: Journal, executor: Executor, settings: StudySettings, folder: Path, observers: Sequence[Observer]
    ) -> None:
        """Take the open journal and executor, and a temporary folder, in the run's, for the files that workers read."""
        limited = settings.trial_minutes is not None or settings.trial_memory is not None
        if limited and not executor.limits_jobs:
            raise SettingsError(
                "trial_minutes and trial_memory need an executor that can end a trial, such as processes; give another "
                "--executor, or no limits"
            )
        self.journal = journal
        self._executor = executor
        self._settings = settings
        self._folder = folder
        self._audience = Audience(observers, folder.parent.absolute(), journal.records)
        self._done = {_key(record): record for record in journal.records if record["kind"] == "evaluation"}
        self._deaths = Counter(_key(record) for record in journal.records if record["kind"] == "death")
        self._said = _remembered(journal.records)
        self._begun: list[tuple[Task, Cell]] = []
        self._known = set(self._done)
        self._waiting: list[Job] = []
        self._outcomes: Iterator[JobResult | JobDeath] | None = None

    def __enter__(self) -> Self:
        """Leaving lets the observers hear what is left."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the observers; after an error only for a moment."""
        self._audience.close(stopped=kind is not None)

    def append(self, kind: str, **content: Any) -> None:
        """Write a record and tell the observers."""
        self._audience.tell(self.journal.append(kind, **content))

    def go_on_to(self, trials: int) -> None:
        """Continue the run to this many trials: what followed from all trials has to be made anew."""
        self.append("trials", trials=trials)
        self._said = _remembered(self.journal.records)

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

    def record(self, kind: str, task: Task, scores: Scores, **more: Any) -> None:
        """Write what became of a task, once."""
        reward = statistics.fmean(scores.rewards) if scores.rewards else None
        accuracy = statistics.fmean(scores.accuracies) if scores.rewards else None
        content = {"number": task.number, "cells": [cell.name for cell in task.cells], "rewards": scores.rewards}
        content |= {"reward": reward, "accuracy": accuracy, "error": scores.error}
        content["digest"] = task.policy.digest.hex()[:16]
        self.once(kind, **{**content, **more})

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Scores]]:
        """Yield each task with its scores, in the order of the tasks, each as soon as it and those before are done.

        A policy that was evaluated in a cell before, for whatever task, is not evaluated there again.
        """
        self.begin(tasks)
        for task in tasks:
            yield task, self.scores(task)

    def begin(self, tasks: Sequence[Task]) -> None:
        """Begin tasks beside those that were begun before; `scores` waits for them."""
        missing = {
            self._key(task, cell): (task, cell)
            for task in reversed(tasks)
            for cell in reversed(task.cells)
            if self._key(task, cell) not in self._known
        }
        self._known |= missing.keys()
        begun = list(reversed(missing.values()))
        jobs = [self._job(number, task, cell) for number, (task, cell) in enumerate(begun, len(self._begun))]
        self._begun += begun
        if self._outcomes is None or not self._executor.add(jobs):
            self._waiting += jobs

    def scores(self, task: Task) -> Scores:
        """Return the scores of a task that was begun, once they are there."""
        keys = [self._key(task, cell) for cell in task.cells]
        while not all(key in self._done for key in keys):
            self._hear(task)
        records = tuple(self._done[key] for key in keys)
        error = next((record["error"] for record in records if record["error"]), "")
        return Scores(records, error, any(record.get("stopped", False) for record in records))

    def _hear(self, wanted: Task) -> None:
        """Write what the executor says next; hand it the jobs that it could not take while it ran others."""
        if self._outcomes is None:
            if not self._waiting:
                raise RunError(f"the executor ended without a result for {wanted.label}; report that to who made it")
            self._outcomes, self._waiting = iter(self._executor.run(self._waiting)), []
        outcome = next(self._outcomes, None)
        if outcome is None:
            self._outcomes = None
        elif isinstance(outcome, JobDeath):
            named = self._named(*self._begun[outcome.id])
            self.append("death", **named, status=outcome.status, reason=outcome.reason)
        else:
            self._keep(*self._begun[outcome.id], outcome)

    def _keep(self, task: Task, cell: Cell, outcome: JobResult) -> None:
        reward, error = _checked(outcome)
        if error and task.needed:
            # Not in the journal, so that --resume tries again.
            request = error.removeprefix("SettingsError: ")
            raise SettingsError(request) if request != error else RunError(f"{task.label} failed: {error}")
        content = self._named(task, cell) | {"subset": cell.subset, "seed": self._seed(cell), "reward": reward}
        content |= {"accuracy": outcome.accuracy, "error": error, "seconds": round(outcome.seconds, 4)}
        if outcome.correct:
            content["correct"] = outcome.correct
        if outcome.reports and not error:
            content |= {"reports": outcome.reports, "stopped": outcome.stopped}
        if outcome.limit:
            content |= {"limit": outcome.limit}
        self.append("evaluation", **content)
        record = self.journal.records[-1]
        self._done[_key(record)] = record

    def _job(self, number: int, task: Task, cell: Cell) -> Job:
        path = self._folder / f"{cell.part.name}.npz"
        if not path.exists():
            with writing(path):
                write_subsets(path, cell.part.data, cell.part.subsets)
        return Job(
            id=number,
            label=task.label,
            evaluator=self._settings.evaluator,
            settings=self._settings.evaluator_settings,
            data=str(path),
            policy=task.policy.to_json(),
            seed=self._seed(cell),
            stop_below=task.stop_below,
            deaths=self._deaths[self._key(task, cell)],
            minutes=self._settings.trial_minutes,
            memory=self._settings.trial_memory,
            subset=cell.subset,
            budget=task.budget,
            balanced=self._settings.balanced,
            images=task.images,
        )

    def _seed(self, cell: Cell) -> int:
        """48 bits from what the cell is, so that no cells share draws and the order of work does not matter."""
        text = f"{self._settings.seed}/{cell.name}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "little")

    def _named(self, task: Task, cell: Cell) -> dict[str, Any]:
        return {"stage": task.stage, "number": task.number, **dict(zip(_KEY, self._key(task, cell), strict=True))}

    @staticmethod
    def _key(task: Task, cell: Cell) -> tuple[Any, ...]:
        return cell.name, task.policy.digest.hex()[:16]


def _checked(outcome: JobResult) -> tuple[float | None, str]:
    """Return reward and error of a job; what is not a reward is an error, whichever executor let it pass."""
    if outcome.error:
        return None, clipped(outcome.error)
    try:
        for report in outcome.reports:
            checked(report, "reported")
        return checked(outcome.reward, "returned"), ""
    except (TypeError, ValueError) as error:
        return None, clipped(f"{type(error).__name__}: {error}")


def _remembered(records: Sequence[Record]) -> dict[tuple[str, int | None], Record]:
    return {(record["kind"], record.get("number")): record for record in effective(records)} if records else {}


_KEY = ("cell", "policy")
"""What says which evaluation a record is of."""


def _key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[name] for name in _KEY)
