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
class Job:  # pylint: disable=too-many-instance-attributes  # all that a worker needs, as one JSON object
    """One evaluation: a policy under one seed.

    `id` is unique in a search; `label` says in words what it is, for messages. `evaluator` is a name, `settings` its
    settings, `data` the path of a file that `augplug.data.archive.write_subsets` wrote and `subset` which of its
    subsets is trained on, `policy` a policy file's content. `budget` in (0, 1] is the part of the full training.
    `balanced` asks for scores averaged by class, `images` for what became of each image. An evaluation whose k-th
    intermediate reward lies below `stop_below[k]` is stopped there. `deaths` counts the workers that ended during this
    job in earlier sessions of the run. A job may take `minutes` of time and `memory` MB of its worker's process group
    (None: as much as it likes).
    """

    id: int
    label: str
    evaluator: str
    settings: Mapping[str, Any]
    data: str
    policy: Mapping[str, Any]
    seed: int
    stop_below: Sequence[float] = ()
    deaths: int = 0
    minutes: float | None = None
    memory: float | None = None
    subset: int = 0
    budget: float | None = None
    balanced: bool = False
    images: bool = False

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

    `reports` are the intermediate rewards. One that was `stopped` has the last of them as its reward. `limit` names the
    limit of the job ("minutes" or "memory") that ended it, if one did. `accuracy` and `correct` are those of
    `augplug._evaluators.scoring.Scored`: None and empty where the evaluator has no margins, and `correct` where the job
    did not ask for images.
    """

    id: int
    reward: float | None
    error: str
    seconds: float
    reports: Sequence[float] = ()
    stopped: bool = False
    limit: str = ""
    accuracy: float | None = None
    correct: str = ""

    def to_json(self) -> dict[str, Any]:
        """The outcome as data for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> JobResult:
        """The outcome that `to_json` gave."""
        return cls(**document)


@dataclass(frozen=True)
class JobDeath:
    """A worker that ended during job `id`, which is run again: its exit `status` (-9: signal 9), and the `reason`."""

    id: int
    status: int | None
    reason: str


MOST_DEATHS = 3
"""A job is not run again after this many of its workers died."""
LONGEST = 2000
"""Characters of an error that are kept."""


def clipped(text: str) -> str:
    """Return an error's text, cut where it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


Runner: TypeAlias = Callable[[Job], JobResult]
"""Runs a job in this process. `augplug._executors.running.JobRunner` is one."""


class Executor(ABC):
    """Runs jobs, `workers` at a time. A context manager: leaving it stops the workers, whatever is still running.

    It is built as `Executor(workers=K, runner=...)`; `runner` runs a job in this process, and an executor whose workers
    are elsewhere has no use for it: they start `augplug.worker`, or call `JobRunner` with a registry of their own.
    """

    folder: Path | None = None
    """The run's folder, which a study gives before it starts; the only one of the user's that workers need to write."""
    limits_jobs: bool = False
    """True if it ends a job that exceeds its `minutes` or its `memory`; a study that has such limits wants that."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Get ready to run jobs."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every worker, also those that are busy."""

    def add(self, jobs: Sequence[Job]) -> bool:  # pylint: disable=unused-argument,no-self-use  # for those that can
        """Take further jobs into the `run` whose iterator has not ended, and return True.

        Return False if this executor cannot: then a search hands them over by the next `run`, with the same result, and
        idle workers wait until then.
        """
        return False

    @abstractmethod
    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult | JobDeath]:
        """Yield a result for each job, in the order in which they are done.

        A job whose evaluator raises has a result with the error. A worker that ends by itself gives a JobDeath instead,
        and the job is run again, unless `job.deaths` and the deaths of this `run` make MOST_DEATHS; then
        the job has a result with an error. Workers that `__exit__` stops are not deaths. An executor that cannot start
        workers raises RunError.
        """


if not TYPE_CHECKING:  # type checkers refuse unknown names themselves
    __getattr__ = module_getattr(__name__)
