"""Draws of a policy with a line for each that says what was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.items import Drawn, Item
from augplug.types import Image


def draws(augment: Augmenter, images: Sequence[Any]) -> tuple[list[Image], list[str]]:
    """Return each image augmented at its place in the list as index, an array, and what was drawn for it.

    Images are arrays, or PIL images with alpha. A policy that mixes is given the image itself, upside down, as its
    partner.
    """
    partners = [_upside_down(image) if augment.mixes else None for image in images]
    made = [augment(image, index=i, partner=partners[i]) for i, image in enumerate(images)]
    return [*map(np.asarray, made)], [
        caption(augment.plan(image, index=index).items) for index, image in enumerate(images)
    ]


def _upside_down(image: Any) -> Any:
    if isinstance(image, np.ndarray):
        return image[::-1]
    from PIL import ImageOps  # whoever holds a picture has it loaded

    return ImageOps.flip(image)


def caption(items: Sequence[Item]) -> str:
    """Return drawn operations as `Rotate 12.5, Invert`: each with the number that its level drives."""
    return ", ".join(_named(item) for item in items) or "unchanged"


def _named(item: Item) -> str:
    if not isinstance(item, Drawn):
        return f"blend of {len(item.chains)}"
    about = item.operation.about
    if about.level_field is None:
        return about.name
    fields = vars(item.operation)
    if fields[about.level_field] == 0 and fields.get("pixels"):  # a shift in pixels, not in parts of the size
        return f"{about.name} {fields['pixels']:.3g} pixels"
    return f"{about.name} {fields[about.level_field]:.3g}"
