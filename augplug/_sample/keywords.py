"""The keywords of a call and of a batch: as types for editors, and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsIndex, TypedDict

import numpy as np
import numpy.typing as npt

from augplug.errors import TargetError, suggest


class Columns(TypedDict, total=False):
    """The keywords of a batch, each with one value an image; None stands for no target of this kind."""

    mask: Sequence[Any] | None
    masks: Sequence[Any] | None
    boxes: Sequence[Any] | None
    bboxes: Sequence[Any] | None
    keypoints: Sequence[Any] | None
    label: Sequence[Any] | npt.NDArray[Any] | None
    labels: Sequence[Any] | None


class Targets(TypedDict, total=False):
    """The targets of a call; None stands for no target of this kind."""

    mask: Any
    masks: Any
    boxes: Any
    bboxes: Any
    keypoints: Any
    label: Any
    labels: Any


class Beside(Targets, total=False):
    """The keywords of a call beside `image`: further images and targets; None stands for none of this kind.

    `images` and `video` share the draw. Without any image the size is that of a mask, or `size`, height and width.
    """

    images: Mapping[str, Any] | None
    video: Any
    size: tuple[int, int] | None


class Keywords(Beside, total=False):
    """The keywords of a call: images and targets."""

    image: Any


class Call(TypedDict, total=False):
    """The arguments of a call beside the image and its targets."""

    index: SupportsIndex | None
    epoch: SupportsIndex
    key: str | None
    partner: Any


class SampleCall(Keywords, Call, total=False):
    """All keywords of a call."""


class BatchCall(TypedDict, total=False):
    """The arguments of a batch beside the images and their targets."""

    indices: Sequence[SupportsIndex] | npt.NDArray[Any] | None
    epoch: SupportsIndex
    keys: Sequence[str] | npt.NDArray[np.str_] | None
    threads: SupportsIndex


class ColumnsCall(Columns, BatchCall, total=False):
    """All keywords of a batch."""


KEYWORDS = ("image", *Columns.__annotations__)
"""The keywords of one image and its targets."""
SEVERAL = ("images", "video", "size")
"""The keywords of calls on several images, or on none."""
KNOWN = frozenset(KEYWORDS)
_ARGUMENTS = (*KEYWORDS, *SEVERAL, "index", "epoch", "key", "partner")


def check_keywords(given: Iterable[str]) -> None:
    """Raise TargetError for the first name that is not a keyword of a call."""
    for name in given:
        if name not in KNOWN and name not in SEVERAL:
            raise TargetError(f"augment has no argument {name!r}{suggest(name, _ARGUMENTS)}")
