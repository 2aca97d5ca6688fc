"""The one handler that all protocols call: an image in, as bytes or as an array; the augmented one and its plan out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import augplug

MAX_PIXELS = 2**25
"""Largest image, height times width, unless the user says otherwise: 33 million pixels."""
LARGEST = 2**64 - 1
Tensors: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Draw:
    """Which draw is asked for: that of an image's `index`, or of a text; of neither, one that no other call gets."""

    index: int | None = None
    epoch: int = 0
    key: str | None = None

    def key_words(self) -> dict[str, Any]:
        """Return the keywords of `Augmenter.__call__`: a key that nobody knows stands for a draw that nobody named."""
        if self.index is not None and self.key is not None:
            raise augplug.SettingsError("a draw has an index or a key, not both")
        if self.index is not None:
            return {"index": self.index, "epoch": self.epoch}
        return {"key": self.key if self.key is not None else os.urandom(16).hex(), "epoch": self.epoch}


class Encoded(NamedTuple):
    """An augmented image as a file: its `content`, the `form` by Pillow's name, the plan, and notes on the input."""

    content: bytes
    form: str
    plan: augplug.Plan | None
    notes: tuple[str, ...]


class Handler:
    """Augments images by one policy. Thread-safe: an Augmenter is."""

    def __init__(
        self,
        policy: augplug.Policy | str | Path,
        *,
        seed: int = 0,
        backend: str | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        """Take the policy, its name or the path of its file. Raises SettingsError for one that mixes images."""
        self.augment = augplug.Augmenter(policy, seed=seed, backend=backend, max_pixels=max_pixels)
        self.max_pixels = max_pixels
        if self.augment.mixes:
            raise augplug.SettingsError(
                f"{self.name} mixes images, and a request has one; serve a policy without CutMix, MixUp, SamplePairing"
            )

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.augment.policy.name

    def file(
        self,
        content: bytes,
        draw: Draw,
        *,
        plan: bool = False,
        form: str | None = None,
        quality: int = 95,
    ) -> Encoded:
        """Return the bytes that `augplug apply` writes for an image file: of that format, or of `form`.

        Raises DataError for what is not an image, SettingsError for a format that is not written.
        """
        loaded = augplug.decode_image(content, max_pixels=self.max_pixels)
        key = draw.key_words()
        made = self.augment(loaded.image, **key)
        written, name = augplug.encode_image(made, loaded, format=form, quality=quality)
        return Encoded(written, name, self.augment.plan(loaded.image, **key) if plan else None, loaded.notes)

    def array(self, tensors: Tensors, draw: Draw, *, plan: bool = False) -> tuple[dict[str, Any], str | None]:
        """Return `image` (and `mask`, `boxes`, `box_index`, `keypoints`) augmented, and the plan as JSON.

        `tensors["image"]` is `(H, W)` or `(H, W, C)`. `boxes` `(N, 4)` are left, top, right, bottom in pixels; boxes
        that leave the image are left out, and `box_index` says which are left. Raises ImageError and TargetError.
        """
        key = draw.key_words()
        sample = dict(tensors)
        if "boxes" in sample:
            sample["boxes"] = augplug.Boxes(sample["boxes"], labels=[*range(len(sample["boxes"]))])
        made: dict[str, Any] = self.augment(**sample, **key)
        if "boxes" in made:
            moved = made["boxes"]
            made |= {"boxes": moved.array, "box_index": moved.labels}
        return made, self.augment.plan(**sample, **key).to_json() if plan else None

    def batch(self, images: augplug.Image, draw: Draw) -> augplug.Image:
        """Return images `(B, H, W, C)` augmented; the first has the draw's index, the others the next ones."""
        if draw.index is None:
            made: augplug.Image = self.augment.batch(images)
            return made
        last = draw.index + len(images) - 1
        if last > LARGEST:
            raise augplug.SettingsError(f"the index of the last image is {last}; the largest is {LARGEST}")
        return self.augment.batch(images, indices=[*range(draw.index, last + 1)], epoch=draw.epoch)
