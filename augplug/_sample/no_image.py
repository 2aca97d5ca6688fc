"""Calls without an image: masks, boxes and keypoints that follow a draw by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index as as_integer
from typing import Any

from augplug._sample.image import MAX_PIXELS
from augplug._sample.kinds import split_masks, to_mask
from augplug.errors import ImageError, TargetError


def size_without_image(given: Mapping[str, Any], max_pixels: int | None) -> tuple[int, int]:
    """Return the height and width of a call without an image: that of its first mask, or `size`.

    Raises TargetError if neither is there, or both, and ImageError for more than `max_pixels`.
    """
    masks = [given["mask"]] if given.get("mask") is not None else []
    if given.get("masks") is not None:
        masks += split_masks(given["masks"])[0]
    size = given.get("size")
    if masks and size is not None:
        raise TargetError("the mask says the size: leave size= out")
    if not masks and size is None:
        raise TargetError("without an image or a mask, size=(height, width) says how large the image is")
    height, width = _sides(getattr(to_mask(masks[0])[0], "shape", ())[:2] if masks else size)
    if height * width > (limit := MAX_PIXELS if max_pixels is None else max_pixels):
        raise ImageError(f"{height}x{width} is more than {limit} pixels (max_pixels=)")
    return height, width


def _sides(given: Any) -> tuple[int, int]:
    try:
        height, width = map(as_integer, given)
    except (TypeError, ValueError):
        height = width = 0
    if min(height, width) < 1:
        raise TargetError(f"size is height and width, two integers of at least 1, not {given!r}")
    return height, width
