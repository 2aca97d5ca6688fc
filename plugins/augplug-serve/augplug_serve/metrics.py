"""Metrics of a server in Prometheus's text format, at `/metrics`; and `/health`."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from augplug_serve.messages import Answer, Request, Route

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What happened so far. The labels are few: no path, no name of a client's choosing."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._registry = CollectorRegistry()
        ours: Any = {"namespace": "augplug_serve", "registry": self._registry}
        self._requests = Counter("requests", "Requests answered.", ("protocol", "status"), **ours)
        self._seconds = Histogram(
            "request_seconds",
            "Seconds from the head of a request to its answer.",
            ("protocol",),
            buckets=SECONDS,
            **ours,
        )
        self.running = Gauge("running", "Requests that are read, wait or are worked on.", **ours)
        self._received = Counter("received_bytes", "Bytes of bodies received.", **ours)
        self._sent = Counter("sent_bytes", "Bytes of bodies sent.", **ours)

    def answered(self, protocol: str, status: int, seconds: float, received: int, sent: int) -> None:
        """Count an answer."""
        self._requests.labels(protocol, str(status)).inc()
        self._seconds.labels(protocol).observe(seconds)
        self._received.inc(received)
        self._sent.inc(sent)

    def routes(self, path: str) -> tuple[Route, ...]:
        """Return what can be done at a path."""
        if path == "/health":
            return (Route("GET", _healthy, open=True),)
        return (Route("GET", self._written),) if path == "/metrics" else ()

    def _written(self, _request: Request) -> Answer:
        return Answer(bytes(generate_latest(self._registry)), TEXT)


def _healthy(_request: Request) -> Answer:
    return Answer(b"ok\n", "text/plain; charset=utf-8")
