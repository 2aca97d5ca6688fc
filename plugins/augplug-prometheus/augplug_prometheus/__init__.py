"""The observer `prometheus` for augplug: metrics of a running search, and whether it runs at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import augplug


def make() -> Callable[[Mapping[str, Any]], None]:
    """Return a new observer. Raises SettingsError if AUGPLUG_PROMETHEUS is not HOST:PORT."""
    from augplug_prometheus.metrics import Prometheus  # its HTTP server is not needed to augment

    return Prometheus()


@augplug.hookimpl
def augplug_observers() -> Mapping[str, Callable[[], Callable[[Mapping[str, Any]], None]]]:
    """The observer, under the name that `--observe` takes."""
    return {"prometheus": make}
