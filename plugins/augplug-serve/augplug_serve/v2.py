"""The Open Inference Protocol V2, with the extension for binary tensors: what Triton's and KServe's clients speak."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Never
from urllib.parse import unquote

import numpy as np

from augplug_serve.handler import Draw, Handler
from augplug_serve.messages import Answer, RefusedError, Request, Route, answer_json, draw_of, whole
from augplug_serve.tensors import Binary, Tensor, parameters_of, read_tensor, written

LENGTH = "inference-header-content-length"
VERSION = "1"
MODEL = re.compile(r"/v2/models/([^/]{1,300})(?:/versions/([^/]{1,20}))?(/ready|/infer)?")
TARGETS = ("mask", "boxes", "keypoints")
INPUTS = {"image": ("UINT8", [-1, -1, -1]), "file": ("BYTES", [1])}
MORE = {"mask": ("UINT8", [-1, -1]), "boxes": ("FP64", [-1, 4]), "keypoints": ("FP64", [-1, 2])}
OUTPUTS = {**INPUTS, **MORE, "box_index": ("INT64", [-1]), "plan": ("BYTES", [1])}
PARAMETERS = ("index", "epoch", "key", "format", "quality", "binary_data_output")


class OpenInference:
    """The policy is a model of the server: `image` or `file` in, the same and the `plan` out."""

    def __init__(self, handler: Handler, version: str) -> None:
        """Take the handler, and the version that the server's metadata tell."""
        self._handler, self._version = handler, version

    def routes(self, path: str) -> tuple[Route, ...]:
        """Return what can be done at a path. Raises RefusedError for a model that is not here."""
        if path in ("/v2/health/live", "/v2/health/ready"):
            return (Route("GET", _fine, open=True),)
        if path in ("/v2", "/v2/"):
            return (Route("GET", self._server),)
        found = MODEL.fullmatch(path)
        if found is None:
            return ()
        name, version, action = unquote(found[1]), found[2] or VERSION, found[3]
        if name != self._handler.name or version != VERSION:
            raise RefusedError(
                404, f"there is no model {name[:80]!r} of version {version}; there is {self._handler.name!r}"
            )
        if action == "/infer":
            return (Route("POST", self.infer, quick=False),)
        return (Route("GET", _fine, open=True) if action else Route("GET", self._model),)

    def _server(self, _request: Request) -> Answer:
        return answer_json({"name": "augplug-serve", "version": self._version, "extensions": ["binary_tensor_data"]})

    def _model(self, _request: Request) -> Answer:
        described = {"name": self._handler.name, "versions": [VERSION], "platform": "augplug"}
        return answer_json({**described, "inputs": _listed({**INPUTS, **MORE}), "outputs": _listed(OUTPUTS)})

    def infer(self, request: Request) -> Answer:
        """Augment the image of a request."""
        document, binary = _read(request)
        parameters = parameters_of(document, PARAMETERS, "the request")
        given = document.get("inputs")
        if not isinstance(given, list) or not 1 <= len(given) <= len(INPUTS) + len(MORE):
            raise RefusedError(400, "inputs is a list with image or file, and perhaps mask, boxes, keypoints")
        inputs = {tensor.name: tensor for tensor in (read_tensor(one, binary) for one in given)}
        binary.check_empty()
        if len(inputs) != len(given):
            raise RefusedError(400, "inputs have the same name")
        wanted = _wanted(document, parameters, "file" if "file" in inputs else "image")
        made = self._made(inputs, parameters, draw_of(parameters), plan="plan" in wanted)
        return _answer(document, self._handler.name, made, wanted)

    def _made(
        self, inputs: Mapping[str, Tensor], parameters: Mapping[str, Any], draw: Draw, *, plan: bool
    ) -> dict[str, Any]:
        if "file" in inputs:
            return self._file(inputs, parameters, draw, plan=plan)
        unknown = sorted({*inputs} - {"image", *TARGETS})
        if unknown or "image" not in inputs:
            raise RefusedError(
                400, f"a request has the input image or file, and perhaps {', '.join(TARGETS)}; not {unknown}"
            )
        if any(tensor.datatype == "BYTES" for tensor in inputs.values()):
            raise RefusedError(400, "an array is a tensor of numbers; the bytes of an image file are the input file")
        image = inputs["image"].data
        if image.ndim == 4:
            if plan or len(inputs) > 1:
                raise RefusedError(400, "a batch (B, H, W, C) comes alone, and has no plan; send one image a request")
            return {"image": np.asarray(self._handler.batch(image, draw))}
        made, told = self._handler.array({name: tensor.data for name, tensor in inputs.items()}, draw, plan=plan)
        arrays = {name: np.asarray(value) for name, value in made.items()}
        if "box_index" in arrays:
            arrays["box_index"] = arrays["box_index"].astype(np.int64)
        return {**arrays, **({} if told is None else {"plan": [told.encode()]})}

    def _file(
        self, inputs: Mapping[str, Tensor], parameters: Mapping[str, Any], draw: Draw, *, plan: bool
    ) -> dict[str, Any]:
        tensor, form = inputs["file"], parameters.get("format")
        if len(inputs) > 1 or tensor.datatype != "BYTES" or tensor.shape != (1,):
            raise RefusedError(400, "file is BYTES of shape [1], and comes alone")
        if form is not None and not isinstance(form, str):
            raise RefusedError(400, "format is a name, such as PNG")
        quality = whole(parameters, "quality", 95, most=100) or 0
        made = self._handler.file(tensor.data[0], draw, plan=plan, form=form, quality=quality)
        return {"file": [made.content], **({} if made.plan is None else {"plan": [made.plan.to_json().encode()]})}


