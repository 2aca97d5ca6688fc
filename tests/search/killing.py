"""Kills searches again and again, resumes them, and holds what they leave to what an undisturbed one leaves.

    PYTHONPATH=. python tests/search/killing.py --kills 200

prints the figures. A kill is a SIGKILL to the search, just before a moment of tests/search/victim.py: a named one, or
any one drawn by a seed; with `--timed`, also between moments. Every second one is a power cut too: what was not synced
is gone. A run that survives is checked and another one begins.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from augplug._search.journal import Record, parse, read_journal
from tests.search.victim import Orders

ROOT = Path(__file__).parents[2]
SEARCHES: dict[str, dict[str, Any]] = {
    "randaugment": {"given": {"m": "1,5,9", "n": "1", "subsets": 1}},
    "random": {"options": {"algorithm": "random", "trials": 3}, "given": {"subsets": 1, "finalists": 1}},
    # Two updates of the controller, so that its state decides what is proposed after a resume.
    "autoaugment": {
        "options": {"algorithm": "autoaugment", "trials": 6, "seeds": 1},
        "given": {"study.batch": 2, "algorithm.batch": 2, "hidden": 8, "subsets": 1, "space": "geometry"},
    },
}
"""The algorithms whose searches are killed, each with a small search."""
NAMED = (
    *("journal.write", "journal.half", "journal.fsync", "journal.acknowledged", "folder.fsync", "worker.file"),
    *("evaluation.start", "evaluation.end"),
    *(f"{name}.{call}" for name in ("policy", "result") for call in ("write", "fsync", "rename")),
)
"""The moments before which a search is killed by name."""
PATIENCE = 20.0
"""Seconds that orphaned workers have to leave."""


@dataclass(frozen=True)
class Kill:
    """Before the `count`-th `moment` (empty: any), or after `seconds`; with `power_cut`, of the machine."""

    moment: str = ""
    count: int = 0
    seconds: float | None = None
    power_cut: bool = False


@dataclass
class Figures:
    """What was counted."""

    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    acknowledged: int = 0
    began: list[list[float]] = field(default_factory=list)


def kills(moments: list[str], count: int, seed: int) -> list[Kill]:
    """Return `count` kills of a search that has these moments, every other one random, between them the named ones.

    Seeds 0, 1, ... go on in the list of names. All lie in the first third of what a whole run has of them, so that a
    run is killed several times before it ends.
    """
    rng, counts = random.Random(seed), Counter(moments)
    names = NAMED[seed * ((count + 1) // 2) % len(NAMED) :] + NAMED * count
    chosen = []
    for k in range(count):
        name = "" if k % 2 else names[k // 2]
        among = (counts[name] if name else len(moments)) // 3
        # A power cut may take the torn record away that a kill at this moment is to leave.
        power_cut = rng.random() < 0.5 and name != "journal.half"
        chosen.append(Kill(name, rng.randint(1, max(1, among)), power_cut=power_cut))
    return chosen


class Killing:
    """Runs of one search with so many workers, in the folder `root`."""

    def __init__(self, root: Path, search: str, workers: int) -> None:
        self.root = root
        self.figures = Figures()
        self._search = search
        self._workers = workers
        self._mark = f"{root}/{search}/{workers}"
        self._out = ""
        self._safe = b""
        began = time.monotonic()
        self.finish("whole")
        self.seconds = time.monotonic() - began
        self.expected = self._results("whole")
        self.moments = self._notes("whole", "moment")

    def finish(self, out: str, every: int = 0) -> None:
        """Let a run come to its end."""
        status, error = self._run(Orders(out, self._workers, SEARCHES[self._search], every=every), None)
        assert status == 0, error

    def go(self, planned: list[Kill]) -> Figures:
        """Kill a search in each of these ways, and let the last one end."""
        for kill in planned:
            if not self._kill(kill):  # it ended before that moment came
                self._check_end()
                if kill.seconds is not None:  # the run that was timed was slower
                    kill = replace(kill, seconds=kill.seconds / 4)
                assert self._kill(kill), f"a whole run has no such moment: {kill}"
        if self._out:
            before = self._before()
            self.finish(self._out)
            self._check_handed(before)
            self._check_end()
        return self.figures

    def _kill(self, kill: Kill) -> bool:
        self._out = self._out or f"run-{self.figures.runs}"
        before = self._before()
        orders = Orders(self._out, self._workers, SEARCHES[self._search], kill.moment, kill.count)
        status, error = self._run(orders, kill.seconds)
        self._check_handed(before)
        if status == 0:
            return False
        assert status == -signal.SIGKILL, error
        self.figures.kills[kill.moment or ("time" if kill.seconds else "any")] += 1
        self._check_death(power_cut=kill.power_cut)
        return True

    def _run(self, orders: Orders, seconds: float | None) -> tuple[int, str]:
        command = [
            sys.executable,
            str(ROOT / "tests" / "search" / "victim.py"),
            str(self.root),
            json.dumps(asdict(orders)),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "AUGPLUG_VICTIM": self._mark}
        errors = self.root / "stderr"
        with errors.open("w") as stream, subprocess.Popen(command, env=environment, stderr=stream) as process:
            if seconds is not None:
                time.sleep(seconds)
                process.kill()
            status = process.wait()
        return status, errors.read_text("utf-8")

    def _check_death(self, *, power_cut: bool) -> None:
        """Nothing that was safe is gone, nothing unsafe was told, and no result is a part of one."""
        journal = self.root / self._out / "journal.jsonl"
        content = journal.read_bytes() if journal.exists() else b""
        assert content.startswith(self._safe), "what was on disk has changed"
        synced = int((self._notes(self._out, "synced") or ["0"])[-1])
        self._safe = content[:synced]
        if power_cut and journal.exists():
            journal.write_bytes(self._safe)
            content = self._safe
        records, _ = parse(content, journal)
        told = self._notes(self._out, "told")
        assert len(records) >= len(set(told)), "a record was told of before it was safe"
        for name, whole in self.expected.items():
            path = self.root / self._out / name
            assert not path.exists() or path.read_bytes() == whole, f"{name} is neither old nor new"

    def _check_handed(self, before: tuple[int, set[str]]) -> None:
        """No evaluation that was on disk when this process began has gone to a worker again."""
        number, done = before
        handed = self._notes(self._out, "handed")[number:]
        assert not done & set(handed), "an evaluation that was on disk was run again"
        assert len(handed) == len(set(handed)), "an evaluation was run twice"

    def _before(self) -> tuple[int, set[str]]:
        path = self.root / self._out / "journal.jsonl"
        records = parse(path.read_bytes(), path)[0] if path.exists() else []
        return len(self._notes(self._out, "handed")), {_key(one) for one in records if one["kind"] == "evaluation"}

    def _check_end(self) -> None:
        """The run ended in the same bytes, with every record once."""
        journal = (self.root / self._out / "journal.jsonl").read_bytes()
        assert journal.startswith(self._safe), "what was on disk has changed"
        assert self._results(self._out) == self.expected, "the run ended in other bytes"
        whole, mine = (_facts(read_journal(self.root / out)) for out in ("whole", self._out))
        assert mine == whole, "records are lost or doubled"
        self.figures.runs += 1
        self.figures.acknowledged += len(mine)
        self.figures.began += [[float(word) for word in note.split()] for note in self._notes(self._out, "began")]
        self._out, self._safe = "", b""

    def _results(self, out: str) -> dict[str, bytes]:
        return {name: (self.root / out / name).read_bytes() for name in ("policy.json", "result.json")}

    def _notes(self, out: str, name: str) -> list[str]:
        path = self.root / f"{out}.notes"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{name} ")]

    def killed_workers(self, every: int = 9) -> int:
        """Let a search end while a worker is killed at every `every`-th moment; return how many were."""
        out = "without-workers"
        self.finish(out, every=every)
        assert self._results(out) == self.expected, "the run ended in other bytes"
        assert _facts(read_journal(self.root / out)) == _facts(read_journal(self.root / "whole"))
        return len(self._notes(out, "killed"))

    def orphans(self) -> list[int]:
        """Processes of these searches that live although no search does, after some patience."""
        end = time.monotonic() + PATIENCE
        while (alive := _marked(self._mark)) and time.monotonic() < end:
            time.sleep(0.05)
        return alive


def _key(record: Record) -> str:
    return f"{record['seed']} {record['policy']}"


def _facts(records: list[Record]) -> Counter[str]:
    """What a journal says, without the order in which workers were done, and without the clock."""
    left_out = ("n", "seconds", "left")
    return Counter(
        json.dumps({key: value for key, value in record.items() if key not in left_out})
        for record in records
        if record["kind"] not in {"estimate", "death"}
    )


def _marked(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"AUGPLUG_VICTIM={mark}\0".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it has just ended, or is a process of someone else's
            continue
    return found


def main() -> int:
    """Print the figures; 1 when workers were left behind. Whatever else is wrong is an AssertionError."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="in all, over algorithms and numbers of workers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--timed", action="store_true", help="every second random kill is at a time instead of a moment"
    )
    options = parser.parse_args()
    cases = [(search, workers) for search in SEARCHES for workers in (1, 2)]
    began: list[list[float]] = []
    left = 0
    for number, (search, workers) in enumerate(cases):
        with TemporaryDirectory() as folder:
            killing = Killing(Path(folder), search, workers)
            count = options.kills * (number + 1) // len(cases) - options.kills * number // len(cases)
            planned = kills(killing.moments, count, options.seed + number)
            if options.timed:
                rng = random.Random(options.seed)
                planned[1::4] = [
                    Kill(seconds=rng.uniform(0, killing.seconds), power_cut=kill.power_cut) for kill in planned[1::4]
                ]
            figures = killing.go(planned)
            orphans, workers_killed = killing.orphans(), killing.killed_workers()
        began += figures.began
        left += len(orphans)
        sys.stdout.write(
            f"{search}, {workers} workers: {figures.kills.total()} kills in {figures.runs} runs, 0 of "
            f"{figures.acknowledged} records lost or doubled, every result the same bytes; {len(orphans)} orphans; "
            f"{workers_killed} workers killed, the same bytes\n    {dict(sorted(figures.kills.items()))}\n"
        )
    for name, values in zip(
        ("imports end", "first evaluation handed out", "computed by then"), zip(*began, strict=True), strict=True
    ):
        sys.stdout.write(f"{name}: median {statistics.median(values):.2f} s, at most {max(values):.2f} s\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
