import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from augplug import api
from augplug._executors.base import Executor, Job, JobDeath, JobResult
from augplug._executors.inline import Inline
from augplug._executors.processes import Processes
from augplug.data.archive import write_parts
from augplug.errors import RunError, SettingsError
from tests.executors.toys import COMMAND, images, make_runner


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "data.npz"
    write_parts(path, images(10), images(20, seed=1))
    return str(path)


def jobs(data: str, count: int = 4, **settings: object) -> list[Job]:
    policy = api.policy("randaugment").to_json()
    return [Job(i, f"job {i}", "toy", settings, data, policy, seed=100 + i) for i in range(count)]


def scores(executor: Executor, todo: list[Job]) -> dict[int, tuple[float | None, str]]:
    with executor as running:
        return {one.id: (one.reward, one.error) for one in results(running, todo)}


def results(running: Executor, todo: list[Job]) -> list[JobResult]:
    return [told for told in running.run(todo) if isinstance(told, JobResult)]


def test_processes_and_inline_give_the_same_outcomes(data: str) -> None:
    expected = scores(Inline(runner=make_runner()), jobs(data))

    assert len(expected) == 4
    assert all(reward is not None and not error for reward, error in expected.values())
    assert expected == scores(Processes(workers=2, command=COMMAND), jobs(data))


def test_the_registrys_worker_knows_the_built_in_evaluator(data: str) -> None:
    (job,) = jobs(data, 1)
    job = Job(**{**job.to_json(), "evaluator": "kernel-ridge", "settings": {"copies": 2}})

    ((reward, error),) = scores(Processes(workers=1), [job]).values()

    assert error == ""
    assert reward is not None
    assert 0 <= reward <= 1


def test_opencv_has_one_thread_in_a_worker_that_loads_it_on_the_way(data: str) -> None:
    ((_, error),) = scores(Processes(workers=1, command=COMMAND), jobs(data, 1, mode="count threads")).values()

    assert error == ""


def test_killed_workers_change_nothing(data: str, tmp_path: Path) -> None:
    quiet = scores(Processes(workers=2, command=COMMAND), jobs(data, 6))
    dying = jobs(data, 6, mode="die sometimes", folder=str(tmp_path), times=2)

    assert quiet == scores(Processes(workers=2, command=COMMAND), dying)
    deaths = [path for path in tmp_path.glob("death-*") if not path.name.endswith("-2")]
    assert len(deaths) == 2 * 2  # seeds 102 and 105 twice each


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_job_whose_worker_ended_three_times_has_failed(data: str, tmp_path: Path, before: int) -> None:
    dying = jobs(data, 4, mode="die sometimes", folder=str(tmp_path), times=1000)
    dying[2] = replace(dying[2], deaths=before)

    with Processes(workers=1, command=COMMAND) as running:
        told = list(running.run(dying))

    reason = "exit status -9 (SIGKILL, often because memory ran out: give fewer --workers)"
    deaths = [one for one in told if isinstance(one, JobDeath)]
    assert deaths == [JobDeath(2, -9, reason)] * (2 - before)
    failed = {one.id: one.error for one in told if isinstance(one, JobResult)}
    assert failed == {0: "", 1: "", 2: f"its worker ended 3 times, last with {reason}", 3: ""}
    assert len(list(tmp_path.glob("death-102-*"))) == 3 - before


def test_workers_that_cannot_start_stop_the_run(data: str) -> None:
    with pytest.raises(
        RunError, match=r"3 workers in a row ended before they could take a job.*exit status 1; .*--res"
    ):
        scores(Processes(workers=1, command=("false",)), jobs(data, 1))


def test_a_worker_that_lacks_what_it_needs_says_so_in_a_line(data: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunError, match="3 workers in a row"):
        scores(Processes(workers=1, command=(*COMMAND, "no memory")), jobs(data, 1))

    line = "augplug: a worker cannot start: MemoryError: Unable to allocate 72 TiB"
    assert capfd.readouterr().err.splitlines() == [line] * 3


