"""Run the benchmarks that docs/performance.md shows, keep what they print, and make the page: under half an hour.

    python benchmarks/record.py [NAME ...]

Each writes `results/<name>.json`, the last result only when it has ended well. With names, only those are run. Nothing
else should be busy on the machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("policies", "ops", "kinds", "loader", "start", "growth", "targets", "overhead", "levers")
OF_OPS = {"ops": "32,224,512", "kinds": "500x750"}
"""The sizes that `ops.py` races for a page of its own."""


def main(names: Sequence[str]) -> int:
    """Run and record; return the exit status."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"no benchmark of the page: {', '.join(sorted(unknown))} (there are {', '.join(NAMES)})", file=sys.stderr)
        return 2
    (HERE / "results").mkdir(exist_ok=True)
    for name in names or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        script = ["ops.py", "--sizes", OF_OPS[name]] if name in OF_OPS else [f"{name}.py"]
        command = [sys.executable, str(HERE / script[0]), *script[1:], "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        (HERE / "results" / f"{name}.json").write_text(done.stdout, encoding="utf-8")
    return subprocess.run([sys.executable, str(HERE.parent / "tools" / "performance_page.py")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
