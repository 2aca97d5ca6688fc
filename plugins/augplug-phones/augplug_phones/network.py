"""A classifier of the user's as a LiteRT file, which takes what a pipeline leaves."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema

import augplug
from augplug import ExportError, Output
from augplug_phones.program import Program, Value

_MAGIC = b"TFL3"
_DTYPES: Mapping[int, str] = {schema.TensorType.FLOAT32: "float32", schema.TensorType.UINT8: "uint8"}


class Network(NamedTuple):
    """A LiteRT file with one graph, from one image to one score a class."""

    path: str
    model: Any

    @property
    def graph(self) -> Any:
        """Its graph."""
        return self.model.subgraphs[0]

    @property
    def takes(self) -> tuple[str, tuple[int, ...]]:
        """The dtype and the shape of its input; an empty dtype for others than float32 and uint8."""
        return _told(self.graph, self.graph.inputs)

    @property
    def gives(self) -> tuple[str, tuple[int, ...]]:
        """The dtype and the shape of its output."""
        return _told(self.graph, self.graph.outputs)


def opened(path: str) -> Network:
    """Read a file. Raises ExportError for what is not a LiteRT model, or has several graphs, inputs or outputs."""
    try:
        content = Path(path).read_bytes()
        if content[len(_MAGIC) : 2 * len(_MAGIC)] != _MAGIC:
            raise ExportError(f"{path} is not a LiteRT model: its identifier is missing")
        network = Network(path, schema.ModelT.InitFromPackedBuf(content, 0))
        graphs, inputs, outputs = map(len, (network.model.subgraphs, network.graph.inputs, network.graph.outputs))
        scores = network.gives[1]
        outside = network.model.externalBuffers or any(buffer.offset for buffer in network.model.buffers)
    except (OSError, struct.error, IndexError, TypeError, ValueError) as error:
        raise ExportError(f"{path} is not a LiteRT model that can be read: {error}") from error
    if (graphs, inputs, outputs) != (1, 1, 1):
        raise ExportError(
            f"{path} has {graphs} graphs, {inputs} inputs and {outputs} outputs; a classifier here has one of each"
        )
    if outside:
        raise ExportError(f"{path} has weights outside of its flatbuffer, which are not taken here")
    if not scores or int(np.prod(scores[:-1])) != 1:
        raise ExportError(f"{path} gives {scores}; a classifier gives (1, K), one score for each of K classes")
    return network


def labels_of(path: str, network: Network) -> tuple[str, ...]:
    """Return the labels of a text file, one a line. Raises ExportError if they are not as many as the classes."""
    try:
        labels = tuple(Path(path).read_text("utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} is not a text file of labels that can be read: {error}") from error
    if len(labels) != network.gives[1][-1]:
        raise ExportError(f"{path} has {len(labels)} lines, and {network.path} has {network.gives[1][-1]} classes")
    return labels


def add_input(program: Program, image: Value, network: Network, output: Output) -> None:
    """Add what the network takes of an image `(H, W, C)`: uint8 as it is, float32 as `output` says.

    Raises ExportError if it takes another size or dtype.
    """
    dtype, shape = network.takes
    values = image if dtype == "uint8" else _normalised(program, image, output)
    values = program.add("transpose", values, axes=(2, 0, 1)) if output.layout == "CHW" else values
    if not dtype or shape != (1, *values.shape):
        raise ExportError(
            f"{network.path} takes {dtype or 'a dtype other than float32 and uint8,'} {shape}, and the pipeline leaves "
            f"{(1, *values.shape)}: make it end in that size, or change the layout"
        )
    values = program.add("reshape", values, shape=shape)
    if dtype == "uint8":
        program.add("cast", values, dtype="uint8")


def _normalised(program: Program, image: Value, output: Output) -> Value:
    """Add a table of what augplug makes of every value, so that the network takes the same numbers as in training."""
    channels = image.shape[2]
    every = np.repeat(np.arange(256, dtype=np.uint8), channels).reshape(-1, 1, channels)
    in_rows = dataclasses.replace(output, layout="HWC")
    made = augplug.Augmenter(augplug.step("Identity"), output=in_rows, backend="reference")(every)
    rows = program.add("add", program.add("mul", image, float(channels)), np.arange(channels))
    table = program.constant(np.asarray(made).reshape(-1))
    return program.add("gather", table, program.add("cast", rows, dtype="int32"))


def _told(graph: Any, ends: Any) -> tuple[str, tuple[int, ...]]:
    tensor = graph.tensors[ends[0]]
    shape = () if tensor.shape is None else tuple(int(side) for side in tensor.shape)
    return _DTYPES.get(tensor.type, ""), shape
