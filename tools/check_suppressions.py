"""Refuse a silenced finding that does not say which and why; run as `python tools/check_suppressions.py [root]`.

The form is `# noqa: S310  # the reason`, and alike for `type: ignore[code]`, `nosec B310`, `pylint: disable=name` and
`pragma: no cover`; several may share a line before one reason. Only comments are read, so strings do not count.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("augplug", "plugins", "tools", "benchmarks", "tests")
PLANTED = ("tests", "planted")  # bugs on purpose
CODES = r"[A-Z]+[0-9]+([,\s]\s*[A-Z]+[0-9]+)*"
NAMES = r"[a-z][a-z-]+(\s*,\s*[a-z][a-z-]+)*"

STARTS = re.compile(
    r"(ruff:\s*|flake8[:=]\s*)?noqa\b|type:\s*ignore|mypy:|nosec\b|pragma:?\s*no\b|(?:.*\b)?pylint:", re.IGNORECASE
)
GOOD = re.compile(
    rf"(ruff:\s*)?noqa:\s*{CODES}"
    r"|type:\s*ignore\[[a-z-]+(\s*,\s*[a-z-]+)*\]"
    r"|mypy:\s*disable-error-code=\S+"
    rf"|nosec:?\s+{CODES}"
    rf"|pylint:\s*(disable|disable-next)\s*=\s*(?!all\b){NAMES}"
    rf"|pylint:\s*enable\s*=\s*{NAMES}"
    r"|pragma: no (cover|branch)"
)
REASON_WORDS = 2


def complaint(comment: str) -> str | None:
    """What is wrong with one comment; None when it silences nothing, or says which and why."""
    parts = [part.strip() for part in comment.split("#") if part.strip()]
    silencing = [part for part in parts if STARTS.match(part)]
    for part in silencing:
        if not GOOD.fullmatch(part):
            return f"'{part}' does not name its rule, or has no '#' before its reason"
    if silencing and (parts[-1] in silencing or len(parts[-1].split()) < REASON_WORDS):
        return f"'{silencing[-1]}' has no reason; write '# {silencing[-1]}  # why it is right here'"
    return None


def check_source(path: str, source: str) -> Iterator[str]:
    """Every complaint about one file."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (problem := complaint(token.string)):
            yield f"{path}:{token.start[0]}: {problem}"


def check(root: Path) -> list[str]:
    """Every complaint about the tree at `root`."""
    complaints: list[str] = []
    for file in sorted(file for folder in FOLDERS for file in (root / folder).rglob("*.py")):
        path = file.relative_to(root)
        if path.parts[:2] != PLANTED:
            complaints += check_source(path.as_posix(), file.read_text("utf-8"))
    return complaints


def main(arguments: list[str]) -> int:
    """Print the complaints; 1 when there are any."""
    complaints = check(Path(arguments[0] if arguments else "."))
    print("\n".join(complaints) or "suppressions: every one names its rule and its reason")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
