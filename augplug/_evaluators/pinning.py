"""One thread for every numeric library, so that an evaluator gives the same bits wherever it runs.

A sum over two BLAS threads differs in its last bits from a sum over one, and ties decide rankings.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
"""What a new process reads when it loads such a library; the last is OpenCV's."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the BLAS and OpenMP libraries and the OpenCV that are loaded by now to one thread each, then give back."""
    opencv = sys.modules.get("cv2")
    before = opencv.getNumThreads() if opencv is not None else 1
    if opencv is not None and before != 1:
        opencv.setNumThreads(1)
    try:
        with _libraries(len(sys.modules)).limit(limits=1):
            yield
    finally:
        if opencv is not None and before != 1:
            opencv.setNumThreads(before)


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> Any:
    """Return threadpoolctl's handle on what is loaded.

    A library comes with a module, so the number of modules tells of new ones. To find the libraries anew each time
    would be a third of what a search does around an evaluation: benchmarks/overhead.py.
    """
    from threadpoolctl import ThreadpoolController  # only evaluators need it

    return ThreadpoolController()
