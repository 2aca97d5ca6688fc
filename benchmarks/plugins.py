"""What plugins cost at the start: the first Augmenter of a process with 20 of them, 6 broken, and with none.

`python benchmarks/plugins.py [--rounds N]` prints CPU seconds of fresh processes, pairs interleaved, medians and the
ratio.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
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
SCRIPTS = {
    "import augplug": "import augplug",
    "first Augmenter": "import augplug; augplug.Augmenter('autoaugment-cifar10')",
    "first Augmenter and an image": (
        "import augplug, numpy; augplug.Augmenter('autoaugment-cifar10')(numpy.zeros((32, 32, 3), 'uint8'), index=0)"
    ),
    "plugins list": "import sys; from augplug.cli import main; sys.exit(main(['plugins', 'list']))",
    "--help": "import sys; from augplug.cli import main; sys.exit(main(['--help']))",
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


def spent(script: str, site: Path | None) -> float:
    """CPU seconds of a fresh process that runs the script."""
    environment = {**os.environ, "PYTHONPATH": "" if site is None else str(site)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        for number in range(14):
            install(site, f"good-{number}", GOOD.format(number=number))
        for name, source in BROKEN.items():
            install(site, name, source)
        print("CPU seconds of a fresh process, medians; 20 plugins, of which 6 are broken")
        print(f"{'':30}{'none':>8}{'20':>8}{'ratio':>8}")
        for name, script in SCRIPTS.items():
            spent(script, site)  # bytecode is written once
            pairs = [(spent(script, None), spent(script, site)) for _ in range(rounds)]
            none, some = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"{name:30}{none:8.3f}{some:8.3f}{some / none:8.2f}")


if __name__ == "__main__":
    main()
