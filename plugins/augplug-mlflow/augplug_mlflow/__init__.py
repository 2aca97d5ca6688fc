"""The observer `mlflow` for augplug: searches as runs of MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import augplug


def make() -> Callable[[Mapping[str, Any]], None]:
    """Return a new observer."""
    from augplug_mlflow.tracking import MLflow  # MLflow costs a second, and is not needed to augment

    return MLflow()


@augplug.hookimpl
def augplug_observers() -> Mapping[str, Callable[[], Callable[[Mapping[str, Any]], None]]]:
    """The observer, under the name that `--observe` takes."""
    return {"mlflow": make}
