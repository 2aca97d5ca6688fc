"""The exporter: a draw or a policy becomes a model that takes an image and returns the augmented one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from augplug import Exporter, ExportError, Image, InputSpec, Output, Plan, Policy, SettingsError
from augplug_onnx.effects import slots
from augplug_onnx.graph import Graph
from augplug_onnx.models import add_plan, add_policy
from augplug_onnx.network import add_views, joined, opened


class Onnx(Exporter):
    """A draw with its numbers in the model, or a policy whose draws' numbers are inputs of the model.

    With `model`, the path of a network as ONNX, the two become one model, which gives what the network gives. `mean`,
    `std` and `layout` are those of `augplug.Output`: numbers, or texts such as `0.5,0.4,0.3`. `views` is what
    `augplug.TestTime` takes, `flip`, `d4` or a policy; class scores are averaged over the views.
    """

    suffix = ".onnx"
    bound: float | None = 1.0
    providers = ("CPUExecutionProvider",)

    def __init__(
        self,
        *,
        model: str | None = None,
        mean: float | str | tuple[float, ...] = 0.0,
        std: float | str | tuple[float, ...] = 1.0,
        layout: Any = "CHW",
        views: str | None = None,
        **unknown: object,
    ) -> None:
        """Take the network, and what it takes. Raises SettingsError."""
        super().__init__(**unknown)
        self.output = Output(_numbers("mean", mean), _numbers("std", std), layout)
        if model is None and (self.output != Output(layout="CHW") or views is not None):
            raise SettingsError("mean, std, layout and views belong to a network: give it as model=")
        self.model, self.views = model, views
        if model is not None:
            self.bound = None  # it gives what the network gives, and no image

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the model. Raises ExportError that names what it cannot hold, and for other dtypes than uint8."""
        if spec.dtype != "uint8":
            raise ExportError(f"an ONNX model takes uint8 images here, not {spec.dtype}")
        graph = Graph()
        inputs, last, shape = (
            add_plan(graph, source, spec.shape) if isinstance(source, Plan) else add_policy(graph, source, spec.shape)
        )
        if self.model is None:
            made = graph.model(inputs, {"augmented": (last, shape)})
        else:
            images = [last]
            if self.views is not None:
                images, shape = add_views(graph, last, shape, self.views)
            made = joined(graph, inputs, images, shape, opened(self.model), self.output)
        return {f"model{self.suffix}": made.SerializeToString(deterministic=True)}

    def run(self, files: Mapping[str, bytes], image: Image, plan: Plan) -> Image:
        """Return what ONNX Runtime makes of an image `(H, W, C)`; a policy's model is given the numbers of the plan."""
        import onnxruntime  # only when a model is run

        (content,) = files.values()
        session = onnxruntime.InferenceSession(content, providers=[*self.providers])
        height, width, channels = image.shape
        numbers = slots(plan, (height, width, channels)) if len(session.get_inputs()) > 1 else {}
        return np.asarray(session.run(None, {"image": image, **numbers})[0])


def _numbers(name: str, given: Any) -> Any:
    """Return a number, or those of a text. Raises SettingsError."""
    if not isinstance(given, str):
        return given
    try:
        return tuple(map(float, given.split(",")))
    except ValueError as error:
        raise SettingsError(f"{name} is a number, or numbers such as 0.485,0.456,0.406, not {given!r}") from error
