"""What a batch needs around the single calls: its columns checked, its images in one array, threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any, SupportsIndex, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from augplug._pipeline.keys import Keys
from augplug._sample.image import FEW_CHANNELS, check_channels
from augplug._sample.keywords import KEYWORDS
from augplug.errors import ImageError, SettingsError, TargetError, suggest
from augplug.types import Image

Result = TypeVar("Result")
Indices: TypeAlias = Sequence[SupportsIndex] | npt.NDArray[np.integer[Any]]
"""One index an image."""
Texts: TypeAlias = Sequence[str] | npt.NDArray[np.str_]
"""One text an image."""
PIECES = 4
"""How many pieces of a batch each thread gets, one after the other."""

_ARGUMENTS = (*KEYWORDS[1:], "indices", "keys", "epoch", "threads")


def check_batch(images: Any) -> Image:
    """Return images of one size as one array `(B, H, W)` or `(B, H, W, C)`. Raises ImageError."""
    try:
        batch = np.asarray(images)
    except ValueError as error:
        raise ImageError(f"a batch is one array of images of one size: {error}") from error
    if batch.ndim not in (3, 4):
        raise ImageError(f"a batch is an array (B, H, W) or (B, H, W, C), not one of {batch.ndim} dimensions")
    if batch.ndim == 4 and batch.shape[3] > FEW_CHANNELS:
        check_channels(batch.shape[1:], batch.shape[:1])
    return batch


def keys_of(maker: Keys, count: int, indices: Indices | None, epoch: SupportsIndex, keys: Texts | None) -> list[bytes]:
    """Return the keys of the draws of `count` images, by indices, by texts, or counted. Raises SettingsError."""
    name, kind, given = ("indices", "integers", indices) if keys is None else ("keys", "texts", keys)
    if keys is not None and indices is not None:
        raise SettingsError("keys= takes the place of indices=; give one of them")
    if given is None:
        return [maker.of(None, epoch) for _ in range(count)]
    if not hasattr(given, "__len__") or isinstance(given, str | bytes):
        raise SettingsError(f"{name} is a list of {kind}, one an image, not {given!r}")
    if len(given) != count:
        raise ImageError(f"a batch of {count} images needs as many {name}, not {len(given)}")
    if keys is not None:
        return [maker.of_text(None, epoch, text) for text in keys]
    return [*map(maker.of, given, repeat(epoch))]


def rows_of(images: Image, targets: Mapping[str, Sequence[Any] | None]) -> list[dict[str, Any]]:
    """Return the keywords of each image's call, from those of the batch. Raises TargetError."""
    columns = {name: values for name, values in targets.items() if values is not None}
    for name, values in columns.items():
        if name not in KEYWORDS or name == "image":
            raise TargetError(f"augment.batch has no argument {name!r}{suggest(name, _ARGUMENTS)}")
        if not hasattr(values, "__len__") or len(values) != len(images):
            raise TargetError(f"{name}= of a batch of {len(images)} images holds one value for each")
    return [
        {"image": image, **{name: values[place] for name, values in columns.items()}}
        for place, image in enumerate(images)
    ]


def in_threads(function: Callable[[int], Result], places: range, threads: int) -> list[Result]:
    """Return the function of each place, by that many threads; raises what the first place that fails raises."""
    if threads == 1:
        return [*map(function, places)]
    # A piece is many images, because handing one over costs as much as a small image; and there are more pieces than
    # threads, because images cost unequally.
    size = -(-len(places) // (PIECES * threads)) or 1
    pieces = [places[start : start + size] for start in range(0, len(places), size)]
    with ThreadPoolExecutor(threads) as pool:
        return list(chain.from_iterable(pool.map(lambda piece: [*map(function, piece)], pieces)))


def stack(render: Callable[[int, Image | None], Image], images: Image, threads: int) -> Image:
    """Return the rendered images of a batch in one array, by that many threads.

    `render` takes a place and the array that its image may be written to, which is None for the first place: its shape
    is that of all. An image that it returns elsewhere is copied. Raises ImageError if the shapes are unequal.
    """
    if len(images) == 0:
        return images.copy()
    first = render(0, None)
    batch = np.empty((len(images), *first.shape), first.dtype)
    batch[0] = first

    def place(number: int) -> None:
        out = batch[number]
        image = render(number, out)
        if image.shape != first.shape:
            raise ImageError(
                f"the images of the batch came out in unequal sizes {sorted({image.shape, first.shape})}; end the "
                "policy with a crop"
            )
        if image is not out:
            out[...] = image

    places = range(1, len(images))
    if threads > 1:
        in_threads(place, places, threads)
    else:
        for number in places:
            place(number)
    return batch
