"""A search that kills itself, or its workers, just before a chosen moment.

    python tests/search/victim.py ROOT '{"out": "run", ...}'

takes the fields of `Orders`.

The moments have names, and are counted: the calls of tests/search/disk.py; `journal.half`, when half of a record is
written; `journal.acknowledged`, when it has been synced; `worker.file`, before what workers read is written;
`evaluation.start`, before a job goes to a worker; `evaluation.end`, when its outcome has come.

Beside the run it leaves OUT.notes, a line for each thing that happened, which a kill does not take away: `moment NAME`;
`synced BYTES`, the journal's length that is safe; `told RECORD`, a record that observers were told of; `handed KEY`, an
evaluation that a worker was given; and `began IMPORTED FIRST CPU`, seconds from the start of the process to the end of
its imports and to the first evaluation handed to a worker, and how long it had computed by then.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augplug import api
from augplug._executors.base import Job, JobResult
from augplug._policies.reader import read_policy
from augplug._search import bench
from augplug.data import archive
from tests.search.conftest import make_study
from tests.search.disk import watched


@dataclass(frozen=True)
class Orders:
    """Run the search `search` (arguments of `make_study`'s function) to `out` with `workers`.

    Die before the `count`-th `moment` of that name, or of any name when it is empty; 0: never. With `every`, kill a
    worker at every so many moments instead.
    """

    out: str
    workers: int
    search: dict[str, Any] = field(default_factory=dict)
    moment: str = ""
    count: int = 0
    every: int = 0


class Victim:
    """Notes every moment, and dies when it was told to."""

    def __init__(self, root: Path, orders: Orders) -> None:
        self._root = root
        self._orders = orders
        self._counts: Counter[str] = Counter()
        self._write = os.write
        self._notes = os.open(root / f"{orders.out}.notes", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._imported = age()

    def note(self, *words: object) -> None:
        """Leave a line behind."""
        self._write(self._notes, " ".join(map(str, words)).encode() + b"\n")

    def reach(self, moment: str) -> None:
        """Be at a moment, perhaps the last one."""
        self._counts.update((moment, "any"))
        if (
            moment == (self._orders.moment or moment)
            and self._counts[self._orders.moment or "any"] == self._orders.count
        ):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._orders.every and self._counts["any"] % self._orders.every == 0:
            self._kill_a_worker()
        self.note("moment", moment)

    def _kill_a_worker(self) -> None:
        workers = children()
        if workers:
            chosen = workers[self._counts["any"] % len(workers)]
            self.note("killed", chosen)
            os.kill(chosen, signal.SIGKILL)

    def before(self, name: str, _handle: int, content: bytes) -> int | None:
        """Write records in two halves, so that each is a torn one for a moment."""
        whole = name == "journal.write" and content.startswith(b'{"n": ') and content.endswith(b"\n")
        self.reach("journal.half" if name == "journal.write" and not whole else name)
        return len(content) // 2 if whole else None

    def after(self, name: str, handle: int) -> None:
        """Note what is safe."""
        if name == "journal.fsync":
            self.note("synced", os.fstat(handle).st_size)
            self.reach("journal.acknowledged")

    def hand(self, job: Job) -> None:
        """An evaluation is about to go to a worker."""
        if not self._counts["evaluation.start"]:
            self.note("began", round(self._imported, 3), round(age(), 3), round(time.process_time(), 3))
        self.reach("evaluation.start")
        self.note("handed", job.seed, read_policy(job.policy, api.operations()).digest.hex()[:16])

    def watch(self) -> None:
        """Stand at every moment, in front of what happens there."""
        for name, function in watched(self.before, self.after).items():
            setattr(os, name, function)
        to_json, from_json, write_subsets = Job.to_json, JobResult.from_json, archive.write_subsets

        def handed(job: Job) -> dict[str, Any]:
            self.hand(job)
            return to_json(job)

        def came(document: dict[str, Any]) -> JobResult:
            self.reach("evaluation.end")
            return from_json(document)

        def written(*arguments: Any) -> None:
            self.reach("worker.file")
            write_subsets(*arguments)

        for place, name, function in (
            (Job, "to_json", handed),
            (JobResult, "from_json", came),
            (bench, "write_subsets", written),
        ):
            setattr(place, name, function)

    def run(self) -> None:
        """Run the search, or the rest of it."""
        make_study(self._root)(
            self._orders.out,
            executor="processes",
            workers=self._orders.workers,
            resume=True,
            observers=[lambda record: self.note("told", record["n"])],
            **self._orders.search,
        )


def age() -> float:
    """Seconds since this process was started."""
    ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def children() -> list[int]:
    """The workers, by their numbers."""
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="utf-8").split()]


if __name__ == "__main__":
    victim = Victim(Path(sys.argv[1]), Orders(**json.loads(sys.argv[2])))
    victim.watch()
    victim.run()
