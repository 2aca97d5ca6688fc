"""`augplug apply`: a folder of image files, augmented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from augplug._pipeline.augmenter import Augmenter
from augplug.cli.applying import work
from augplug.cli.output import cores, go_on, point, say, seed_option
from augplug.cli.planning import Masks, Style, check_masks, find, plan_jobs
from augplug.cli.resuming import begin, end, record_of
from augplug.data.formats import MODES
from augplug.data.images import QUALITY
from augplug.errors import DataError, RunError, SettingsError


@click.command()
@click.argument("policy")
@click.argument("src", type=click.Path(path_type=Path))
@click.argument("dst", type=click.Path(path_type=Path))
@click.option(
    "--copies",
    type=click.IntRange(1, 10_000),
    default=1,
    metavar="N",
    show_default=True,
    help="Augmented images for each file.",
)
@seed_option
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="K",
    help="Files at a time; the bytes are the same.  [default: one a core]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(MODES), case_sensitive=False),
    help="What to write.  [default: what was read; PNG for what is not written, such as GIF]",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    default=QUALITY,
    metavar="Q",
    show_default=True,
    help="Of AVIF, JPEG and WEBP.",
)
@click.option("--suffix", default="", metavar="TEXT", help="What to put behind each name: cat.jpg -> catTEXT.jpg.")
@click.option(
    "--masks",
    "masks_src",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Masks that move with the images: cat/1.jpg has FOLDER/cat/1.png, or any other suffix.",
)
@click.option(
    "--masks-out",
    "masks_dst",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the masks go, as PNG.  [default: DST-masks, beside DST]",
)
@click.option("--skip-bad", is_flag=True, help="Leave out, and name, the files that cannot be used.")
@click.option("--resume", is_flag=True, help="Go on with an apply to DST that was stopped.")
def command(  # pylint: disable=too-many-locals  # a parameter for each option
    *,
    policy: str,
    src: Path,
    dst: Path,
    copies: int,
    seed: int,
    workers: int | None,
    format_: str | None,
    quality: int,
    suffix: str,
    masks_src: Path | None,
    masks_dst: Path | None,
    skip_bad: bool,
    resume: bool,
) -> None:
    """Augment every image in the folder SRC, and in the folders below it, by POLICY, and write the results to DST.

    Folders keep their names; with --copies above 1 the copies are numbered, cat-0.jpg, cat-1.jpg. The draw of a file is
    made from the seed, its place among the sorted paths, and the number of the copy. Files that are not images are left
    out; one that cannot be read, or has no mask, stops the work, and then no result is left in DST. Ctrl-C leaves what
    is written, and --resume goes on. Nothing is ever overwritten.
    """
    augment = Augmenter(policy, seed=seed)
    tree = find(src, dst)
    for note in tree.notes():
        say(note)
    masks = _masks(dst, masks_src, masks_dst)
    found = check_masks(tree, dst, masks) if masks else None
    style = Style(copies, format_, quality, suffix, masks is not None)
    jobs = plan_jobs(tree, dst, style, masks, found)
    there = begin(dst, record_of(augment, style, [tree, *([found] if found else [])]), jobs, resume=resume)
    with _stopping(dst, fresh=not there):
        missing = [job for job in jobs if not there.issuperset(job.every_target)]
        done = work(augment, missing, workers or cores(), skip_bad=skip_bad, there=there)
    if len(done.bad) == len(jobs):
        raise DataError(f"none of the {len(jobs)} images of {src} can be used; mend them, or give another folder")
    left = f", {len(done.bad)} left out" if done.bad else ""
    before = f", {len(there)} were there" if there else ""
    good = len(jobs) - len(done.bad)
    say(f"{good} images augmented by {augment.policy.name}, seed {seed}: {len(done.written)} files{before}{left}")
    point("\n".join(click.format_filename(folder) for folder in ((dst, masks.dst) if masks else (dst,))))


@contextmanager
def _stopping(dst: Path, *, fresh: bool) -> Iterator[None]:
    """Keep the record of work that is stopped, not of work that ends, nor of work that fails and began here."""
    try:
        yield
    except KeyboardInterrupt:
        raise RunError(f"stopped; the files that are written are whole. Go on with: {go_on()}") from None
    except BaseException:
        if fresh:
            end(dst)
        raise
    end(dst)


def _masks(dst: Path, masks_src: Path | None, masks_dst: Path | None) -> Masks | None:
    if masks_src is None:
        if masks_dst is not None:
            raise SettingsError("--masks-out says where masks go; give --masks, the folder they come from, too")
        return None
    # Beside DST, not in it: in a folder with one folder a class, `masks` would be a class.
    return Masks(masks_src, masks_dst or dst.with_name(f"{dst.name}-masks"))
