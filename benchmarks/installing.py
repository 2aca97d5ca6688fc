"""Twenty plugins in a folder of their own, for the benchmarks that start processes with them and without."""

from __future__ import annotations

import os
from pathlib import Path

GOOD = '''"""An operation."""

import augplug


def halve(values: augplug.Values) -> augplug.Values:
    """Half of every value."""
    return values / 2


@augplug.operation(source="a benchmark")
class Halve{number}(augplug.Operation):
    """Halve every value."""

    def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
        """One tone."""
        return [augplug.Tone(halve)]


@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    """One."""
    return [Halve{number}]
'''
BROKEN = {
    "raises": "raise RuntimeError('no luck')\n",
    "leaves": "raise SystemExit(3)\n",
    "is-no-python": "def (\n",
    "wants-a-module": "import not_there_at_all\n",
    "has-a-wrong-hook": "import augplug\n@augplug.hookimpl\ndef augplug_opperations():\n    return []\n",
    "shadows": GOOD.replace("Halve{number}", "Rotate"),
}


def install(site: Path, name: str, source: str) -> None:
    """Put a distribution of one module into a folder, as an installer leaves it, bytecode aside."""
    module = name.replace("-", "_")
    (site / f"{module}.py").write_text(source)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    requires = "Requires-Dist: augplug>=1,<2\n"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
    (info / "entry_points.txt").write_text(f"[augplug]\n{name} = {module}\n")


def install_good(site: Path, count: int) -> None:
    """Put that many plugins into a folder, each with an operation."""
    for number in range(count):
        install(site, f"good-{number}", GOOD.format(number=number))


def environment_of(site: Path | None) -> dict[str, str]:
    """Return this process's environment, with a folder of plugins where there is one."""
    if site is None:
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))}
