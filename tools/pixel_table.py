"""Write augplug/testing/table.json, what this augplug draws and renders: `python tools/pixel_table.py`.

Write it on purpose only, where pixels or draws were meant to change, and say in `changelog.d/` which.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import augplug
from augplug.testing import table

FILE = Path(__file__).resolve().parents[1] / "augplug" / "testing" / table.NAME


def main() -> int:
    """Write the table and print which rows are new, changed or gone."""
    before = table.stored() if FILE.exists() else {}
    found = dict(table.rows())
    head = {"about": "see augplug/testing/table.py", "augplug": augplug.__version__}
    FILE.write_text(json.dumps({**head, "rows": found}, indent=0) + "\n", encoding="utf-8")
    for name in sorted(found.keys() | before.keys()):
        if found.get(name) != before.get(name):
            print(f"{name}: {'new' if name not in before else 'gone' if name not in found else 'changed'}")
    print(f"{FILE.name}: {len(found)} rows, {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
