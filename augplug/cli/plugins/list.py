"""`augplug plugins list`: what is installed, and what does not work."""

from __future__ import annotations

from dataclasses import asdict

import click

from augplug import api
from augplug.cli.output import as_json, json_option, table
from augplug.registry import Plugin


@click.command("list")
@json_option
def command(json_: bool) -> None:
    """List every plugin: its state, its distribution, what the ledger knows of it, and what it provides, or why not."""
    rows = api.plugins()
    if json_:
        click.echo(as_json([asdict(row) for row in rows]))
        return
    lines = [
        (row.name, row.state, row.distribution, row.version, _approval(row), row.reason or _counted(row.provides))
        for row in rows
    ]
    click.echo(table(("NAME", "STATE", "DISTRIBUTION", "VERSION", "APPROVED", "PROVIDES"), lines))


def _approval(row: Plugin) -> str:
    """Whether the ledger names these bytes; what differs stands in the reason, or with --json in `approval`."""
    if row.approved:
        return row.approval or "built in"
    return {"": "-", "no": "no"}.get(row.approval, "changed")


def _counted(provides: dict[str, list[str]]) -> str:
    """What a plugin provides: names where there are few, else how many."""
    parts = [
        f"{kind} {', '.join(names)}" if len(names) <= 3 else f"{len(names)} {kind}"
        for kind, names in provides.items()
        if names
    ]
    return "; ".join(parts) or "nothing"
