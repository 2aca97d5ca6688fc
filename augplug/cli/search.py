"""`augplug search`: a policy for your own images."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from augplug import api
from augplug.cli.group import unknown
from augplug.cli.output import cores, go_on, say, search_seed_option
from augplug.cli.searching import run_search
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


@click.group(cls=Searches, no_args_is_help=False)
def command() -> None:
    """Search a policy for your own images: augplug search randaugment DATA.

    DATA is a folder with one folder for each class, or with folders train, valid and test of those, or an .npz file
    with images x and labels y. augplug data describe DATA says what a search will see.
    """


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
        help="Augmentation seeds a policy.  [default: 3 for a grid, else 1]",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        metavar="K",
        help="Trials at a time; the result is the same.  [default: one a core]",
    ),
    click.option("--executor", default="processes", metavar="NAME", show_default=True, help="Where trials run."),
    click.option("--evaluator", default="kernel-ridge", metavar="NAME", show_default=True, help="The child model."),
    click.option("--observe", multiple=True, metavar="NAME", help="Who watches; may be given several times."),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting of the search or the child; may be given several times.",
    ),
    click.option(
        "--trials",
        type=click.IntRange(1, 10**6),
        metavar="N",
        help="So many policies; of a grid the first.  [default: all of a grid, else 400]",
    ),
    click.option(
        "--minutes",
        type=click.FloatRange(0, min_open=True),
        metavar="M",
        help="No new policies after so long, instead of a number of them.",
    ),
    click.option(
        "--size",
        type=int,
        metavar="PX",
        help="Shrink the images of a folder once to this longer side, in their aspect.  [default: 96]",
    ),
    click.option("--resize", type=int, metavar="PX", help="Make every image of a folder a square of PX pixels."),
    click.option("--skip-bad", is_flag=True, help="Leave out files of a folder that cannot be used."),
    click.option("--resume", is_flag=True, help="Go on with the run in --out."),
)


def _search(name: str, /, data: Path, out: Path, settings: tuple[str, ...], **options: Any) -> None:
    given = _settings(settings)
    reading = {name: options.pop(name) for name in ("size", "resize", "skip_bad")}
    options["workers"] = options["workers"] or cores()
    images = load(data, **reading, note=say)
    run_search(name, images, out, go_on(), settings=given, **options)


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
