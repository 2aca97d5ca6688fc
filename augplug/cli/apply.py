"""`augplug apply`: a folder of image files, augmented."""

from __future__ import annotations

from pathlib import Path

import click

from augplug import api
from augplug.cli.applying import Style, find, plan_jobs, work
from augplug.cli.output import cores, say, seed_option
from augplug.data.images import MODES, QUALITY


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
    help="What to write.  [default: what was read; PNG for GIF]",
)
@click.option(
    "--quality", type=click.IntRange(1, 100), default=QUALITY, metavar="Q", show_default=True, help="Of JPEG and WEBP."
)
@click.option("--suffix", default="", metavar="TEXT", help="What to put behind each name: cat.jpg -> catTEXT.jpg.")
def command(
    policy: str,
    src: Path,
    dst: Path,
    copies: int,
    seed: int,
    workers: int | None,
    format_: str | None,
    quality: int,
    suffix: str,
) -> None:
    """Augment every image in the folder SRC, and in the folders below it, by POLICY, and write the results to DST.

    Folders keep their names; with --copies above 1 the copies are numbered, cat-0.jpg, cat-1.jpg. The draw of a file is
    made from the seed, its place among the sorted paths, and the number of the copy. Files that are no images are left
    out; one that cannot be read stops the work, and then no result is left in DST. Nothing is ever overwritten.
    """
    augment = api.Augmenter(policy, seed=seed)
    sources, others = find(src, dst)
    if others:
        named = ", ".join(str(path) for path in others[:3])
        say(f"left out {len(others)} files that are no images: {named}{', ...' if len(others) > 3 else ''}")
    jobs = plan_jobs(src, dst, sources, Style(copies, format_, quality, suffix))
    work(augment, jobs, workers or cores())
    say(f"{len(jobs)} images augmented by {augment.policy.name}, seed {seed}: {len(jobs) * copies} files")
    click.echo(dst)
