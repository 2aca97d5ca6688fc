"""`augplug plugins revoke NAME`."""

from __future__ import annotations

import click

from augplug.cli.output import say
from augplug.gate import ledger
from augplug.gate.modes import admission


@click.command()
@click.argument("name")
@click.option("--version", default="", metavar="VERSION", help="This version only; else every one.")
def command(name: str, version: str) -> None:
    """Take the distribution NAME out of the ledger: in `require` mode it is not loaded any more."""
    place = admission().ledger
    revoked = ledger.revoke(place, name, version)
    say(f"revoked {revoked.name} {version or revoked.version} in {place}")
