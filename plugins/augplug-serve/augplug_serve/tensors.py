"""Tensors of the Open Inference Protocol V2: in JSON, and behind it in binary."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from augplug_serve.messages import RefusedError

DTYPES = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
"""The datatypes of numbers; BYTES is the other one that is taken."""
NAMES = {dtype: name for name, dtype in DTYPES.items()}
LENGTH = struct.Struct("<I")
MOST_DIMENSIONS = 4


class Tensor(NamedTuple):
    """One tensor: `data` is an array, or a list of byte strings."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Any


class Binary:
    """What follows the JSON of a request, taken off from its front."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes."""
        self._content, self._place = content, 0

    def take(self, size: int, name: str) -> bytes:
        """Return the next bytes. Raises RefusedError if there are fewer."""
        taken = self._content[self._place : self._place + size]
        if len(taken) != size:
            raise RefusedError(
                400, f"the binary data of {name} are {len(taken)} bytes, and binary_data_size says {size}"
            )
        self._place += size
        return taken

    def check_empty(self) -> None:
        """Raise RefusedError if bytes are left that no input takes."""
        if left := len(self._content) - self._place:
            raise RefusedError(400, f"{left} bytes follow the binary data of the last input")


def read_tensor(given: Any, binary: Binary) -> Tensor:
    """Return an input of a request. Raises RefusedError that names it."""
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise RefusedError(400, "an input is an object with name, datatype, shape and data")
    name = given["name"][:80]
    datatype, shape = given.get("datatype"), _shape(given.get("shape"), name)
    if datatype != "BYTES" and not (isinstance(datatype, str) and datatype in DTYPES):
        known = ", ".join([*DTYPES, "BYTES"])
        raise RefusedError(400, f"the datatype of {name} is {str(datatype)[:80]!r}; this server takes {known}")
    size = parameters_of(given, ("binary_data_size",), f"the input {name}").get("binary_data_size")
    if (size is None) != ("data" in given):
        raise RefusedError(400, f"the input {name} has either data or the parameter binary_data_size")
    if size is not None:
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise RefusedError(400, f"binary_data_size of {name} is a number of bytes, not {str(size)[:80]!r}")
        return Tensor(name, datatype, shape, _from_binary(binary.take(size, name), name, datatype, shape))
    if datatype == "BYTES":
        raise RefusedError(
            400, f"the input {name} of datatype BYTES is sent in binary, with binary_data_size: JSON has texts"
        )
    return Tensor(name, datatype, shape, _from_json(given["data"], name, datatype, shape))


def parameters_of(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> dict[str, Any]:
    """Return the parameters of a request, an input or an output. Raises RefusedError for one that is not `known`."""
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict):
        raise RefusedError(400, f"the parameters of {where} are an object")
    for name in parameters:
        if name not in known:
            raise RefusedError(400, f"{where} has the parameter {name[:80]!r}; this server knows {', '.join(known)}")
    return parameters


def _shape(given: Any, name: str) -> tuple[int, ...]:
    sides = given if isinstance(given, list) else [None]
    if not all(isinstance(side, int) and not isinstance(side, bool) and 0 <= side < 2**31 for side in sides):
        raise RefusedError(400, f"the shape of {name} is a list of whole numbers, not {str(given)[:80]}")
    if len(sides) > MOST_DIMENSIONS:
        raise RefusedError(400, f"the shape of {name} has {len(sides)} dimensions; {MOST_DIMENSIONS} is the most")
    return tuple(sides)


def _from_binary(content: bytes, name: str, datatype: str, shape: tuple[int, ...]) -> Any:
    count = math.prod(shape)
    if datatype == "BYTES":
        parts = _parts(content, name)
        if len(parts) != count:
            raise RefusedError(400, f"the input {name} of shape {list(shape)} has {len(parts)} elements")
        return parts
    dtype = DTYPES[datatype]
    if len(content) != count * dtype.itemsize:
        wanted = count * dtype.itemsize
        raise RefusedError(400, f"{datatype} of shape {list(shape)} are {wanted} bytes, and {name} has {len(content)}")
    return np.frombuffer(bytes(content), dtype).reshape(shape)


def _parts(content: bytes, name: str) -> list[bytes]:
    """Return the elements of BYTES: each is its length in four bytes, little-endian, and its content."""
    parts, place = [], 0
    while place < len(content):
        behind = place + LENGTH.size
        size = LENGTH.unpack(content[place:behind])[0] if behind <= len(content) else len(content)
        if behind + size > len(content):
            raise RefusedError(400, f"the binary data of {name} end in the middle of an element")
        parts.append(content[behind : behind + size])
        place = behind + size
    return parts


def _from_json(data: Any, name: str, datatype: str, shape: tuple[int, ...]) -> Any:
    dtype, count = DTYPES[datatype], math.prod(shape)
    try:
        array = np.asarray(data)
    except (ValueError, OverflowError) as error:
        raise RefusedError(400, f"the data of {name} are lists of unequal length") from error
    if array.size != count or (array.shape != shape and array.ndim != 1):
        raise RefusedError(400, f"the data of {name} have the shape {list(array.shape)}, not {list(shape)}")
    kinds = {"b": "b", "f": "iuf"}.get(dtype.kind, "iu")
    low, high = _bounds(dtype)
    if count and (array.dtype.kind not in kinds or array.min() < low or array.max() > high):
        raise RefusedError(400, f"the data of {name} are not {datatype}")
    return array.astype(dtype).reshape(shape)


def _bounds(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind not in "iu":
        return -math.inf, math.inf
    bits = 8 * dtype.itemsize
    return (0, 2**bits - 1) if dtype.kind == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def written(name: str, data: Any, *, binary: bool) -> tuple[dict[str, Any], bytes]:
    """Return an output as JSON, and the bytes that follow it; a list of byte strings is of datatype BYTES."""
    if isinstance(data, list):
        described: dict[str, Any] = {"name": name, "datatype": "BYTES", "shape": [len(data)]}
        if not binary:
            try:
                return {**described, "data": [part.decode() for part in data]}, b""
            except UnicodeDecodeError as error:
                raise RefusedError(400, f"the output {name} is not a text; ask for it with binary_data") from error
        content = b"".join(LENGTH.pack(len(part)) + part for part in data)
    else:
        array = np.ascontiguousarray(data)
        described = {"name": name, "datatype": NAMES[array.dtype], "shape": list(array.shape)}
        if not binary:
            return {**described, "data": array.reshape(-1).tolist()}, b""
        content = array.tobytes()
    return {**described, "parameters": {"binary_data_size": len(content)}}, content
