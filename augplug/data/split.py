"""One data set, three disjoint parts: images to train on, to choose by, and to report on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug.data.sets import Labelled
from augplug.errors import DataError, SettingsError
from augplug.rng import Stream, key_of

POOL, VALID = 0.2, 0.4
"""Parts of each class that become the pool of training images and the validation images; the rest is for the test."""
FEWEST = 5
"""Images a class needs, so that every part gets one."""
TRUSTED = 1000
"""Validation images below which a ranking of policies is mostly noise (measured: signal to noise below 2)."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Image numbers of each part, stratified by class and disjoint from each other.

    `train` is what the search trains on, `valid` what it chooses by, `test` what is scored once at the end. `others`
    are further training sets as large as `train`, disjoint from it and from `test`: from the rest of the training pool,
    and, where that runs out, from the validation images. `warnings` are sentences for the user.
    """

    train: Indices
    valid: Indices
    test: Indices
    others: tuple[Indices, ...]
    warnings: tuple[str, ...]


def split(data: Labelled, *, seed: int, train: int = 100, others: int = 5) -> Split:
    """Split `data` by `seed`: per class 20 % pool, 40 % validation, 40 % test; `train` of the pool are trained on.

    Raises DataError naming a class of fewer than 5 images, SettingsError when `train` is below one image a class.
    """
    classes = [_shuffled(np.flatnonzero(data.y == number), seed, number) for number in range(len(data.classes))]
    for name, members in zip(data.classes, classes, strict=True):
        if len(members) < FEWEST:
            raise DataError(f"class {name!r} has {len(members)} images; at least {FEWEST} are needed in each class")
    if train < len(classes):
        raise SettingsError(
            f"train={train} is less than one image for each of {len(classes)} classes; give at least {len(classes)}"
        )
    pools = [max(1, round(len(members) * POOL)) for members in classes]
    ends = [pool + max(1, round(len(members) * VALID)) for pool, members in zip(pools, classes, strict=True)]
    quotas = _quotas(min(train, sum(pools)), pools)
    valid = _joined([members[pool:end] for members, pool, end in zip(classes, pools, ends, strict=True)])
    rests = [members[quota:end] for members, quota, end in zip(classes, quotas, ends, strict=True)]
    return Split(
        train=_joined([members[:quota] for members, quota in zip(classes, quotas, strict=True)]),
        valid=valid,
        test=_joined([members[end:] for members, end in zip(classes, ends, strict=True)]),
        others=tuple(_window(rests, quotas, number) for number in range(others)),
        warnings=_warnings(train, sum(pools), len(valid)),
    )


def _shuffled(members: Indices, seed: int, number: int) -> Indices:
    # Our own stream, because numpy's permutations may change with its version and a split must not.
    stream = Stream(b"augplug split", key_of(seed, 0, number))
    order = members.copy()
    for last in range(len(order) - 1, 0, -1):
        other = stream.below(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def _quotas(total: int, pools: list[int]) -> list[int]:
    """Share `total` among classes in proportion to their pools, at least 1 and at most the pool each."""
    exact = [total * pool / sum(pools) for pool in pools]
    quotas = [max(1, int(share)) for share in exact]
    by_remainder = sorted(range(len(pools)), key=lambda i: (int(exact[i]) - exact[i], i))
    while sum(quotas) < total:
        open_ones = [i for i in by_remainder if quotas[i] < pools[i]]
        for i in open_ones[: total - sum(quotas)]:
            quotas[i] += 1
    while sum(quotas) > total:
        quotas[max(range(len(quotas)), key=lambda i: quotas[i])] -= 1
    return quotas


def _window(rests: list[Indices], quotas: list[int], number: int) -> Indices:
    """The `number`-th run of images that the search did not train on; it wraps round where a class is small."""
    return _joined(
        [
            np.take(rest, np.arange(number * quota, (number + 1) * quota), mode="wrap")
            for rest, quota in zip(rests, quotas, strict=True)
        ]
    )


def _joined(parts: list[Indices]) -> Indices:
    return np.sort(np.concatenate(parts))


def _warnings(wanted: int, pool: int, valid: int) -> tuple[str, ...]:
    said = []
    if wanted > pool:
        said.append(
            f"train={wanted} was asked for, but the training pool (20 % of each class) has {pool} images; all of "
            "them are used"
        )
    if valid < TRUSTED:
        said.append(
            f"only {valid} validation images: below {TRUSTED:,} the ranking of policies is mostly chance; "
            f"give about {TRUSTED * 5 // 2:,} images or more, or take more --seeds and read the gains on other subsets"
        )
    return tuple(said)
