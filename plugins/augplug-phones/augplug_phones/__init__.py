"""Pipelines of augplug in front of classifiers, as models for phones."""

from collections.abc import Mapping

import augplug
from augplug_phones.coreml import CoreML
from augplug_phones.executorch import ExecuTorch
from augplug_phones.litert import LiteRT

__all__ = ["CoreML", "ExecuTorch", "LiteRT"]


@augplug.hookimpl
def augplug_exporters() -> Mapping[str, type[augplug.Exporter]]:
    """The exporters of this plugin."""
    return {"coreml": CoreML, "executorch": ExecuTorch, "litert": LiteRT}
