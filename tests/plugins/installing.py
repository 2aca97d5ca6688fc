"""Distributions without an installer: a module and the metadata that an installer would have left beside it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = "import sys; from augplug.cli import main; sys.exit(main())"

OPERATION = '''
import augplug


def halve(values: augplug.Values) -> augplug.Values:
    return values / 2


@augplug.operation(source="a test")
class {name}(augplug.Operation):
    """Halve every value."""

    def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
        return [augplug.Tone(halve)]


@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    return [{name}]
'''


UNCHECKED = "never passed the gate"
"""What one warning says of every plugin that the ledger does not name."""


def install(
    site: Path, distribution: str, source: str, *, entry: str = "", version: str = "1.0", requires: str = ""
) -> None:
    """Put a distribution of one module into a folder; `entry` names its entry point, else as the distribution."""
    site.mkdir(exist_ok=True)
    module = distribution.replace("-", "_")
    site.joinpath(f"{module}.py").write_text(source)
    info = site / f"{module}-{version}.dist-info"
    info.mkdir()
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{needs}")
    info.joinpath("entry_points.txt").write_text(f"[augplug]\n{entry or distribution} = {module}\n")


def environment(site: Path) -> dict[str, str]:
    """The environment of a process that finds the distributions of a folder, as do the workers that it starts."""
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "XDG_CONFIG_HOME": str(site / "config")}


def augplug(site: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process that finds the distributions of a folder; `variables` join its environment."""
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={**environment(site), **variables},
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def rows(site: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The rows of `augplug plugins list` by distribution, and the warnings but for that of unchecked plugins."""
    ended = augplug(site, "plugins", "list", "--json")
    assert ended.returncode in (0, 3), ended.stderr  # 3: one is missing in `require` mode, as the rows say
    warnings = [line for line in ended.stderr.splitlines() if UNCHECKED not in line]
    return {row["distribution"]: row for row in json.loads(ended.stdout)}, warnings
