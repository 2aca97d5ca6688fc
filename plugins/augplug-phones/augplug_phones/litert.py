"""The exporter `litert`: a .tflite file with its preprocessing, labels and metadata, as ML Kit takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augplug import ExportError, Image, InputSpec, Output, Plan, Policy, SettingsError
from augplug_phones import metadata
from augplug_phones.exporter import PhoneExporter


class LiteRT(PhoneExporter):
    """A draw, or a draw in front of a classifier, as a LiteRT model.

    With `model`, the path of a LiteRT file, the classifier is the user's: `labels` is the path of its labels, one a
    line. `mean`, `std` and `layout` are those of `augplug.Output`, numbers or texts such as `0.5,0.4,0.3`, for a file
    that takes floats.
    """

    suffix = ".tflite"
    threads = 1

    def __init__(
        self,
        *,
        model: str | None = None,
        labels: str | None = None,
        mean: Any = 0.0,
        std: Any = 1.0,
        layout: Any = "HWC",
        **settings: Any,
    ) -> None:
        """Take the classifier. Raises SettingsError."""
        super().__init__(**settings)
        self.output = Output(_numbers("mean", mean), _numbers("std", std), layout)
        if model is None and (self.output != Output() or labels is not None):
            raise SettingsError("labels, mean, std and layout belong to a classifier of yours: give it as model=")
        if model is not None and self.data is not None:
            raise SettingsError("model is a classifier of yours, and data trains one: give one of the two")
        self.model, self.labels = model, labels
        if model is not None:
            self.bound = None  # it gives scores, and no image

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the model. Raises ExportError that names what it cannot hold."""
        try:
            from augplug_phones import network  # which needs LiteRT, as the next
            from augplug_phones.flatmodel import FlatModel
        except ImportError as error:
            raise ExportError("LiteRT is not installed: pip install 'augplug-phones[litert]'") from error
        model = FlatModel()
        if self.model is None:
            program, labels = self.assembled(source, spec)
            output = "augmented" if self.data is None else "scores"
            model.add(program, output)
        else:
            output, own = "scores", network.opened(self.model)
            program, image = self.pipeline(source, spec)
            network.add_input(program, image, own, self.output)
            labels = () if self.labels is None else network.labels_of(self.labels, own)
            model.add(program, "prepared")
            model.append(own.model, output)
        about = metadata.described(program.name, program.about, spec.channels, output, labelled=bool(labels))
        model.add_metadata(metadata.NAME, about)
        made = model.finished(program.about)
        return {f"model{self.suffix}": metadata.with_labels(made, labels) if labels else made}

    def run(self, files: Mapping[str, bytes], image: Image, plan: Plan) -> Image:
        """Return what LiteRT's interpreter makes of an image `(H, W, C)`."""
        from ai_edge_litert.interpreter import Interpreter  # only when a model is run

        del plan  # its numbers are in the model
        (content,) = files.values()
        interpreter = Interpreter(model_content=content, num_threads=self.threads)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        made: Image = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        return made


def _numbers(name: str, given: Any) -> Any:
    """Return a number, or those of a text. Raises SettingsError."""
    if not isinstance(given, str):
        return given
    try:
        return tuple(map(float, given.split(",")))
    except ValueError as error:
        raise SettingsError(f"{name} is a number, or numbers such as 0.485,0.456,0.406, not {given!r}") from error
