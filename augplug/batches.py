"""What a batch needs around the single calls: its columns checked, its images stacked, threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from augplug.errors import ImageError, SettingsError, TargetError, suggest
from augplug.samples import KEYWORDS
from augplug.types import Image

Made = TypeVar("Made")


def as_batch(images: Any) -> Image:
    """Return images of one size as one array `(B, H, W)` or `(B, H, W, C)`. Raises ImageError."""
    try:
        batch = np.asarray(images)
    except ValueError as error:
        raise ImageError(f"a batch is one array of images of one size: {error}") from error
    if batch.ndim not in (3, 4):
        raise ImageError(f"a batch is an array (B, H, W) or (B, H, W, C), not one of {batch.ndim} dimensions")
    return batch


def check_indices(indices: Sequence[int] | None, count: int) -> Sequence[int | None]:
    """Return one index an image, or as many None. Raises SettingsError or ImageError."""
    if indices is None:
        return [None] * count
    if not hasattr(indices, "__len__"):
        raise SettingsError(f"indices is a list of integers, one an image, not {indices!r}")
    if len(indices) != count:
        raise ImageError(f"a batch of {count} images needs as many indices, not {len(indices)}")
    return indices


def rows_of(images: Image, targets: Mapping[str, Sequence[Any] | None]) -> list[dict[str, Any]]:
    """Return the keywords of each image's call, from those of the batch. Raises TargetError."""
    columns = {name: values for name, values in targets.items() if values is not None}
    for name, values in columns.items():
        if name not in KEYWORDS or name == "image":
            raise TargetError(f"there is no target {name!r} of a batch{suggest(name, KEYWORDS[1:])}")
        if not hasattr(values, "__len__") or len(values) != len(images):
            raise TargetError(f"{name}= of a batch of {len(images)} images holds one value for each")
    return [
        {"image": image, **{name: values[place] for name, values in columns.items()}}
        for place, image in enumerate(images)
    ]


def in_turn(function: Callable[[int], Made], count: int, threads: int) -> list[Made]:
    """Return the function of 0..count-1, by that many threads."""
    if threads == 1:
        return [function(place) for place in range(count)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, range(count)))


def stacked(made: Sequence[Image], images: Image) -> Image:
    """Return results as one array. Raises ImageError when their sizes are unequal."""
    sizes = {image.shape for image in made}
    if len(sizes) > 1:
        raise ImageError(
            f"the images of the batch came out in unequal sizes {sorted(sizes)}; end the policy with a crop"
        )
    return np.stack(made) if made else images.copy()
