"""Equal images in one data set: in several parts a model remembers its test, in two classes a label is wrong."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from augplug.data.sets import Labelled


def equal_images(data: Labelled) -> list[list[int]]:
    """Return the numbers of images that are equal to the byte, as they are seen by a search, group by group."""
    groups: defaultdict[bytes, list[int]] = defaultdict(list)
    for number, image in enumerate(data.x):
        groups[hashlib.blake2b(image.tobytes(), digest_size=16).digest()].append(number)
    return [numbers for numbers in groups.values() if len(numbers) > 1]


def spread_over(groups: Sequence[Sequence[int]], marks: npt.NDArray[np.int64]) -> int:
    """Return how many images lie in groups whose images have different marks, such as classes or parts."""
    return sum(len(group) for group in groups if len(set(marks[list(group)].tolist())) > 1)


def warnings_on(data: Labelled, parts: Sequence[npt.NDArray[np.int64]]) -> tuple[str, ...]:
    """Return sentences about equal images, where `parts` are the numbers of the images of train, valid and test."""
    groups = equal_images(data)
    if not groups:
        return ()
    part_of = np.full(len(data), -1, dtype=np.int64)
    for number, members in enumerate(parts):
        part_of[members] = number
    said = []
    among = spread_over(groups, data.y)
    if among:
        said.append(f"{among} images are equal to one of another class: of such a pair one label is wrong")
    used = [[number for number in group if part_of[number] >= 0] for group in groups]
    over = spread_over(used, part_of)
    if over:
        said.append(
            f"{over} images are equal to one in another part (training, validation, test): the scores flatter; remove "
            "the copies"
        )
    return tuple(said)
