"""Images with targets, and images that are mixed: what one policy makes of the keywords of a call or of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augplug._pipeline.batch import in_threads, rows_of, stack
from augplug._pipeline.cache import Programs
from augplug._pipeline.items import Item
from augplug._pipeline.mix import Partner, Partners, mix_finished
from augplug._pipeline.program import Program
from augplug._sample.convert import Sample, read
from augplug._sample.keywords import check_keywords
from augplug._sample.kinds import column_like
from augplug.errors import TargetError
from augplug.types import Image


@dataclass(frozen=True, slots=True)
class Samples:
    """Renders samples by the programs of one policy.

    `mixes` says that the policy mixes images, `classes` how many classes its labels have, `normalized` that an Output
    follows.
    """

    programs: Programs
    mixes: bool
    classes: int
    max_pixels: int | None
    normalized: bool

    def call(self, picture: Any, given: dict[str, Any], partner: Any, items: tuple[Item, ...]) -> Any:
        """Return the result of a call with keywords, or with a partner. Raises ImageError or TargetError."""
        if picture is not None and given:
            check_keywords(given)
            raise TargetError("with targets the image is a keyword too: augment(image=..., mask=...)")
        sample = given or {"image": picture}
        if not self.mixes:
            if partner is not None:
                raise TargetError("this policy mixes no images: leave partner= out")
            result = self._alone(sample, items)
        elif partner is None:
            raise TargetError("this policy mixes images: give partner=, or use augment.batch(images, ...)")
        else:
            own = self._read(sample)
            other = self._read(partner if isinstance(partner, dict) else {"image": partner})
            program, rendered = self._run(own, items, Partners([own.image, other.image], 0))
            result = self._mix(own, program, [rendered, (other.image, other.targets)], 0)
        return result if given else result["image"]

    def batch(
        self, array: Image, drawn: list[tuple[Item, ...]], threads: int, targets: Mapping[str, Sequence[Any] | None]
    ) -> tuple[Image, dict[str, Any]]:
        """Return the images and the columns of a batch with targets, or of one whose images are mixed."""
        rows = rows_of(array, targets)
        result = self._mixed(rows, drawn, threads) if self.mixes else lambda i, _: self._alone(rows[i], drawn[i])

        def render(place: int, out: Image | None) -> Image:
            rows[place] = result(place, out)
            image: Image = rows[place].pop("image")
            return image

        images = stack(render, array, threads)
        return images, {
            name: None if values is None else column_like(values, [row[name] for row in rows])
            for name, values in targets.items()
        }

    def _alone(self, given: dict[str, Any], items: tuple[Item, ...]) -> dict[str, Any]:
        """Return a sample augmented that is not mixed with others."""
        sample = self._read(given)
        program = self.programs.of(items, sample.image)
        image = program.run(sample.image, sample.targets if sample.moves else None)
        return sample.result(image, sample.targets, program.shape[:2], as_array=self.normalized)

    def _read(self, given: dict[str, Any]) -> Sample:
        return read(given, max_pixels=self.max_pixels, classes=self.classes if self.mixes else None)

    def _run(self, sample: Sample, items: tuple[Item, ...], partners: Partners) -> tuple[Program, Partner]:
        """Return the program of a sample, and what it makes of the image and the targets: all but a last mix."""
        program = self.programs.of(items, sample.image)
        targets = sample.targets if sample.moves else None
        return program, (program.run(sample.image, targets, partners), sample.targets)

    def _mix(
        self, sample: Sample, program: Program, finished: Sequence[Partner], position: int, out: Image | None = None
    ) -> dict[str, Any]:
        """Return a sample under the keywords that were given, after the last mix with `finished` partners."""
        image, targets = mix_finished(program.last, finished, position, self.programs.renderer.backend, out)
        if self.normalized:
            image = self.programs.finish(image.shape, image.dtype).run(image, out=out)
        return sample.result(image, targets, program.shape[:2], as_array=self.normalized)

    def _mixed(
        self, rows: list[dict[str, Any]], drawn: list[tuple[Item, ...]], threads: int
    ) -> Callable[[int, Image | None], dict[str, Any]]:
        """Augment the samples of a batch; return the function that mixes that of a place with its partners."""
        samples = [self._read(row) for row in rows]
        raw = [sample.image for sample in samples]

        def run(place: int) -> tuple[Program, Partner]:
            return self._run(samples[place], drawn[place], Partners(raw, place))

        ready = in_threads(run, range(len(rows)), threads)
        finished = [rendered for _, rendered in ready]
        return lambda place, out: self._mix(samples[place], ready[place][0], finished, place, out)
