"""Prometheus itself and its blackbox exporter watch a search whose worker hangs, and which is then killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import augplug_prometheus
import pytest

PROGRAMS = ("prometheus", "prometheus-blackbox-exporter", "promtool")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)} on the PATH"),
]
SEARCH = """
import sys, augplug
from augplug.testing.evaluators import stripes

settings = {"batch": 2, "finalists": 2, "copies": 2, "train": 12, "subsets": 1, "race_cells": 4, "significance": 1}
if __name__ == "__main__":
    augplug.search(
        "random", stripes(1, 90), out=sys.argv[1], trials=1_000_000, workers=1, settings=settings,
        observe=["prometheus"],
    )
"""
PROBE = "modules: {http_2xx: {prober: http, timeout: 3s}}"
CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [alerts.json]
scrape_configs:
  - job_name: augplug
    static_configs: [{{targets: ["{search}"]}}]
  - job_name: probe
    metrics_path: /probe
    params: {{module: [http_2xx], target: ["http://{search}/health"]}}
    static_configs: [{{targets: ["{probe}"]}}]
"""
ALERTS = Path(augplug_prometheus.__file__).parent / "alerts.json"


def free_address() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


class Watched:
    """A search, Prometheus and the exporter, as processes."""

    def __init__(self, folder: Path, started: ExitStack) -> None:
        self.search_at, self._probe_at, self._at = free_address(), free_address(), free_address()
        # Five seconds and ten usual evaluations in place of ten minutes, and no waiting for what is gone.
        text = ALERTS.read_text("utf-8").replace("> 600 +", "> 5 +").replace('"for": "1m"', '"for": "0s"')
        (folder / "alerts.json").write_text(text, "utf-8")
        (folder / "probe.yml").write_text(PROBE, "utf-8")
        (folder / "search.py").write_text(SEARCH, "utf-8")
        here = CONFIGURATION.format(search=self.search_at, probe=self._probe_at)
        (folder / "prometheus.yml").write_text(here, "utf-8")
        self._folder, self._started = folder, started
        self.search = self._start(sys.executable, "search.py", "run")
        self._start("prometheus", "--config.file=prometheus.yml", f"--web.listen-address={self._at}")
        self._start("prometheus-blackbox-exporter", "--config.file=probe.yml", f"--web.listen-address={self._probe_at}")

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        log = self._started.enter_context((self._folder / f"{Path(command[0]).name}.log").open("wb"))
        environment = {**os.environ, "AUGPLUG_PROMETHEUS": self.search_at}
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # the stack ends it
            command, cwd=self._folder, stdout=log, stderr=log, env=environment
        )
        self._started.callback(process.wait)
        self._started.callback(process.kill)
        return process

    def wait_for(self, query: str, seconds: float) -> None:
        """Wait until Prometheus answers a query with something."""
        url = f"http://{self._at}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    if json.load(answer)["data"]["result"]:
                        return
            except OSError:
                pass  # it does not listen yet
            time.sleep(0.2)
        pytest.fail(f"{query} was not true within {seconds} seconds")

    def workers(self) -> list[int]:
        text = Path(f"/proc/{self.search.pid}/task/{self.search.pid}/children").read_text("utf-8")
        return [int(pid) for pid in text.split()]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with ExitStack() as started:
        yield Watched(tmp_path, started)


def test_a_search_that_hangs_and_one_that_died_are_noticed(watched: Watched) -> None:
    watched.wait_for("probe_success == 1", 120)
    watched.wait_for("augplug_trials_total > 3", 120)
    with urllib.request.urlopen(f"http://{watched.search_at}/metrics", timeout=30) as answer:
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=answer.read(), capture_output=True, check=False
        )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")

    for worker in watched.workers():
        os.kill(worker, signal.SIGSTOP)
    watched.wait_for('ALERTS{alertname="AugplugSearchStuck", alertstate="firing"}', 60)
    for worker in watched.workers():
        os.kill(worker, signal.SIGCONT)
    watched.wait_for('absent(ALERTS{alertname="AugplugSearchStuck", alertstate="firing"})', 60)

    watched.search.kill()
    watched.wait_for("probe_success == 0", 10)
    watched.wait_for('ALERTS{alertname="AugplugSearchGone", alertstate="firing"}', 60)


def test_the_rules_are_clean() -> None:
    checked = subprocess.run(["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "4 rules found" in checked.stdout
