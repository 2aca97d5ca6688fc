"""The public callable: draw, describe, fuse, render."""

from __future__ import annotations

import itertools
import os
import struct
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from augplug._backends import default_backend
from augplug._backends.base import Backend
from augplug._pipeline.batch import as_batch, check_indices, filled, in_turn, rows_of
from augplug._pipeline.describe import canvas_after, describe
from augplug._pipeline.draw import Item, drawing
from augplug._pipeline.follow import follow
from augplug._pipeline.mix import Partner
from augplug._pipeline.plan import Plan
from augplug._pipeline.program import Programs, kernels_of, recur, run, run_into
from augplug._pipeline.render import finish, last_mix, render
from augplug._policies.grammar import Node, Policy, Step
from augplug._sample.convert import Sample, read, to_array
from augplug._sample.image import canvas_of, check_image, digest_of
from augplug._sample.output import Output
from augplug.effects import Mix, Opaque
from augplug.errors import SettingsError, TargetError, suggest
from augplug.ranges import natural
from augplug.rng import key_of, key_of_count
from augplug.types import FUSE_LEVELS, FuseLevel, Image

_UINT8 = np.dtype(np.uint8)


class Augmenter:
    """Augments images by a policy: the same (policy, seed, epoch, index) gives the same draw in any process and order.

    Thread-safe; an Augmenter can be shared, forked and pickled.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        seed: int = 0,
        backend: Backend | None = None,
        fuse: FuseLevel | None = None,
        classes: int | None = None,
        max_pixels: int | None = None,
        output: Output | None = None,
    ) -> None:
        """Take a policy, a `seed` in 0..2**64-1, a backend (OpenCV if there is one) and a fuse level (the policy's).

        `classes` is how many there are: labels that are mixed become rows of so many weights. `max_pixels` is the
        largest image (height times width) that is taken, 2**28 unless given. With `output` every image leaves as a
        float32 array, normalised and laid out as it says.
        """
        self.policy = policy
        self.seed = natural("seed", seed)
        self.backend = backend or default_backend()
        self.fuse = fuse or policy.fuse
        if self.fuse not in FUSE_LEVELS:
            raise SettingsError(f"{self.fuse!r} is no fuse level{suggest(str(self.fuse), FUSE_LEVELS)}")
        self.classes = None if classes is None else natural("classes", classes, lowest=1)
        self.max_pixels = None if max_pixels is None else natural("max_pixels", max_pixels, lowest=1)
        if output is not None and not isinstance(output, Output):
            raise SettingsError(f"output is an augplug.Output, not {type(output).__name__}")
        self.output = output
        self._items = drawing(policy)
        self.mixes = _mixes(policy.node)
        self._programs = Programs(self.fuse, self.backend, output)
        self._unmixed = Programs(self.fuse, self.backend)
        self._count = _Counter()

    @overload
    def __call__(
        self, picture: Image, /, *, index: int | None = ..., epoch: int = ..., partner: Any = ...
    ) -> Image: ...

    @overload
    def __call__(
        self, picture: Any = ..., /, *, index: int | None = ..., epoch: int = ..., partner: Any = ..., **sample: Any
    ) -> Any: ...

    def __call__(
        self, picture: Any = None, /, *, index: int | None = None, epoch: int = 0, partner: Any = None, **sample: Any
    ) -> Any:
        """Return the augmented image: a new array of the same dtype and channels; the image itself is not changed.

        `picture` is an array `(H, W)` or `(H, W, C)`, uint8, uint16, or float32 or float64 in 0..1; a PIL image or a
        torch tensor `(C, H, W)` comes back as such. With keywords (`image`, `mask`, `masks`, `boxes` or `bboxes`,
        `keypoints`, `label`, and `labels` of plain boxes) the result is a dict of what was given. `index` and `epoch`
        number the image and the pass over the data; without an index the Augmenter counts by itself, and no two calls
        in any process draw alike. `partner` is another image, or a dict with keywords, for a policy that mixes. Raises
        ImageError, TargetError or SettingsError.
        """
        if sample or partner is not None:
            return self._call_with(picture, sample, partner, self._items(self._key(index, epoch)))
        items = self._items(self._key(index, epoch))
        if picture.__class__ is np.ndarray:
            dtype = picture.dtype
            known = self._programs.kept.get((items, picture.shape, dtype))
            if known is not None and dtype is _UINT8 and picture.flags.c_contiguous:
                return run(known, picture)  # an image of its shape was checked before
            image = check_image(picture, self.max_pixels)
            return run(self._programs.prepare(items, image) if known is None else known, image)
        array, back = to_array(picture)
        checked = check_image(array, self.max_pixels)
        made = run(self._programs.of(items, checked), checked)
        return back(made) if self.output is None else made

    def batch(
        self,
        images: Any,
        *,
        indices: Sequence[int] | None = None,
        epoch: int = 0,
        threads: int = 1,
        **targets: Sequence[Any] | None,
    ) -> Any:
        """Return a batch augmented: `(B, H, W)` or `(B, H, W, C)`; equals calling on each image, bit for bit.

        `indices` holds one index an image. With `threads` above 1 images are rendered side by side, which pays from
        about 512x512 pixels on. Keywords are those of a call, each with one value an image; then the result is a dict
        with `image` and them. Operations that mix take their partners from the batch. Raises ImageError when the images
        come out in unequal sizes.
        """
        given, back = to_array(images, channels=4)
        array = as_batch(given)
        threads = natural("threads", threads, lowest=1)
        back = back if self.output is None else np.asarray
        drawn = [self._items(self._key(number, epoch)) for number in check_indices(indices, len(array))]
        if not targets and not self.mixes:
            return back(
                filled(lambda place, into: self._rendered_into(array[place], drawn[place], into), array, threads)
            )
        rows = rows_of(array, targets)
        made: Callable[[int, Image | None], dict[str, Any]] = (
            self._mixed(rows, drawn, threads)
            if self.mixes
            else lambda place, _: self._with_targets(self._read(rows[place]), drawn[place])
        )

        def image_of(place: int, into: Image | None) -> Image:
            rows[place] = made(place, into)
            image: Image = rows[place].pop("image")
            return image

        images = back(filled(image_of, array, threads))
        if not targets:
            return images
        columns = {name: None if values is None else [row[name] for row in rows] for name, values in targets.items()}
        return {"image": images, **columns}

    def _rendered_into(self, picture: Image, items: tuple[Item, ...], into: Image | None) -> Image:
        """Return what a call makes, in `into` if an output can write it there."""
        image = check_image(picture, self.max_pixels)
        program = self._programs.of(items, image)
        return run(program, image) if self.output is None or into is None else run_into(program, image, into)

    def _call_with(self, picture: Any, sample: dict[str, Any], partner: Any, items: tuple[Item, ...]) -> Any:
        if picture is not None and sample:
            raise TargetError("with targets the image is a keyword too: augment(image=..., mask=...)")
        given = sample or {"image": picture}
        if partner is not None and not self.mixes:
            raise TargetError("this policy mixes no images: leave partner= out")
        if not self.mixes:
            made = self._with_targets(self._read(given), items)
        elif partner is None:
            raise TargetError("this policy mixes images: give partner=, or use augment.batch(images, ...)")
        else:
            other = self._read(partner if isinstance(partner, dict) else {"image": partner})
            made = self._with_targets(self._read(given), items, other)
        return made if sample else made["image"]

    def _read(self, given: dict[str, Any]) -> Sample:
        return read(given, max_pixels=self.max_pixels, classes=(self.classes or 0) if self.mixes else None)

    def _rendered(
        self, sample: Sample, items: tuple[Item, ...], raw: Sequence[Image], position: int
    ) -> tuple[Partner, Mix | None]:
        """Return an image and its targets, all but the mix with finished partners, and that mix."""
        image, targets = sample.image, sample.targets
        effects, last = last_mix(describe(items, canvas_of(image)))
        if any(isinstance(effect, Mix | Opaque) for effect in effects):
            image = render(effects, image, targets, fuse=self.fuse, backend=self.backend, raw=raw, position=position)
        elif effects:
            # A mix is another every time; what comes before it need not be.
            recurring = recur(items if last is None else items[:-1])
            image = run(self._unmixed.of_effects(effects, image, recurring=recurring), image)
            follow(targets, effects, self.backend)
        return (image, targets), last

    def _result(self, sample: Sample, made: Partner) -> dict[str, Any]:
        image, targets = made
        size = (image.shape[0], image.shape[1])
        if self.output is not None:
            image = run(kernels_of((), image, self.fuse, self.backend, self.output), image)
        return sample.result(image, targets, size, as_array=self.output is not None)

    def _with_targets(self, sample: Sample, items: tuple[Item, ...], partner: Sample | None = None) -> dict[str, Any]:
        if not sample.moves and not self.mixes:
            image = run(self._programs.of(items, sample.image), sample.image)
            no_size = (0, 0)  # only boxes ask for one
            return sample.result(image, sample.targets, no_size, as_array=self.output is not None)
        canvas = canvas_of(sample.image)
        effects = describe(items, canvas)
        if not any(isinstance(effect, Mix | Opaque) for effect in effects):
            image = run(self._programs.of(items, sample.image), sample.image)
            follow(sample.targets, effects, self.backend)
            after = canvas_after(effects, canvas)
            size = (after.height, after.width)
            return sample.result(image, sample.targets, size, as_array=self.output is not None)
        raw = [] if partner is None else [sample.image, partner.image]
        made, last = self._rendered(sample, items, raw, 0)
        if last is not None and partner is not None:
            made = finish(last, [made, (partner.image, partner.targets)], 0, self.backend)
        return self._result(sample, made)

    def _mixed(
        self, rows: list[dict[str, Any]], drawn: list[tuple[Item, ...]], threads: int
    ) -> Callable[[int, Image | None], dict[str, Any]]:
        """Augment the samples of a batch; return what mixes that of a place with its partners."""
        samples = [self._read(row) for row in rows]
        raw = [sample.image for sample in samples]
        rendered = in_turn(lambda i: self._rendered(samples[i], drawn[i], raw, i), len(rows), threads)
        finished = [made for made, _ in rendered]

        def mixed(place: int, into: Image | None) -> dict[str, Any]:
            return self._result(samples[place], finish(rendered[place][1], finished, place, self.backend, into))

        return mixed

    def plan(self, image: Any, *, index: int | None = None, epoch: int = 0, partner: Any = None) -> Plan:
        """Return what `augment(image, index=index, epoch=epoch)` draws, without rendering it.

        Of the `partner` that a policy mixes in, the plan holds the digest: replaying asks for that very image.
        """
        check_image(to_array(image)[0], self.max_pixels)
        partners = {}
        if partner is not None:
            partners["partner"] = digest_of(check_image(to_array(partner)[0], self.max_pixels))
        key = self._key(index, epoch)
        items = self._items(key)
        numbers = [int.from_bytes(key[i : i + 8], "little") for i in (1, 9, 17)]
        names = ("seed", "epoch", "index") if key[0] == 0 else ("seed", "process", "count")
        return Plan(
            items=items,
            policy=self.policy.name,
            digest=self.policy.digest.hex(),
            key=dict(zip(names, numbers, strict=True)),
            backend=self.backend.name,
            fuse=self.fuse,
            versions={"backend": self.backend.version()},
            partners=partners,
        )

    def _key(self, index: int | None, epoch: int) -> bytes:
        if index is None:
            if epoch != 0:
                raise SettingsError(f"epoch {epoch!r} without an index says nothing: give index= too, or neither")
            return key_of_count(self.seed, *self._count.next())
        try:
            return key_of(self.seed, epoch, index)
        except (struct.error, TypeError):  # asked first, each number would be checked twice
            return key_of(self.seed, natural("epoch", epoch), natural("index", index))


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


def _mixes(node: Node) -> bool:
    """Whether any step draws a partner: an operation that mixes has a field of that name."""
    if isinstance(node, Step):
        return "partner" in node.operation.about.parameters
    return any(_mixes(child) for child in node.children)
