"""One run of MLflow for a search, however often it is resumed; `mlflow.json` in the search's folder says which."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, Param
from mlflow.environment_variables import MLFLOW_EXPERIMENT_NAME
from mlflow.tracking import MlflowClient

from augplug_mlflow.numbers import Numbers, flat

FILES = ("policy.json", "result.json", "report.html", "report.png")
BATCH = 100
"""The number of parameters that MLflow takes at a time; it takes more metrics."""


class MLflow:
    """The observer. Where to write is MLflow's own business: MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME say it."""

    def __init__(self) -> None:
        """The run is found, or made, when the search begins."""
        self._folder, self._run, self._client = Path(), "", MlflowClient()
        self._there: set[tuple[str, int]] = set()
        self._waiting: list[Metric] = []
        self._numbers = Numbers()

    def begin(self, folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
        """Start a run or go on with it, and write what it lacks of the journal."""
        self._folder, place, store = folder, folder / "mlflow.json", self._client.tracking_uri
        known = json.loads(place.read_text("utf-8")) if place.is_file() else {}
        if known.get("store") == store:
            self._run = known["run"]
            self._client.update_run(self._run, "RUNNING")
            for key in self._client.get_run(self._run).data.metrics:
                self._there |= {(key, each.step) for each in self._client.get_metric_history(self._run, key)}
        else:
            name = MLFLOW_EXPERIMENT_NAME.get() or "augplug"
            found = self._client.get_experiment_by_name(name)
            experiment = self._client.create_experiment(name) if found is None else found.experiment_id
            tags = {"augplug.folder": str(folder)}
            self._run = self._client.create_run(experiment, tags=tags, run_name=folder.name).info.run_id
            written = folder / "mlflow.json.part"
            written.write_text(json.dumps({"store": store, "experiment": name, "run": self._run}), "utf-8")
            written.replace(place)
        for record in records:
            self(record)
        self._send()

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Write a new record; the numbers of evaluations with those of the next other record."""
        when = int((self._folder / "journal.jsonl").stat().st_mtime * 1000)  # the time of its last record
        for name, step, value in self._numbers.of(record):
            key = re.sub(r"[^\w\-. :/]", "_", name)  # the letters that MLflow takes
            if (key, step) not in self._there:
                self._waiting.append(Metric(key, value, when, step))
        if record["kind"] == "configuration":
            given = [Param(key, str(value)) for key, value in flat(record["settings"])]
            for first in range(0, len(given), BATCH):
                self._client.log_batch(self._run, params=given[first : first + BATCH])
        elif record["kind"] == "comparison" and record["policy"] == "found":
            self._client.set_tag(self._run, "augplug.policy", record["digest"])
        if record["kind"] != "evaluation" or len(self._waiting) >= BATCH:
            self._send()

    def end(self, *, finished: bool) -> None:
        """Upload what the search has left behind, and end the run."""
        for name in FILES if finished else ():
            if (self._folder / name).is_file():
                self._client.log_artifact(self._run, str(self._folder / name))
        self._client.set_terminated(self._run, "FINISHED" if finished else "KILLED")

    def _send(self) -> None:
        if self._waiting:
            self._client.log_batch(self._run, metrics=self._waiting)
            self._waiting = []
