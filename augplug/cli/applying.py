"""The work of `augplug apply`: files, side by side."""

from __future__ import annotations

import errno
import os
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from augplug._evaluators.pinning import one_thread
from augplug._pipeline.augmenter import Augmenter
from augplug.cli.output import say
from augplug.cli.planning import Job
from augplug.cli.progress import progress
from augplug.data.images import Loaded, encode, load_image
from augplug.data.masks import Mask, encode_mask, load_mask
from augplug.data.tree import NAMED, some
from augplug.errors import DataError, ImageError, OperationError, RunError, TargetError
from augplug.types import Image

PART = ".augplug-{}.part"
"""The name of a file that is being written."""
Note: TypeAlias = tuple[Path, str]
"""A file, and what is to be said about it."""


@dataclass
class Done:
    """What came of the jobs: the files `written`, and the files left out as `bad`, each with the reason."""

    written: list[Path] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def work(
    augment: Augmenter, jobs: Sequence[Job], workers: int, *, skip_bad: bool = False, there: Collection[Path] = ()
) -> Done:
    """Do every job, `workers` at a time, but for the files in `there`. If one fails, what was written is removed again.

    With `skip_bad` a file that cannot be used is left out, and named in what is returned. Ctrl-C leaves the files that
    are whole: `--resume` goes on with them.
    """
    done = Done()
    with one_thread(), ThreadPoolExecutor(workers) as pool, progress("augmenting", len(jobs)) as show:
        futures: list[Future[list[Note]]] = [pool.submit(_one, augment, job, done, skip_bad, there) for job in jobs]
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                future.result()
                show(number)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
        except BaseException:
            pool.shutdown(cancel_futures=True)
            for target in done.written:
                target.unlink(missing_ok=True)
            raise
    for line in gathered([note for future in futures for note in future.result()]):
        say(line)
    return done


def gathered(notes: Sequence[Note]) -> Iterator[str]:
    """Yield a line for each text of notes, with the files that it is about, in the order in which they came."""
    about = defaultdict(list)
    for path, text in notes:
        about[text].append(path)
    for text, paths in about.items():
        yield f"{some(paths)}: {text}" if len(paths) <= NAMED else f"{len(paths)} files ({some(paths)}): {text}"


def _one(augment: Augmenter, job: Job, done: Done, skip_bad: bool, there: Collection[Path]) -> list[Note]:
    notes: list[Note] = []
    mine: list[Path] = []
    try:
        for target, content in _augmented(augment, job, notes):
            if target in there:
                continue
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
        return [(Path("left out"), str(error))]
    return notes


def _augmented(augment: Augmenter, job: Job, notes: list[Note]) -> Iterator[tuple[Path, bytes]]:
    """Yield the files of a job one by one, path and content; add to `notes` what was converted."""
    loaded = load_image(job.source)
    notes += [(job.source, note) for note in loaded.notes]
    mask = None if job.masks is None else _mask(job, loaded)
    notes += [(job.source, f"its mask: {note}") for note in mask.notes] if mask else []
    for epoch, target in enumerate(job.targets):
        try:
            pixels, moved = _draw(augment, loaded.image, mask, job.index, epoch)
            content, said = encode(pixels, job.format, quality=job.quality, metadata=loaded.metadata)
        except (ImageError, OperationError, TargetError, DataError) as error:
            raise DataError(f"{job.source}: {error}") from error
        notes += [(target, note) for note in said] if epoch == 0 else []
        yield target, content
        if mask and moved is not None:
            yield job.mask_targets[epoch], encode_mask(moved, mask.palette)


def _draw(augment: Augmenter, image: Any, mask: Mask | None, index: int, epoch: int) -> tuple[Image, Image | None]:
    if mask is None:
        return np.asarray(augment(image, index=index, epoch=epoch)), None
    made = augment(image=image, mask=mask.pixels, index=index, epoch=epoch)
    return np.asarray(made["image"]), made["mask"]


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
    part = target.with_name(PART.format(secrets.token_hex(8)))
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
