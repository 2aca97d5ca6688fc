"""One data set, three disjoint parts: images to train on, to choose by, and to report on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug.data.equal import warnings_on
from augplug.data.sets import Labelled
from augplug.errors import DataError, SettingsError
from augplug.rng import Stream, key_of

POOL, VALID = 0.2, 0.4
"""Parts of each class that become the pool of training images and the validation images; the rest is for the test."""
FEWEST = 5
"""Images a class needs, so that every part gets one."""
TRUSTED = 1000
"""Validation images below which a ranking of policies is mostly noise (measured: signal to noise below 2)."""

UNEVEN = 5
"""A class that has so many times the images of another is worth a warning."""

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


@dataclass(frozen=True)
class _Class:
    """The images of a class: the first `pool` to train on, those up to `end` to choose by, the rest for the test."""

    members: Indices
    pool: int
    end: int


def split(data: Labelled, *, seed: int, train: int = 100, others: int = 5) -> Split:
    """Split `data` by `seed`: per class 20 % pool, 40 % validation, 40 % test; `train` of the pool are trained on.

    Data that come in parts keep them. Without a validation part a third of the training part is the pool, and the rest
    is for validation; without a test part half of the validation images are for the test.

    Raises DataError naming a class of fewer than 5 images, or of none in a part; SettingsError when `train` is below
    one image a class.
    """
    classes = [_ordered(data, seed, number) for number in range(len(data.classes))]
    if train < len(classes):
        raise SettingsError(
            f"train={train} is less than one image for each of {len(classes)} classes; give at least {len(classes)}"
        )
    pools = [one.pool for one in classes]
    quotas = _quotas(min(train, sum(pools)), pools)
    rests = [one.members[quota : one.end] for one, quota in zip(classes, quotas, strict=True)]
    parts = [
        _joined([one.members[: one.pool] for one in classes]),
        _joined([one.members[one.pool : one.end] for one in classes]),
        _joined([one.members[one.end :] for one in classes]),
    ]
    said = (
        *_warnings(train, sum(pools), len(parts[1]), " (20 % of each class)" if data.parts is None else ""),
        *_imbalance(data),
        *warnings_on(data, parts),
    )
    return Split(
        train=_joined([one.members[:quota] for one, quota in zip(classes, quotas, strict=True)]),
        valid=parts[1],
        test=parts[2],
        others=tuple(_window(rests, quotas, number) for number in range(others)),
        warnings=said,
    )


def _ordered(data: Labelled, seed: int, number: int) -> _Class:
    """Return the images of a class in the order in which they are dealt out."""
    members = _shuffled(np.flatnonzero(data.y == number), seed, number)
    name = data.classes[number]
    if len(members) < FEWEST:
        raise DataError(f"class {name!r} has {len(members)} images; at least {FEWEST} are needed in each class")
    if data.parts is None:
        pool = max(1, round(len(members) * POOL))
        return _Class(members, pool, pool + max(1, round(len(members) * VALID)))
    pool, valid, test = (members[data.parts[members] == part] for part in range(3))
    if not (data.parts == 1).any():
        cut = max(1, round(len(pool) * POOL / (POOL + VALID)))
        pool, valid = pool[:cut], pool[cut:]
    if not (data.parts == 2).any():
        valid, test = valid[: (len(valid) + 1) // 2], valid[(len(valid) + 1) // 2 :]
    if not (len(pool) and len(valid) and len(test)):
        raise DataError(
            f"class {name!r} has {len(pool)} images to train on, {len(valid)} to choose by and {len(test)} to test on; "
            "each part needs some of each class"
        )
    return _Class(np.concatenate([pool, valid, test]), len(pool), len(pool) + len(valid))


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


def _warnings(wanted: int, pool: int, valid: int, share: str) -> tuple[str, ...]:
    said = []
    if wanted > pool:
        said.append(
            f"train={wanted} was asked for, but the training pool{share} has {pool} images; all of them are used"
        )
    if valid < TRUSTED:
        said.append(
            f"only {valid} validation images: below {TRUSTED:,} the ranking of policies is mostly chance; "
            f"give about {TRUSTED * 5 // 2:,} images or more, or take more --seeds and read the gains on other subsets"
        )
    return tuple(said)


def _imbalance(data: Labelled) -> tuple[str, ...]:
    counts = np.bincount(data.y, minlength=len(data.classes))
    most, least = int(counts.argmax()), int(counts.argmin())
    if counts[most] < UNEVEN * counts[least]:
        return ()
    names = data.classes[most], data.classes[least]
    text = (
        f"the class {names[0]!r} has {counts[most]:,} images, {names[1]!r} has {counts[least]:,}: who always guesses "
        f"{names[0]!r} scores {counts[most] / counts.sum():.4f}, so a reward says little about the small classes"
    )
    return (text,)
