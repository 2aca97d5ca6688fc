"""The executor `dask` for augplug: the trials of a search on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Mapping

import augplug
from augplug_dask.executor import Dask


@augplug.hookimpl
def augplug_executors() -> Mapping[str, type[augplug.Executor]]:
    """The executor, under the name that `--executor` takes."""
    return {"dask": Dask}
