"""`augplug plugins check TARGET`."""

from __future__ import annotations

from pathlib import Path

import click

from augplug.cli.output import as_json, echo, json_option, write
from augplug.gate import report, sarif
from augplug.gate.check import check
from augplug.gate.reading import read

REFUSED = 3
"""The exit status that says so."""


@click.command()
@click.argument("target")
@click.option("--examine", is_flag=True, help="Then run it: import it in a child process with limits, and examine it.")
@click.option(
    "--sarif",
    "sarif_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the findings to FILE as SARIF 2.1.0, for GitHub, GitLab or an editor.",
)
@json_option
def command(target: str, examine: bool, sarif_file: Path | None, json_: bool) -> int:
    """Check TARGET, a folder, a .whl, a .tar.gz, or the name of an installed distribution. Exit status 3: refused.

    Nothing of it is imported or built, unless --examine is given and it is clean.
    """
    artifact = read(target)
    verdict = check(artifact)
    if examine and verdict.clean:
        from augplug.cli.plugins.examining import examined  # it imports all of augplug

        verdict = examined(artifact, verdict)
    passed = verdict.tier == "examined" if examine else verdict.clean
    echo(as_json(verdict.to_json()) if json_ else report.text(verdict))
    if sarif_file is not None:
        write(sarif_file, as_json(sarif.log(verdict, target, passed=passed)) + "\n")
    return 0 if passed else REFUSED
