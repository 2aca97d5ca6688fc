"""Searches that are tracked in MLflow on SQLite, read back by MLflow's client and compared with the journal."""

import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import augplug_mlflow
import pytest
from augplug_mlflow.tracking import MLflow
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

import augplug
from augplug.testing import examine
from plugins.tests.observed import SETTINGS, check_provided, expected, journal, search, search_and_kill

pytestmark = [
    # MLflow's own models; SQLAlchemy 2.1 warns of them.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated"),
    pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning"),  # its pool of connections
]
NAME = "mlflow"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its tables, which take seconds."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(autouse=True)
def store(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """A store of the test's own; files lie beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    shutil.copy(empty, tmp_path / "store.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/store.db")
    return MlflowClient()


test_examination = examine(augplug_mlflow)


def told(records: list[dict[str, Any]]) -> list[tuple[str, int, float]]:
    """With names that MLflow takes."""
    return sorted((name.translate(str.maketrans("+=,", "___")), step, value) for name, step, value in expected(records))


def only_run(store: MlflowClient) -> Run:
    (run,) = store.search_runs([experiment.experiment_id for experiment in store.search_experiments()])
    return run


def metrics(store: MlflowClient) -> list[tuple[str, int, float]]:
    """Every value of every metric of the one run."""
    run = only_run(store)
    return sorted(
        (name, each.step, each.value)
        for name in run.data.metrics
        for each in store.get_metric_history(run.info.run_id, name)
    )


def test_every_number_is_the_journals(tmp_path: Path, store: MlflowClient) -> None:
    search(tmp_path / "run", NAME)
    assert metrics(store) == told(journal(tmp_path / "run"))
    assert only_run(store).info.status == "FINISHED"


def test_parameters_files_and_the_way_back_from_a_result(tmp_path: Path, store: MlflowClient) -> None:
    found = search(
        tmp_path / "run", NAME, finish=lambda folder: (folder / "report.html").write_text("the report", "utf-8")
    )
    (tmp_path / "other").mkdir()

    run, settings = only_run(store), journal(tmp_path / "run")[0]["settings"]
    assert run.data.params["algorithm"] == "random"
    assert run.data.params["evaluator_settings.copies"] == "2"
    assert run.data.params["algorithm_settings.space.operations"] == str(
        settings["algorithm_settings"]["space"]["operations"]
    )
    for name in ("policy.json", "result.json", "report.html"):
        there = Path(store.download_artifacts(run.info.run_id, name, str(tmp_path / "other")))
        assert there.read_bytes() == (tmp_path / "run" / name).read_bytes()
    digest = found.policy.digest.hex()[:16]
    (again,) = store.search_runs([run.info.experiment_id], filter_string=f"tags.`augplug.policy` = '{digest}'")
    assert again.info.run_id == run.info.run_id
    assert json.loads((tmp_path / "run" / "mlflow.json").read_text("utf-8"))["run"] == run.info.run_id


def test_a_search_that_is_killed_and_resumed_is_one_run_with_nothing_twice(tmp_path: Path, store: MlflowClient) -> None:
    search_and_kill(tmp_path / "run", NAME)

    search(tmp_path / "run", NAME, resume=True)
    assert metrics(store) == told(journal(tmp_path / "run"))

    search(tmp_path / "run", NAME, resume=True, trials=8)
    made = metrics(store)
    assert made == told(journal(tmp_path / "run"))
    assert [step for name, step, _ in made if name == "test-score/found"] == [6, 8]
    assert only_run(store).info.status == "FINISHED"


def test_a_search_that_is_stopped_is_a_killed_run(tmp_path: Path, store: MlflowClient) -> None:
    with pytest.raises(augplug.RunError, match="nothing can be chosen"):
        search(tmp_path / "run", NAME, settings={**SETTINGS, "significance": 0.0000001})
    assert only_run(store).info.status == "KILLED"


def test_failed_trials_are_counted_and_a_run_that_goes_on_is_running(tmp_path: Path, store: MlflowClient) -> None:
    """Every value has the time of the journal."""
    (tmp_path / "journal.jsonl").touch()
    os.utime(tmp_path / "journal.jsonl", (100, 100))
    records: list[dict[str, Any]] = [
        *({"n": n, "kind": "trial", "number": n, "reward": reward} for n, reward in enumerate((None, None, 0.25))),
        {"n": 3, "kind": "race", "entrants": [{"name": "none", "rewards": [0.25, 0.75]}]},
    ]
    watch = MLflow()
    watch.begin(tmp_path, [])
    for record in records:
        watch(record)
    watch.end(finished=False)
    assert only_run(store).info.status == "KILLED"

    MLflow().begin(tmp_path, records)

    run = only_run(store).info
    assert (run.status, run.run_name) == ("RUNNING", tmp_path.name)
    assert metrics(store) == [
        *[("race/none", 3, 0.5), ("trials/best", 2, 0.25), ("trials/failed", 0, 1), ("trials/failed", 1, 2)],
        ("trials/reward", 2, 0.25),
    ]
    assert {each.timestamp for each in store.get_metric_history(run.run_id, "trials/failed")} == {100_000}


def test_another_store_gets_a_run_of_its_own(
    tmp_path: Path, store: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(tmp_path / "run", NAME)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/second.db")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    search(tmp_path / "run", NAME, resume=True)

    second = MlflowClient()
    assert metrics(second) == metrics(store)
    assert {experiment.name for experiment in second.search_experiments()} == {"Default", "mine"}


def full(*_given: Any, **_more: Any) -> None:
    raise MlflowException("database or disk is full")


def test_the_search_goes_on_if_the_store_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MlflowClient, "log_batch", full)
    with pytest.warns(UserWarning, match="MLflow is dropped.*disk is full") as caught:
        found = search(tmp_path / "run", NAME)

    assert sum("dropped" in str(warning.message) for warning in caught) == 1
    assert found.result["trials"] == 6


def test_the_search_goes_on_if_the_store_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("augplug._search.observers.PATIENCE", 1.0)
    monkeypatch.setattr(MlflowClient, "get_experiment_by_name", lambda *_given: release.wait())
    try:
        with pytest.warns(UserWarning, match=r"MLflow is dropped.*more than 1 seconds") as caught:
            found = search(tmp_path / "run", NAME)
    finally:
        release.set()

    assert sum("dropped" in str(warning.message) for warning in caught) == 1
    assert found.result["trials"] == 6


def test_it_is_provided_and_nothing_is_imported_for_augmenting() -> None:
    check_provided(NAME, "mlflow")
