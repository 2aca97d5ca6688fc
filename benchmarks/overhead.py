"""What a search costs around its child: a trial whose evaluation costs nothing, the controller, the journal.

    python benchmarks/overhead.py [--trials 400] [--rounds 9] [--folder .] [--json]

CPU time, in one process. The journal is on the disk of `--folder`, and each record is flushed to it; what the disk
takes for that is wall time, and stands apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug import api
from augplug._search.journal import Record, open_journal, read_journal
from augplug._search.settings import study_settings
from augplug._search.study import run_study
from augplug.data.sets import Labelled

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.reporting import Bar, Report, Table, publish
from benchmarks.scale import Instant
from benchmarks.timing import ROUNDS, Spread, race, spread

ABOUT = "What a search costs around its child: trials that cost nothing, the controller's part, the journal's part."
UPDATE = 20
TRIAL_MS, CONTROLLER_MS = 2.0, 150.0
"""The bars."""


def study_of(algorithm: str, trials: int, folder: Path) -> Callable[[], object]:
    """Return a whole search of trials that cost nothing; nothing is compared on other training sets."""
    parts = replace(api.study_parts(), evaluators={"instant": Instant})
    data = Labelled(np.zeros((90, 4, 4), np.uint8), np.arange(90) % 3, ("a", "b", "c"))
    options: dict[str, Any] = {"algorithm": algorithm, "evaluator": "instant", "seeds": 1, "trials": trials}
    given = {"train": 6, "significance": 1, "finalists": 1, "race_cells": 2, "subsets": 0}
    settings = study_settings(given, parts, **options)
    return partial(run_study, settings, data, parts=parts, out=folder, executor="inline")


def a_trial(algorithm: str, trials: int, where: str) -> tuple[float, float]:
    """Return the CPU and wall seconds of a trial: those of a search, less those of one of a single batch."""
    with tempfile.TemporaryDirectory(dir=where) as name:
        long = study_of(algorithm, trials + UPDATE, Path(name, "long"))
        short = study_of(algorithm, UPDATE, Path(name, "short"))
        (cpu, wall), (cpu_short, wall_short) = _seconds(long), _seconds(short)
    return (cpu - cpu_short) / trials, (wall - wall_short) / trials


def typical(where: str) -> list[Record]:
    """Return the records of a short search's trials and evaluations."""
    with tempfile.TemporaryDirectory(dir=where) as name:
        study_of("random", UPDATE, Path(name, "run"))()
        return [record for record in read_journal(Path(name, "run")) if record["kind"] in ("trial", "evaluation")]


def _seconds(act: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.process_time() - cpu, time.perf_counter() - wall


def searching(trials: int, rounds: int, where: str) -> tuple[Table, list[Bar]]:
    """Measure a trial of each algorithm."""
    rows, bars = [], []
    for algorithm in ("random", "autoaugment"):
        taken = [a_trial(algorithm, trials, where) for _ in range(rounds)]
        cpu, wall = (spread(column).scaled(1e3) for column in zip(*taken, strict=True))
        rows.append((algorithm, str(cpu), str(wall)))
        if algorithm == "random":  # the controller has a bar of its own
            bars.append(_below("a trial around the child, ms of CPU", cpu, TRIAL_MS))
    return Table("A trial", ("", "CPU ms", "wall ms"), rows, f"{trials} trials of one seed, inline"), bars


def controlling(rounds: int) -> tuple[Table, list[Bar]]:
    """Measure AutoAugment's controller: what it samples, and what it learns from it."""
    algorithm = augplug.searches()["autoaugment"](seed=0)
    rewards = np.random.default_rng(0)

    def sampled_and_told(_number: int) -> None:
        proposals = algorithm.ask(UPDATE)
        algorithm.tell([augplug.Result(p.number, reward=float(rewards.random())) for p in proposals])

    found = spread(race({"both": sampled_and_told}, passes=3, rounds=rounds)["both"]).scaled(1e3)
    controller = Table("The controller", ("", "CPU ms"), [(f"{UPDATE} policies sampled, one update", str(found))])
    return controller, [_below(f"controller, {UPDATE} policies, ms of CPU", found, CONTROLLER_MS)]


def journalling(rounds: int, where: str) -> Table:
    """Measure an append: what is computed, what it takes by the wall, and what a bare write and fsync take."""
    contents = [{key: value for key, value in record.items() if key not in ("n", "kind")} for record in typical(where)]
    line = b"x" * 800 + b"\n"
    with (
        tempfile.TemporaryDirectory(dir=where) as name,
        open_journal(Path(name)) as journal,
        Path(name, "bare").open("ab", buffering=0) as stream,
    ):

        def append(number: int) -> None:
            journal.append("trial", **contents[number % len(contents)])

        def bare(_number: int) -> None:
            stream.write(line)
            os.fsync(stream.fileno())

        acts = {"journal": append, "a bare write and fsync": bare}
        cpu = race(acts, passes=40, rounds=rounds)
        wall = race(acts, passes=40, rounds=rounds, clock=time.perf_counter)
    rows = [(who, *(str(spread(times[who]).scaled(1e6)) for times in (cpu, wall))) for who in acts]
    return Table("An append", ("", "CPU us", "wall us"), rows)


def _below(what: str, found: Spread, bound: float) -> Bar:
    return Bar(what, f"< {bound:g}", f"{found.median:.3g}", found.median < bound)


def run(trials: int, rounds: int, where: str) -> Report:
    """Measure everything."""
    trial, bars = searching(trials, rounds, where)
    controller, more = controlling(rounds)
    return Report(
        "overhead", ABOUT, [trial, controller, journalling(rounds, where)], [*bars, *more], packages=("numpy",)
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure what a search costs around its child.")
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", default=".", help="on the disk that is measured")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    publish(run(given.trials, given.rounds, given.folder), as_json=given.json)


if __name__ == "__main__":
    main()
