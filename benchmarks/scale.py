"""What a search of 10,000 trials by 1,000 workers would meet: docs/design/search-scale.md quotes what this prints.

    python benchmarks/scale.py workers       simulated: waiting at the barrier, and the age of what is learnt from
    python benchmarks/scale.py controller    the real controller under simulated trials; half an hour of CPU
    python benchmarks/scale.py journal       this machine: a whole study whose trials cost nothing, and appending alone
    python benchmarks/scale.py two           this machine: a real search by two workers

`--trials`, `--workers`, `--spread` and `--seeds` change what is simulated; `--folder` is on the disk that is measured.
Simulated times are in units of a trial's mean time, and depend on seeds alone.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug import api
from augplug._evaluators.base import Evaluator
from augplug._search.journal import Record, encode, open_journal, read_journal
from augplug._search.settings import study_settings
from augplug._search.study import run_study
from augplug.data.digits import load_digits
from augplug.data.sets import Labelled

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.schedules import (
    UPDATE,
    Event,
    Schedule,
    ages,
    as_they_come,
    attempts,
    barrier,
    in_order,
    simulate,
    usage,
)
from benchmarks.timing import table

SPACE = "autoaugment-16"
NOISE = 0.025
"""Of a simulated reward: half the spread of rewards between random policies, as measured in docs/design/search.md."""


def workers_section(given: argparse.Namespace) -> Iterator[str]:
    """Yield what schedules do to workers and to the age of results."""
    ahead = [given.workers * factor for factor in (1, 2, 4)]
    schedules = [*map(barrier, (20, 100, 450, 1000, 2000)), *map(in_order, ahead), as_they_come(given.workers)]
    yield f"{given.trials:,} trials, {given.workers:,} workers; at a spread of {given.spread} where none is named"
    yield table(
        ("", "wall time", "use", "at .25", "at 1.0", "mean age", "largest", "same order whoever is fast"),
        [_row(schedule, given) for schedule in schedules],
    )
    yield "\nuse of workers by fewer of them; ahead are twice the workers, and two updates at least"
    counts = (2, 8, 20, 100, 450)
    load = attempts(given.trials, given.spread, 0)
    kinds: list[tuple[str, Callable[[int], Schedule]]] = [
        *((barrier(size).name, lambda _, size=size: barrier(size)) for size in (20, 100, 450)),
        ("in order", lambda workers: in_order(2 * max(workers, UPDATE))),
        ("as they come", as_they_come),
    ]
    rows = [
        (name, *(f"{usage(load, simulate(kind(count), load, count), count):.0%}" for count in counts))
        for name, kind in kinds
    ]
    yield table(("", *(f"{count} workers" for count in counts)), rows)


def _row(schedule: Schedule, given: argparse.Namespace) -> list[str]:
    loads = [attempts(given.trials, spread, 0) for spread in (given.spread, 0.25, 1.0)]
    runs = [simulate(schedule, load, given.workers) for load in loads]
    used = [f"{usage(load, run, given.workers):.1%}" for load, run in zip(loads, runs, strict=True)]
    age = ages(runs[0])
    orders = [[(event.told, event.number) for event in run] for run in runs]
    same = "yes" if orders[0] == orders[1] == orders[2] else "no"
    return [schedule.name, f"{runs[0][-1].time:.1f}", *used, f"{statistics.fmean(age):.1f}", str(max(age)), same]


def learn(events: Sequence[Event], seed: int, **settings: Any) -> dict[str, str]:
    """Let the real controller live through the events, with simulated rewards: matches with a hidden policy / 30.

    A landmark is the first moment at which the last 100 proposals match it, without noise, in that part on average.
    """
    algorithm = augplug.searches()["autoaugment"](seed=seed, space=SPACE, **settings)
    rng = np.random.default_rng((seed, 1))
    hidden = np.array([rng.integers(size) for size in algorithm.settings.space.sizes])
    matches: list[float] = []
    noise = rng.normal(0, NOISE, sum(event.told for event in events)).tolist()
    found: dict[str, str] = {}
    for event in events:
        if event.told:
            algorithm.tell([augplug.Result(event.number, reward=matches[event.number] + noise[event.number])])
            continue
        proposals = algorithm.ask(event.number)
        for proposal in proposals:
            matches.append(float(np.mean(hidden == proposal.decisions)))
            for landmark in (0.5, 0.9):
                if len(matches) >= 100 and statistics.fmean(matches[-100:]) >= landmark:
                    found.setdefault(f"{landmark}", f"by {len(matches):,} at {event.time:.1f}")
        if "0.9" in found:
            break
    found["end"] = f"{statistics.fmean(matches[-500:]):.2f}"
    return found


def controller_section(given: argparse.Namespace) -> Iterator[str]:
    """Yield what schedules do to learning."""
    load = attempts(given.trials, given.spread, 0)
    cases: list[tuple[Schedule, dict[str, Any]]] = [
        (barrier(20), {}),
        (barrier(100), {}),
        (barrier(100), {"batch": 100}),
        (barrier(450), {"batch": 450, "learning_rate": 0.01, "epochs": 16}),
        (in_order(2 * given.workers), {}),
        (in_order(2 * given.workers), {"batch": 100}),
        (as_they_come(given.workers), {}),
        (as_they_come(given.workers), {"batch": 100}),
        (barrier(20), {"preset": "paper"}),
        (as_they_come(given.workers), {"preset": "paper"}),
    ]
    yield f"{given.trials:,} trials, {given.workers:,} workers; proposals and wall time until they match .5 and .9"
    for seed, (schedule, settings) in product(range(given.seeds), cases):
        line = ", ".join((schedule.name, *(f"{key} {value}" for key, value in {"seed": seed, **settings}.items())))
        if f"{line}:".startswith(given.only):
            found = learn(simulate(schedule, load, given.workers), seed, **settings)
            yield f"{line}: " + ", ".join(f"{key} {value}" for key, value in found.items())


class Instant(Evaluator):
    """An evaluator that costs nothing: the reward is a hash of the policy and the seed."""

    def __init__(self, train: Labelled, valid: Labelled) -> None:
        """Look at no image."""

    def evaluate(self, policy: augplug.Policy, *, seed: int, **_: object) -> float:
        """Return a number in 0..1."""
        hashed = hashlib.blake2b(policy.digest, digest_size=4, key=str(seed).encode())
        return int.from_bytes(hashed.digest()) / 2**32


def journal_section(given: argparse.Namespace) -> Iterator[str]:
    """Yield what the journal costs: a whole study, its resume, and appending alone."""
    parts = replace(api.study_parts(), evaluators={"instant": Instant})
    data = Labelled(np.zeros((90, 4, 4), np.uint8), np.arange(90) % 3, ("a", "b", "c"))
    options = {"algorithm": "autoaugment", "evaluator": "instant", "seeds": 1, "trials": given.trials}
    settings = study_settings({"train": 6, "space": SPACE}, parts, **options)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        study = partial(run_study, settings, data, parts=parts, out=folder, executor="inline")
        yield f"a study of trials that cost nothing: {_seconds(study, time.process_time):.0f} s of CPU"
        yield f"the same, resumed at its end: {_seconds(partial(study, resume=True), time.process_time):.0f} s of CPU"
        tracemalloc.start()
        records = read_journal(folder)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        size = (folder / "journal.jsonl").stat().st_size
        yield f"{given.trials:,} trials of one seed: {len(records):,} records, {size / 1e6:.1f} MB"
        for kind, count in Counter(record["kind"] for record in records).most_common(2):
            mean = statistics.fmean(len(encode(record)) for record in records if record["kind"] == kind)
            yield f"  {count:,} of kind {kind}, {mean:,.0f} bytes on average"
        yield f"read and checked in {_seconds(partial(read_journal, folder), time.process_time):.2f} s of CPU"
        yield f"in memory {held / 1e6:.0f} MB, while it is read {peak / 1e6:.0f} MB"
    yield from _appending([record for record in records if record["kind"] in ("evaluation", "trial")][:2000], given)


def _appending(records: Sequence[Record], given: argparse.Namespace) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=given.folder) as name, open_journal(Path(name)) as journal:
        contents = [{key: value for key, value in record.items() if key not in ("n", "kind")} for record in records]
        times = [
            _seconds(partial(journal.append, record["kind"], **content))
            for record, content in zip(records, contents, strict=True)
        ]
    with tempfile.TemporaryDirectory(dir=given.folder) as name, (Path(name) / "together").open("wb") as stream:
        start = time.perf_counter()
        for first in range(0, len(records), UPDATE):
            stream.write(b"".join(map(encode, records[first : first + UPDATE])))
            stream.flush()
            os.fsync(stream.fileno())
        together = time.perf_counter() - start
    _, *_, late = statistics.quantiles(times, n=100)
    yield (
        f"{len(times):,} appended in {sum(times):.2f} s: {len(times) / sum(times):,.0f} a second; median "
        f"{1000 * statistics.median(times):.2f} ms, one of a hundred above {1000 * late:.1f} ms"
    )
    yield f"{UPDATE} to each fsync: {len(times) / together:,.0f} a second"


def _seconds(act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    act()
    return clock() - start


def two_section(given: argparse.Namespace) -> Iterator[str]:
    """Yield what two workers of this machine wait: a search of the packaged digits, and the barrier by simulation."""
    moments: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        augplug.search(
            "autoaugment",
            load_digits(),
            out=name,
            seeds=1,
            workers=2,
            trials=given.trials,
            observe=[lambda record: moments.update({record["kind"]: time.perf_counter()})],
            settings={"finalists": 1, "race_cells": 2, "subsets": 0},
        )
        records = read_journal(Path(name))
    times = [record["seconds"] for record in records if record.get("stage") == "trial"]
    spread = statistics.stdev(map(math.log, times))
    wall = moments["trial"] - moments["estimate"]
    yield (
        f"{len(times)} trials of {statistics.fmean(times):.2f} s, spread {spread:.2f}, took {wall:.1f} s: "
        f"idle {1 - sum(times) / (2 * wall):.1%} of the time, waits for the controller and for pipes included"
    )
    load = [[(whole, False)] for whole in times]
    for size in (UPDATE, 100):
        idle = 1 - usage(load, simulate(barrier(size), load, 2), 2)
        yield f"the same times simulated in {barrier(size).name}: idle {idle:.1%} of the time"


SECTIONS = {
    "journal": journal_section,
    "workers": workers_section,
    "controller": controller_section,
    "two": two_section,
}


def main() -> None:
    """Print a section, line by line."""
    parser = argparse.ArgumentParser(description="What a search of many trials by many workers would meet.")
    parser.add_argument("section", choices=SECTIONS)
    parser.add_argument("--trials", type=int, help="10,000; 60 by two workers")
    parser.add_argument("--workers", type=int, default=1000, help="of what is simulated")
    parser.add_argument("--spread", type=float, default=0.5, help="of what is simulated")
    parser.add_argument("--seeds", type=int, default=1, help="of the controller")
    parser.add_argument("--only", default="", help="of the controller: cases whose line begins so")
    parser.add_argument("--folder", default=".", help="on the disk that is measured")
    given = parser.parse_args()
    given.trials = given.trials or (60 if given.section == "two" else 10_000)
    for line in SECTIONS[given.section](given):
        print(line, flush=True)


if __name__ == "__main__":
    main()
