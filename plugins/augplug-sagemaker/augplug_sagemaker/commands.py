"""`augplug sagemaker`: what a container does when SageMaker starts it with `train` or `serve`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

import augplug
from augplug_sagemaker.dockerfile import dockerfile
from augplug_sagemaker.training import train as run_job
from augplug_sagemaker.tree import Tree


def group() -> click.Group:
    """Return the command with its subcommands."""
    text = (
        "Search and serve in containers of Amazon SageMaker, which starts them with the argument train or serve.\n\n"
        "augplug sagemaker init writes a Dockerfile whose entry point is this command."
    )
    return click.Group("sagemaker", commands={"train": train, "serve": serve, "init": init}, help=text)


@click.command()
@click.option(
    "--root", type=click.Path(path_type=Path), default="/opt/ml", show_default=True, metavar="DIR",
    envvar="AUGPLUG_SAGEMAKER_ROOT", show_envvar=True, help="Where SageMaker's tree is.",
)  # fmt: skip
@click.pass_context
def train(ctx: click.Context, /, root: Path) -> None:
    """Run the search that a training job describes.

    Hyper-parameters are the options of augplug search, and `algorithm`; any other name is a setting as in --set. The
    channel holds the images. The run is kept among the checkpoints, so that an interrupted job goes on where it was.
    The model folder gets policy.json, result.json and the report. If it fails, the file output/failure says why.
    """
    run_job(Tree(root), lambda arguments: _augplug(ctx, arguments))


@click.command()
@click.option(
    "--root", type=click.Path(path_type=Path), default="/opt/ml", show_default=True, metavar="DIR",
    envvar="AUGPLUG_SAGEMAKER_ROOT", show_envvar=True, help="Where SageMaker's tree is.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, envvar="SAGEMAKER_BIND_TO_PORT",
    show_envvar=True, help="0: one that is free.",
)  # fmt: skip
@click.option(
    "--host", default="0.0.0.0", show_default=True, help="The address to listen at.",  # nosec B104  # SageMaker asks from outside the container
)  # fmt: skip
@click.pass_context
def serve(ctx: click.Context, /, root: Path, port: int, host: str) -> None:
    """Serve the policy of the model folder by `/ping` and `/invocations`, as SageMaker's endpoints ask.

    It needs the plugin augplug-serve.
    """
    policy = Tree(root).model / "policy.json"
    try:
        policy.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise augplug.SettingsError(
            f"there is no {policy}; the model is what augplug sagemaker train leaves there"
        ) from error
    except OSError as error:
        raise augplug.SettingsError(
            f"{policy} cannot be looked at ({error.strerror}); give a --root that may be read"
        ) from error
    options = ["--policy", str(policy), "--host", host, "--port", str(port), "--no-token"]
    _augplug(ctx, ["serve", "--protocol", "sagemaker", *options])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Write a Dockerfile for training and serving into FOLDER (here)."""
    path, text = folder / "Dockerfile", dockerfile()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise augplug.SettingsError(
            f"{error.filename} exists, and nothing is overwritten; give another folder"
        ) from error
    except OSError as error:
        raise augplug.SettingsError(f"{path} cannot be written ({error.strerror}); give another folder") from error
    click.echo(path)


def _augplug(ctx: click.Context, arguments: Sequence[str]) -> None:
    """Run another command of augplug in this process; its errors come out here."""
    typed = list(arguments)
    ctx.find_root().command.main(typed, prog_name="augplug", standalone_mode=False, obj=typed)
