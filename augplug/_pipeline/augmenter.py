"""The public callable: draw, describe, fuse, render, follow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, SupportsIndex, Unpack, final, overload

import numpy as np

from augplug._backends.base import Backend
from augplug._pipeline.batch import Indices, Texts, check_batch, keys_of, stack
from augplug._pipeline.batch_program import BatchPrograms
from augplug._pipeline.cache import Programs
from augplug._pipeline.channels import ChannelCheck
from augplug._pipeline.compile import compile_policy
from augplug._pipeline.decide import looks
from augplug._pipeline.draw import drawing_of
from augplug._pipeline.items import Item
from augplug._pipeline.keys import Keys
from augplug._pipeline.lookup import (
    backend_of,
    checked_fuse,
    checked_mask_interpolation,
    policy_of,
    restore_policy,
    unknown_setting,
)
from augplug._pipeline.plan import Plan
from augplug._pipeline.planning import digests_of, plan_of, planned
from augplug._pipeline.render import Renderer
from augplug._pipeline.samples import Samples
from augplug._policies.grammar import Node, Policy, steps_of
from augplug._sample.alpha import Channels, channels_of, checked_channels
from augplug._sample.image import check_image
from augplug._sample.keywords import KNOWN, BatchCall, Call, ColumnsCall, SampleCall, Targets
from augplug._sample.kinds import to_array
from augplug._sample.output import Output, checked_output
from augplug.display import Shown, sheet_of
from augplug.ranges import natural, refuse_unknown
from augplug.types import FuseMode, Image, MaskInterpolation

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_UINT8 = np.dtype(np.uint8)


@final
class Augmenter(Shown):  # pylint: disable=too-many-instance-attributes  # one for each setting
    """Augments images by a policy: the same (policy, seed, epoch, index) gives the same draw in any process and order.

    Thread-safe; an Augmenter can be shared, forked and pickled (as its policy's JSON and names).

    >>> import augplug, numpy
    >>> augment = augplug.Augmenter("autoaugment-cifar10", seed=7)
    >>> augment(numpy.zeros((32, 32, 3), numpy.uint8), index=0).shape
    (32, 32, 3)
    """

    def __init__(
        self,
        policy: Policy | Node | str | Path,
        *,
        seed: SupportsIndex = 0,
        backend: Backend | str | None = None,
        fuse: FuseMode | None = None,
        classes: SupportsIndex | None = None,
        max_pixels: SupportsIndex | None = None,
        output: Output | None = None,
        channels: Channels | None = None,
        mask_interpolation: MaskInterpolation | None = None,
        **unknown: Never,
    ) -> None:
        """Take a policy (or a node, a name or the path of a file) and a `seed` in 0..2**64-1.

        `backend` is a backend or its name (OpenCV if it is installed), `fuse` a fuse mode (the policy's). `classes` is
        the number of classes: labels that are mixed become rows of that many weights. `max_pixels` is the largest image
        (height times width) that is taken or made, 2**28 unless given. With `output` every image leaves as float32,
        normalised and laid out as it says. `channels` says that the last channel of arrays and tensors is alpha: "RGBA"
        or "LA"; PIL images say it themselves. `mask_interpolation` is "nearest", "linear" or "cubic" for masks of every
        dtype; unless given, masks of integers take the nearest pixel and masks of floats the image's interpolation. It
        changes no draw. Raises SettingsError or PolicyError.
        """
        if unknown:
            raise unknown_setting(policy, unknown, Augmenter.__init__.__kwdefaults__ or ())
        self.policy = policy_of(policy)
        self.seed = natural("seed", seed)
        self.backend = backend_of(backend)
        self.fuse = checked_fuse(fuse or self.policy.fuse)
        self.classes = None if classes is None else natural("classes", classes, lowest=1)
        self.max_pixels = None if max_pixels is None else natural("max_pixels", max_pixels, lowest=1)
        self.output = checked_output(output)
        self.channels = checked_channels(channels)
        self.mask_interpolation = checked_mask_interpolation(mask_interpolation)
        mixes = any("partner" in step.operation.about.parameters for step in steps_of(self.policy.node))
        decides = any(looks(step.operation) for step in steps_of(self.policy.node))
        renderer = Renderer(self.fuse, self.backend, output, max_pixels=self.max_pixels, masks_by=mask_interpolation)
        self._items = drawing_of(node := compile_policy(self.policy), self.policy.digest)
        self._programs = Programs(renderer, ChannelCheck(node, output), ends=not mixes)
        with_alpha = Programs(renderer._replace(alpha=True), ChannelCheck(node, output, alpha=True), ends=not mixes)
        self._samples = Samples(
            self._programs, with_alpha, mixes, self.classes or 0, self.max_pixels, output, channels, decides
        )
        # Programs of a policy that mixes end without the Output, which follows the mix.
        self._plain = self.channels is None and not (mixes and output)
        self._batches = BatchPrograms(node, self.policy.digest, renderer, self._programs.channels)
        self._keys = Keys(self.seed)
        self._key = self._keys.of

    @property
    def mixes(self) -> bool:
        """True if the policy mixes images, each with partners."""
        return self._samples.mixes

    @overload
    def __call__(self, picture: Image, /, **call: Unpack[Call]) -> Image: ...

    @overload
    def __call__(self, picture: Any, /, **call: Unpack[Call]) -> Any: ...

    @overload
    def __call__(self, /, **sample: Unpack[SampleCall]) -> dict[str, Any]: ...

    def __call__(
        self,
        picture: Any = None,
        /,
        *,
        index: SupportsIndex | None = None,
        epoch: SupportsIndex = 0,
        key: str | None = None,
        partner: Any = None,
        **sample: Any,
    ) -> Any:
        """Return the augmented image: a new array of the same dtype and channels; the image itself is not changed.

        `picture` is an array `(H, W)` or `(H, W, C)`, uint8, uint16, or float32 or float64 in 0..1; a PIL image or a
        torch tensor `(C, H, W)` comes back as such. With keywords (`image`, `mask`, `masks`, `boxes` or `bboxes`,
        `keypoints`, `label`, and `labels` of plain boxes) the result is a dict of what was given. Further images share
        the draw: `images` by name, and a `video` `(T, H, W, C)`. Masks, or boxes and keypoints with `size`, need none.
        `index` and `epoch` number the image and the pass over the data; a text, `key`, may take the place of the index.
        Without either the Augmenter counts by itself, and no two calls in any process draw alike. `partner` is another
        image, or a dict with keywords, for a policy that mixes. Raises ImageError, TargetError or SettingsError.
        """
        items = self._items(self._key(index, epoch, key))
        if sample or partner is not None:
            return self._samples.call(picture, sample, partner, items)
        if picture.__class__ is np.ndarray and self._plain:
            program = self._programs.kept.get((items, picture.shape, picture.dtype))
            if program is not None and picture.dtype is _UINT8 and picture.flags.c_contiguous:
                return program.alone(picture)  # an image of its shape was checked before
            image = check_image(picture, self.max_pixels)
            if program is None:
                program = self._programs.prepare(items, image.shape, image.dtype)
            return program.alone(image)
        if not self._plain or channels_of(picture, None) is not None:
            return self._samples.picture(picture, items)
        array, back = to_array(picture)
        rendered = self._rendered(array, items)
        return back(rendered) if self.output is None else rendered

    def _rendered(self, picture: Any, items: tuple[Item, ...], out: Image | None = None) -> Image:
        """Return an image without targets after drawn operations; an Output is written to `out` if it is given."""
        image = picture
        if picture.__class__ is np.ndarray and picture.dtype is _UINT8 and picture.flags.c_contiguous:
            program = self._programs.kept.get((items, picture.shape, _UINT8))
            if program is None:  # if there is one, an image of its shape was checked before
                check_image(picture, self.max_pixels)
                program = self._programs.prepare(items, picture.shape, _UINT8)
        else:
            image = check_image(picture, self.max_pixels)
            program = self._programs.of(items, image)
        return program.alone(image) if out is None or program.finish is None else program.run(image, out=out)

    @overload
    def batch(self, images: Image, **call: Unpack[BatchCall]) -> Image: ...

    @overload
    def batch(self, images: Any, **call: Unpack[BatchCall]) -> Any: ...

    @overload
    def batch(self, images: Any, **call: Unpack[ColumnsCall]) -> dict[str, Any]: ...

    def batch(
        self,
        images: Any,
        *,
        indices: Indices | None = None,
        epoch: SupportsIndex = 0,
        keys: Texts | None = None,
        threads: SupportsIndex = 1,
        **targets: Any,
    ) -> Any:
        """Return a batch augmented: `(B, H, W)` or `(B, H, W, C)`; equals calling on each image, bit for bit.

        `indices` holds one index an image, or `keys` one text. With `threads` above 1 images are rendered side by side,
        which pays from about 512x512 pixels on. Keywords are those of a call, each with one value an image; then the
        result is a dict with `image` and them. Operations that mix take their partners from the batch. Raises
        ImageError when the images come out in unequal sizes.
        """
        given, back = to_array(images, channels=4)
        channels = self.channels
        if images.__class__ is not np.ndarray and isinstance(images, Sequence) and images:
            channels = channels_of(images[0], channels)
        array = check_batch(given)
        workers = 1 if threads == 1 else natural("threads", threads, lowest=1)
        draws = keys_of(self._keys, len(array), indices, epoch, keys)
        back = back if self.output is None else np.asarray
        plain = not targets and not self._samples.mixes and channels is None
        if plain and self._batches.useful:
            together = self._batches.render(array, draws, self.max_pixels, workers)
            if together is not None:
                return back(together)
        drawn = [*map(self._items, draws)]
        if not plain:
            rendered, columns = self._samples.batch(array, drawn, workers, targets, channels)
            return {"image": back(rendered), **columns} if targets else back(rendered)

        return back(stack(lambda place, out: self._rendered(array[place], drawn[place], out), array, workers))

    def plan(
        self,
        image: Any = None,
        *,
        images: Mapping[str, Any] | None = None,
        index: SupportsIndex | None = None,
        epoch: SupportsIndex = 0,
        key: str | None = None,
        partner: Any = None,
        **targets: Unpack[Targets],
    ) -> Plan:
        """Return what `augment(image, index=index, epoch=epoch)` draws, without rendering it.

        The plan of several `images` has their names; that of a call without an image needs none. Of the `partner` that
        a policy mixes in, the plan holds the digest: replaying asks for that very image. The plan of a policy that
        looks at targets (`BoxSafeCrop`, `MaskCrop`) takes them as a call does, and holds what was decided by them.
        """
        unknown = {name: None for name in targets if name not in KNOWN}
        refuse_unknown(
            "plan", unknown, ("image", "images", "index", "epoch", "key", "partner", *Targets.__annotations__)
        )
        given = {"image": image, "images": images, **targets}
        draw = self._key(index, epoch, key)
        items, channels = planned(self._samples, given, partner, self._items(draw))
        names, renderer = tuple(images or ()), self._programs.renderer
        partners = digests_of(partner, self.max_pixels)
        return plan_of(items, self.policy, draw, key, renderer, partners, channels, names)

    def show(self, image: Any = None, *, rows: int = 3, columns: int = 4) -> Picture:
        """Return a contact sheet, a PIL image: an image and what indices 0, 1, 2, ... make of it, with what was drawn.

        Without an image a photograph is taken. A notebook shows the sheet; `augment.show().save("sheet.png")` saves it.
        """
        return sheet_of(self, image, rows, columns)

    def __repr__(self) -> str:
        """The policy's name, and the settings that are not the defaults."""
        settings = {"seed": self.seed, "backend": self.backend.name, "fuse": self.fuse}
        optional: dict[str, Any] = {"classes": self.classes, "max_pixels": self.max_pixels, "output": self.output}
        optional |= {"channels": self.channels, "mask_interpolation": self.mask_interpolation}
        settings |= {name: value for name, value in optional.items() if value is not None}
        return f"Augmenter({self.policy.name!r}, {', '.join(f'{name}={value!r}' for name, value in settings.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as JSON and names: another process looks the operations up itself."""
        settings = {"seed": self.seed, "backend": self.backend.name, "fuse": self.fuse}
        settings |= {"classes": self.classes, "max_pixels": self.max_pixels, "output": self.output}
        settings |= {"channels": self.channels, "mask_interpolation": self.mask_interpolation}
        return _restore, (json.dumps(self.policy.to_json()), settings)


def _restore(text: str, settings: Mapping[str, Any]) -> Augmenter:
    return Augmenter(restore_policy(json.loads(text)), **settings)
