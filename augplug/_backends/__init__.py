"""Backends: the only code that touches pixels."""

from __future__ import annotations

import importlib.util
import warnings
from functools import cache

from augplug._backends.base import Backend

OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
"""Distributions that all install one package, cv2: of two, each overwrites files of the other."""


@cache
def default_backend() -> Backend:
    """Return OpenCV where an OpenCV is importable, else the reference, with one notice."""
    if importlib.util.find_spec("cv2") is not None:
        from augplug._backends.opencv import OpenCV  # cv2 costs 100 ms; whoever names a backend does not pay twice

        return OpenCV()
    from augplug._backends.reference import Reference

    warnings.warn(
        "augplug: no OpenCV here, so the slower reference backend renders; pip install 'augplug[opencv]' for speed",
        stacklevel=2,
    )
    return Reference()
