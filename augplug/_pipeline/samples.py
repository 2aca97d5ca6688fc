"""Images with targets, and images that are mixed: what one policy makes of the keywords of a call or of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from augplug._pipeline.batch import in_threads, rows_of, stack
from augplug._pipeline.cache import Programs
from augplug._pipeline.decide import decided
from augplug._pipeline.items import Item
from augplug._pipeline.mask_only import move_without_image
from augplug._pipeline.mix import Partner, Partners, mix_finished
from augplug._pipeline.program import Program
from augplug._pipeline.several import PICTURES, Pictures, augment_several, pictures_of
from augplug._sample.alpha import Channels
from augplug._sample.convert import Sample, read
from augplug._sample.keywords import SEVERAL, check_keywords
from augplug._sample.kinds import column_like
from augplug._sample.no_image import size_without_image
from augplug._sample.output import Output
from augplug.errors import TargetError
from augplug.types import Image


@dataclass(frozen=True, slots=True)
class Samples:
    """Renders samples by the programs of one policy, those of images `with_alpha` apart.

    `mixes` says that the policy mixes images, `classes` how many classes its labels have; `output` follows.
    `channels` are those of arrays that have alpha. `decides` says that an operation decides by targets.
    """

    programs: Programs
    with_alpha: Programs
    mixes: bool
    classes: int
    max_pixels: int | None
    output: Output | None
    channels: Channels | None
    decides: bool

    def call(self, picture: Any, given: dict[str, Any], partner: Any, items: tuple[Item, ...]) -> Any:
        """Return the result of a call with keywords, or with a partner. Raises ImageError or TargetError."""
        if picture is not None and given:
            check_keywords(given)
            raise TargetError("with targets the image is a keyword too: augment(image=..., mask=...)")
        sample = given or {"image": picture}
        if sample.keys().isdisjoint(SEVERAL) and (not given or given.get("image") is not None):
            single = partner is None and not self.mixes
            result = self._alone(sample, items, self.channels) if single else self._mixed_one(sample, partner, items)
            return result if given else result["image"]
        return self._several(sample, partner, items)

    def _several(self, given: dict[str, Any], partner: Any, items: tuple[Item, ...]) -> dict[str, Any]:
        """Return the result of a call on several images, or on none."""
        check_keywords(given)
        pictures = pictures_of(given)
        if not pictures.images:
            return self._without_image(given, partner, items)
        if given.get("size") is not None:
            raise TargetError("the image says the size: leave size= out")

        items = self.decided_once(given, pictures, partner, items)
        settled = replace(self, decides=False)

        def one(sample: dict[str, Any], other: dict[str, Any] | None) -> dict[str, Any]:
            return settled.call(None, sample, other, items)  # type: ignore[no-any-return]  # keywords in, a dict out

        return augment_several(given, pictures, partner, one, as_array=self.output is not None)

    def _without_image(self, given: dict[str, Any], partner: Any, items: tuple[Item, ...]) -> dict[str, Any]:
        """Return the targets of a call without an image."""
        if self.mixes or partner is not None:
            raise TargetError("a policy that mixes images needs them: give image=, or leave partner= out")
        sample = self.read({name: value for name, value in given.items() if name not in PICTURES}, None)
        if self.decides:
            sample.image = np.zeros((*size_without_image(sample.given, None), 3), np.uint8)
        size = move_without_image(self.decided(sample, items), sample, self.programs.renderer)
        sample.given = {name: value for name, value in sample.given.items() if name != "size"}
        made = {**sample.result(sample.image, sample.targets, size, None), "size": size}
        return {name: made.get(name) if value is not None else None for name, value in given.items()}

    def _mixed_one(self, sample: dict[str, Any], partner: Any, items: tuple[Item, ...]) -> dict[str, Any]:
        """Return an image with its targets, mixed with a partner. Raises TargetError if it is missing or not wanted."""
        if not self.mixes:
            raise TargetError("this policy mixes no images: leave partner= out")
        if partner is None:
            raise TargetError("this policy mixes images: give partner=, or use augment.batch(images, ...)")
        own = self.read(sample, self.channels)
        other = self._read_partner(partner if isinstance(partner, dict) else {"image": partner}, own)
        alphas = [own.targets.alpha, other.targets.alpha]
        program, rendered = self._run(own, items, Partners([own.image, other.image], 0, alphas))
        return self._mix(own, program, [rendered, (other.image, other.targets)], 0)

    def picture(self, picture: Any, items: tuple[Item, ...]) -> Any:
        """Return an image without targets after drawn operations. Raises TargetError for a draw that mixes."""
        return self._alone({"image": picture}, items, self.channels)["image"]

    def batch(
        self,
        array: Image,
        drawn: list[tuple[Item, ...]],
        threads: int,
        targets: Mapping[str, Sequence[Any] | None],
        channels: Channels | None,
    ) -> tuple[Image, dict[str, Any]]:
        """Return the images and the columns of a batch with targets, of one whose images are mixed, or have alpha."""
        rows = rows_of(array, targets)

        def alone(place: int, _out: Image | None) -> dict[str, Any]:
            return self._alone(rows[place], drawn[place], channels)

        result = self._mixed(rows, drawn, threads, channels) if self.mixes else alone

        def render(place: int, out: Image | None) -> Image:
            rows[place] = result(place, out)
            image: Image = rows[place].pop("image")
            return image

        images = stack(render, array, threads)
        return images, {
            name: None if values is None else column_like(values, [row[name] for row in rows])
            for name, values in targets.items()
        }

    def read(self, given: Mapping[str, Any], channels: Channels | None, *, optional: bool = False) -> Sample:
        """Read the keywords of a call; arrays have these channels, of which alpha may be `optional`."""
        classes = self.classes if self.mixes else None
        return read(given, max_pixels=self.max_pixels, classes=classes, channels=channels, optional=optional)

    def programs_of(self, sample: Sample) -> Programs:
        """Return the programs of images with alpha, or of those without, as a sample has it or not."""
        return self.programs if sample.targets.alpha is None else self.with_alpha

    def decided(self, sample: Sample, items: tuple[Item, ...], partners: Partners | None = None) -> tuple[Item, ...]:
        """Return drawn operations with what they decide by the targets of a sample."""
        if not (self.decides and sample.moves):
            return items
        return decided(items, sample.image, sample.targets, partners, self.programs_of(sample))

    def decided_once(
        self, given: Mapping[str, Any], pictures: Pictures, partner: Any, items: tuple[Item, ...]
    ) -> tuple[Item, ...]:
        """Return drawn operations with what they decide by the targets beside several images: once for all of them."""
        first = next(iter(pictures.images.values()))
        targets = {name: value for name, value in given.items() if name not in PICTURES}
        if not self.decides:
            return items
        sample, partners = self.read({"image": first, **targets}, self.channels), None
        if partner is not None:
            others = pictures_of(partner if isinstance(partner, dict) else {"image": partner}).images
            other = self._read_partner({"image": next(iter(others.values()))}, sample)
            partners = Partners([sample.image, other.image], 0, [sample.targets.alpha, other.targets.alpha])
        return self.decided(sample, items, partners)

    def _alone(self, given: dict[str, Any], items: tuple[Item, ...], channels: Channels | None) -> dict[str, Any]:
        """Return a sample augmented that is not mixed with others."""
        sample = self.read(given, channels)
        if self.decides:
            items = self.decided(sample, items)
        program = self.programs_of(sample).of(items, sample.image)
        image = program.run(sample.image, sample.targets if sample.moves else None)
        if self.mixes and self.output is not None:  # a draw without a mix, of a policy that has one
            image = self.programs.finish(image.shape, image.dtype).run(image)
        return sample.result(image, sample.targets, program.shape[:2], self.output)

    def _read_partner(self, given: dict[str, Any], own: Sample) -> Sample:
        """Read a partner: it may have no alpha, and only that of an image with alpha may have it."""
        partner = self.read(given, self.channels, optional=True)
        if own.targets.alpha is None and partner.targets.alpha is not None:
            raise TargetError(
                "the partner has alpha, and the image has none to mix it with; give a partner without alpha, such as "
                "partner.convert('RGB')"
            )
        if own.targets.alpha is not None and partner.image.ndim == 2:
            partner.image = partner.image[..., None]
        return partner

    def _run(self, sample: Sample, items: tuple[Item, ...], partners: Partners) -> tuple[Program, Partner]:
        """Return the program of a sample, and what it makes of the image and the targets: all but a last mix."""
        if self.decides:
            items = self.decided(sample, items, partners)
        program = self.programs_of(sample).of(items, sample.image)
        targets = sample.targets if sample.moves else None
        return program, (program.run(sample.image, targets, partners), sample.targets)

    def _mix(
        self, sample: Sample, program: Program, finished: Sequence[Partner], position: int, out: Image | None = None
    ) -> dict[str, Any]:
        """Return a sample under the keywords that were given, after the last mix with `finished` partners."""
        image, targets = mix_finished(program.last, finished, position, self.programs.renderer.backend, out)
        if self.output is not None:
            image = self.programs.finish(image.shape, image.dtype).run(image, out=out)
        return sample.result(image, targets, program.shape[:2], self.output)

    def _mixed(
        self, rows: list[dict[str, Any]], drawn: list[tuple[Item, ...]], threads: int, channels: Channels | None
    ) -> Callable[[int, Image | None], dict[str, Any]]:
        """Augment the samples of a batch; return the function that mixes that of a place with its partners."""
        samples = [self.read(row, channels) for row in rows]
        raw, alphas = [sample.image for sample in samples], [sample.targets.alpha for sample in samples]

        def run(place: int) -> tuple[Program, Partner]:
            return self._run(samples[place], drawn[place], Partners(raw, place, alphas))

        ready = in_threads(run, range(len(rows)), threads)
        finished = [rendered for _, rendered in ready]
        return lambda place, out: self._mix(samples[place], ready[place][0], finished, place, out)
