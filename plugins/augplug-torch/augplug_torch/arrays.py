"""Named arrays in a file: JSON that says names, types and shapes, then their bytes. Reading one runs nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug

Arrays = Mapping[str, npt.NDArray[Any]]
TYPES = ("float32", "float64", "int64", "uint8")


def write_arrays(path: Path, arrays: Arrays, **facts: Any) -> None:
    """Write arrays and facts (whatever JSON holds) to a file, which is there as a whole or not at all."""
    rows = [{"name": name, "dtype": array.dtype.name, "shape": array.shape} for name, array in arrays.items()]
    head = json.dumps({"arrays": rows, "facts": facts}).encode()
    parts = [np.ascontiguousarray(array).tobytes() for array in arrays.values()]
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(b"".join([len(head).to_bytes(8, "little"), head, *parts]))
    new.replace(path)


def read_arrays(path: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the facts of a file. Raises DataError for a file that `write_arrays` did not write."""
    data = path.read_bytes()
    try:
        start = 8 + int.from_bytes(data[:8], "little")
        document = json.loads(data[8:start])
        arrays = {}
        for row in document["arrays"]:
            dtype, count = np.dtype(TYPES[TYPES.index(row["dtype"])]), math.prod(row["shape"])
            end = start + count * dtype.itemsize
            arrays[row["name"]] = np.frombuffer(bytes(data[start:end]), dtype).reshape(row["shape"])
            start = end
        facts = dict(document["facts"])
    except (KeyError, TypeError, ValueError) as error:
        raise augplug.DataError(f"{path} holds no arrays of augplug-torch: {error}; remove it") from error
    return arrays, facts
