"""A LiteRT classifier of the user's behind a pipeline gives what it gives alone, on images that augplug prepared."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from augplug_phones.litert import LiteRT

import augplug
from plugins.tests.phones import plan_of

SIDE, CLASSES = 24, 5
SPEC = augplug.InputSpec(40, 52, 3)
PIPELINE = augplug.sequence(augplug.step("Resize", height=SIDE, width=SIDE), augplug.step("Invert"))
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TYPES = {"float32": schema.TensorType.FLOAT32, "uint8": schema.TensorType.UINT8, "int8": schema.TensorType.INT8}


class Parts:
    """Tensors, their buffers and operators of a model under construction."""

    def __init__(self) -> None:
        """Start with the empty buffer."""
        self.buffers, self.tensors = [schema.BufferT()], list[Any]()
        self.codes, self.operators = list[Any](), list[Any]()
        self.rng = np.random.default_rng(3)

    def tensor(self, *sides: int, dtype: str = "float32", std: float = 0) -> int:
        """Add a tensor; with a standard deviation it is a constant, of numbers by chance."""
        if std:
            numbers = self.rng.normal(0, std, sides).astype(np.float32)
            self.buffers.append(schema.BufferT(np.frombuffer(numbers.tobytes(), np.uint8)))
        buffer = len(self.buffers) - 1 if std else 0
        self.tensors.append(schema.TensorT(np.array(sides, np.int32), TYPES[dtype], buffer, "a tensor"))
        return len(self.tensors) - 1

    def add(self, code: int, operands: list[int], result: int, kind: int, options: Any) -> int:
        """Add an operator; return its result."""
        self.codes.append(schema.OperatorCodeT(code, builtinCode=code))
        place = len(self.operators)
        self.operators.append(
            schema.OperatorT(place, operands, [result], builtinOptionsType=kind, builtinOptions=options)
        )
        return result

    def packed(self, inputs: list[int], output: int) -> bytes:
        """Return the file."""
        graph = schema.SubGraphT(self.tensors, inputs, [output], self.operators, "main")
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(schema.ModelT(3, self.codes, [graph], "a network", self.buffers).Pack(builder), b"TFL3")
        return bytes(builder.Output())


def network(shape: tuple[int, ...], dtype: str = "float32", inputs: int = 1) -> bytes:
    """Return a classifier: a convolution, a product without a bias, and softmax."""
    parts, code, kind = Parts(), schema.BuiltinOperator, schema.BuiltinOptions
    taken = [parts.tensor(*shape, dtype=dtype) for _ in range(inputs)]
    values = taken[0]
    if dtype != "float32":
        cast = schema.CastOptionsT(inDataType=TYPES[dtype], outDataType=TYPES["float32"])
        values = parts.add(code.CAST, [values], parts.tensor(*shape), kind.CastOptions, cast)
    stride = schema.Conv2DOptionsT(padding=schema.Padding.VALID, strideW=3, strideH=3, fusedActivationFunction=1)
    filters, bias = parts.tensor(4, 3, 3, shape[-1], std=0.1), parts.tensor(4, std=0.1)
    found = parts.tensor(1, shape[1] // 3, shape[2] // 3, 4)
    parts.add(code.CONV_2D, [values, filters, bias], found, kind.Conv2DOptions, stride)
    weights = parts.tensor(CLASSES, 4 * (shape[1] // 3) * (shape[2] // 3), std=0.002)
    plain = schema.FullyConnectedOptionsT()
    margins = parts.tensor(1, CLASSES)
    parts.add(code.FULLY_CONNECTED, [found, weights, -1], margins, kind.FullyConnectedOptions, plain)
    given = parts.tensor(1, CLASSES)
    parts.add(code.SOFTMAX, [margins], given, kind.SoftmaxOptions, schema.SoftmaxOptionsT(beta=1.0))
    return parts.packed(taken, given)


def run(model: bytes, image: Any) -> Any:
    """Return what LiteRT's interpreter gives for one input."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]


