"""What the exporters for phones share: a pipeline, which is a draw, in front of a classifier."""

from __future__ import annotations

from typing import Any

import augplug
from augplug import Exporter, ExportError, InputSpec, Labelled, Plan, Policy, SettingsError
from augplug_phones.child import ChildSettings, add_child
from augplug_phones.pipeline import add_image, add_plan
from augplug_phones.program import Program, Value


class PhoneExporter(Exporter):
    """Writes a draw, or a draw in front of a classifier, as one model.

    With `data`, labelled images or their path, the classifier is augplug's own child, trained under the policy
    `augment`, a name or a path; `ChildSettings` are its other settings. Without, the model returns the image.
    """

    bound: float | None = 1.0

    def __init__(self, *, data: Any = None, augment: Any = None, **settings: Any) -> None:
        """Take the classifier. Raises SettingsError."""
        super().__init__()
        augplug.check_known("the exporter", settings, ChildSettings)
        alone = next(iter(settings), "augment" if augment is not None else None)
        if data is None and alone is not None:
            raise SettingsError(f"{alone} belongs to a classifier that is trained: give its images as data=")
        self.data, self.augment = data, augment
        self.child = ChildSettings(**settings)
        if data is not None:
            self.bound = None  # it gives scores, and no image

    def assembled(self, source: Policy | Plan, spec: InputSpec) -> tuple[Program, tuple[str, ...]]:
        """Return the steps, and the labels of the classes if there are any.

        Raises ExportError that names what cannot be exported, and for other dtypes than uint8.
        """
        program, image = self.pipeline(source, spec)
        if self.data is None:
            add_image(program, image)
            return program, ()
        data = self.data if isinstance(self.data, Labelled) else augplug.load_images(self.data)
        under = augplug.Augmenter(augplug.sequence() if self.augment is None else self.augment).policy
        add_child(program, image, data, under, self.child)
        return program, data.classes

    @staticmethod
    def pipeline(source: Policy | Plan, spec: InputSpec) -> tuple[Program, Value]:
        """Return the steps of a draw, and the float32 image `(H, W, C)` that it leaves. Raises ExportError as above."""
        if not isinstance(source, Plan):
            raise ExportError(
                "a model for phones holds one draw: export a plan, with --index 0 if the policy draws nothing"
            )
        if spec.dtype != "uint8":
            raise ExportError(f"a model for phones takes uint8 images here, not {spec.dtype}")
        program = Program((1, *spec.shape), source.policy, str(source))
        return program, add_plan(program, source)
