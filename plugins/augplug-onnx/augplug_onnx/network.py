"""A pipeline in front of a network of the user's: the image normalised, in views, and one graph of both."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

import augplug
from augplug import ExportError, Output
from augplug_onnx.graph import Graph, Inputs, Shape, Value
from augplug_onnx.models import add_draw

_OLDEST = 18
"""Opset of the oldest operators that stand in front; an older network is converted to it."""
_OLDEST_IR = 8
"""The IR of that opset."""
_PREFIX = "network/"
"""Before every name of the network's, so that none is a name of the pipeline's too."""


class Network(NamedTuple):
    """A model of the user's with one input of images, and the file that it came from."""

    path: str
    model: Any
    opset: int

    @property
    def takes(self) -> tuple[str, Any, tuple[int | str, ...]]:
        """The name, dtype and shape of its input. Raises ExportError for several."""
        known = {constant.name for constant in self.model.graph.initializer}
        told = [_told(value) for value in self.model.graph.input if value.name not in known]
        if len(told) != 1:
            raise ExportError(f"{self.path} has {len(told)} inputs; a pipeline stands in front of a network with one")
        return told[0]

    @property
    def gives(self) -> list[tuple[str, Any, tuple[int | str, ...]]]:
        """The name, dtype and shape of each output."""
        return [_told(value) for value in self.model.graph.output]


def opened(path: str) -> Network:
    """Read a model. Raises ExportError."""
    import onnx  # only when something is exported
    from onnx import helper, version_converter

    try:
        onnx.checker.check_model(path)
        model = onnx.load(path)
        opset = max((entry.version for entry in model.opset_import if not entry.domain), default=_OLDEST)
        if opset < _OLDEST:
            model = version_converter.convert_version(model, _OLDEST)
    except (OSError, RuntimeError, onnx.checker.ValidationError) as error:
        why = str(error).strip().partition("\n")[0]
        raise ExportError(
            f"{path} is not an ONNX model that can be read, or brought to opset {_OLDEST}: {why}"
        ) from error
    newer = helper.make_model(
        model.graph,
        opset_imports=model.opset_import,
        functions=model.functions,
        ir_version=max(model.ir_version, _OLDEST_IR),
    )
    return Network(path, newer, max(opset, _OLDEST))


def add_views(graph: Graph, image: Value, shape: Shape, views: str) -> tuple[list[Value], Shape]:
    """Add views of an image; return them, and their shape. Raises ExportError, PolicyError."""
    height, width, channels = shape
    if not (isinstance(height, int) and isinstance(width, int) and isinstance(channels, int)):
        raise ExportError("views are made of images of one size: export a draw of the policy, with --index")
    blank = np.zeros((height, width, channels), np.uint8)
    plans = augplug.TestTime(views, backend="reference").views(blank).plans
    added = [add_draw(graph, image, plan, (height, width, channels)) for plan in plans]
    sizes = {after for _, after in added}
    if len(sizes) > 1:
        raise ExportError(
            f"the views {views} of an image of {height}x{width} differ in size; crop it to a square before"
        )
    return [view for view, _ in added], sizes.pop()


def normalised(image: Value, output: Output, channels: int) -> Value:
    """Return a batch of one image as `output` says, float32: through a table of what augplug makes of every value.

    Raises ImageError if `output` is for another number of channels.
    """
    every = np.repeat(np.arange(256, dtype=np.uint8), channels).reshape(-1, 1, channels)
    in_rows = dataclasses.replace(output, layout="HWC")
    augment = augplug.Augmenter(augplug.step("Identity"), output=in_rows, backend="reference")
    table = image.graph.constant(np.asarray(augment(every)).reshape(-1), np.float32)
    values = table.at(image.as_type(np.int64) * channels + np.arange(channels))
    turned = image.graph.node("Transpose", values, perm=[2, 0, 1]) if output.layout == "CHW" else values
    return turned.unsqueeze(0)


def joined(graph: Graph, inputs: Inputs, views: list[Value], shape: Shape, network: Network, output: Output) -> Any:
    """Return one model: the views, normalised, in a batch, and the network, its scores averaged over the views."""
    from onnx import compose  # as above

    height, width, channels = shape
    images = [normalised(view, output, int(channels)) for view in views]
    batch = graph.node("Concat", *images, axis=0) if len(images) > 1 else images[0]
    made = (len(images), *((channels, height, width) if output.layout == "CHW" else shape))
    name = _check_input(network, made)
    versions = {"opset": network.opset, "ir": network.model.ir_version}
    front = graph.model(inputs, {"images": (batch, made)}, **versions)
    both = compose.merge_models(front, network.model, [("images", name)], prefix2=_PREFIX)
    merged = _merging(network, len(views), set(inputs), versions)
    outputs = [(f"{_PREFIX}{given}", f"{_PREFIX}{given}") for given, _, _ in network.gives]
    return compose.merge_models(both, merged, outputs, producer_name=front.producer_name)


def _check_input(network: Network, made: Shape) -> str:
    """Return the name of the network's input. Raises ExportError if it does not take float32 of a shape."""
    name, dtype, takes = network.takes
    fits = len(takes) == len(made) and all(
        side == other or isinstance(side, str) or isinstance(other, str)
        for side, other in zip(takes, made, strict=True)
    )
    if dtype != np.float32 or not fits:
        raise ExportError(
            f"{network.path} takes {name}, {dtype} {_written(takes)}, and the pipeline makes float32 {_written(made)}: "
            "change the pipeline's size or layout, or the network's batch axis, which may have a name"
        )
    return name


def _merging(network: Network, views: int, taken: set[str], versions: dict[str, Any]) -> Any:
    """Return the model behind the network: its outputs under their names, averaged over the views."""
    graph, inputs, outputs = Graph("merged"), Inputs(), {}
    for name, dtype, shape in network.gives:
        value = Value(graph, f"{_PREFIX}{name}", np.dtype(dtype))
        inputs[value.name] = (dtype, shape)
        if views > 1:
            if np.dtype(dtype).kind != "f" or len(shape) != len(("view", "class")):
                raise ExportError(
                    f"{network.path} gives {name}, {dtype} {_written(shape)}: of views only class scores are averaged, "
                    "floats (N, L); export without views, and merge by TestTime"
                )
            value, shape = value.as_type(np.float64).reduce("Mean", 0).as_type(dtype), (1, *shape[1:])
        outputs[name if name not in taken else f"merged/{name}"] = (value, shape)
    return graph.model(inputs, outputs, **versions)


def _told(value: Any) -> tuple[str, Any, tuple[int | str, ...]]:
    from onnx import helper  # as above

    kind = value.type.tensor_type
    sides = enumerate(kind.shape.dim)
    shape = tuple(side.dim_value or side.dim_param or f"{value.name} {place}" for place, side in sides)
    return value.name, helper.tensor_dtype_to_np_dtype(kind.elem_type), shape


def _written(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"
