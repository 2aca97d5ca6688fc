"""Type a page of the documentation as it stands: `python tools/run_tutorial.py docs/plugins/tutorial.md`.

A block of `python` or `toml` whose first line is a comment that names a file is written there. In a block of `console`
each line after `$ ` is run by bash, where the line before left off; the lines below it must come in what was printed,
in this order, each as a part of a line, spaces aside. A command ends with status 0 unless the block says `[exit status
N]`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w./-]+\.(?:py|toml))\n")
STATUS = re.compile(r"\[exit status (\d+)\]")


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines that it must print."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *rest = part.splitlines()
        yield first, [line for line in rest if line.strip()]


def run(command: str, folder: Path) -> tuple[int, str, Path]:
    """Run a command in a folder; return its status, what it printed, and the folder that it went to."""
    with tempfile.NamedTemporaryFile("r") as place:
        script = f"{command}\nstatus=$?\npwd > {place.name}\nexit $status"
        shell = ["bash", "-c", script]
        # Without what an outer tox says to its commands: the page's own tox would work in the outer one's folder.
        reader = {name: value for name, value in os.environ.items() if not name.startswith("TOX")}
        ended = subprocess.run(shell, cwd=folder, env=reader, text=True, capture_output=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr, Path(place.read().strip() or folder)


def missing(printed: str, expected: list[str]) -> str:
    """Return the first expected line that did not come, in order; empty when all did."""
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    for wanted in expected:
        if not any(" ".join(wanted.split()) in line for line in lines):
            return wanted
    return ""


def type_page(text: str, folder: Path) -> str:
    """Do what the page says; return what went wrong, or nothing."""
    for kind, block in FENCE.findall(text):
        named = FILE.match(block)
        if kind in ("python", "toml") and named is not None:
            path = folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.split("\n", maxsplit=1)[1], encoding="utf-8")
        for command, expected in commands(block) if kind == "console" else ():
            wanted = next((int(found[1]) for line in expected if (found := STATUS.fullmatch(line))), 0)
            print(f"$ {command}", flush=True)
            status, printed, folder = run(command, folder)
            print(printed, flush=True)
            if status != wanted:
                return f"{command!r} ended with status {status}, not {wanted}"
            if absent := missing(printed, [line for line in expected if not STATUS.fullmatch(line)]):
                return f"{command!r} did not print {absent!r}"
    return ""


def main() -> int:
    """Type the page that is named, in a folder of its own."""
    page = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        wrong = type_page(page.read_text("utf-8"), Path(folder))
    print(f"{page}: {wrong or 'everything is as it says'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
