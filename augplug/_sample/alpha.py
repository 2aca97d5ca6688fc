"""Alpha: which images have it, split off before they are rendered, and joined after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from augplug._sample.kinds import is_picture
from augplug._sample.output import Layout
from augplug.errors import ImageError, SettingsError, suggest
from augplug.types import Image

Channels: TypeAlias = Literal["RGBA", "LA"]
"""The channels of an image whose last one is alpha."""
CHANNELS: Mapping[str, int] = {"RGBA": 4, "LA": 2}
"""The images that have alpha, and how many channels they have."""


def checked_channels(given: Any) -> Channels | None:
    """Return the channels that arrays are declared to have, or None. Raises SettingsError for any other."""
    if given is None or given in CHANNELS:
        channels: Channels | None = given
        return channels
    raise SettingsError(
        f"unknown channels {given!r}{suggest(str(given), CHANNELS)}; images whose last channel is alpha are RGBA or LA"
    )


def channels_of(given: Any, declared: Channels | None) -> Channels | None:
    """Return the channels of an image that has alpha: a PIL image says so by its mode, any other as `declared`."""
    if given.__class__ is np.ndarray or not is_picture(given):
        return declared
    mode: Channels | None = given.mode if given.mode in CHANNELS else None
    return mode


def split_alpha(image: Image, channels: Channels | None, *, optional: bool = False) -> tuple[Image, Image | None]:
    """Return the colour channels of an image, `(H, W, 1)` or `(H, W, 3)`, and its alpha `(H, W)`, both C-contiguous.

    Without `channels` there is no alpha: the image as it is, and None. If alpha is `optional`, the colour channels
    alone may be given. Raises ImageError for another number of channels.
    """
    if channels is None:
        return image, None
    count = CHANNELS[channels]
    given = image.shape[2] if image.ndim == 3 else 1
    if given == count:
        return np.ascontiguousarray(image[..., :-1]), np.ascontiguousarray(image[..., -1])
    if optional and given == count - 1:
        return image.reshape(*image.shape[:2], given), None
    raise ImageError(
        f"channels={channels!r} says that images are (H, W, {count}) with alpha last, not {image.shape}; give such "
        "images, or another Augmenter those without alpha"
    )


def join_alpha(image: Image, alpha: Image, layout: Layout | None) -> Image:
    """Return an image `(H, W, C)` with its alpha as the last channel.

    With a `layout` the image is what an Output made, float32 in that order of axes, and alpha becomes 0..1.
    """
    if layout is not None:
        highest = 1.0 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max
        alpha = (alpha / highest).astype(np.float32)
    if layout == "CHW":
        return np.concatenate([image, alpha[None]])
    joined = np.empty((*alpha.shape, image.shape[2] + 1), image.dtype)
    joined[..., :-1], joined[..., -1] = image, alpha
    return joined
