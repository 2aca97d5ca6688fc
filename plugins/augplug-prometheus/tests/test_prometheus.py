"""A search that is watched over HTTP while it runs; its metrics are compared with the journal."""

import json
import socket
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import augplug_prometheus
import pytest
from augplug_prometheus.metrics import Prometheus
from prometheus_client.parser import text_string_to_metric_families

import augplug
from augplug.testing import examine
from plugins.tests.observed import check_provided, journal, search

NAME = "prometheus"
FAILED = {"n": 0, "kind": "trial", "number": 0, "reward": None, "error": "ValueError: made up"}


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of the loopback that nobody uses."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("AUGPLUG_PROMETHEUS", found)
    return found


test_examination = examine(augplug_prometheus)


def get(place: str, path: str) -> str:
    with urllib.request.urlopen(f"http://{place}{path}", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def numbers(text: str) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def expected(records: list[dict[str, Any]]) -> dict[str, float]:
    evaluations = [record["seconds"] for record in records if record["kind"] == "evaluation"]
    rewards = [record["reward"] for record in records if record["kind"] == "trial"]
    return {
        "augplug_trials_total": len(rewards),
        "augplug_trials_failed_total": rewards.count(None),
        "augplug_worker_deaths_total": sum(record["kind"] == "death" for record in records),
        "augplug_evaluation_seconds_count": len(evaluations),
        "augplug_evaluation_seconds_sum": pytest.approx(sum(evaluations)),
        "augplug_best_reward": max(
            (reward for reward in rewards if reward is not None), default=pytest.approx(float("nan"), nan_ok=True)
        ),
    }


class Asker:
    """Asks for metrics from another process, as Prometheus does, once the other observer has heard all."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.metrics = self.health = ""
        self.records: list[dict[str, Any]] = []
        self.watch = Prometheus()

    def begin(self, folder: Path, records: list[dict[str, Any]]) -> None:
        self.watch.begin(folder, records)
        self.records += records

    def __call__(self, record: Any) -> None:
        self.watch(record)
        self.records.append(record)

    def end(self, *, finished: bool) -> None:
        self.metrics, self.health = get(self._place, "/metrics"), get(self._place, "/health")
        self.watch.end(finished=finished)


def test_every_number_is_the_journals(tmp_path: Path, place: str) -> None:
    asker = Asker(place)
    search(tmp_path / "run", asker)

    found = numbers(asker.metrics)
    assert asker.health == "running\n"
    assert asker.records == [
        {name: value for name, value in record.items() if name != "crc"} for record in journal(tmp_path / "run")
    ]
    assert found.pop("augplug_last_result_timestamp_seconds") >= (tmp_path / "run").stat().st_ctime - 60
    assert found == expected(asker.records)


def test_a_search_that_is_resumed_goes_on_counting(tmp_path: Path, place: str) -> None:
    search(tmp_path / "run", NAME)
    asker = Asker(place)
    search(tmp_path / "run", asker, resume=True, trials=8)

    found = numbers(asker.metrics)
    assert found["augplug_trials_total"] == 8
    del found["augplug_last_result_timestamp_seconds"]
    assert found == expected(journal(tmp_path / "run"))


def test_a_search_that_has_ended_does_not_answer(tmp_path: Path, place: str) -> None:
    search(tmp_path / "run", NAME)
    with pytest.raises(urllib.error.URLError):
        get(place, "/health")


def test_failures_and_deaths_are_counted(place: str) -> None:
    watch = Prometheus()
    watch.begin(Path("run"), [FAILED])
    watch({"n": 1, "kind": "death", "stage": "trial", "number": 1})
    found = numbers(get(place, "/metrics"))
    watch.end(finished=True)

    assert (found["augplug_trials_total"], found["augplug_trials_failed_total"]) == (1, 1)
    assert found["augplug_worker_deaths_total"] == 1
    assert found["augplug_best_reward"] != found["augplug_best_reward"]  # NaN: there is none


def test_the_last_result_is_that_of_the_last_evaluation(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a search that has none yet, it is the beginning."""
    watch, now = Prometheus(), [100.0]
    monkeypatch.setattr("prometheus_client.metrics.time.time", lambda: now[0])
    watch.begin(Path("run"), [FAILED])
    seen = []
    for now[0], record in (
        (200.0, FAILED),
        (300.0, {"n": 1, "kind": "evaluation", "seconds": 1.0}),
        (400.0, FAILED),
    ):
        seen.append(numbers(get(place, "/metrics"))["augplug_last_result_timestamp_seconds"])
        watch(record)
    seen.append(numbers(get(place, "/metrics"))["augplug_last_result_timestamp_seconds"])
    watch.end(finished=True)

    assert seen == [100, 100, 300, 300]


def test_it_listens_on_the_loopback_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUGPLUG_PROMETHEUS")
    assert (Prometheus()._host, Prometheus()._port) == ("127.0.0.1", 9834)


def test_the_search_goes_on_if_the_port_is_taken(tmp_path: Path, place: str) -> None:
    host, port = place.split(":")
    with closing(socket.create_server((host, int(port)))), pytest.warns(UserWarning, match="is dropped") as caught:
        found = search(tmp_path / "run", NAME)

    (told,) = [str(warning.message) for warning in caught]
    assert f"SettingsError: no metrics at {place}: [Errno 98] Address already in use; set AUGPLUG_PROMETHEUS" in told
    assert found.result["trials"] == 6


@pytest.mark.parametrize("given", ["9834", ":9834", "localhost:", "localhost:x", "localhost:70000", ""])
def test_a_wrong_address_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("AUGPLUG_PROMETHEUS", given)
    with pytest.raises(augplug.PluginError, match=f"is HOST:PORT, such as 127.0.0.1:9834, not '{given}'"):
        search(tmp_path / "run", NAME)
    assert not (tmp_path / "run").exists()


def test_alerts_name_metrics_that_there_are(place: str) -> None:
    watch = Prometheus()
    watch.begin(Path("run"), [])
    named = set(numbers(get(place, "/metrics")))
    watch.end(finished=True)
    alerts = json.loads((Path(augplug_prometheus.__file__).parent / "alerts.json").read_text("utf-8"))

    used = {
        word
        for rule in alerts["groups"][0]["rules"]
        for word in "".join(letter if letter.isalnum() or letter == "_" else " " for letter in rule["expr"]).split()
        if word.startswith("augplug_")
    }
    assert used <= named
    assert len(used) >= 5


def test_it_is_provided_and_nothing_is_imported_for_augmenting() -> None:
    check_provided(NAME, "prometheus_client")
