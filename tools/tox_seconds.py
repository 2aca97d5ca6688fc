"""Print the seconds of every environment from what tox printed: `python tools/tox_seconds.py LOG [--most MINUTES]`.

The exit status is 1 if all of them together take more minutes than allowed (80, on two cores), or if there are none.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

MOST = 80.0
ROW = re.compile(r"^\s*([\w.-]+): (OK|FAIL|SKIP|IGNORED)\b.*?\((\d+(?:\.\d+)?)(?:=.*)? seconds\)", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def seconds(log: str) -> dict[str, tuple[str, float]]:
    """Return how each environment ended and how many seconds it took, in the order of tox's last summary."""
    return {name: (state, float(took)) for name, state, took in ROW.findall(COLOURS.sub("", log))}


def main(arguments: Sequence[str]) -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, help="a file that holds what tox printed")
    parser.add_argument("--most", type=float, default=MOST, metavar="MINUTES", help="the most minutes of all together")
    given = parser.parse_args(arguments)
    found = seconds(given.log.read_text(encoding="utf-8", errors="replace"))
    total = sum(took for _, took in found.values())
    for name, (state, took) in sorted(found.items(), key=lambda item: -item[1][1]):
        print(f"{name:<12}{took:8.0f} s  {state}")
    print(f"{'all':<12}{total:8.0f} s, {total / 60:.1f} minutes of {given.most:g}")
    return 0 if found and total <= given.most * 60 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
