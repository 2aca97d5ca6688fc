"""Calls on several images and on videos: one draw for all of them, each rendered as the image of a call of its own.

The first image takes the targets with it. Noise, painted regions and other libraries' functions take their chance from
the draw alone, so that all images get the same; a tone that looks at the image (AutoContrast) looks at each by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from augplug._sample.kinds import to_array
from augplug.errors import ImageError, TargetError
from augplug.types import Image

PICTURES = frozenset({"image", "images", "video"})
"""The keywords that hold images."""
Place: TypeAlias = tuple[str, Any]
"""Where an image stands in a call: its keyword, and its name or the number of its frame."""
CallOne: TypeAlias = Callable[[dict[str, Any], dict[str, Any] | None], dict[str, Any]]
"""Augments one image with its targets, mixed with a partner if there is one, by the one draw."""


class Pictures(NamedTuple):
    """The images of a call by their places; of a video without frames, a black one. `back` returns a video's kind."""

    images: dict[Place, Any]
    frames: int | None
    back: Callable[[Image], Any]

    def video(self, made: Mapping[Place, Image], *, as_array: bool) -> Any:
        """Return the frames of a result as one array."""
        places = [place for place in self.images if place[0] == "video"]
        first = made[places[0]]
        video = np.empty((self.frames, *first.shape), first.dtype)
        for frame, place in zip(video, places, strict=False):
            frame[...] = made[place]
        return video if as_array else self.back(video)


def pictures_of(given: Mapping[str, Any]) -> Pictures:
    """Return the images of a call. Raises ImageError for other kinds, and for unequal sizes."""
    places: dict[Place, Any] = {}
    if given.get("image") is not None:
        places["image", None] = given["image"]
    if given.get("images") is not None:
        places |= {("images", name): image for name, image in _named(given["images"])}
    video, back = _frames(given.get("video"))
    if video is not None:
        frames = video if len(video) else np.zeros((1, *video.shape[1:]), video.dtype)
        places |= {("video", number): frame for number, frame in enumerate(frames)}
    _check_sizes(places)
    return Pictures(places, None if video is None else len(video), back)


def _named(images: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(images, Mapping) or not all(isinstance(name, str) for name in images):
        raise ImageError(
            f"images= maps names to images, as in images={{'left': a, 'right': b}}, not {type(images).__name__}; "
            "a batch of images, each with a draw of its own, is augment.batch(images, ...)"
        )
    yield from images.items()


def _frames(video: Any) -> tuple[Image | None, Callable[[Image], Any]]:
    array, back = to_array(video, channels=4)
    if array is None:
        return None, back
    if not isinstance(array, np.ndarray) or array.ndim != 4 or 0 in array.shape[1:]:
        shape = getattr(array, "shape", type(array).__name__)
        raise ImageError(
            f"video= is an array of frames (T, H, W, C), not {shape}; numpy.stack(frames) makes one of a list, "
            "video[..., None] one of grey frames (T, H, W)"
        )
    return array, back


def _check_sizes(places: Mapping[Place, Any]) -> None:
    sizes = {place: tuple(getattr(to_array(image)[0], "shape", ())[:2]) for place, image in places.items()}
    for place, size in sizes.items():
        first = next(iter(sizes))
        told = f"{_shown(first)} has {sizes[first]}, {_shown(place)} {size}"
        if size != sizes[first]:
            raise ImageError(
                f"the images of one call have one height and width; {told}: resize them, or call once for each "
                "with the same index"
            )


def _shown(place: Place) -> str:
    return place[0] if place[0] != "images" else repr(place[1])


def augment_several(
    given: Mapping[str, Any], pictures: Pictures, partner: Any, one: CallOne, *, as_array: bool
) -> dict[str, Any]:
    """Return the result of a call on `pictures` and targets, under the keywords that were given. Raises TargetError."""
    targets = {name: value for name, value in given.items() if name not in PICTURES}
    partners, theirs = _partners(pictures, partner)
    made: dict[Place, Image] = {}
    first: dict[str, Any] = {}
    for place, image in pictures.images.items():
        own = targets if not made else {}
        other = None if partner is None else {"image": partners[place], **(theirs if not made else {})}
        result = one({"image": image, **own}, other)
        made[place] = result["image"]
        first = first or result
    for name, value in given.items():
        if name == "images" and value is not None:
            first[name] = {key: made["images", key] for key in value}
        elif name == "video" and value is not None:
            first[name] = pictures.video(made, as_array=as_array)
        elif name == "image" and value is not None:
            first[name] = made["image", None]
    return {name: first[name] if value is not None or name in first else None for name, value in given.items()}


def _partners(pictures: Pictures, partner: Any) -> tuple[dict[Place, Any], dict[str, Any]]:
    """Return a partner's images and its targets."""
    if partner is None:
        return {}, {}
    theirs = partner if isinstance(partner, dict) else {"image": partner}
    found = pictures_of(theirs).images
    differ = sorted({_shown(place) for place in found.keys() ^ pictures.images.keys()})
    if differ:
        raise TargetError(
            "a partner of several images has as many, with the same names: partner={'images': {...}, 'video': ...}; "
            f"this one lacks or adds {', '.join(differ)}"
        )
    return found, {name: value for name, value in theirs.items() if name not in PICTURES}
