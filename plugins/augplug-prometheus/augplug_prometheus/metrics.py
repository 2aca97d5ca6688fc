"""Metrics of a running search at `/metrics`, and `/health`, which answers as long as the search runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary, start_http_server

import augplug

DEFAULT = "127.0.0.1:9834"


class Prometheus:
    """The observer. Counters begin with what the journal holds, so that a resumed search goes on counting."""

    def __init__(self) -> None:
        """Read where to listen; the port is opened when the search begins. Raises SettingsError."""
        given = os.environ.get("AUGPLUG_PROMETHEUS", DEFAULT)
        self._host, _, port = given.rpartition(":")
        if not (self._host and port.isdecimal() and int(port) < 65536):
            raise augplug.SettingsError(f"AUGPLUG_PROMETHEUS is HOST:PORT, such as {DEFAULT}, not {given!r}")
        self._port, self._top = int(port), 0.0
        self._close: list[Callable[[], object]] = []
        self._registry = CollectorRegistry()
        ours: Any = {"namespace": "augplug", "registry": self._registry}
        self._trials = Counter("trials", "Trials that ended, failed ones too.", **ours)
        self._failed = Counter("trials_failed", "Trials that failed.", **ours)
        self._deaths = Counter("worker_deaths", "Workers that ended in an evaluation.", **ours)
        self._seconds = Summary("evaluation_seconds", "Seconds of an evaluation; a trial has one or more.", **ours)
        self._best = Gauge("best_reward", "Best reward of the trials so far; NaN without any.", **ours)
        self._last = Gauge("last_result_timestamp_seconds", "When the last result came, or the search began.", **ours)
        self._best.set(float("nan"))

    def begin(self, _folder: object, records: Sequence[Mapping[str, Any]]) -> None:
        """Count what the journal holds, and listen. Raises SettingsError if that cannot be."""
        for record in records:
            self(record)
        self._last.set_to_current_time()
        try:
            server, thread = start_http_server(self._port, self._host, self._registry)
        except OSError as error:
            text = f"no metrics at {self._host}:{self._port}: {error}; set AUGPLUG_PROMETHEUS to another HOST:PORT"
            raise augplug.SettingsError(text) from error
        server.set_app(with_health(server.get_app()))
        self._close = [server.shutdown, server.server_close, thread.join]

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        kind, reward = record["kind"], record.get("reward")
        if kind == "evaluation":
            self._seconds.observe(record["seconds"])
            self._last.set_to_current_time()
        elif kind == "death":
            self._deaths.inc()
        elif kind == "trial":
            self._trials.inc()
            self._failed.inc(reward is None)
            self._top = max(self._top, reward or 0.0)
            if reward is not None:
                self._best.set(self._top)

    def end(self, *, finished: bool) -> None:  # pylint: disable=unused-argument  # the contract of observers
        """Listen no longer: nobody shall take a search that has ended for one that runs."""
        for close in self._close:
            close()


def with_health(metrics: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return the WSGI application `metrics` with `/health` beside it."""

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/health":
            return metrics(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"running\n"]

    return application
