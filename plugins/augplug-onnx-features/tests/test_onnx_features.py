"""The evaluator `onnx-features` with small networks that the tests make."""

import hashlib
import json
import re
import runpy
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from augplug_onnx_features.child import OnnxFeatures
from augplug_onnx_features.network import IMAGENET, Network, network
from augplug_onnx_features.settings import OnnxSettings
from onnx import TensorProto

import augplug
from augplug import testing
from augplug.cli import main
from augplug.testing.evaluators import stripes

NETS = runpy.run_path(str(Path(__file__).with_name("nets.py")))
save, expected = NETS["save"], NETS["expected"]
NONE = augplug.Policy(augplug.sequence(), "none")
TURN = augplug.Policy(augplug.sequence(augplug.step("Rotate", degrees=(-20, 20))), "turn")
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (5, 20, 24, 3), np.uint8)
MEAN, STD = (np.array(values, np.float32) for values in IMAGENET)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nets") / "net.onnx"
    save(path)
    return path


@pytest.fixture(autouse=True)
def no_network_is_kept() -> Iterator[None]:
    network.cache_clear()
    yield
    network.cache_clear()


def made(path: Path, images: Any, **settings: Any) -> Any:
    return Network(OnnxSettings(model=str(path), **settings)).features(images)


def side(images: Any, size: int) -> Any:
    """Resized as the plugin does, in a way of its own."""
    interpolation = "area" if size * size < images.shape[1] * images.shape[2] else "linear"
    step = augplug.step("Resize", height=size, width=size, interpolation=interpolation)
    return np.stack([augplug.Augmenter(augplug.Policy(step))(image) for image in images])


def test_it_is_provided_under_its_name() -> None:
    assert augplug.evaluators()["onnx-features"] is OnnxFeatures


@pytest.mark.parametrize("channels", [0, 3])
def test_an_image_is_scaled_as_imagenets_networks_take_it(net: Path, channels: int) -> None:
    """Grey images have three equal channels; features by numpy from the formula."""
    images = COLOUR if channels else COLOUR[..., 0]
    pixels = side(images, 24)
    pixels = pixels if channels else np.repeat(pixels[..., None], 3, axis=-1)

    rows = made(net, images, size=24)

    np.testing.assert_allclose(rows, expected((pixels / 255 - MEAN) / STD), rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "settings", "size"),
    [
        (("n", 3, 20, 20), {}, 20),
        (("n", 3, "h", "w"), {"size": 11}, 11),
        (("n", 3, "h", "w"), {}, 224),
        (("n", 16, 16, 3), {}, 16),
        (("n", "h", "w", 3), {"size": 18}, 18),
        ((2, 3, 17, 17), {}, 17),
        ((8, 3, 17, 17), {}, 17),
        (("n", 3, 20, 3), {"layout": "nchw", "size": 0}, (20, 3)),
    ],
)
def test_size_layout_and_batch_are_read_from_the_file(tmp_path: Path, shape: Any, settings: Any, size: Any) -> None:
    path = save(tmp_path / "net.onnx", shape=shape)
    if isinstance(size, tuple):
        assert made(path, COLOUR, **settings).shape == (5, 2)
        return

    rows = made(path, COLOUR, **settings)

    np.testing.assert_allclose(rows, expected((side(COLOUR, size) / 255 - MEAN) / STD), rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "settings", "metadata", "prepare"),
    [
        (TensorProto.FLOAT, {"mean": (0.5, 0.4, 0.3), "std": (0.5,)}, {}, lambda x: (x / 255 - [0.5, 0.4, 0.3]) / 0.5),
        (TensorProto.FLOAT, {}, {"Image.NominalPixelRange": "NominalRange_0_255"}, lambda x: x),
        (TensorProto.FLOAT, {}, {"Image.NominalPixelRange": "Normalized_0_1"}, lambda x: x / 255),
        (TensorProto.FLOAT, {}, {"Image.NominalPixelRange": "Normalized_1_1"}, lambda x: x / 127.5 - 1),
        (
            TensorProto.FLOAT,
            {"mean": (0,), "std": (1,)},
            {"Image.NominalPixelRange": "Normalized_1_1"},
            lambda x: x / 255,
        ),
        (TensorProto.UINT8, {}, {}, lambda x: x),
        (TensorProto.FLOAT, {}, {"Image.BitmapPixelFormat": "Bgr8"}, lambda x: ((x / 255 - MEAN) / STD)[..., ::-1]),
    ],
)
def test_scale_and_order_are_read_from_the_file_unless_given(
    tmp_path: Path, kind: int, settings: Any, metadata: dict[str, str], prepare: Any
) -> None:
    path = save(tmp_path / "net.onnx", shape=("n", 3, 20, 20), kind=kind, metadata=metadata)

    rows = made(path, COLOUR, **settings)

    np.testing.assert_allclose(rows, expected(prepare(side(COLOUR, 20).astype(np.float64))), rtol=1e-4)


