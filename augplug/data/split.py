"""One data set, split: images to develop with, trained on in turn and validated on, and images to report on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug.data.equal import warnings_on
from augplug.data.sets import Labelled
from augplug.errors import DataError, SettingsError
from augplug.rng import Stream, key_of

TEST = 1 / 3
"""Part of each class that is for the test; the rest is developed with."""
ROTATED = 4
"""Training subsets that a search uses in turn: what one of them chooses is luck in part (docs/design/search.md)."""
FEWEST = 5
"""Images a class needs, so that every part gets one."""
TRUSTED = 1000
"""Validation images below which close policies cannot be told apart: a difference's standard error is above .014."""

UNEVEN = 5
"""Ratio between the sizes of two classes from which a warning is given."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Image numbers of each part, stratified by class; `test` is disjoint from all others.

    `development` are all images that are not for the test. A child of the search is trained on one of `subsets`, of
    equal size, and validated on the part of `valid` of the same number: all development images but those, or, where the
    data came with a validation part, that. `others` are further training subsets as large, for the verdict: disjoint
    from the first ones as long as there are images enough. `warnings` are sentences for the user.
    """

    development: Indices
    subsets: tuple[Indices, ...]
    valid: tuple[Indices, ...]
    others: tuple[Indices, ...]
    test: Indices
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Class:
    """The images of a class in the order in which they are dealt out; `valid` if validation has a part of its own."""

    number: int
    train: Indices
    valid: Indices
    test: Indices

    @property
    def most(self) -> int:
        """How many may be trained on: half, where the rest is to validate on."""
        return len(self.train) if len(self.valid) else max(1, len(self.train) // 2)


def split(data: Labelled, *, seed: int, train: int = 100, others: int = 5) -> Split:
    """Split `data` by `seed`: a third of each class for the test; of the rest, subsets of `train` images to train on.

    Data that come in parts keep them: children are trained on the training part alone. Without a validation part they
    are validated on the rest of it; without a test part half of the validation images are for the test.

    Raises DataError naming a class of fewer than 5 images, or of none in a part; SettingsError when `train` is below
    one image a class.
    """
    classes = [_class(data, seed, number) for number in range(len(data.classes))]
    if train < len(classes):
        raise SettingsError(
            f"train={train} is less than one image for each of {len(classes)} classes; give at least {len(classes)}"
        )
    most = [one.most for one in classes]
    quotas = _quotas(min(train, sum(most)), most)
    subsets = [
        _joined([_window(one, quota, number, seed) for one, quota in zip(classes, quotas, strict=True)])
        for number in range(ROTATED + others)
    ]
    development = _joined([np.concatenate([one.train, one.valid]) for one in classes])
    given = _joined([one.valid for one in classes])
    valid = [given if len(given) else np.setdiff1d(development, subset) for subset in subsets[:ROTATED]]
    test = _joined([one.test for one in classes])
    said = (
        *_warnings(train, sum(most), len(valid[0])),
        *_imbalance(data),
        *warnings_on(data, (subsets[0], valid[0], test)),
    )
    return Split(development, tuple(subsets[:ROTATED]), tuple(valid), tuple(subsets[ROTATED:]), test, said)


def _class(data: Labelled, seed: int, number: int) -> _Class:
    members = _shuffled(np.flatnonzero(data.y == number), seed, number)
    name = data.classes[number]
    if len(members) < FEWEST:
        raise DataError(f"class {name!r} has {len(members)} images; at least {FEWEST} are needed in each class")
    if data.parts is None:
        tested = max(1, round(len(members) * TEST))
        return _Class(number, members[tested:], members[:0], members[:tested])
    train, valid, test = (members[data.parts[members] == part] for part in range(3))
    has = [bool((data.parts == part).any()) for part in range(3)]
    if not has[2]:
        source = valid if has[1] else train
        tested = (len(source) + 1) // 2 if has[1] else max(1, round(len(source) * TEST))
        test = source[:tested]
        train, valid = (train, valid[tested:]) if has[1] else (train[tested:], valid)
    if not (len(train) > (not has[1]) and len(test) and (len(valid) or not has[1])):
        raise DataError(
            f"class {name!r} has {len(train)} images to train on, {len(valid)} to choose by and {len(test)} to test "
            "on; each part needs some of each class"
        )
    return _Class(number, train, valid, test)


def _shuffled(members: Indices, seed: int, number: int, dealt: int = 0) -> Indices:
    # Our own stream, because numpy's permutations may change with its version and a split must not.
    stream = Stream(b"augplug split", key_of(seed, dealt, number))
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


def _window(one: _Class, quota: int, number: int, seed: int) -> Indices:
    """The `number`-th training subset of a class; where its images run out they are shuffled anew and dealt again."""
    dealt, place = divmod(number, len(one.train) // quota)
    order = _shuffled(one.train, seed, one.number, dealt) if dealt else one.train
    return order[place * quota : (place + 1) * quota]


def _joined(parts: list[Indices]) -> Indices:
    return np.sort(np.concatenate(parts))


def _warnings(wanted: int, most: int, valid: int) -> tuple[str, ...]:
    said = []
    if wanted > most:
        said.append(f"train={wanted} was asked for, but children are trained on {most} images: there are no more")
    if valid < TRUSTED:
        said.append(
            f"only {valid} validation images: below {TRUSTED:,} the choice between close policies is mostly chance; "
            "the intervals of the report say how sure it is"
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
