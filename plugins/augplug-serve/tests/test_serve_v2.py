"""Triton's own client, unchanged: live, ready, metadata, infer in JSON and in binary."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

import augplug
from plugins.tests.served import NOISE, Served

NAME = "hand-made"


@pytest.fixture
def image() -> augplug.Image:
    return NOISE.copy()


@pytest.fixture
def augment() -> augplug.Augmenter:
    return augplug.Augmenter(NAME, seed=5)


@pytest.fixture(scope="module")
def client(server: Served) -> Iterator[Any]:
    made = triton.InferenceServerClient(server.address)
    yield made
    made.close()


def tensor(name: str, array: Any, kind: str, *, binary: bool = True) -> Any:
    made = triton.InferInput(name, list(array.shape), kind)
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def wanted(*names: str, binary: bool = True) -> list[Any]:
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def test_the_server_and_its_model_are_described(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(NAME)
    assert client.is_model_ready(NAME, "1")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    described = client.get_model_metadata(NAME)
    assert (described["name"], described["versions"]) == (NAME, ["1"])
    assert {"name": "image", "datatype": "UINT8", "shape": [-1, -1, -1]} in described["inputs"]
    assert not client.is_model_ready("another")


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(
    ("kind", "dtype", "largest"), [("UINT8", "u1", 255), ("UINT16", "u2", 65535), ("FP32", "f4", 1), ("FP64", "f8", 1)]
)
def test_arrays_come_back_as_python_makes_them(
    client: Any, augment: augplug.Augmenter, binary: bool, kind: str, dtype: str, largest: int
) -> None:
    given = np.random.default_rng(1).random((9, 14, 3)) * largest
    image = given.astype(dtype)
    inputs = [tensor("image", image, kind, binary=binary)]
    for index in (0, 7, 2**60):
        found = client.infer(NAME, inputs, outputs=wanted("image", binary=binary), parameters={"index": index})
        made = found.as_numpy("image")
        assert made.dtype == image.dtype
        assert np.array_equal(made, augment(image, index=index))


def test_the_plan_replays_to_the_bit(client: Any, image: augplug.Image) -> None:
    for parameters in ({}, {"key": "shard-3/12.jpg", "epoch": 2}, {"index": 5}):
        found = client.infer(
            NAME, [tensor("image", image, "UINT8")], outputs=wanted("image", "plan"), parameters=parameters
        )
        plan = augplug.load_plan(found.as_numpy("plan")[0].decode())
        assert np.array_equal(augplug.replay(plan, image), found.as_numpy("image"))


def test_masks_boxes_and_keypoints_move_with_the_image(
    client: Any, image: augplug.Image, augment: augplug.Augmenter
) -> None:
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[3:9, 4:20] = 3
    boxes, points = np.array([[4.0, 3, 20, 9], [0, 0, 2, 2]]), np.array([[4.5, 3.5], [30.0, 20]])
    inputs = [
        tensor("image", image, "UINT8"),
        tensor("mask", mask, "UINT8"),
        tensor("boxes", boxes, "FP64", binary=False),
        tensor("keypoints", points, "FP64"),
    ]
    names = ("image", "mask", "boxes", "box_index", "keypoints")
    for index in range(6):
        found = client.infer(NAME, inputs, outputs=wanted(*names), parameters={"index": index})
        given = augplug.Boxes(boxes, labels=[0, 1])
        expected = augment(image=image, mask=mask, boxes=given, keypoints=points, index=index)
        assert np.array_equal(found.as_numpy("mask"), expected["mask"])
        assert np.allclose(found.as_numpy("boxes"), expected["boxes"].array)
        assert found.as_numpy("box_index").tolist() == expected["boxes"].labels
        assert np.allclose(found.as_numpy("keypoints"), expected["keypoints"])


def test_a_batch_has_successive_indices(client: Any, image: augplug.Image, augment: augplug.Augmenter) -> None:
    batch = np.stack([image, image[::-1], image[:, ::-1]])
    found = client.infer(NAME, [tensor("image", batch, "UINT8")], parameters={"index": 4, "epoch": 1})
    assert np.array_equal(found.as_numpy("image"), augment.batch(batch, indices=[4, 5, 6], epoch=1))
    assert client.infer(NAME, [tensor("image", batch, "UINT8")]).as_numpy("image").shape == batch.shape


def test_image_files_are_bytes(client: Any, png: bytes, image: augplug.Image, augment: augplug.Augmenter) -> None:
    given = tensor("file", np.array([png], dtype=np.object_), "BYTES")
    found = client.infer(
        NAME, [given], outputs=wanted("file", "plan"), parameters={"index": 3, "format": "webp", "quality": 80}
    )
    assert found.as_numpy("file")[0] == augplug.encode_image(augment(image, index=3), format="WEBP", quality=80)[0]
    assert augplug.load_plan(found.as_numpy("plan")[0].decode()).key["index"] == 3


def test_requests_have_ids_and_no_boxes_are_an_empty_array(client: Any, image: augplug.Image) -> None:
    inputs = [tensor("image", image, "UINT8"), tensor("boxes", np.zeros((0, 4)), "FP64", binary=False)]
    found = client.infer(NAME, inputs, outputs=wanted("boxes", binary=False), request_id="r-17")
    assert found.get_response()["id"] == "r-17"
    assert found.get_response()["outputs"][0]["shape"] == [0, 4]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"parameters": {"indexx": 1}}, "has the parameter 'indexx'; this server knows index, epoch"),
        ({"parameters": {"index": -1}}, "index is a whole number in 0"),
        ({"parameters": {"index": 1, "key": "a"}}, "an index or a key, not both"),
        ({"model_name": "other"}, "there is no model 'other' of version 1; there is 'hand-made'"),
        ({"model_version": "2"}, "of version 2"),
        ({"outputs": wanted("plan", "file")}, "this request has no output file; it has image, plan"),
        ({"outputs": wanted("labels")}, "an output is an object with the name image"),
        ({"request_compression_algorithm": "gzip"}, "send the body without compression"),
    ],
)
def test_what_is_wrong_is_said_to_the_client(
    client: Any, image: augplug.Image, given: dict[str, Any], message: str
) -> None:
    arguments = {"model_name": NAME, "inputs": [tensor("image", image, "UINT8")], **given}
    with pytest.raises(InferenceServerException, match=message):
        client.infer(**arguments)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([tensor("picture", np.zeros((4, 4), np.uint8), "UINT8")], "input image or file"),
        ([tensor("image", np.zeros((4, 4), np.float16), "FP16")], "the datatype of image is 'FP16'; this server takes"),
        ([tensor("image", np.zeros((4, 4), np.int64), "INT64")], "int64"),
        ([tensor("image", np.full((4, 4), np.nan), "FP64")], "NaN"),
        ([tensor("image", np.zeros((0, 4), np.uint8), "UINT8")], "image"),
        ([tensor("image", np.array([b"x"], dtype=np.object_), "BYTES")], "are the input file"),
        ([tensor("file", np.array([b"x"], dtype=np.object_), "BYTES")], "the image is not an image"),
        ([tensor("file", np.array([b"x", b"y"], dtype=np.object_), "BYTES")], "shape"),
        ([tensor("image", np.zeros((4, 4), np.uint8), "UINT8")] * 2, "inputs have the same name"),
    ],
)
def test_inputs_that_are_none_are_named(client: Any, inputs: list[Any], message: str) -> None:
    with pytest.raises(InferenceServerException, match=message):
        client.infer(NAME, inputs)
