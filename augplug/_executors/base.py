"""The contract of an executor: jobs in, outcomes out, in the order in which they are done.

Jobs and outcomes are JSON and names, never pickled objects: a worker opens its own registry and looks the names up
there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from augplug.renamed import answers_old_names, module_getattr


@answers_old_names
@dataclass(frozen=True)
class Job:
    """One evaluation: a policy under one seed.

    `id` is unique in a `run`; `label` says in words what it is, for messages. `evaluator` is a name, `settings` its
    settings, `data` the path of a file that `augplug.data.archive.write_parts` wrote, `policy` a policy file's content.
    An evaluation whose k-th intermediate reward lies below `stop_below[k]` is stopped there.
    """

    id: int
    label: str
    evaluator: str
    settings: Mapping[str, Any]
    data: str
    policy: Mapping[str, Any]
    seed: int
    stop_below: Sequence[float] = ()

    def to_json(self) -> dict[str, Any]:
        """The job as data for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Job:
        """The job that `to_json` gave."""
        return cls(**document)


@dataclass(frozen=True)
class JobResult:
    """What job `id` gave after `seconds`: a `reward` in [0, 1], or None and the `error` that the evaluator raised.

    `reports` are the intermediate rewards. One that was `stopped` has the last of them as its reward.
    """

    id: int
    reward: float | None
    error: str
    seconds: float
    reports: Sequence[float] = ()
    stopped: bool = False

    def to_json(self) -> dict[str, Any]:
        """The outcome as data for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> JobResult:
        """The outcome that `to_json` gave."""
        return cls(**document)


Runner: TypeAlias = Callable[[Job], JobResult]
"""Runs a job in this process. `augplug._executors.running.JobRunner` is one."""


class Executor(ABC):
    """Runs jobs, `workers` at a time. A context manager: leaving it stops the workers, whatever is still running.

    It is built as `Executor(workers=K, runner=...)`; `runner` runs a job in this process, and an executor whose workers
    are elsewhere has no use for it: they start `augplug.worker`, or call `JobRunner` with a registry of their own.
    """

    folder: Path | None = None
    """The run's folder, which a study gives before it starts; the only one of the user's that workers need to write."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Get ready to run jobs."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every worker, also those that are busy."""

    @abstractmethod
    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Yield an outcome for each job, in the order in which they are done.

        A job whose evaluator raises has an outcome with the error. A worker that dies is no outcome: its job is run
        again, up to 5 times; then RunError, with the job's label.
        """


if not TYPE_CHECKING:  # type checkers refuse unknown names themselves
    __getattr__ = module_getattr(__name__)
