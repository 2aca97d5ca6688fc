"""`augplug kfp`: the pipeline as a file, and on this machine."""

from __future__ import annotations

from pathlib import Path

import click


def group() -> click.Group:
    """Return the command with its subcommands."""
    text = "Search, report and approve as a Kubeflow pipeline."
    return click.Group("kfp", commands={"compile": compile_command, "run": run_command}, help=text)


@click.command("compile")
@click.option("--image", required=True, metavar="IMAGE", help="A container image that holds augplug-kfp.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default="augplug-search.yaml", metavar="FILE",
    show_default=True, help="The file to write.",
)  # fmt: skip
def compile_command(image: str, out: Path) -> None:
    """Write the pipeline as a file for Kubeflow: the same versions write the same bytes.

    Its parameters are data (an address such as s3://bucket/images), algorithm, options (those of augplug search,
    between which are blanks) and at_least.
    """
    from augplug_kfp.pipeline import compile_pipeline  # kfp takes seconds

    compile_pipeline(image, out)
    click.echo(out)


@click.command("run")
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.option("--algorithm", default="strengths", metavar="NAME", show_default=True, help="The search.")
@click.option(
    "--at-least", type=click.FloatRange(-1, 1), default=0.0, metavar="GAIN", show_default=True,
    help="Of the test score over no augmentation, for the policy to be approved.",
)  # fmt: skip
@click.option(
    "--root", type=click.Path(path_type=Path), default="augplug-kfp", metavar="DIR", show_default=True,
    help="Where artifacts go.",
)  # fmt: skip
def run_command(data: Path, options: tuple[str, ...], algorithm: str, at_least: float, root: Path) -> None:
    """Run the pipeline on this machine, without a cluster: each step is a process.

    OPTIONS are those of augplug search, behind two dashes: augplug kfp run my_images -- --trials 100
    """
    from augplug_kfp.pipeline import run_here  # as above

    click.echo(run_here(data, algorithm, options, at_least, root))
