"""Run the notebooks of the documentation: `python tools/run_notebooks.py [--out FOLDER] [NOTEBOOK ...]`.

A cell that fails ends the run with its error. Notebooks are stored without outputs, so that a change is readable;
`--out` writes them with theirs, to look at.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
SECONDS = 120
"""The longest that a cell may take."""


def main(arguments: Sequence[str]) -> int:
    """Run notebooks, by default all of the documentation; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the notebooks of the documentation.")
    parser.add_argument("--out", type=Path, help="a folder to write them to, with their outputs")
    parser.add_argument("notebooks", nargs="*", type=Path)
    given = parser.parse_args(arguments)
    found = given.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    if not found:
        print(f"there are no notebooks in {NOTEBOOKS}")
        return 1
    return max(run(path, given.out) for path in found)


def run(path: Path, out: Path | None) -> int:
    """Run one notebook in a new kernel of this Python; return 1 if it failed, or if it is stored with outputs."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(cell.outputs or cell.execution_count for cell in cells):
        print(f"{path}: stored with outputs; clear them, then save")
        return 1
    try:
        NotebookClient(notebook, timeout=SECONDS, kernel_name="python3").execute()
    except CellExecutionError as error:
        print(f"{path}: {error}")
        return 1
    print(f"{path.name}: {len(cells)} cells")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, out / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
