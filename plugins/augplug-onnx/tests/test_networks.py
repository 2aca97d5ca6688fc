"""A pipeline in front of a network gives what Python gives: the same classes of a thousand digits, by one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import augplug_onnx
import numpy as np
import onnx
import onnxruntime
import pytest
from augplug_onnx.exporter import Onnx
from onnx import numpy_helper, parser

import augplug
from augplug.data.digits import load_digits

SIZE = 20
MEAN, STD = 0.13, 0.31
PIPELINE = augplug.sequence(
    augplug.step("Resize", height=24, width=26, interpolation="linear"),
    augplug.step("CenterCrop", height=SIZE, width=SIZE),
)
SPEC = augplug.InputSpec(28, 28, 1)
THOUSAND = 1000


def digits() -> tuple[Any, Any]:
    """Return images `(5000, 28, 28, 1)` and classes."""
    labelled = load_digits()
    return labelled.x[..., None], labelled.y


def write_classifier(
    path: Path,
    weights: Any,
    takes: str = "float[batch, 1, 20, 20] image",
    gives: str = "float[batch, 10] scores",
    *,
    opset: int = 17,
    last: str = "Identity(sum)",
) -> None:
    """Write a linear classifier with weights `(C * SIZE * SIZE + 1, L)` in ONNX's text form."""
    image, scores = takes.partition("]")[2].partition(",")[0], gives.split()[-1]
    model = parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : {opset}]>
        classifier ({takes}) => ({gives}) {{
            flat = Flatten({image})
            product = MatMul(flat, weights)
            sum = Add(product, bias)
            {scores} = {last}
        }}""")
    for name, array in (("weights", weights[:-1]), ("bias", weights[-1])):
        model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    path.write_bytes(model.SerializeToString())


def prepared(**settings: Any) -> augplug.Augmenter:
    """Return the pipeline as Python has it, by the usual backend."""
    return augplug.Augmenter(PIPELINE, output=augplug.Output(MEAN, STD, layout="CHW"), **settings)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a ridge on a thousand prepared digits."""
    images, classes = digits()
    augment = prepared()
    rows = np.stack([augment(image).ravel() for image in images[::5]]).astype(np.float64)
    rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    wanted = np.eye(10)[classes[::5]]
    weights = np.linalg.solve(rows.T @ rows + 30 * np.eye(rows.shape[1]), rows.T @ wanted)
    path: Path = tmp_path_factory.mktemp("networks") / "ridge.onnx"
    write_classifier(path, weights)
    return path


def session_of(model: bytes | str) -> Any:
    """Return what runs a model."""
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def session_of_whole(path: Path, **settings: Any) -> Any:
    """Return what runs the pipeline and a network behind it, one checked file."""
    plan = augplug.Augmenter(PIPELINE, backend="reference").plan(SPEC.blank(), index=0)
    exported = Onnx(model=str(path), mean=MEAN, std=STD, **settings).export(plan, SPEC)["model.onnx"]
    onnx.checker.check_model(onnx.load_from_string(exported), full_check=True)
    return session_of(exported)


@pytest.mark.parametrize("backend", ["opencv", "reference"])
def test_a_thousand_digits_have_the_class_that_python_gives(classifier: Path, backend: str) -> None:
    """With OpenCV, which `Augmenter` uses unless told, and with the reference, of which even the scores are equal."""
    images, classes = digits()
    whole, network, augment = session_of_whole(classifier), session_of(str(classifier)), prepared(backend=backend)
    right = 0
    for image, true in zip(images[1 : 5 * THOUSAND : 5], classes[1 : 5 * THOUSAND : 5], strict=True):
        (made,) = whole.run(None, {"image": image})
        (expected,) = network.run(None, {"image": augment(image)[None]})
        assert made.shape == (1, 10)
        assert made.argmax() == expected.argmax()
        if backend == "reference":
            assert np.array_equal(made, expected)
        right += int(made.argmax() == true)

    assert right > 0.75 * THOUSAND


@pytest.mark.parametrize("views", ["flip", "d4", "hand-made"])
def test_views_are_averaged_as_test_time_does(classifier: Path, views: str) -> None:
    """The classes of a hundred digits and their scores are those of `TestTime`."""
    images, _ = digits()
    whole, network = session_of_whole(classifier, views=views), session_of(str(classifier))
    crop = augplug.Augmenter(PIPELINE, backend="reference")
    tester = augplug.TestTime(views, backend="reference", output=augplug.Output(MEAN, STD, layout="CHW"))
    for image in images[:100]:
        (made,) = whole.run(None, {"image": image})
        seen = tester.views(crop(image))
        expected = seen.merge([network.run(None, {"image": view[None]})[0][0] for view in seen])
        assert made.shape == (1, 10)
        assert made[0].argmax() == expected.argmax()
        assert np.allclose(made[0], expected, rtol=0, atol=1e-5)