@pytest.mark.parametrize("call", ["subprocess.Popen", "threading.Thread.start", "tempfile.mkdtemp"])
@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_a_system_that_refuses_a_worker_is_an_error_of_one_line(
    data: str, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(call, refuse)
    what = "Too many open files" if isinstance(error, OSError) else "MemoryError"
    with pytest.raises(RunError, match=rf"^a worker cannot be started: .*{what}; .*fewer --workers.*--resume$"):
        scores(Processes(workers=1, command=COMMAND), jobs(data, 1))


@pytest.mark.parametrize("mode", ["write to the pipe", "write bytes to the pipe", "write a result to the pipe"])
def test_a_stray_line_costs_the_worker(data: str, tmp_path: Path, mode: str) -> None:
    quiet = scores(Processes(workers=1, command=COMMAND), jobs(data, 2))
    stray = jobs(data, 2, mode=mode, folder=str(tmp_path), times=1)

    with Processes(workers=1, command=COMMAND) as running:
        told = list(running.run(stray))

    assert {one.id: (one.reward, one.error) for one in told if isinstance(one, JobResult)} == quiet
    reason = "it wrote a line to the pipe of its results that is not one"
    assert [one for one in told if isinstance(one, JobDeath)] == [JobDeath(number, -9, reason) for number in (0, 1)]


def test_another_thread_ends_a_run(data: str, tmp_path: Path) -> None:
    told: list[object] = []
    with Processes(workers=1, command=COMMAND) as running:
        waiting = jobs(data, 2, mode="wait", folder=str(tmp_path))
        thread = threading.Thread(target=lambda: told.append(list(running.run(waiting))))
        thread.start()
        while not list(tmp_path.glob("pid-*")):
            time.sleep(0.01)
        running.stop()
        thread.join()

    assert told == [[]]


def test_jobs_of_a_run_that_was_left_give_no_results_to_the_next(data: str, tmp_path: Path) -> None:
    expected = scores(Processes(workers=1, command=COMMAND), jobs(data, 1))
    with Processes(workers=2, command=COMMAND) as running:
        left = jobs(data, 1, mode="wait", folder=str(tmp_path)) + jobs(data, 2)[1:]
        assert isinstance(next(iter(running.run(left))), JobResult)
        assert {one.id: (one.reward, one.error) for one in results(running, jobs(data, 1))} == expected


def test_what_an_evaluator_prints_is_no_outcome(data: str) -> None:
    quiet = scores(Processes(workers=1, command=COMMAND), jobs(data))

    assert quiet == scores(Processes(workers=1, command=COMMAND), jobs(data, mode="talk"))


def test_an_evaluator_that_raises_fails_its_job_alone(data: str) -> None:
    mixed = jobs(data, 1, mode="fail always") + jobs(data, 3)[1:]

    given = scores(Processes(workers=2, command=COMMAND), mixed)

    assert given[0] == (None, "ValueError: not even that")
    assert [error for _, error in (given[1], given[2])] == ["", ""]


def waiting_worker(folder: Path) -> int:
    while not (notes := list(folder.glob("pid-*"))):
        time.sleep(0.02)
    return int(notes[0].name.split("-")[1])


def test_leaving_kills_busy_workers(data: str, tmp_path: Path) -> None:
    with Processes(workers=1, command=COMMAND) as running:
        outcomes = running.run(jobs(data, 1, mode="wait", folder=str(tmp_path)))
        threading.Thread(target=next, args=(outcomes, None), daemon=True).start()
        pid = waiting_worker(tmp_path)

    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def start_waiting(data: str, tmp_path: Path) -> tuple["subprocess.Popen[str]", int]:
    process = subprocess.Popen(  # pylint: disable=consider-using-with  # the tests end it
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    (job,) = jobs(data, 1, mode="wait", folder=str(tmp_path))
    assert process.stdin is not None
    process.stdin.write(json.dumps(job.to_json()) + "\n")
    process.stdin.flush()
    return process, waiting_worker(tmp_path)


def test_a_busy_worker_ends_when_its_parent_is_gone(data: str, tmp_path: Path) -> None:
    process, _ = start_waiting(data, tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None

    process.stdin.close()

    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_a_worker_ignores_ctrl_c(data: str, tmp_path: Path) -> None:
    process, pid = start_waiting(data, tmp_path)

    os.kill(pid, signal.SIGINT)

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    with process:
        process.kill()


def test_a_worker_that_dies_between_two_runs_is_replaced(data: str) -> None:
    with Processes(workers=1, command=COMMAND) as running:
        (first,) = results(running, jobs(data, 1))
        running._workers[0].process.kill()
        running._workers[0].process.wait()
        told = list(running.run(jobs(data, 1)))
        again = told[-1]
        assert isinstance(again, JobResult)

    assert first.reward == again.reward


def test_what_an_evaluator_started_ends_with_its_worker(data: str, tmp_path: Path) -> None:
    with Processes(workers=1, command=COMMAND) as running:
        outcomes = running.run(jobs(data, 1, mode="start another", folder=str(tmp_path)))
        threading.Thread(target=next, args=(outcomes, None), daemon=True).start()
        child = waiting_worker(tmp_path)

    for _ in range(100):
        if not _alive(child):
            break
        time.sleep(0.05)
    assert not _alive(child) or _is_zombie(child)


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(SettingsError, match="--workers takes a whole number of 1 or more, not 0"):
        Processes(workers=0)
