"""Where the cluster is: AUGPLUG_DASK, Dask's own DASK_SCHEDULER_ADDRESS, or this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import augplug

if TYPE_CHECKING:
    from distributed import Client, LocalCluster


def connect(threads: int) -> tuple[Client, LocalCluster | None]:
    """Return a client, and the cluster of this many threads that was made for it if none is named. Raises RunError."""
    from distributed import Client, LocalCluster  # half a second that only a search needs

    named = os.environ.get("AUGPLUG_DASK", "")
    address = named or os.environ.get("DASK_SCHEDULER_ADDRESS", "")
    if not address:
        # Threads of this process are enough: each job has a process of its own anyway.
        cluster = LocalCluster(n_workers=1, threads_per_worker=threads, processes=False, dashboard_address=None)
        return Client(cluster, set_as_default=False), cluster
    try:
        where: Any = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
        return Client(**where, set_as_default=False), None
    except (OSError, ValueError) as error:
        raise augplug.RunError(
            f"there is no Dask scheduler at {address}: {error}; start one or correct AUGPLUG_DASK, and go on with "
            "--resume"
        ) from error
