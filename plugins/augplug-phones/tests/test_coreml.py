"""The Core ML package reloads, and is the ONNX graph of the same steps, one by one; nothing here runs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import coremltools
import numpy as np
import onnx
import onnxruntime
import pytest
from augplug_phones.coreml import CoreML
from coremltools.converters.mil.frontend.milproto.load import load
from onnx import TensorProto, helper, numpy_helper

import augplug
from augplug.testing.base import Case
from plugins.tests.phones import PIPELINE, SETTINGS, cases_of, classes_by_python, halves, photographs, plan_of

SPEC = augplug.InputSpec(56, 60, 3)
# coremltools leaves the removal of its temporary folders to Python, which says so.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{name}")
    for name in ("pytest.PytestUnraisableExceptionWarning", "ResourceWarning")
]
ONNX: Mapping[str, tuple[str, str]] = {
    "add": ("Add", "add"),
    "sub": ("Sub", "sub"),
    "mul": ("Mul", "mul"),
    "div": ("Div", "real_div"),
    "maximum": ("Max", "maximum"),
    "minimum": ("Min", "minimum"),
    "floor": ("Floor", "floor"),
    "exp": ("Exp", "exp"),
    "sqrt": ("Sqrt", "sqrt"),
    "softmax": ("Softmax", "softmax"),
    "matmul": ("MatMul", "matmul"),
    "gather": ("Gather", "gather"),
    "transpose": ("Transpose", "transpose"),
    "reshape": ("Reshape", "reshape"),
    "sum": ("ReduceSum", "reduce_sum"),
    "concat": ("Concat", "concat"),
    "cast": ("Cast", "cast"),
}
"""What an operation is called in ONNX, and in Core ML."""
TYPES = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32, "uint8": TensorProto.UINT8}


def onnx_of(program: Any) -> onnx.ModelProto:
    """Return a program as an ONNX model, shapes inferred by ONNX."""
    constants: list[onnx.TensorProto] = []
    names, nodes = {0: "image"}, []

    def constant(array: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(array), f"constant_{len(constants)}"))
        return str(constants[-1].name)

    for number, step in enumerate(program.steps):
        taken = [
            names[value.number] if value.array is None else constant(value.array) for value in step.operands
        ]  # fmt: skip
        attributes: dict[str, Any] = {"axis": step.settings["axis"]} if step.name == "concat" else {}
        match step.name:
            case "transpose":
                attributes["perm"] = step.settings["axes"]
            case "reshape":
                taken.append(constant(np.array(step.settings["shape"], np.int64)))
            case "sum":
                taken.append(constant(np.array([step.settings["axis"]], np.int64)))
            case "cast":
                attributes["to"] = TYPES[step.settings["dtype"]]
        names[step.result.number] = f"{step.name}_{number}"
        nodes.append(helper.make_node(ONNX[step.name][0], taken, [names[step.result.number]], **attributes))
    given, last = program.image, program.result
    graph = helper.make_graph(
        nodes, "steps", [helper.make_tensor_value_info("image", TYPES[given.dtype], given.shape)],
        [helper.make_tensor_value_info(names[last.number], TYPES[last.dtype], last.shape)], constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)


def package(files: Mapping[str, bytes], folder: Path) -> Any:
    """Return the specification of a package that was written to a folder, and read by coremltools."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return coremltools.models.MLModel(str(folder / "model.mlpackage"), skip_model_load=True)


def onnx_operations(model: onnx.ModelProto) -> list[tuple[str, tuple[int, ...], list[Any]]]:
    """Return the name, the shape of the result, and the constant arrays of every node."""
    arrays = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    shapes = {
        value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim)
        for value in [*model.graph.value_info, *model.graph.output]
    }
    made = []
    for node in model.graph.node:
        known = [arrays[name] for name in node.input if name in arrays]
        known += [np.array(attribute.ints) for attribute in node.attribute if attribute.name == "perm"]
        known += [np.array([attribute.i]) for attribute in node.attribute if attribute.name == "axis"]
        made.append((node.op_type, shapes[node.output[0]], known))
    return made


def coreml_operations(program: Any) -> list[tuple[str, tuple[int, ...], list[Any]]]:
    """Return the same of a Core ML program, as coremltools reads it from the package."""
    made = []
    for op in program.functions["main"].operations:
        if op.op_type in ("const", "classify"):
            continue
        told = {name: value for name, value in op.inputs.items() if name in ("x", "y", "indices", "perm", "shape")}
        if op.op_type in ("concat", "reduce_sum"):
            told |= {name: op.inputs[name] for name in ("axis", "axes") if name in op.inputs}
        arrays = [np.asarray(value.val) for value in told.values() if value.val is not None]
        known = [array.reshape(array.shape or (1,)) for array in arrays]
        made.append((op.op_type, tuple(op.outputs[0].shape), known))
    return made


