"""onnxruntime, held to one thread of the CPU; importing this costs half a second."""

from __future__ import annotations

from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

import augplug

ERRORS: tuple[type[Exception], ...] = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NoModel,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
)
"""What it raises for a file or an input that it does not take: they have no common base class."""


class OneThread(onnxruntime.SessionOptions):
    """Options of a session whose sums have one order, so that they have the same bits each time."""

    def __init__(self) -> None:
        """Set them."""
        super().__init__()
        self.intra_op_num_threads = 1
        self.inter_op_num_threads = 1
        self.use_deterministic_compute = True
        self.log_severity_level = 4  # what is wrong is raised


def opened(path: str) -> Any:
    """Return the session of the network in a file. Raises SettingsError."""
    try:
        return onnxruntime.InferenceSession(path, OneThread(), providers=["CPUExecutionProvider"])
    except ERRORS as error:
        raise augplug.SettingsError(
            f"onnx-features: {path} cannot be opened: {line(error)}; give an .onnx file, with its external data beside "
            "it"
        ) from error


def line(error: Exception) -> str:
    """Return what an error says on one short line."""
    return " ".join(str(error).split())[:300]
