"""Write docs/performance.md from what the benchmarks printed: `python tools/performance_page.py [ROOT] [--check]`.

It runs no benchmark: it reads `benchmarks/results/*.json`, which `benchmarks/record.py` writes. With `--check` nothing
is written; the exit status is 1 when the page is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIRST = ("policies", "ops", "kinds", "loader", "start", "growth", "targets", "overhead", "levers")
"""What stands first on the page, in this order; anything else follows by name."""
HEAD = """# Performance

Made by `python tools/performance_page.py` from the files in `benchmarks/results`, which `tox run -e bench` writes: no
figure is typed. Compare ratios within one table; microseconds are those of one machine on one day. Bars were set before
they were measured. What is lost stands first.
"""

Report = Mapping[str, Any]


def reports(folder: Path) -> list[Report]:
    """Return what the benchmarks of a folder printed, in the order of the page."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return sorted(read, key=lambda report: FIRST.index(report["name"]) if report["name"] in FIRST else len(FIRST))


def page(found: Sequence[Report]) -> str:
    """Return the page."""
    parts = [HEAD, *_bars(found)]
    for report in found:
        parts += _section(report)
    return "\n".join(parts)


def _bars(found: Sequence[Report]) -> list[str]:
    every = [(report["name"], one) for report in found for one in report["bars"]]
    missed, met = ([_bar(name, one) for name, one in every if one["met"] is met] for met in (False, True))
    head = ("benchmark", "bar", "asked", "found")
    lost = _table(head, missed) if missed else ["None.\n"]
    return [f"## Bars not met: {len(missed)} of {len(every)}\n", *lost, "## Bars met\n", *_table(head, met)]


def _bar(name: str, found: Mapping[str, Any]) -> list[str]:
    return [name, found["what"], found["asked"], found["found"]]


def _section(report: Report) -> list[str]:
    machine = ", ".join(f"{value}" for value in report["machine"].values())
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items() if version != "not here")
    parts = [f"## `benchmarks/{report['name']}.py`\n", report["about"], f"\nOn {machine}; {versions}.\n"]
    for one in report["tables"]:
        parts += [f"### {one['title']}\n", *_table(one["head"], one["rows"])]
        parts += [f"{one['note']}\n"] if one["note"] else []
    if report["skipped"]:
        parts += ["Not raced:\n", *(f"- {line}" for line in report["skipped"]), ""]
    return parts


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    columns = list(head)
    return [_row(columns), _row(["---"] * len(columns)), *map(_row, rows), ""]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; return the exit status."""
    root = Path(next((word for word in arguments if word != "--check"), ROOT))
    target = root / "docs" / "performance.md"
    found = reports(root / "benchmarks" / "results")
    if not found:
        print("no results: run tox run -e bench")
        return 1
    made = page(found)
    if "--check" in arguments:
        fresh = target.exists() and target.read_text(encoding="utf-8") == made
        print(f"{target.name}: {'fresh' if fresh else 'stale: run python tools/performance_page.py'}")
        return 0 if fresh else 1
    target.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
