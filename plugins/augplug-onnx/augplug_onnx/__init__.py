"""Policies of augplug, and draws of them, as ONNX models."""

from collections.abc import Mapping

import augplug
from augplug_onnx.effects import slots
from augplug_onnx.exporter import Onnx

__all__ = ["Onnx", "slots"]


@augplug.hookimpl
def augplug_exporters() -> Mapping[str, type[augplug.Exporter]]:
    """The exporter of this plugin."""
    return {"onnx": Onnx}
