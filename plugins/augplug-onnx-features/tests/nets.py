"""Small networks as .onnx files: the mean strength of horizontal and vertical edges, which tells stripes apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

EDGES = np.array([[[0, 0, 0], [-1, 0, 1], [0, 0, 0]], [[0, -1, 0], [0, 0, 0], [0, 1, 0]]], np.float32)
"""Two filters, across and down."""


def save(
    path: Path,
    *,
    shape: tuple[Any, ...] = ("n", 3, "h", "w"),
    kind: int = TensorProto.FLOAT,
    end: str = "rows",
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a network that takes `shape`; `end`: "rows" `(N, 2)`, a "map" `(N, 2, H, W)`, "tokens" or "labels"."""
    last = shape[3] in (1, 3) and shape[1] not in (1, 3)
    weights = np.repeat(EDGES[:, None], shape[3] if last else shape[1], axis=1)
    outputs = {"map": ("n", 2, "hh", "ww"), "rows": ("n", 2), "tokens": ("n", "t", 2), "labels": ("n",)}
    graph = helper.make_graph(
        list(layers(last=last, cast=kind != TensorProto.FLOAT, end=end)),
        "edges",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(end, TensorProto.INT64 if end == "labels" else TensorProto.FLOAT, outputs[end])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([0, 2, -1]), "flat")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def layers(*, last: bool, cast: bool, end: str) -> Iterator[onnx.NodeProto]:
    """Yield the nodes from the input "x" to the output `end`."""
    now = "x"
    if cast:
        yield helper.make_node("Cast", [now], ["cast"], to=TensorProto.FLOAT)
        now = "cast"
    if last:
        yield helper.make_node("Transpose", [now], ["turned"], perm=[0, 3, 1, 2])
        now = "turned"
    yield helper.make_node("Conv", [now, "w"], ["edges"])
    yield helper.make_node("Abs", ["edges"], ["map"])
    if end in ("rows", "labels"):
        yield helper.make_node("GlobalAveragePool", ["map"], ["pool"])
        yield helper.make_node("Flatten", ["pool"], ["rows"])
    if end == "tokens":
        yield helper.make_node("Reshape", ["map", "flat"], ["pairs"])
        yield helper.make_node("Transpose", ["pairs"], ["tokens"], perm=[0, 2, 1])
    if end == "labels":
        yield helper.make_node("ArgMax", ["rows"], ["labels"], axis=1, keepdims=0)


def expected(pixels: Any) -> Any:
    """The features of prepared pixels `(N, H, W, C)`, by numpy alone."""
    grey = pixels.astype(np.float64).sum(axis=3)
    across = np.abs(grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]).mean(axis=(1, 2))
    down = np.abs(grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]).mean(axis=(1, 2))
    return np.stack([across, down], axis=1)
