"""The public callable: draw, describe, fuse, render."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import index as as_integer
from typing import Any

import numpy as np

from augplug._backends import default_backend
from augplug._backends.base import Backend, Kernel
from augplug._policies.draw import Item, compile_policy
from augplug._policies.grammar import Policy
from augplug.errors import ImageError, SettingsError, suggest
from augplug.fuse import FUSE_LEVELS, FuseLevel
from augplug.plan import Plan
from augplug.rendering import check_image, prepare, run
from augplug.rng import WORD, Stream, key_of, key_of_count
from augplug.types import Image

PROGRAMS = 4096
"""How many prepared plans an Augmenter keeps."""


class Augmenter:
    """Augments images by a policy: the same (policy, seed, epoch, index) gives the same draw in any process and order.

    Thread-safe; an Augmenter can be shared, forked and pickled.
    """

    def __init__(
        self, policy: Policy, *, seed: int = 0, backend: Backend | None = None, fuse: FuseLevel | None = None
    ) -> None:
        """Take a policy, a `seed` in 0..2**64-1, a backend (OpenCV if there is one) and a fuse level (the policy's)."""
        self.policy = policy
        self.seed = _natural("seed", seed)
        self.backend = backend or default_backend()
        self.fuse = fuse or policy.fuse
        if self.fuse not in FUSE_LEVELS:
            raise SettingsError(f"{self.fuse!r} is no fuse level{suggest(str(self.fuse), FUSE_LEVELS)}")
        self._draw = compile_policy(policy)
        self._digest = policy.digest
        self._programs: dict[Any, tuple[Kernel, ...]] = {}
        self._count = _Counter()

    def __call__(self, image: Image, *, index: int | None = None, epoch: int = 0) -> Image:
        """Return the augmented image: a new array of the same dtype and channels; the image itself is not changed.

        `image` is uint8, `(H, W)` or `(H, W, C)`. `index` and `epoch` number the image and the pass over the data;
        without an index the Augmenter counts by itself, and no two calls in any process draw alike. Raises ImageError.
        """
        drawn: list[Item] = []
        self._draw(Stream(self._digest, self._key(index, epoch)), drawn)
        items, checked = tuple(drawn), check_image(image)
        program = self._programs.get((items, checked.shape))
        return run(self._prepare(items, checked) if program is None else program, checked)

    def batch(self, images: Image, *, indices: Sequence[int] | None = None, epoch: int = 0, threads: int = 1) -> Image:
        """Return a batch augmented: uint8 `(B, H, W)` or `(B, H, W, C)`; equals calling on each image, bit for bit.

        `indices` holds one index an image. With `threads` above 1 images are rendered side by side. Raises ImageError
        when the images come out in unequal sizes.
        """
        images = _as_batch(images)
        if indices is not None and not hasattr(indices, "__len__"):
            raise SettingsError(f"indices is a list of integers, one an image, not {indices!r}")
        if indices is not None and len(indices) != len(images):
            raise ImageError(f"a batch of {len(images)} images needs as many indices, not {len(indices)}")
        numbers: list[int | None] = [None] * len(images) if indices is None else [_natural("index", i) for i in indices]

        def one(position: int) -> Image:
            return self(images[position], index=numbers[position], epoch=epoch)

        if _natural("threads", threads, lowest=1) > 1:
            with ThreadPoolExecutor(threads) as pool:
                made = list(pool.map(one, range(len(images))))
        else:
            made = [one(position) for position in range(len(images))]
        sizes = {image.shape for image in made}
        if len(sizes) > 1:
            raise ImageError(
                f"the images of the batch came out in unequal sizes {sorted(sizes)}; end the policy with a crop"
            )
        return np.stack(made) if made else images.copy()

    def plan(self, image: Image, *, index: int | None = None, epoch: int = 0) -> Plan:
        """Return what `augment(image, index=index, epoch=epoch)` draws, without rendering it."""
        check_image(image)
        key = self._key(index, epoch)
        drawn: list[Item] = []
        self._draw(Stream(self._digest, key), drawn)
        numbers = [int.from_bytes(key[i : i + 8], "little") for i in (1, 9, 17)]
        names = ("seed", "epoch", "index") if key[0] == 0 else ("seed", "process", "count")
        return Plan(
            items=tuple(drawn),
            policy=self.policy.name,
            digest=self._digest.hex(),
            key=dict(zip(names, numbers, strict=True)),
            backend=self.backend.name,
            fuse=self.fuse,
            versions={"backend": self.backend.version()},
            partners={},
        )

    def _key(self, index: int | None, epoch: int) -> bytes:
        if index is None:
            return key_of_count(self.seed, *self._count.next())
        return key_of(self.seed, _natural("epoch", epoch), _natural("index", index))

    def _prepare(self, items: tuple[Item, ...], image: Image) -> tuple[Kernel, ...]:
        program = prepare(items, image, self.fuse, self.backend)
        if len(self._programs) >= PROGRAMS:
            self._programs.clear()
        self._programs[items, image.shape] = program
        return program


class _Counter:
    """Numbers for calls without an index: random bits of the process and a count; a fork gets bits of its own."""

    def __init__(self) -> None:
        self._state = _fresh()

    def next(self) -> tuple[int, int]:
        if self._state[0] != os.getpid():
            # Two threads may both do this: they get different bits, which is all that matters.
            self._state = _fresh()
        _, process, count = self._state
        return process, next(count)


def _fresh() -> tuple[int, int, itertools.count[int]]:
    return os.getpid(), int.from_bytes(os.urandom(8), "little"), itertools.count()


def _as_batch(images: Any) -> Image:
    try:
        batch = np.asarray(images)
    except ValueError as error:
        raise ImageError(f"a batch is one array of images of one size: {error}") from error
    if batch.ndim not in (3, 4):
        raise ImageError(f"a batch is an array (B, H, W) or (B, H, W, C), not one of {batch.ndim} dimensions")
    return batch


def _natural(name: str, value: Any, *, lowest: int = 0) -> int:
    try:
        number: int = value if value.__class__ is int else as_integer(value)
    except TypeError:
        number = -1
    if not lowest <= number < WORD:
        raise SettingsError(f"{name} is an integer in {lowest}..2**64-1, not {value!r}")
    return number