@pytest.mark.parametrize(
    ("dtype", "settings", "output"),
    [
        ("float32", {}, augplug.Output()),
        ("float32", {"mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225"}, augplug.Output(MEAN, STD)),
        ("float32", {"mean": MEAN, "std": STD, "layout": "CHW"}, augplug.Output(MEAN, STD, "CHW")),
        ("uint8", {}, None),
    ],
    ids=["plain", "normalised", "channels first", "uint8"],
)
def test_the_scores_are_those_of_the_network_alone(
    tmp_path: Path, dtype: str, settings: Mapping[str, Any], output: augplug.Output | None
) -> None:
    """20 images, prepared as augplug prepares them for training."""
    shape = (1, 3, SIDE, SIDE) if output and output.layout == "CHW" else (1, SIDE, SIDE, 3)
    alone = network(shape, dtype)
    (tmp_path / "net.tflite").write_bytes(alone)
    exporter = LiteRT(model=str(tmp_path / "net.tflite"), **settings)
    (joined,) = exporter.export(plan_of(SPEC, PIPELINE), SPEC).values()
    prepare = augplug.Augmenter(PIPELINE, backend="reference", output=output)

    assert exporter.bound is None
    for image in np.random.default_rng(7).integers(0, 256, (20, *SPEC.shape), dtype=np.uint8):
        scores = run(joined, image)
        assert np.allclose(scores, run(alone, np.asarray(prepare(image))), rtol=0, atol=1e-6)
        assert 0.2 < scores.max() < 0.98


def test_its_labels_are_in_the_file(tmp_path: Path) -> None:
    """And the same bytes twice."""
    (tmp_path / "net.tflite").write_bytes(network((1, SIDE, SIDE, 3)))
    (tmp_path / "labels.txt").write_text("a b\nc\nd\ne\nf\n", "utf-8")
    exporter = LiteRT(model=str(tmp_path / "net.tflite"), labels=str(tmp_path / "labels.txt"))
    files = exporter.export(plan_of(SPEC, PIPELINE), SPEC)

    with zipfile.ZipFile(io.BytesIO(files["model.tflite"])) as archive:
        assert archive.read("labels.txt").decode().splitlines() == ["a b", "c", "d", "e", "f"]
    assert exporter.export(plan_of(SPEC, PIPELINE), SPEC) == files


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is not a LiteRT model: its identifier"),
        (b"\xff\xff\xff\x7fTFL3" + bytes(40), "is not a LiteRT model that can be read"),
        (network((1, SIDE, SIDE, 3), inputs=2), "has 1 graphs, 2 inputs and 1 outputs"),
        (network((1, 30, 30, 3)), r"takes float32 \(1, 30, 30, 3\), and the pipeline leaves \(1, 24, 24, 3\)"),
        (network((1, SIDE, SIDE, 3), "int8"), "takes a dtype other than float32 and uint8"),
    ],
    ids=["empty", "broken", "two inputs", "another size", "int8"],
)
def test_what_is_not_taken_is_named(tmp_path: Path, content: bytes, match: str) -> None:
    """Files that do not hold a model, and models that do not fit."""
    (tmp_path / "net.tflite").write_bytes(content)
    with pytest.raises(augplug.ExportError, match=match):
        LiteRT(model=str(tmp_path / "net.tflite")).export(plan_of(SPEC, PIPELINE), SPEC)


def test_labels_are_as_many_as_classes(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(network((1, SIDE, SIDE, 3)))
    (tmp_path / "labels.txt").write_text("a\nb\n", "utf-8")
    exporter = LiteRT(model=str(tmp_path / "net.tflite"), labels=str(tmp_path / "labels.txt"))
    with pytest.raises(augplug.ExportError, match=r"labels.txt has 2 lines, and .*net.tflite has 5 classes"):
        exporter.export(plan_of(SPEC, PIPELINE), SPEC)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"mean": 0.5}, "labels, mean, std and layout belong to a classifier of yours: give it as model="),
        ({"labels": "a.txt"}, "belong to a classifier of yours"),
        ({"model": "a.tflite", "data": "b"}, "give one of the two"),
        ({"model": "a.tflite", "std": "0,x"}, "std is a number, or numbers such as"),
        ({"model": "a.tflite", "copies": 1}, "copies belongs to a classifier that is trained"),
    ],
)
def test_settings_that_do_not_go_together(settings: Mapping[str, Any], match: str) -> None:
    with pytest.raises(augplug.SettingsError, match=match):
        LiteRT(**settings)