def test_colour_photographs_in_either_layout(tmp_path: Path) -> None:
    """A number for each channel, as a text; `HWC`; and a policy whose draws are inputs stands in front as well."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(3 * SIZE**2 + 1, 7))
    path, spec = tmp_path / "net.onnx", augplug.InputSpec(40, 31, 3)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    policy = augplug.sequence(
        augplug.step("RandomResizedCrop", height=SIZE, width=SIZE), augplug.step("Equalize", p=0.5)
    )
    image = rng.integers(0, 256, spec.shape, dtype=np.uint8)
    shapes: dict[Literal["HWC", "CHW"], str] = {"CHW": "1, 3, 20, 20", "HWC": "n, 20, 20, 3"}
    for layout, shape in shapes.items():
        write_classifier(path, weights, f"float[{shape}] pixels", "float[n, 7] scores")
        exporter = Onnx(model=str(path), mean="0.485, 0.456, 0.406", std=std, layout=layout)
        augment = augplug.Augmenter(policy, backend="reference", output=augplug.Output(mean, std, layout=layout))
        whole, network = session_of(exporter.export(augment.policy, spec)["model.onnx"]), session_of(str(path))
        for index in range(20):
            numbers = augplug_onnx.slots(augment.plan(image, index=index), spec.shape)
            (made,) = whole.run(None, {"image": image, **numbers})
            (expected,) = network.run(None, {"pixels": augment(image, index=index)[None]})
            # An area's sums may round the other way; then one value is 1 of 255 off.
            assert np.allclose(made, expected, rtol=0, atol=0.1)


@pytest.mark.parametrize("opset", [9, 13, 18, 21])
def test_networks_of_older_and_newer_opsets_are_taken(tmp_path: Path, opset: int) -> None:
    """An older one is converted; a newer one keeps its own, and the pipeline has that too."""
    path = tmp_path / "net.onnx"
    write_classifier(path, np.ones((SIZE**2 + 1, 10)), opset=opset)
    made = session_of_whole(path).run(None, {"image": np.full(SPEC.shape, 99, np.uint8)})[0]
    expected = ((99 / 255 - MEAN) / STD) * SIZE**2 + 1

    assert np.allclose(made, expected, rtol=1e-4)


def test_what_does_not_fit_is_refused_with_what_to_do(classifier: Path, tmp_path: Path) -> None:
    """The file, the input's number, dtype and shape, the batch axis of views, views of other sizes, the settings."""
    plan = augplug.Augmenter(PIPELINE, backend="reference").plan(SPEC.blank(), index=0)
    with pytest.raises(augplug.ImageError, match=r"holds 2 numbers, .* one number for all channels, or one for each"):
        Onnx(model=str(classifier), mean="0.5,0.1").export(plan, SPEC)
    broken, other = tmp_path / "broken.onnx", tmp_path / "other.onnx"
    broken.write_bytes(b"no model")
    for path, match in ((broken, "not an ONNX model that can be read"), (tmp_path / "none.onnx", "not an ONNX model")):
        with pytest.raises(augplug.ExportError, match=match):
            Onnx(model=str(path)).export(plan, SPEC)
    weights = np.ones((SIZE**2 + 1, 10))
    for takes, match in (
        ("float[n, 1, 28, 28] x", r"other.onnx takes x, float32 \(n, 1, 28, 28\), and the pipeline makes float32"),
        ("float[n, 400] x", r"takes x, float32 \(n, 400\), and the pipeline makes float32 \(1, 1, 20, 20\)"),
        ("float16[n, 1, 20, 20] x", r"takes x, float16 \(n, 1, 20, 20\), and the pipeline makes float32"),
        ("float[n, 1, 20, 20] x, float[1] mask", "has 2 inputs"),
    ):
        write_classifier(other, weights, takes)
        with pytest.raises(augplug.ExportError, match=match):
            Onnx(model=str(other)).export(plan, SPEC)
    write_classifier(other, weights, "float[1, 1, 20, 20] x")
    with pytest.raises(
        augplug.ExportError, match=r"takes x, float32 \(1, 1, 20, 20\), .* \(2, 1, 20, 20\).*batch axis"
    ):
        Onnx(model=str(other), views="flip").export(plan, SPEC)
    write_classifier(other, weights, gives="int64[n, 10] classes", last="Cast<to = 7>(sum)")
    with pytest.raises(augplug.ExportError, match=r"gives classes, int64 \(n, 10\): of views only class scores"):
        Onnx(model=str(other), views="flip").export(plan, SPEC)
    with pytest.raises(augplug.ExportError, match="with --index"):
        Onnx(model=str(classifier), views="flip").export(augplug.policy("flip"), SPEC)
    wide = augplug.Augmenter(augplug.sequence(augplug.step("Resize", height=20, width=30)), backend="reference")
    with pytest.raises(augplug.ExportError, match="differ in size"):
        Onnx(model=str(classifier), views="d4").export(wide.plan(SPEC.blank(), index=0), SPEC)


def test_an_output_may_have_the_name_of_the_pipelines_input(tmp_path: Path) -> None:
    """Then it has a prefix."""
    write_classifier(tmp_path / "net.onnx", np.ones((SIZE**2 + 1, 10)), "float[n, 1, 20, 20] x", "float[n, 10] image")
    session = session_of_whole(tmp_path / "net.onnx")

    assert [value.name for value in session.get_inputs() + session.get_outputs()] == ["image", "merged/image"]


def test_settings_are_checked() -> None:
    """Those of a network without one, and numbers that are none."""
    with pytest.raises(augplug.SettingsError, match="belong to a network"):
        Onnx(mean=0.5)
    with pytest.raises(augplug.SettingsError, match=r"mean is a number, or numbers such as"):
        Onnx(model="net.onnx", mean="grey")
    with pytest.raises(augplug.SettingsError, match="unknown layout"):
        Onnx(model="net.onnx", layout="CWH")
