"""The work of `augplug apply`: which files, under which names, and side by side."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path

from augplug._evaluators.pinning import one_thread
from augplug._pipeline.augmenter import Augmenter
from augplug.cli.output import say
from augplug.cli.progress import progress
from augplug.data.images import MODES, SUFFIXES, Loaded, encode, load_image
from augplug.data.masks import Mask, encode_mask, load_mask
from augplug.errors import DataError, ImageError, OperationError, RunError, SettingsError, TargetError
from augplug.types import Image

WRITTEN = {"BMP": ".bmp", "JPEG": ".jpg", "PNG": ".png", "PPM": ".ppm", "TIFF": ".tif", "WEBP": ".webp"}
"""The suffix of each format, where the file that was read had another."""
_SUFFIX = re.compile(r"[\w.+=@ -]{0,64}")


@dataclass(frozen=True)
class Style:
    """How results are written: how many of each, in which `format` (that of the source when None), and their names.

    With `stems` no two results share a folder and a stem, because a mask belongs to each by its stem.
    """

    copies: int = 1
    format: str | None = None
    quality: int = 95
    suffix: str = ""
    stems: bool = False

    def __post_init__(self) -> None:
        """Refuse a suffix that would lead into another folder."""
        if not _SUFFIX.fullmatch(self.suffix):
            raise SettingsError(f"--suffix takes up to 64 letters, digits and . _ + = @ -, not {self.suffix!r}")


@dataclass(frozen=True)
class Masks:
    """Where masks are read and written."""

    src: Path
    dst: Path


@dataclass(frozen=True)
class Job:
    """One file: `index` is its place among the sorted sources, `targets` the path of each copy.

    `masks` are the files that could be its mask (None: no masks are wanted), `mask_targets` the path of each copy's.
    """

    index: int
    source: Path
    targets: tuple[Path, ...]
    format: str
    quality: int
    masks: tuple[Path, ...] | None = None
    mask_targets: tuple[Path, ...] = ()


@dataclass
class Done:
    """What came of the jobs: the files `written`, and the files left out as `bad`, each with the reason."""

    written: list[Path] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def find(src: Path, dst: Path) -> tuple[list[Path], list[Path]]:
    """Return the image files below `src` in sorted order, and the other files, both relative to it.

    Hidden files and folders are passed over; links to folders are not followed, they are among the others. Raises
    DataError where there is nothing to do, SettingsError where `dst` lies in `src`, and results would be sources the
    next time.
    """
    if not src.is_dir():
        problem = "is a file" if src.exists() else "does not exist"
        raise DataError(f"{src} {problem}; give a folder of image files")
    _check_apart(dst, src)
    files = sorted(_files(src), key=lambda path: path.parts)
    images = [path for path in files if _is_image(src, path)]
    if not images:
        raise DataError(f"{src} holds no image files ({', '.join(sorted(SUFFIXES))}); give a folder that does")
    return images, [path for path in files if not _is_image(src, path)]


def check_masks(src: Path, dst: Path, masks: Masks) -> None:
    """Refuse folders of masks that would mix with those of images, before anything is written."""
    if not masks.src.is_dir():
        raise DataError(f"{masks.src} is not a folder; give --masks a folder with a mask for every image of {src}")
    _check_apart(masks.src, src)
    for folder in (src, masks.src, dst):
        _check_apart(masks.dst, folder)
    for folder in (masks.src, masks.dst):
        _check_apart(dst, folder)


def plan_jobs(src: Path, dst: Path, sources: Sequence[Path], style: Style, masks: Masks | None = None) -> list[Job]:
    """Return the work on each source. Raises SettingsError where a target exists."""
    found = _masks_by_stem(masks.src) if masks else {}
    jobs = []
    for index, (source, (targets, form)) in enumerate(zip(sources, names(sources, style), strict=True)):
        job = Job(index, src / source, tuple(dst / target for target in targets), form, style.quality)
        if masks:
            candidates = tuple(found.get(source.with_suffix(""), ()))
            goals = tuple(masks.dst / target.with_suffix(".png") for target in targets)
            job = replace(job, masks=candidates, mask_targets=goals)
        jobs.append(job)
    every = (target for job in jobs for target in job.targets + job.mask_targets)
    taken = next((target for target in every if os.path.lexists(target)), None)
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
    kinds = [""] * len(ends) if style.stems else ends
    wishes = [_key(source.with_name(source.stem), kind) for source, kind in zip(sources, kinds, strict=True)]
    wanted = Counter(wishes)
    taken = {wish for wish in wishes if wanted[wish] == 1}
    made = []
    for source, form, end, kind, wish in zip(sources, forms, ends, kinds, wishes, strict=True):
        stem = source.with_name(source.stem)
        if wanted[wish] > 1:
            stem = next(one for one in _others(source) if _key(one, kind) not in taken)
            taken.add(_key(stem, kind))
        numbers = [""] if style.copies == 1 else [f"-{copy}" for copy in range(style.copies)]
        made.append((tuple(stem.with_name(f"{stem.name}{style.suffix}{number}{end}") for number in numbers), form))
    return made


def work(augment: Augmenter, jobs: Sequence[Job], workers: int, *, skip_bad: bool = False) -> Done:
    """Do every job, `workers` at a time. When one fails, or is interrupted, what was written is removed again.

    With `skip_bad` a file that cannot be used is left out, and named in what is returned.
    """
    for folder in {target.parent for job in jobs for target in job.targets + job.mask_targets}:
        _make(folder)
    done = Done()
    with one_thread(), ThreadPoolExecutor(workers) as pool, progress("augmenting", len(jobs)) as show:
        futures: list[Future[list[str]]] = [pool.submit(_one, augment, job, done, skip_bad) for job in jobs]
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                future.result()
                show(number)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            for target in done.written:
                target.unlink(missing_ok=True)
            raise
    for note in (note for future in futures for note in future.result()):
        say(note)
    return done


def _one(augment: Augmenter, job: Job, done: Done, skip_bad: bool) -> list[str]:
    notes: list[str] = []
    mine: list[Path] = []
    try:
        for target, content in _augmented(augment, job, notes):
            write_new(target, content)
            done.written.append(target)
            mine.append(target)
    except DataError as error:
        if not skip_bad:
            raise
        for target in mine:
            target.unlink(missing_ok=True)
            done.written.remove(target)
        done.bad.append(str(job.source))
        return [f"left out: {error}"]
    return notes


def _augmented(augment: Augmenter, job: Job, notes: list[str]) -> Iterator[tuple[Path, bytes]]:
    """Yield the files of a job one by one, path and content; add to `notes` what was converted."""
    loaded = load_image(job.source)
    notes += [f"{job.source}: {note}" for note in loaded.notes]
    mask = None if job.masks is None else _mask(job, loaded)
    notes += [f"mask of {job.source}: {note}" for note in mask.notes] if mask else []
    for epoch, target in enumerate(job.targets):
        try:
            pixels, moved = _draw(augment, loaded.pixels, mask, job.index, epoch)
            content, said = encode(pixels, job.format, quality=job.quality)
        except (ImageError, OperationError, TargetError, DataError) as error:
            raise DataError(f"{job.source}: {error}") from error
        notes += [f"{target}: {note}" for note in said] if epoch == 0 else []
        yield target, content
        if mask and moved is not None:
            yield job.mask_targets[epoch], encode_mask(moved, mask.palette)


def _draw(augment: Augmenter, image: Image, mask: Mask | None, index: int, epoch: int) -> tuple[Image, Image | None]:
    if mask is None:
        return augment(image, index=index, epoch=epoch), None
    made = augment(image=image, mask=mask.pixels, index=index, epoch=epoch)
    return made["image"], made["mask"]


def _mask(job: Job, loaded: Loaded) -> Mask:
    masks = job.masks or ()
    if len(masks) != 1:
        problem = f"{len(masks)} masks: {', '.join(map(str, masks))}" if masks else "no mask"
        raise DataError(
            f"{job.source} has {problem}; give one of its stem in the same place below --masks, or --skip-bad"
        )
    return load_mask(masks[0], loaded)


def write_new(target: Path, content: bytes) -> None:
    """Write a file whole or not at all, never over another. Raises RunError."""
    part = target.with_name(f".augplug-{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "it exists by now")
        part.replace(target)
    except OSError as error:
        raise RunError(f"{target} cannot be written: {error.strerror}; make room, or give another folder") from error
    finally:
        part.unlink(missing_ok=True)


def _masks_by_stem(folder: Path) -> dict[Path, list[Path]]:
    found = defaultdict(list)
    for path in sorted(_files(folder)):
        if _is_image(folder, path):
            found[path.with_suffix("")].append(folder / path)
    return found


def _files(src: Path) -> Iterator[Path]:
    """Yield all that is neither a folder nor hidden below `src`, relative to it; a link to a folder is no folder."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be listed ({error.strerror}); make it readable, or take it out")

    for place, folders, files in os.walk(src, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if Path(place, name).is_symlink()]
        for name in (*files, *linked):
            if not name.startswith("."):
                yield Path(place, name).relative_to(src)


def _is_image(src: Path, path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not (src / path).is_dir()


def _check_apart(folder: Path, other: Path) -> None:
    if folder.resolve().is_relative_to(other.resolve()):
        raise SettingsError(
            f"{folder} lies in {other}, so that results and sources would mix; give a folder outside of it"
        )
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder} is a file; give a folder to write to")


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