def test_colour_is_made_grey_for_a_network_of_one_channel(tmp_path: Path) -> None:
    """By BT.601, after resizing; the grey mean and deviation of ImageNet."""
    path = save(tmp_path / "net.onnx", shape=("n", 1, 20, 20))
    grey = side(COLOUR, 20) @ np.array([0.299, 0.587, 0.114])

    rows = made(path, COLOUR)

    np.testing.assert_allclose(rows, expected((grey / 255 - 0.449)[..., None] / 0.226), rtol=1e-4)
    single = made(path, COLOUR[..., 0])
    np.testing.assert_allclose(single, expected((side(COLOUR[..., 0], 20) / 255 - 0.449)[..., None] / 0.226), rtol=1e-4)


@pytest.mark.parametrize("end", ["map", "tokens"])
def test_maps_and_tokens_are_averaged(tmp_path: Path, end: str) -> None:
    path = save(tmp_path / "net.onnx", shape=("n", 3, 20, 20), end=end)

    np.testing.assert_allclose(made(path, COLOUR), expected((side(COLOUR, 20) / 255 - MEAN) / STD), rtol=1e-4)


def test_kept_features_are_computed_once_and_do_not_depend_on_what_came_before(net: Path) -> None:
    settings = OnnxSettings(model=str(net), size=24)
    one, other = Network(settings), Network(settings)

    first = one.kept_features(COLOUR)
    other.kept_features(COLOUR[3:])
    second = other.kept_features(COLOUR)

    assert np.array_equal(first, second)
    one._session = None  # it is not asked again
    assert np.array_equal(one.kept_features(COLOUR[::-1]), first[::-1])


@pytest.mark.parametrize("features", ["unit", "standard"])
def test_margins_and_reward(net: Path, features: str) -> None:
    """Stripes are told apart; the reward is the smoothed score of the margins, whose sign says who is right."""
    child = OnnxFeatures(stripes(1), stripes(2), model=str(net), size=24, features=features)

    margins = child.margins(TURN, seed=3)

    assert margins.shape == (60,)
    assert np.mean(margins > 0) > 0.9
    assert child.evaluate(TURN, seed=3) == pytest.approx(np.mean(1 / (1 + np.exp(-10 * margins))))
    assert np.array_equal(margins, child.margins(TURN, seed=3))
    assert not np.array_equal(margins, child.margins(TURN, seed=4))


def test_unit_features_are_ridge_regression_on_rows_of_length_1(net: Path) -> None:
    """The closed form once more, in numpy's own words: no augmentation, one copy that equals the original."""
    train, valid = stripes(1), stripes(2)
    child = OnnxFeatures(train, valid, model=str(net), size=24, copies=1, ridge=0.5, gamma=0.2)
    settings = OnnxSettings(model=str(net), size=24)
    rows, other = (Network(settings).features(x.x).astype(np.float64) for x in (train, valid))
    rows, other = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (rows, other))
    width = 0.2 / (2 * rows.var(axis=0).sum())
    twice = np.concatenate([rows, rows])

    def kernel(a: Any, b: Any) -> Any:
        return np.exp(-width * ((a[:, None] - b) ** 2).sum(axis=2))

    targets = np.eye(2)[np.tile(train.y, 2)]
    scores = kernel(other, twice) @ np.linalg.solve(kernel(twice, twice) + 0.5 * np.eye(120), targets)
    wanted = scores[np.arange(60), valid.y] - scores[np.arange(60), 1 - valid.y]

    np.testing.assert_allclose(child.margins(NONE, seed=0), wanted, rtol=1e-3, atol=1e-4)


def test_a_network_serves_every_evaluator_of_its_settings(net: Path) -> None:
    one = OnnxFeatures(stripes(1), stripes(2), model=str(net), size=24)
    other = OnnxFeatures(stripes(3), stripes(4), model=str(net), size=24)

    assert one._net is other._net


