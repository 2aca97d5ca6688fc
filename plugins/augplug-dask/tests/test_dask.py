"""The executor, by the examination, and on a cluster whose scheduler and workers are processes of their own."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import augplug_dask
import dask.config
import pytest
from augplug_dask.executor import Dask
from distributed import Client

import augplug
from augplug.data.archive import write_parts
from augplug.testing import examine
from augplug.testing.evaluators import stripes
from plugins.tests.dask_cluster import Cluster, kill, results, wait_for_trials
from plugins.tests.observed import journal

test_examination = examine(augplug_dask)


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Of a scheduler that is not there, Dask says so after a second, not after thirty."""
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        yield


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster without workers, which this process finds too."""
    (tmp_path / "cluster").mkdir()
    with Cluster(tmp_path / "cluster") as made:
        monkeypatch.setenv("AUGPLUG_DASK", str(made.file))
        yield made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "parts.npz"
    write_parts(path, stripes(1, 20), stripes(2, 20))
    return path


def jobs(data: Path, count: int, **settings: object) -> list[augplug.Job]:
    policy = augplug.policy("hand-made").to_json()
    return [augplug.Job(n, f"job {n}", "dask-toy", settings, str(data), policy, seed=n) for n in range(count)]


def results_of(told: Iterable[augplug.JobResult | augplug.JobDeath]) -> list[augplug.JobResult]:
    return [one for one in told if isinstance(one, augplug.JobResult)]


def runs_a_job(worker: int) -> bool:
    """Return True if a Dask worker has started the process of a job; Dask starts some of its own at times."""
    children = [pid for path in Path(f"/proc/{worker}/task").glob("*/children") for pid in path.read_text().split()]
    commands = [Path(f"/proc/{pid}/cmdline") for pid in children]
    return any("augplug" in path.read_text("utf-8") for path in commands if path.exists())


def forget() -> None:
    """What a Dask worker does that is started anew."""
    from augplug_dask.working import sites

    sites().clear()


def test_killed_workers_and_a_killed_client_change_no_byte(cluster: Cluster, tmp_path: Path) -> None:
    settings = {"evaluator.seconds": 0.1, "batch": 3, "ahead": 2}
    cluster.finish(tmp_path / "undisturbed", executor="inline", trials=12, settings=settings)
    victim = cluster.worker()
    cluster.worker()

    run = tmp_path / "run"
    with cluster.search(run, trials=12, settings=settings) as process:
        wait_for_trials(run, 2, process)
        kill(victim)
        cluster.worker()
        wait_for_trials(run, 5, process)
        kill(process)
    cluster.finish(run, trials=12, settings=settings, resume=True)

    assert results(run) == results(tmp_path / "undisturbed")
    records = journal(run)
    assert [record["number"] for record in records if record["kind"] == "trial"] == list(range(12))
    evaluations = [(record["cell"], record["policy"]) for record in records if record["kind"] == "evaluation"]
    assert len(evaluations) == len(set(evaluations))
    assert not any(record["error"] for record in records if record["kind"] == "evaluation")


def test_a_policy_that_ends_its_process_is_one_failed_trial(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    cluster.worker()
    cluster.finish(tmp_path / "first", trials=6)
    digests = [record["digest"] for record in journal(tmp_path / "first") if record["kind"] == "trial"]
    cluster.finish(tmp_path / "run", trials=6, settings={"evaluator.ends": digests[3]})

    records = journal(tmp_path / "run")
    errors = [record["error"] for record in records if record["kind"] == "trial"]
    assert [bool(error) for error in errors] == [False, False, False, True, False, False]
    assert "its worker ended 3 times, last with exit status 7" in errors[3]
    assert sum(record["kind"] == "death" for record in records) == 2
    assert results(tmp_path / "run")["policy.json"]


def test_a_job_whose_dask_worker_ends_three_times_has_failed(cluster: Cluster, data: Path) -> None:
    def kill_busy_workers() -> None:
        for _ in range(3):
            worker = cluster.worker()
            while not runs_a_job(worker.pid):
                time.sleep(0.05)
            kill(worker)
        cluster.worker()

    killer = threading.Thread(target=kill_busy_workers)
    killer.start()
    with Dask(workers=2) as executor:
        told = list(executor.run(jobs(data, 1, seconds=600)))
        killer.join()
        assert [one.error for one in results_of(executor.run(jobs(data, 2)))] == ["", ""]

    assert [type(one) for one in told] == [augplug.JobDeath, augplug.JobDeath, augplug.JobResult]
    (failed,) = results_of(told)
    assert failed.error.startswith("its worker ended 3 times, last with the Dask worker tcp://127.0.0.1:")


def test_a_worker_that_was_started_anew_at_its_address_is_a_death(cluster: Cluster, data: Path) -> None:
    cluster.worker()
    with Dask(workers=1) as executor, Client(scheduler_file=str(cluster.file), set_as_default=False) as other:
        expected = list(executor.run(jobs(data, 1)))
        other.run(forget)
        death, again = executor.run(jobs(data, 1))

    assert death == augplug.JobDeath(0, None, "the Dask worker was started anew")
    assert [one.reward for one in results_of([again])] == [one.reward for one in results_of(expected)]


def test_a_gpu_for_each_worker_is_a_variable_of_its_environment(cluster: Cluster, data: Path) -> None:
    for number in range(2):
        cluster.worker(CUDA_VISIBLE_DEVICES=str(number))
    with Dask(workers=2) as executor:
        told = list(executor.run(jobs(data, 6, tells="CUDA_VISIBLE_DEVICES")))

    assert {one.error for one in results_of(told)} == {"ValueError: '0'", "ValueError: '1'"}


def test_workers_need_no_file_of_this_machine(cluster: Cluster, data: Path) -> None:
    cluster.worker()
    with Dask(workers=1) as executor:
        (first,) = results_of(executor.run(jobs(data, 1)))
        data.unlink()
        (again,) = results_of(executor.run(jobs(data, 1)))

    assert first.reward == again.reward
    assert first.reward is not None


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", f"/tmp/{'x' * 300}"])
def test_no_scheduler_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AUGPLUG_DASK", address)
    with (
        pytest.raises(augplug.RunError, match=rf"no Dask scheduler at {re.escape(address)}: .*correct AUGPLUG_DASK"),
        Dask(workers=1),
    ):
        pytest.fail("it has connected to nobody")


def test_a_scheduler_that_dies_ends_the_search_with_what_to_do(cluster: Cluster, data: Path) -> None:
    cluster.worker()

    def search() -> None:
        with Dask(workers=1) as executor:
            for _ in executor.run([*jobs(data, 1), *jobs(data, 1, seconds=600)]):
                kill(cluster.scheduler)

    with pytest.raises(augplug.RunError, match=r"the Dask scheduler is gone: .*--resume"):
        search()


def test_workers_are_counted_from_one() -> None:
    with pytest.raises(augplug.SettingsError, match="not 0"):
        Dask(workers=0)


def test_it_is_provided_and_dask_is_not_imported_for_that() -> None:
    (row,) = [row for row in augplug.plugins() if row.distribution == "augplug-dask"]
    assert (row.state, row.provides["executors"]) == ("loaded", ["dask"])
    code = "import augplug, sys; assert 'dask' in augplug.executors(); assert 'distributed' not in sys.modules"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
