"""A worker process of the `processes` executor: `python -m augplug.worker`. It opens the registry first."""

from __future__ import annotations

import warnings

from augplug import api
from augplug._executors.running import JobRunner
from augplug._executors.serving import serve
from augplug.errors import PluginWarning


def make_runner() -> JobRunner:
    """Return a runner that knows every evaluator and operation that is registered here."""
    return JobRunner(api.evaluators(), api.operations())


if __name__ == "__main__":
    warnings.simplefilter("ignore", PluginWarning)  # the process that started this one has said it
    serve(make_runner)