def bound(path: Path) -> ModuleType:
    """A plugin whose evaluator has a network, so that augplug can examine it."""

    class Bound(OnnxFeatures):
        def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, **settings: Any) -> None:
            super().__init__(train, valid, **{"model": str(path), "size": 24, **settings})

    @augplug.hookimpl
    def augplug_evaluators() -> dict[str, type[augplug.Evaluator]]:
        return {"bound": Bound}

    module = ModuleType("bound")
    module.__file__ = str(path.with_name("bound.py"))
    module.augplug_evaluators = augplug_evaluators  # type: ignore[attr-defined]  # it is made here
    return module


def test_the_examination(net: Path) -> None:
    outcomes = testing.run(bound(net))

    assert len(outcomes) > 8
    assert [str(one) for one in outcomes if one.state not in ("passed", "skipped")] == []


@pytest.mark.parametrize(
    ("content", "settings", "problem"),
    [
        (None, {}, "onnx-features: there is no file {}; give the path of an .onnx file"),
        (b"", {}, "onnx-features: {} cannot be opened: "),
        (b"not a network", {}, "onnx-features: {} cannot be opened: .*; give an .onnx file"),
        ({}, {"input": "image"}, "{}: it has no input 'image'; its inputs are x"),
        ({}, {"output": "logits"}, "{}: it has no output 'logits'; its outputs are rows"),
        (
            {"end": "labels"},
            {"size": 24},
            "{}: its output labels is int64 of shape .1,. for 1 images; features are numbers",
        ),
        ({"shape": ("n", 3, 20, 20)}, {"size": 24}, "{}: its input is of 20 x 20 pixels, not 24; leave size out"),
        ({"shape": ("n", 3, "h", 3)}, {}, "{}: its input x has the shape .*; say --set layout=nchw or nhwc"),
        ({"shape": ("n", 3, 20, 20)}, {"layout": "nhwc"}, "{}: its input has 20 channels; images have 1 or 3"),
        ({}, {"mean": (0.1, 0.2)}, "{}: mean has 2 numbers, and its input 3 channels"),
        ({"kind": TensorProto.INT32}, {}, "{}: its input x is tensor.int32. of shape .* a network of images takes"),
        ({}, {"size": 2}, "{}: it does not take images of .2, 2.: "),
        ({}, {"size": 24, "std": (1e-6,), "mean": (1000.0,), "copies": 0}, "copies is a whole number in 1..1000"),
        ({}, {"feature": "unit"}, "onnx-features has no setting 'feature' .did you mean 'features'"),
        ({}, {"features": "raw"}, "onnx-features has no features 'raw'"),
    ],
)
def test_what_cannot_be_used_is_one_error_that_names_it(
    tmp_path: Path, content: Any, settings: Any, problem: str
) -> None:
    path = tmp_path / "net.onnx"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        save(path, **content)
    data = augplug.Labelled(COLOUR, np.arange(5) % 2, ("a", "b"))

    with pytest.raises(augplug.SettingsError, match=problem.format(re.escape(str(path)))) as caught:
        OnnxFeatures(data, data, **{"model": str(path), **settings}).margins(NONE, seed=0)

    assert str(caught.value).isprintable()


def test_the_file_is_known_by_its_digest(net: Path) -> None:
    """By the value that hashlib gives for the bytes; another file is refused."""
    digest = hashlib.sha256(net.read_bytes()).hexdigest()

    assert OnnxSettings(model=str(net)).sha256 == digest
    assert OnnxSettings(model=str(net), sha256=digest) == OnnxSettings(model=str(net))
    with pytest.raises(augplug.SettingsError, match=f"is {digest}, not 0000; give the file that is meant"):
        OnnxSettings(model=str(net), sha256="0000")


def test_the_command_line_lists_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "onnx-features", "--json"]) == 0

    (listed,) = json.loads(capsys.readouterr().out)
    assert list(listed["settings"]) == [field.name for field in fields(OnnxSettings)]
    assert all(one["meaning"].endswith(".") for one in listed["settings"].values())


def test_a_network_must_be_given() -> None:
    with pytest.raises(augplug.SettingsError, match=r"needs a network: give its file, such as --set model=net\.onnx"):
        OnnxSettings()
