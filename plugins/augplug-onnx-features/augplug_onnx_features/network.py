"""A network in an .onnx file as a function from images to features, on one thread of the CPU."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug
from augplug_onnx_features.settings import OnnxSettings

Floats = npt.NDArray[np.float32]
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of red, green and blue in 0..1, as torchvision's and timm's networks take them."""
RANGES: Mapping[str, tuple[float, float]] = {
    "NominalRange_0_255": (0.0, 1 / 255),
    "Normalized_0_1": (0.0, 1.0),
    "Normalized_1_1": (0.5, 0.5),
}
"""Mean and standard deviation of each range that ONNX's metadata name (docs/MetadataProps.md of the standard)."""
TYPES: Mapping[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue (ITU-R BT.601)."""
USUAL_SIDE = 224
KEPT = 20_000
"""Images whose features are kept."""


@lru_cache(maxsize=4)
def network(settings: OnnxSettings) -> Network:
    """Return the network of these settings; it is kept for the next evaluator. Raises SettingsError."""
    return Network(settings)


class Network:  # pylint: disable=too-many-instance-attributes  # what is asked of the file, once
    """Features of images. What the settings leave open is read from the file."""

    def __init__(self, settings: OnnxSettings) -> None:
        """Open the file. Raises SettingsError for one that is not a network, or no network of images."""
        from augplug_onnx_features.session import opened  # onnxruntime is slow to import

        self._path = settings.model
        self._session = opened(settings.model)
        self._input = self._named("input", settings.input, self._session.get_inputs())
        outputs = self._session.get_outputs()
        self._output = self._named("output", settings.output, outputs if settings.output else outputs[:1])
        if self._input.type not in TYPES or len(self._input.shape) != 4:
            raise self._error(
                f"its input {self._input.name} is {self._input.type} of shape {self._input.shape}; a network of images "
                f"takes {', '.join(TYPES)} of 4 axes"
            )
        self._first = self._layout(settings.layout) == "nchw"
        sides = self._input.shape[2:4] if self._first else self._input.shape[1:3]
        self._channels = self._count(self._input.shape[1 if self._first else 3])
        self._sides = self._size(settings.size, sides)
        fixed = self._input.shape[0]
        self._batch = fixed if isinstance(fixed, int) else settings.batch
        self._padded = isinstance(fixed, int)
        told = self._session.get_modelmeta().custom_metadata_map
        self._reversed = str(told.get("Image.BitmapPixelFormat", "")).startswith("Bgr")
        self._mean, self._std = self._scale(settings, str(told.get("Image.NominalPixelRange", "")))
        self._known: dict[bytes, Floats] = {}

    def features(self, images: augplug.Image) -> Floats:
        """Return the features `(N, F)` of uint8 images `(N, H, W)` or `(N, H, W, 3)`. Raises SettingsError."""
        starts = range(0, len(images), self._batch)
        return np.concatenate([self._features(images[start : start + self._batch]) for start in starts])

    def kept_features(self, images: augplug.Image) -> Floats:
        """Return the features of images that come again, in other training subsets: each is computed once.

        One by one, because the same image has other last bits in another batch, and which came first must not matter.
        """
        made = []
        for image in images:
            key = hashlib.blake2b(repr(image.shape).encode() + image.tobytes(), digest_size=16).digest()
            if key not in self._known:
                if len(self._known) >= KEPT:
                    self._known.clear()
                self._known[key] = self._features(image[None])[0]
            made.append(self._known[key])
        return np.stack(made)

    def _features(self, images: augplug.Image) -> Floats:
        from augplug_onnx_features.session import ERRORS, line  # as above

        count = len(images)
        given = self._inputs(images)
        if self._padded and count < self._batch:
            given = np.concatenate([given, np.repeat(given[-1:], self._batch - count, axis=0)])
        try:
            (made,) = self._session.run([self._output.name], {self._input.name: given})
        except ERRORS as error:
            raise self._error(f"it does not take images of {self._sides}: {line(error)}") from error
        rows = self._rows(np.asarray(made), len(given))[:count]
        if not np.isfinite(rows).all():
            raise self._error("its features are not all finite; mean and std may be others than it was trained with")
        return rows

    def _inputs(self, images: augplug.Image) -> npt.NDArray[Any]:
        """The images as the network's input: resized, with its channels, its scale, its axes and its type."""
        grey = images.ndim == 3
        height, width = self._sides
        shrinks = height * width < images.shape[1] * images.shape[2]
        if images.shape[1:3] != self._sides:
            step = augplug.step("Resize", height=height, width=width, interpolation="area" if shrinks else "linear")
            images = augplug.Augmenter(augplug.Policy(step)).batch(images)
        pixels = images.astype(np.float32)
        if self._channels == 1 and not grey:
            pixels = pixels @ GREY
        pixels = np.repeat(pixels[..., None], self._channels, axis=-1) if pixels.ndim == 3 else pixels
        if self._reversed:
            pixels = pixels[..., ::-1]
        if self._input.type != "tensor(uint8)":
            pixels = (pixels / np.float32(255) - self._mean) / self._std
        ordered = pixels.transpose(0, 3, 1, 2) if self._first else pixels
        return np.ascontiguousarray(ordered, TYPES[self._input.type])

    def _rows(self, made: npt.NDArray[Any], count: int) -> Floats:
        """What the network returns as a row an image: means over places of a map, and over tokens."""
        if made.ndim == 4:
            made = made.mean(axis=(2, 3), dtype=np.float32) if self._first else made.mean(axis=(1, 2), dtype=np.float32)
        elif made.ndim == 3:
            made = made.mean(axis=1, dtype=np.float32)
        if made.ndim != 2 or len(made) != count or not np.issubdtype(made.dtype, np.floating):
            raise self._error(
                f"its output {self._output.name} is {made.dtype} of shape {made.shape} for {count} images; features "
                "are numbers of shape (N, F), (N, tokens, F) or a map; choose another with --set output=..."
            )
        return made.astype(np.float32)

    def _named(self, kind: str, name: str, there: Any) -> Any:
        names = [one.name for one in there]
        if name in names:
            return there[names.index(name)]
        if name:
            raise self._error(f"it has no {kind} {name!r}; its {kind}s are {', '.join(names)}")
        if len(there) != 1:
            raise self._error(f"it has {len(there)} {kind}s, {', '.join(names)}; choose one with --set {kind}=...")
        return there[0]

    def _layout(self, given: str) -> str:
        """By the axis that has as many channels as an image."""
        shape = self._input.shape
        if given != "auto":
            return given
        first, last = shape[1] in (1, 3), shape[3] in (1, 3)
        if first == last:
            raise self._error(f"its input {self._input.name} has the shape {shape}; say --set layout=nchw or nhwc")
        return "nchw" if first else "nhwc"

    def _count(self, channels: Any) -> int:
        if channels not in (1, 3) and isinstance(channels, int):
            raise self._error(f"its input has {channels} channels; images have 1 or 3 (see --set layout=...)")
        return channels if isinstance(channels, int) else 3

    def _size(self, given: int, sides: Any) -> tuple[int, int]:
        fixed = [side if isinstance(side, int) else None for side in sides]
        wanted = [given or side or USUAL_SIDE for side in fixed]
        wrong = [side for side, want in zip(fixed, wanted, strict=True) if side not in (None, want)]
        if wrong:
            raise self._error(f"its input is of {sides[0]} x {sides[1]} pixels, not {given}; leave size out")
        return wanted[0], wanted[1]

    def _scale(self, settings: OnnxSettings, told: str) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each channel: given, in the file, or ImageNet's."""
        if told in RANGES:
            usual = tuple((value,) * self._channels for value in RANGES[told])
        else:
            usual = (
                IMAGENET if self._channels == 3 else ((float(np.mean(IMAGENET[0])),), (float(np.mean(IMAGENET[1])),))
            )
        made = []
        for name, given, other in zip(("mean", "std"), (settings.mean, settings.std), usual, strict=True):
            if given and len(given) not in (1, self._channels):
                raise self._error(f"{name} has {len(given)} numbers, and its input {self._channels} channels")
            values = np.array(given or other, np.float32)
            made.append(values[::-1] if self._reversed else values)
        return made[0], made[1]

    def _error(self, problem: str) -> augplug.SettingsError:
        return augplug.SettingsError(f"onnx-features: {self._path}: {problem}")
