"""`augplug plugins list`: what is installed, and what does not work."""

from __future__ import annotations

from dataclasses import asdict

import click

from augplug import api
from augplug.cli.output import as_json, echo, json_option, say, table
from augplug.cli.plugins.check import REFUSED
from augplug.errors import GateError
from augplug.gate.artifact import GROUP
from augplug.gate.modes import told
from augplug.gate.reading import read_named
from augplug.gate.rules.capabilities import declared
from augplug.registry import Plugin


@click.command("list")
@json_option
def command(json_: bool) -> int:
    """List every plugin: its state, its distribution, what the ledger knows of it, and what it provides, or why not.

    Exit status 3: the mode is `require`, and a plugin is not loaded although nobody blocked it.
    """
    rows = [(row, _capabilities(row)) for row in api.plugins()]
    missing = any(row.state not in ("loaded", "blocked") for row, _ in rows)
    status = REFUSED if missing and api.registry().rules.mode == "require" else 0
    if json_:
        echo(as_json([{**asdict(row), "capabilities": needs} for row, needs in rows]))
        return status
    lines = [
        (
            row.name,
            row.state,
            row.distribution,
            row.version,
            _approval(row),
            ", ".join(needs) or "-",
            row.reason or _counted(row.provides),
        )
        for row, needs in rows
    ]
    for line in told(api.registry().rules):  # apart from the table, for whoever reads that by a program
        say(line)
    echo(table(("NAME", "STATE", "DISTRIBUTION", "VERSION", "APPROVED", "CAPABILITIES", "PROVIDES"), lines))
    return status


def _capabilities(row: Plugin) -> dict[str, str]:
    """What a plugin declares to need beyond the allow-list, with its reasons; read, whether it was loaded or not."""
    if row.distribution == GROUP:
        return {}
    try:
        return declared(read_named(row.distribution))[0]
    except GateError:  # there is no one distribution to read, and the row's reason says why
        return {}


def _approval(row: Plugin) -> str:
    """Return what the ledger says of these bytes, in a word or two; what differs is in the reason, or in --json."""
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