def _fine(_request: Request) -> Answer:
    return Answer(b"")


def _listed(tensors: Mapping[str, tuple[str, list[int]]]) -> list[dict[str, Any]]:
    return [{"name": name, "datatype": kind, "shape": shape} for name, (kind, shape) in tensors.items()]


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number of JSON")


def _read(request: Request) -> tuple[dict[str, Any], Binary]:
    """Return the JSON of a request and what follows it. Raises RefusedError."""
    length = whole(request.headers, LENGTH, len(request.body)) or 0
    if length > len(request.body):
        raise RefusedError(400, f"the body has {len(request.body)} bytes, and {LENGTH} says {length}")
    try:
        document = json.loads(request.body[:length], parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise RefusedError(400, "the body is a JSON object with the key inputs")
    return document, Binary(request.body[length:])


def _wanted(document: Mapping[str, Any], parameters: Mapping[str, Any], usual: str) -> dict[str, bool]:
    """Return the names of the outputs that are asked for, and which come in binary."""
    default = parameters.get("binary_data_output", False)
    outputs = document.get("outputs", [{"name": usual}])
    if not isinstance(outputs, list) or not isinstance(default, bool):
        raise RefusedError(400, "outputs is a list, and binary_data_output true or false")
    wanted: dict[str, bool] = {}
    for one in outputs:
        if not isinstance(one, dict) or one.get("name") not in OUTPUTS:
            raise RefusedError(400, f"an output is an object with the name {', '.join(OUTPUTS)}")
        binary = parameters_of(one, ("binary_data",), f"the output {one['name']}").get("binary_data", default)
        if not isinstance(binary, bool):
            raise RefusedError(400, f"binary_data of {one['name']} is true or false")
        wanted[one["name"]] = binary
    return wanted


def _answer(document: Mapping[str, Any], name: str, made: Mapping[str, Any], wanted: Mapping[str, bool]) -> Answer:
    if missing := sorted({*wanted} - {*made}):
        raise RefusedError(400, f"this request has no output {', '.join(missing)}; it has {', '.join(made)}")
    outputs, contents = [], []
    for output, binary in wanted.items():
        described, content = written(output, made[output], binary=binary)
        outputs.append(described)
        contents.append(content)
    identifier = document.get("id")
    told = {"id": identifier} if isinstance(identifier, str) and identifier else {}
    head = json.dumps({"model_name": name, "model_version": VERSION, **told, "outputs": outputs}).encode()
    if not any(contents):
        return Answer(head)
    media = "application/octet-stream"
    return Answer(b"".join([head, *contents]), media, headers=(("Inference-Header-Content-Length", str(len(head))),))
