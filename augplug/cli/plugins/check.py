"""`augplug plugins check TARGET`."""

from __future__ import annotations

import click

from augplug.cli.output import as_json, echo, json_option
from augplug.gate import report
from augplug.gate.check import check
from augplug.gate.reading import read

REFUSED = 3
"""The exit status that says so."""


@click.command()
@click.argument("target")
@click.option("--examine", is_flag=True, help="Then run it: import it in a child process with limits, and examine it.")
@json_option
def command(target: str, examine: bool, json_: bool) -> int:
    """Check TARGET, a folder, a .whl, a .tar.gz, or the name of an installed distribution. Exit status 3: refused.

    Nothing of it is imported or built, unless --examine is given and it is clean.
    """
    artifact = read(target)
    verdict = check(artifact)
    if examine and verdict.clean:
        from augplug.cli.plugins.examining import examined  # it imports all of augplug

        verdict = examined(artifact, verdict)
    echo(as_json(verdict.to_json()) if json_ else report.text(verdict))
    return 0 if verdict.clean and (not examine or verdict.tier == "examined") else REFUSED
