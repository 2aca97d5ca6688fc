"""`augplug plugins`: what is installed, and what does not work."""

from __future__ import annotations

from dataclasses import asdict

import click

from augplug import api
from augplug.cli.group import Group
from augplug.cli.output import as_json, json_option, table


@click.group(cls=Group, no_args_is_help=False)
def command() -> None:
    """List the plugins that are installed here."""


@command.command("list")
@json_option
def list_(json_: bool) -> None:
    """List every plugin: its state, the distribution it comes from, and what it provides, or why it does not."""
    rows = api.plugins()
    if json_:
        click.echo(as_json([asdict(row) for row in rows]))
        return
    lines = [(row.name, row.state, row.distribution, row.version, row.reason or _counted(row.provides)) for row in rows]
    click.echo(table(("NAME", "STATE", "DISTRIBUTION", "VERSION", "PROVIDES"), lines))


def _counted(provides: dict[str, list[str]]) -> str:
    """What a plugin provides: names where there are few, else how many."""
    parts = [
        f"{kind} {', '.join(names)}" if len(names) <= 3 else f"{len(names)} {kind}"
        for kind, names in provides.items()
        if names
    ]
    return "; ".join(parts) or "nothing"
