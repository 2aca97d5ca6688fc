"""Which Python files of a distribution are parsed: what is too large is refused by its bytes, and read by no stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

MAX_BYTES = 512 * 1024
"""Of one file."""
MAX_LINE = 2_000
"""Characters of one line."""
MAX_WORDS = 250_000
"""Words, signs and ends of lines of all files, about 20,000 lines: a syntax tree takes time and memory by these."""
WORD = re.compile(rb"\w+|[^\w\s]|\n")


def is_source(path: str) -> bool:
    """Say whether Python, here or elsewhere, takes a file for source: some disks do not tell `.PY` from `.py`."""
    return PurePosixPath(path).suffix.lower() == ".py"


def too_large(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the Python files that no stage reads, with the reason."""
    found: dict[str, str] = {}
    words = 0
    for path in sorted(path for path in files if is_source(path)):
        content = files[path]
        if len(content) > MAX_BYTES:
            found[path] = f"source of more than {MAX_BYTES // 1024} KiB"
        elif words > MAX_WORDS:
            found[path] = f"more than {MAX_WORDS:,} words of source come before it"
        else:
            words += sum(1 for _ in WORD.finditer(content))
            if words > MAX_WORDS:
                found[path] = f"with it there are more than {MAX_WORDS:,} words of source"
            elif line := _long_line(content):
                found[path] = f"line {line} has more than {MAX_LINE:,} characters"
    return found


def _long_line(content: bytes) -> int:
    """The number of the first line that is too long; 0 if there is none."""
    for number, line in enumerate(content.splitlines(), 1):
        if len(line) > MAX_LINE and len(line.decode("utf-8", "replace")) > MAX_LINE:
            return number
    return 0
