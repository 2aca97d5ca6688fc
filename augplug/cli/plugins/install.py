"""`augplug plugins install TARGET`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from augplug.cli.output import echo, point, say
from augplug.cli.plugins.check import REFUSED
from augplug.cli.plugins.saying import said, said_options
from augplug.errors import RunError
from augplug.gate import report
from augplug.gate.approving import approve
from augplug.gate.check import check
from augplug.gate.modes import admission
from augplug.gate.reading import read


@click.command()
@click.argument("target", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--no-build-isolation",
    is_flag=True,
    help="Build with the build backend that is installed here, as pip's option does.",
)
@said_options
def command(target: Path, no_build_isolation: bool, by: str | None, reason: str | None, replace: bool) -> int:
    """Check TARGET, a wheel, a folder or an sdist; of sources build one wheel and check that; approve and install it.

    The dependencies are yours to install: their names and versions are recorded, and pip is told to leave them alone.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if target.suffix != ".whl":
            verdict = check(read(str(target)), cached=False)
            if not verdict.clean:
                echo(report.text(verdict))
                return REFUSED
            say(f"the sources are clean; building a wheel of {target}")
            target = _built(target, folder / "built", isolated=not no_build_isolation)
        # What is checked and installed is a copy in a folder of our own: nobody changes it in between.
        wheel = Path(shutil.copy(target, folder))
        verdict = check(read(str(wheel)), cached=False)
        (point if verdict.clean else echo)(report.text(verdict))
        if not verdict.clean:
            return REFUSED
        place = admission().ledger
        approve(place, verdict, wheel, said(by, reason, replace))
        _pip("install", "--no-deps", "--no-index", "--no-compile", "--force-reinstall", str(wheel))
    say(f"installed {verdict.name} {verdict.version}, approved in {place}")
    return 0


def _built(sources: Path, folder: Path, *, isolated: bool) -> Path:
    options = [] if isolated else ["--no-build-isolation"]
    _pip("wheel", "--no-deps", *options, "--wheel-dir", str(folder), str(sources.resolve()))
    (wheel,) = folder.glob("*.whl")
    return wheel


KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "VIRTUAL_ENV")
"""What pip and a build get of the environment, besides pip's own settings and those of a proxy."""
FAMILIES = ("pip_", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "xdg_")


def _pip(*arguments: str) -> None:
    """Run pip isolated, in an empty folder: neither the folder of the call nor PYTHONPATH has a say in what runs."""
    command_line = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    given = {name: value for name, value in os.environ.items() if name in KEPT or name.lower().startswith(FAMILIES)}
    with tempfile.TemporaryDirectory(prefix="augplug-pip-") as empty:
        ended = subprocess.run(
            command_line, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr, cwd=empty, env=given
        )
    if ended.returncode:
        raise RunError(f"pip {arguments[0]} failed with exit status {ended.returncode}; what it said stands above")
