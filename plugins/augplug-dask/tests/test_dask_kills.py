"""A search of 200 trials whose workers are killed every few seconds, and itself twice."""

import itertools
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from augplug._search.journal import read_journal
from plugins.tests.dask_cluster import Cluster, kill, results, wait_for_trials
from plugins.tests.observed import journal

pytestmark = pytest.mark.heavy
EVERY = 4.0
"""Seconds between two kills."""


def job(record: Mapping[str, Any]) -> tuple[str, str]:
    """What a death and an evaluation of the same job have in common."""
    return record["cell"], record["policy"]


def is_in_danger(run: Path) -> bool:
    """Return True if a job without a result has died twice: a third death would fail it, rightly."""
    records = read_journal(run) if (run / "journal.jsonl").exists() else []
    done = {job(record) for record in records if record["kind"] == "evaluation"}
    deaths = Counter(job(record) for record in records if record["kind"] == "death")
    return any(count >= 2 for died, count in deaths.items() if died not in done)


@contextmanager
def killed_in_turn(cluster: Cluster, run: Path) -> Iterator[list[int]]:
    """Keep two workers, and kill one of them every few seconds; the numbers of those that were killed."""
    workers: list[subprocess.Popen[bytes]] = [cluster.worker(), cluster.worker()]
    killed, over = list[int](), threading.Event()

    def kill_in_turn() -> None:
        for turn in itertools.cycle((0, 1)):
            if over.wait(EVERY):
                return
            if is_in_danger(run):
                continue
            kill(workers[turn])
            killed.append(workers[turn].pid)
            workers[turn] = cluster.worker()

    killer = threading.Thread(target=kill_in_turn)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def test_two_hundred_trials_are_not_disturbed(tmp_path: Path) -> None:
    search = {"trials": 200, "settings": {"evaluator.seconds": 0.2, "batch": 10, "ahead": 3}}
    (tmp_path / "cluster").mkdir()
    run = tmp_path / "run"
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.finish(tmp_path / "undisturbed", **{**search, "executor": "inline"})
        with killed_in_turn(cluster, run) as killed:
            for number, trials in enumerate((60, 130)):
                with cluster.search(run, resume=number > 0, **search) as process:
                    wait_for_trials(run, trials, process)
            cluster.finish(run, resume=True, **search)

    records = journal(run)
    deaths = Counter(job(record) for record in records if record["kind"] == "death")
    done = Counter(job(record) for record in records if record["kind"] == "evaluation")
    assert len(killed) >= deaths.total()
    assert results(run) == results(tmp_path / "undisturbed")
    assert [record["number"] for record in records if record["kind"] == "trial"] == list(range(200))
    assert max(done.values()) == 1
    assert deaths.total() >= 5
    assert max(deaths.values()) <= 2
    assert not any(record["error"] for record in records if record["kind"] == "evaluation")
