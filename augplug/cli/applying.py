"""The work of `augplug apply`: which files, under which names, and side by side."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from augplug.augmenter import Augmenter
from augplug.cli.output import say
from augplug.cli.progress import progress
from augplug.data.images import MODES, SUFFIXES, encode, load_image
from augplug.errors import DataError, ImageError, OperationError, RunError, SettingsError

WRITTEN = {"BMP": ".bmp", "JPEG": ".jpg", "PNG": ".png", "PPM": ".ppm", "TIFF": ".tif", "WEBP": ".webp"}
"""The suffix of each format, where the file that was read had another."""
_SUFFIX = re.compile(r"[\w.+=@ -]{0,64}")


@dataclass(frozen=True)
class Style:
    """How results are written: how many of each, in which `format` (that of the source when None), and their names."""

    copies: int = 1
    format: str | None = None
    quality: int = 95
    suffix: str = ""

    def __post_init__(self) -> None:
        """Refuse a suffix that would lead into another folder."""
        if not _SUFFIX.fullmatch(self.suffix):
            raise SettingsError(f"--suffix takes up to 64 letters, digits and . _ + = @ -, not {self.suffix!r}")


@dataclass(frozen=True)
class Job:
    """One file: `index` is its place among the sorted sources, `targets` the path of each copy."""

    index: int
    source: Path
    targets: tuple[Path, ...]
    format: str
    quality: int


def find(src: Path, dst: Path) -> tuple[list[Path], list[Path]]:
    """Return the image files below `src` in sorted order, and the other files, both relative to it.

    Hidden files and folders are passed over. Raises DataError where there is nothing to do, SettingsError where `dst`
    lies in `src`, and results would be sources the next time.
    """
    if not src.is_dir():
        problem = "is a file" if src.exists() else "does not exist"
        raise DataError(f"{src} {problem}; give a folder of image files")
    if dst.resolve().is_relative_to(src.resolve()):
        raise SettingsError(
            f"{dst} lies in {src}, so that results would be taken for sources; give a folder outside of it"
        )
    if dst.exists() and not dst.is_dir():
        raise SettingsError(f"{dst} is a file; give a folder to write to")
    files = sorted((path.relative_to(src) for path in _files(src)), key=lambda path: path.parts)
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not images:
        raise DataError(f"{src} holds no image files ({', '.join(sorted(SUFFIXES))}); give a folder that does")
    return images, [path for path in files if path.suffix.lower() not in SUFFIXES]


def plan_jobs(src: Path, dst: Path, sources: Sequence[Path], style: Style) -> list[Job]:
    """Return the work on each source. Raises SettingsError where a target exists."""
    named = names(sources, style)
    jobs = [
        Job(index, src / source, tuple(dst / target for target in targets), form, style.quality)
        for index, (source, (targets, form)) in enumerate(zip(sources, named, strict=True))
    ]
    taken = next((target for job in jobs for target in job.targets if os.path.lexists(target)), None)
    if taken is not None:
        raise SettingsError(f"{taken} exists, and nothing is overwritten; give another folder, or a --suffix")
    return jobs


def names(sources: Sequence[Path], style: Style) -> list[tuple[tuple[Path, ...], str]]:
    """Return for each source the relative path of each copy, and the format.

    No two paths are alike, not even where capitals do not count: where a.jpg and a.png would both become a.png, the
    first becomes a.jpg.png, and a number is added where that is taken too.
    """
    forms = [style.format or _format_of(source) for source in sources]
    ends = [_suffix_of(source, form) for source, form in zip(sources, forms, strict=True)]
    wishes = [_key(source.with_name(source.stem), end) for source, end in zip(sources, ends, strict=True)]
    wanted = Counter(wishes)
    taken = {wish for wish in wishes if wanted[wish] == 1}
    made = []
    for source, form, end, wish in zip(sources, forms, ends, wishes, strict=True):
        stem = source.with_name(source.stem)
        if wanted[wish] > 1:
            stem = next(one for one in _others(source) if _key(one, end) not in taken)
            taken.add(_key(stem, end))
        numbers = [""] if style.copies == 1 else [f"-{copy}" for copy in range(style.copies)]
        made.append((tuple(stem.with_name(f"{stem.name}{style.suffix}{number}{end}") for number in numbers), form))
    return made


def work(augment: Augmenter, jobs: Sequence[Job], workers: int) -> None:
    """Do every job, `workers` at a time. When one fails, or is interrupted, what was written is removed again."""
    for folder in {target.parent for job in jobs for target in job.targets}:
        _make(folder)
    with ThreadPoolExecutor(workers) as pool, progress("augmenting", len(jobs)) as show:
        futures: list[Future[list[str]]] = [pool.submit(_one, augment, job) for job in jobs]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                show(done)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            for target in (target for job in jobs for target in job.targets):
                target.unlink(missing_ok=True)
            raise
    for note in (note for future in futures for note in future.result()):
        say(note)


def _one(augment: Augmenter, job: Job) -> list[str]:
    loaded = load_image(job.source)
    notes = [f"{job.source}: {note}" for note in loaded.notes]
    for epoch, target in enumerate(job.targets):
        try:
            pixels = augment(loaded.pixels, index=job.index, epoch=epoch)
            content, said = encode(pixels, job.format, quality=job.quality)
        except (ImageError, OperationError, DataError) as error:
            raise DataError(f"{job.source}: {error}") from error
        try:
            with target.open("xb") as file:
                file.write(content)
        except OSError as error:
            raise RunError(
                f"{target} cannot be written: {error.strerror}; make room, or give another folder"
            ) from error
        notes += [f"{target}: {note}" for note in said] if epoch == 0 else []
    return notes


def _files(src: Path) -> Iterator[Path]:
    for path in src.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(src).parts):
            yield path


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the folder {folder} cannot be made ({error.strerror}); give another one") from error


def _format_of(source: Path) -> str:
    read = SUFFIXES[source.suffix.lower()]
    return read if read in MODES else "PNG"


def _suffix_of(source: Path, form: str) -> str:
    return source.suffix if SUFFIXES[source.suffix.lower()] == form else WRITTEN[form]


def _key(stem: Path, end: str) -> str:
    return f"{stem.as_posix()}{end}".casefold()


def _others(source: Path) -> Iterator[Path]:
    return chain([source], (source.with_name(f"{source.name}-{number}") for number in count(2)))