def steps_of(exporter: CoreML, plan: augplug.Plan, spec: augplug.InputSpec) -> onnx.ModelProto:
    """Return the steps that an exporter converts as an ONNX model."""
    return onnx_of(exporter.assembled(plan, spec)[0])


def check_equal(model: Any, expected: onnx.ModelProto) -> None:
    """Check that a package holds the nodes of an ONNX graph one by one, behind the turn of its image's axes."""
    spec = model.get_spec()
    program = load(spec, specification_version=spec.specificationVersion, file_weights_dir=model.weights_dir)
    (turn, shape, _), *made = coreml_operations(program)
    nodes = onnx_operations(expected)

    sides = expected.graph.input[0].type.tensor_type.shape.dim
    assert (turn, shape) == ("transpose", tuple(side.dim_value for side in sides))
    names = dict(ONNX.values())
    assert [name for name, _, _ in made] == [names[name] for name, _, _ in nodes]
    assert [shape for _, shape, _ in made] == [shape for _, shape, _ in nodes]
    for (name, _, mine), (_, _, theirs) in zip(made, nodes, strict=True):
        assert len(mine) == len(theirs), name
        for array, other in zip(mine, theirs, strict=True):
            assert np.array_equal(array, other.reshape(array.shape)), name


@pytest.mark.parametrize("case", cases_of("coreml"), ids=str)
def test_the_examination(case: Case) -> None:
    """What every exporter is asked; the bound is skipped, because nothing here runs Core ML."""
    assert case.outcome({}).state == ("skipped" if "equals" in str(case) else "passed")


def test_the_classifier_is_the_onnx_graph_that_gives_the_classes_of_python(tmp_path: Path) -> None:
    """ONNX Runtime runs the same steps: a thousand digits. The package has a Vision classifier's input and outputs."""
    train, test = halves()
    exporter = CoreML(data=train, **SETTINGS)
    plan = plan_of(SPEC)
    expected = steps_of(exporter, plan, SPEC)
    session = onnxruntime.InferenceSession(expected.SerializeToString(), providers=["CPUExecutionProvider"])
    images = photographs(test.x, SPEC.height, SPEC.width)
    prepare = augplug.Augmenter(PIPELINE, backend="reference")
    small = np.stack([prepare(image)[..., 0] for image in images])
    classes = [session.run(None, {"image": image[None]})[0].argmax() for image in images]
    assert np.array_equal(classes, classes_by_python(train, small))

    model = package(exporter.export(plan, SPEC), tmp_path)
    check_equal(model, expected)
    described = model.get_spec().description
    taken = described.input[0].type.imageType
    assert (taken.width, taken.height, taken.colorSpace) == (60, 56, taken.RGB)
    assert described.predictedFeatureName == "classLabel"
    assert model.get_spec().specificationVersion == coremltools.target.iOS16


@pytest.mark.parametrize(
    "step",
    [
        augplug.sequence(),
        augplug.step("Solarize", threshold=99),
        augplug.step("Rotate", degrees=20, interpolation="linear", fill=(1, 2, 3)),
        augplug.step("Letterbox", height=40, width=20),
        augplug.step("Color", factor=0.4),
        augplug.step("HueShift", degrees=40),
        augplug.step("Perspective"),
        augplug.sequence(augplug.step("HorizontalFlip"), augplug.step("Cutout", size=0.4)),
    ],
    ids=str,
)
def test_pipelines_are_their_onnx_graphs(step: Any, tmp_path: Path) -> None:
    """Operation by operation, with shapes and constants, by coremltools' own reader of packages."""
    spec = augplug.InputSpec(33, 47, 3)
    plan = plan_of(spec, step)
    check_equal(package(CoreML().export(plan, spec), tmp_path), steps_of(CoreML(), plan, spec))


def test_images_of_other_channels_are_refused() -> None:
    """Core ML's images are grey or RGB."""
    spec = augplug.InputSpec(8, 9, 2)
    with pytest.raises(augplug.ExportError, match="takes images of 1 or 3 channels, not 2"):
        CoreML().export(plan_of(spec), spec)
