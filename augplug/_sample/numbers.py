"""Numbers of targets: what users hand in as an array of float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._sample.kinds import plain
from augplug.errors import TargetError


def numbers_of(given: Any, what: str, columns: int) -> npt.NDArray[np.float64]:
    """Return an array of its own, `(0, columns)` if it is empty. Raises TargetError for what is not numbers."""
    try:
        array = np.array(plain(given), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TargetError(f"{what} are an array (N, {columns}) of numbers: {error}") from error
    return array.reshape(0, columns) if array.size == 0 else array
