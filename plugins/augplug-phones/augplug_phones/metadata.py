"""The metadata inside a LiteRT file, which ML Kit and MediaPipe read: what the image is, and the labels.

Source: TensorFlow Lite's metadata_schema.fbs. It is a flatbuffer in a buffer named TFLITE_METADATA; the files that it
names are in a zip archive behind the model.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

NAME = "TFLITE_METADATA"
LABELS = "labels.txt"
_PARSER = "1.0.0"
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES, _NORMALIZATION = 1, 2, 1  # members of unions, by their numbers
_UNKNOWN, _RGB, _GRAYSCALE = 0, 1, 2
_AXIS_LABELS = 2
_OLDEST_DATE = (1980, 1, 1, 0, 0, 0)


class _Writer:
    """Tables of a flatbuffer, each by the numbers of its fields."""

    def __init__(self) -> None:
        """Start empty."""
        import flatbuffers  # only when something is exported

        self.builder: Any = flatbuffers.Builder(1024)

    def text(self, text: str) -> int:
        return int(self.builder.CreateString(text))

    def numbers(self, values: Sequence[float]) -> int:
        return int(self.builder.CreateNumpyVector(np.array(values, np.float32)))

    def tables(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def table(self, size: int, offsets: dict[int, int], enums: dict[int, int] | None = None) -> int:
        """Return a table with `size` fields: of them offsets, and bytes of enumerations."""
        self.builder.StartObject(size)
        for field, offset in offsets.items():
            self.builder.PrependUOffsetTRelativeSlot(field, offset, 0)
        for field, value in (enums or {}).items():
            self.builder.PrependInt8Slot(field, value, 0)
        return int(self.builder.EndObject())


def described(name: str, about: str, channels: int, output: str, *, labelled: bool) -> bytes:
    """Return the metadata of a model that takes one uint8 image of 1 or 3 channels as it is: mean 0, deviation 1.

    `labelled` says that the numbers of `output` are of the classes in the file of labels.
    """
    writer = _Writer()
    colour = writer.table(2, {}, {0: _RGB if channels == 3 else _GRAYSCALE if channels == 1 else _UNKNOWN})
    content = writer.table(2, {1: colour}, {0: _IMAGE_PROPERTIES})
    plain = writer.table(2, {0: writer.numbers([0.0] * channels), 1: writer.numbers([1.0] * channels)})
    units = writer.tables([writer.table(2, {1: plain}, {0: _NORMALIZATION})])
    bounds = writer.table(2, {0: writer.numbers([255.0]), 1: writer.numbers([0.0])})
    texts = {0: writer.text("image"), 1: writer.text("the image, uint8")}
    taken = writer.table(7, {**texts, 3: content, 4: units, 5: bounds})
    fields = {0: writer.text(output), 3: writer.table(2, {1: writer.table(0, {})}, {0: _FEATURE_PROPERTIES})}
    if labelled:
        file = writer.table(5, {0: writer.text(LABELS), 1: writer.text("one class a line")}, {2: _AXIS_LABELS})
        fields |= {1: writer.text("the confidence of each class"), 6: writer.tables([file])}
    given = writer.table(7, fields)
    graph = writer.table(10, {2: writer.tables([taken]), 3: writer.tables([given])})
    named = {number: writer.text(text) for number, text in ((0, name), (1, about), (2, "1"), (7, _PARSER))}
    root = writer.table(8, {**named, 3: writer.tables([graph])})
    writer.builder.Finish(root, b"M001")
    return bytes(writer.builder.Output())


def with_labels(model: bytes, labels: Sequence[str]) -> bytes:
    """Return a model with its labels in a zip archive behind it, without a date."""
    joined = io.BytesIO(model)
    with zipfile.ZipFile(joined, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LABELS, _OLDEST_DATE), "".join(f"{label}\n" for label in labels))
    return joined.getvalue()
