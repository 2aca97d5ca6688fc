"""What plugins cost at the start: the first Augmenter of a process with 20 of them, 6 broken, and with none.

`python benchmarks/plugins.py [--rounds N]` prints CPU seconds of fresh processes, pairs interleaved, medians and the
ratio.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable-next=wrong-import-position  # as said
from benchmarks.installing import BROKEN, environment_of, install, install_good

SCRIPTS = {
    "import augplug": "import augplug",
    "first Augmenter": "import augplug; augplug.Augmenter('autoaugment-cifar10')",
    "first Augmenter and an image": (
        "import augplug, numpy; augplug.Augmenter('autoaugment-cifar10')(numpy.zeros((32, 32, 3), 'uint8'), index=0)"
    ),
    "plugins list": "import sys; from augplug.cli import main; sys.exit(main(['plugins', 'list']))",
    "--help": "import sys; from augplug.cli import main; sys.exit(main(['--help']))",
}


def spent(script: str, site: Path | None) -> float:
    """CPU seconds of a fresh process that runs the script."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], env=environment_of(site), check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        install_good(site, 14)
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
