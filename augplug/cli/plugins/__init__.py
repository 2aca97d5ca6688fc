"""`augplug plugins`: what is installed, what the gate says of it, and how to write one. One command a file."""

from __future__ import annotations

import click

from augplug.cli.group import LazyGroup

COMMANDS = {
    "list": "List every plugin: state, distribution, version, what the ledger knows, what it provides.",
    "new": "Write a complete plugin project.",
    "check": "Check a folder, a wheel, an sdist or an installed distribution, without running any of it.",
    "approve": "Check a wheel or an installed distribution afresh, and write its bytes to the ledger.",
    "revoke": "Take a distribution out of the ledger.",
    "install": "Check, approve, and install those very bytes.",
}


@click.group(cls=LazyGroup, package="augplug.cli.plugins", summaries=COMMANDS, no_args_is_help=False)
def command() -> None:
    """List, check, approve, install and write plugins."""
