"""The exporter `coreml`: an ML program in a package, as Xcode and Apple's Vision framework take it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augplug import ExportError, InputSpec, Plan, Policy
from augplug_phones.exporter import PhoneExporter
from augplug_phones.program import Program

PACKAGE = "model.mlpackage"
_FOLDER = "com.apple.CoreML"
_DATED = "com.github.apple.coremltools.conversion_date"
_DTYPES = {"float32": "fp32", "int32": "int32", "uint8": "fp32"}  # an image comes as floats, and goes as floats


class CoreML(PhoneExporter):
    """A draw, or a draw in front of a classifier, as a Core ML package for iOS 16 and later."""

    bound = None  # Core ML runs on Apple's systems only

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the files of the package. Raises ExportError that names what it cannot hold."""
        program, labels = self.assembled(source, spec)
        try:
            import coremltools  # only when something is exported
        except ImportError as error:
            raise ExportError("coremltools is not installed: pip install 'augplug-phones[coreml]'") from error
        channels = spec.channels
        shape = (1, channels, spec.height, spec.width)
        layouts = {1: coremltools.colorlayout.GRAYSCALE, 3: coremltools.colorlayout.RGB}
        if channels not in layouts:
            raise ExportError(f"a Core ML model takes images of 1 or 3 channels, not {channels}")
        model = coremltools.convert(
            converted(program, shape, "scores" if labels else "augmented"),
            convert_to="mlprogram",
            inputs=[coremltools.ImageType(name="image", shape=shape, color_layout=layouts[channels])],
            classifier_config=coremltools.ClassifierConfig([*labels]) if labels else None,
            compute_precision=coremltools.precision.FLOAT32,  # whole numbers of an image stay whole
            minimum_deployment_target=coremltools.target.iOS16,
            pass_pipeline=coremltools.PassPipeline.EMPTY,  # Core ML optimises on the phone
            skip_model_load=True,
        )
        described = model.get_spec()
        described.description.metadata.userDefined.pop(_DATED, None)
        place = Path(model.weights_dir, "weight.bin")
        weights = place.read_bytes() if place.exists() else b""
        return _package(described.SerializeToString(deterministic=True), weights)


def converted(program: Program, shape: tuple[int, ...], output: str) -> Any:
    """Return a program in coremltools' terms, which takes floats of 0..255 `(1, C, H, W)`."""
    import coremltools  # as above
    from coremltools.converters.mil import Builder

    def body(image: Any) -> Any:
        known = {0: Builder.transpose(x=image, perm=[0, 2, 3, 1], name="pixels")}
        for number, step in enumerate(program.steps):
            taken = [known[value.number] if value.array is None else value.array for value in step.operands]
            name = output if step.result is program.result else f"{step.name}_{number}"
            known[step.result.number] = _added(step.name, taken, step.settings, name)
        return known[program.result.number]

    spec = Builder.TensorSpec(shape=shape)
    return Builder.program(input_specs=[spec], opset_version=coremltools.target.iOS16)(body)


def _added(kind: str, taken: Sequence[Any], settings: Mapping[str, Any], name: str) -> Any:
    """Add one operation; return its result."""
    from coremltools.converters.mil import Builder  # as above

    first, *rest = taken
    calls: Mapping[str, tuple[Any, dict[str, Any]]] = {
        "add": (Builder.add, {}),
        "sub": (Builder.sub, {}),
        "mul": (Builder.mul, {}),
        "div": (Builder.real_div, {}),
        "maximum": (Builder.maximum, {}),
        "minimum": (Builder.minimum, {}),
        "matmul": (Builder.matmul, {}),
        "floor": (Builder.floor, {}),
        "exp": (Builder.exp, {}),
        "sqrt": (Builder.sqrt, {}),
        "softmax": (Builder.softmax, {"axis": -1}),
        "gather": (Builder.gather, {"axis": 0}),
        "transpose": (Builder.transpose, {"perm": settings.get("axes")}),
        "reshape": (Builder.reshape, {"shape": settings.get("shape")}),
        "sum": (Builder.reduce_sum, {"axes": [settings.get("axis")], "keep_dims": True}),
        "concat": (Builder.concat, {"axis": settings.get("axis")}),
        "cast": (Builder.cast, {"dtype": _DTYPES.get(settings.get("dtype", ""))}),
    }
    function, named = calls[kind]
    if kind == "concat":
        return function(values=taken, name=name, **named)
    second = {"indices" if kind == "gather" else "y": rest[0]} if rest else {}
    return function(x=first, name=name, **second, **named)


def _package(model: bytes, weights: bytes) -> Mapping[str, bytes]:
    """Return the files of a package; its identifiers are of its content, where coremltools draws them."""
    parts = [("model.mlmodel", "Specification", model), *([("weights", "Weights", weights)] if weights else [])]
    entries, files = {}, {"model.mlmodel": model} | ({"weights/weight.bin": weights} if weights else {})
    for name, what, content in parts:
        about = {"author": _FOLDER, "description": f"CoreML Model {what}", "name": name, "path": f"{_FOLDER}/{name}"}
        entries[_identifier(content)] = about
    manifest = {
        "fileFormatVersion": "1.0.0", "itemInfoEntries": entries, "rootModelIdentifier": _identifier(model)
    }  # fmt: skip
    inside = {f"{PACKAGE}/Data/{_FOLDER}/{name}": content for name, content in files.items()}
    return {f"{PACKAGE}/Manifest.json": json.dumps(manifest, indent=1).encode(), **inside}


def _identifier(content: bytes) -> str:
    digits = hashlib.sha256(content).hexdigest()
    return "-".join(digits[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
