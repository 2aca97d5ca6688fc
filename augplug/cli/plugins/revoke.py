"""`augplug plugins revoke NAME`."""

from __future__ import annotations

import click

from augplug.cli.output import say
from augplug.gate import ledger
from augplug.gate.modes import admission


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Take the distribution NAME out of the ledger: in `require` mode it is not loaded any more."""
    place = admission().ledger
    revoked = ledger.revoke(place, name)
    say(f"revoked {revoked.name} {revoked.version} in {place}")
