"""What a change gave: two results of one benchmark side by side, row by row.

    python benchmarks/compare.py BEFORE.json AFTER.json [--column ours] [--only Rotate,Equalize]

The files are what `--json` prints. `benchmarks/ops.py` run with another checkout on PYTHONPATH measures that checkout.
Microseconds of two runs are compared, so run them after one another on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks.timing import table  # pylint: disable=wrong-import-position  # as said


def cells(report: dict[str, Any], column: str) -> dict[tuple[str, ...], float]:
    """Return the medians of a column, by the cells before the first figure of a row."""
    found: dict[tuple[str, ...], float] = {}
    for one in report["tables"]:
        if column not in one["head"] or "size" not in one["head"]:
            continue
        names, place = one["head"].index("size") + 1, one["head"].index(column)
        for row in one["rows"]:
            if row[place] != "-":
                found[tuple(row[:names])] = float(row[place].split()[0])
    return found


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs=2, type=Path)
    parser.add_argument("--column", default="ours")
    parser.add_argument("--only", default="", help="rows whose first cell starts with one of these")
    given = parser.parse_args()
    before, after = (cells(json.loads(path.read_text(encoding="utf-8")), given.column) for path in given.files)
    both = [row for row in before if row in after and row[0].startswith(tuple(given.only.split(",")))]
    print(
        table(
            ("", "size", "before us", "after us", "before / after"),
            [(" ".join(row[:-1]), row[-1], before[row], after[row], f"{before[row] / after[row]:.2f}") for row in both],
        )
    )
    mean = math.exp(statistics.fmean(math.log(before[row] / after[row]) for row in both))
    print(f"\ngeometric mean of before / after: {mean:.2f} over {len(both)} rows")


if __name__ == "__main__":
    main()
