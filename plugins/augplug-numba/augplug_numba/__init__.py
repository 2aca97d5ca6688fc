"""The backend `numba`: looks of RGB images, compiled; everything else as the backend beneath renders it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import augplug


@augplug.hookimpl
def augplug_backends() -> Mapping[str, Callable[[], augplug.Backend]]:
    """One backend, on OpenCV where it is importable, else on the reference."""
    return {"numba": _numba}


def _numba() -> augplug.Backend:
    from augplug_numba.backend import Numba  # it compiles for seconds; whoever only lists backends does not pay

    return Numba(augplug.default_backend())
