"""`augplug plugins approve TARGET`."""

from __future__ import annotations

from pathlib import Path

import click

from augplug.cli.output import echo, point, say
from augplug.cli.plugins.check import REFUSED
from augplug.cli.plugins.saying import said, said_options
from augplug.errors import GateError
from augplug.gate import report
from augplug.gate.approving import approve
from augplug.gate.check import check
from augplug.gate.modes import admission
from augplug.gate.reading import read


@click.command()
@click.argument("target")
@said_options
def command(target: str, by: str | None, reason: str | None, replace: bool) -> int:
    """Check TARGET, a wheel or the name of an installed distribution, afresh, and write its bytes to the ledger."""
    artifact = read(target)
    if artifact.kind not in ("wheel", "installed"):
        raise GateError(
            f"{target} is a source {artifact.kind}: what is built of it has other bytes; augplug plugins install "
            f"{target} builds, approves and installs one wheel"
        )
    verdict = check(artifact, cached=False)
    (point if verdict.clean else echo)(report.text(verdict))
    if not verdict.clean:
        return REFUSED
    place = admission().ledger
    approve(place, verdict, Path(target) if artifact.kind == "wheel" else None, said(by, reason, replace))
    say(f"approved {verdict.name} {verdict.version} in {place}")
    return 0
