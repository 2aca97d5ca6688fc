"""`augplug search`: a policy for your own images."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from augplug import api
from augplug.cli.group import unknown
from augplug.cli.output import cores, go_on, say, search_seed_option
from augplug.cli.searching import resume_run, run_search
from augplug.data.loading import load
from augplug.errors import SettingsError

OUT = Path("augplug-run")
DATA = (
    "DATA is a folder with one folder for each class, or with folders train, valid and test of those, or an .npz file "
    "with images x and labels y. augplug data describe DATA says what a search will see."
)


class Searches(click.Group):
    """A command for each search algorithm that is registered here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the algorithms."""
        del ctx
        return list(api.searches())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one algorithm."""
        del ctx
        return _command(cmd_name) if cmd_name in api.searches() else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the algorithm; UsageError with a suggestion where there is none."""
        if not args[0].startswith("-") and args[0] not in api.searches():
            raise unknown("search", args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 10_000),
    metavar="K",
    help="Trials at a time; more than 8 change the schedule: augplug settings, ahead.  [default: one a core]",
)
executor_option = click.option(
    "--executor", default="processes", metavar="NAME", show_default=True, help="Where trials run."
)
observe_option = click.option(
    "--observe", multiple=True, metavar="NAME", help="Who watches; may be given several times."
)
accept_versions_option = click.option(
    "--accept-versions", is_flag=True, help="Go on although versions differ from those of the run."
)


@click.group(cls=Searches, no_args_is_help=False, invoke_without_command=True)
@click.option(
    "--resume",
    "run",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Go on with the search in this folder, without any other argument.",
)
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DATA", help="With --resume RUN: where its images lie now."
)
@click.option(
    "--trials", type=click.IntRange(1, 10**6), metavar="N", help="With --resume RUN: continue to this many policies."
)
@workers_option
@executor_option
@observe_option
@accept_versions_option
@click.pass_context
def command(ctx: click.Context, /, run: Path | None, **options: Any) -> None:
    """Search a policy for your own images: augplug search strengths DATA.

    DATA is a folder with one folder for each class, or with folders train, valid and test of those, or an .npz file
    with images x and labels y. augplug data describe DATA says what a search will see.

    augplug search --resume RUN goes on with a search that was stopped, or with more --trials.
    """
    if ctx.invoked_subcommand is not None:
        if any(ctx.get_parameter_source(name) is not ParameterSource.DEFAULT for name in ctx.params):
            raise click.UsageError(
                f"options of a new search come after its name: augplug search {ctx.invoked_subcommand} DATA ...; "
                "--resume RUN stands alone.",
                ctx,
            )
        return
    if run is None:
        raise click.UsageError("Missing command.", ctx)
    options["workers"] = options["workers"] or cores()
    resume_run(run, go_on(), **options)


def _command(name: str) -> click.Command:
    made = api.searches()[name]
    algorithm = made.func if isinstance(made, partial) else made
    summary = (inspect.getdoc(algorithm) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
    text = f"{summary}\n\n{DATA}"
    decorated: Callable[..., None] = partial(_search, name)
    for option in reversed(OPTIONS):
        decorated = option(decorated)
    parameters = list(reversed(getattr(decorated, "__click_params__", [])))
    return click.Command(name, params=parameters, callback=partial(_search, name), help=text, short_help=summary)


OPTIONS = (
    click.argument("data", type=click.Path(path_type=Path)),
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        default=OUT,
        metavar="RUN",
        show_default=True,
        help="A new folder for the run.",
    ),
    search_seed_option,
    click.option(
        "--seeds",
        type=click.IntRange(1, 1000),
        metavar="S",
        help="Cells a policy: training subsets, each with a seed.  [default: 3 for a grid, else 1]",
    ),
    workers_option,
    executor_option,
    click.option("--evaluator", default="kernel-ridge", metavar="NAME", show_default=True, help="The child model."),
    observe_option,
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting of the search or the child (augplug settings lists them); may be given several times.",
    ),
    click.option(
        "--trials",
        type=click.IntRange(1, 10**6),
        metavar="N",
        help="The number of policies tried; of a grid the first.  [default: all of a grid, else 400]",
    ),
    click.option(
        "--minutes",
        type=click.FloatRange(0, min_open=True),
        metavar="M",
        help="The whole search takes no longer, instead of a number of policies.",
    ),
    click.option(
        "--size",
        type=int,
        metavar="PX",
        help="Shrink the images of a folder once to this longer side, in their aspect.  [default: 96]",
    ),
    click.option("--resize", type=int, metavar="PX", help="Make every image of a folder a square of PX pixels."),
    click.option("--skip-bad", is_flag=True, help="Leave out files of a folder that cannot be used."),
    click.option("--balanced", is_flag=True, help="Average scores by class, so that small classes count as much."),
    click.option("--resume", is_flag=True, help="Go on with the run in --out."),
    accept_versions_option,
)


def _search(name: str, /, data: Path, out: Path, settings: tuple[str, ...], **options: Any) -> None:
    given = _settings((*settings, "study.balanced=true") if options.pop("balanced") else settings)
    reading = {name: options.pop(name) for name in ("size", "resize", "skip_bad")}
    options |= {"workers": options["workers"] or cores(), "began": time.monotonic()}
    images = load(data, **reading, note=say)
    source = {"data": str(data.absolute()), **reading}
    run_search(name, images, out, go_on(), settings=given, source=source, **options)


def _settings(pairs: tuple[str, ...]) -> dict[str, str]:
    made: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SettingsError(f"--set takes KEY=VALUE, such as --set copies=10, not {pair!r}")
        if key in made:
            raise SettingsError(f"--set gives {key} twice; give it once")
        made[key] = value
    return made
