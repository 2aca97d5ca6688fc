"""Images of many channels through OpenCV, which warps four at once: in groups, each an image of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.scratch import scratch
from augplug._backends.slices import as_items
from augplug.types import Image

_SCRATCH = 5
"""No kernel of a group takes a scratch array of this number."""
MOST_CHANNELS = 128
"""The most channels that OpenCV 5 takes at all; its filters take them at once."""


def groups(channels: int) -> list[slice]:
    """Return the channels in groups of four, three or one: images of two channels are warped less exactly."""
    if channels == 2:
        return [slice(0, 1), slice(1, 2)]
    ends = [*range(4, channels + 1, 4)]
    if channels % 4 == 2:  # 6 is 3 and 3
        ends[-1] -= 1
    if channels % 4:
        ends.append(channels)
    return [slice(first, last) for first, last in zip([0, *ends], ends, strict=False)]


def in_groups(
    make: Callable[[tuple[int, ...], Image], ImageFunction | None], shape: tuple[int, ...], fill: Image
) -> ImageFunction | None:
    """Return the kernel on images of `shape` that `make` renders group by group; None if it cannot render one.

    `make(shape, fill)` takes the shape of a group, `(H, W)` if that is one channel, and its values of `fill` `(C,)`.
    """
    if len(shape) == 2:
        return make(shape, fill)
    parts, kernels = groups(shape[2]), []
    for part in parts:
        kernel = make((*shape[:2], *_axis(part)), fill[part])
        if kernel is None:
            return None
        kernels.append(kernel)
    if len(parts) == 1:
        return partial(_one, kernel=kernels[0]) if shape[2] == 1 else kernels[0]
    return partial(_grouped, parts=parts, kernels=kernels)


def _axis(part: slice) -> tuple[int, ...]:
    count = part.stop - part.start
    return (count,) if count > 1 else ()


def _one(image: Image, kernel: ImageFunction) -> Image:
    return kernel(image[..., 0])[..., None]  # OpenCV drops a channel axis of length 1


def _grouped(image: Image, parts: Sequence[slice], kernels: Sequence[ImageFunction]) -> Image:
    whole: Image | None = None
    for part, kernel in zip(parts, kernels, strict=True):  # one is gone before the next is made: fresh pages take long
        group = kernel(_group(image, part))
        if whole is None:
            whole = np.empty((*group.shape[:2], image.shape[2]), image.dtype)
        as_items(whole[..., part])[...] = as_items(group.reshape(*group.shape[:2], -1))
    assert whole is not None  # noqa: S101  # there is a part
    return whole


def _group(image: Image, part: slice) -> Image:
    items = as_items(image[..., part])
    group: Image = scratch(_SCRATCH, items.shape, items.dtype)
    group[...] = items
    return group.view(image.dtype).reshape(*image.shape[:2], *_axis(part))
