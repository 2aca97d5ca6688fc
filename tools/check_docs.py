"""Check the pages: every link inside the repository leads somewhere, and every Python example compiles.

Run as `python tools/check_docs.py [root]`. Links to other sites are not followed: no check needs the network.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The names by which a page's headings are linked to."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(FENCE.sub("", text)))
    return {title.strip().replace(" ", "-") for title in titles}


def broken_links(page: Path, text: str) -> Iterator[str]:
    """Every link of a page that leads nowhere inside the repository."""
    for target in LINK.findall(CODE.sub("", FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        if not there.exists():
            yield f"{page}: the link to {target} leads nowhere"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text("utf-8")):
            yield f"{page}: {name or 'this page'} has no heading #{anchor}"


def bad_examples(page: Path, text: str) -> Iterator[str]:
    """Every Python block that does not compile; blocks of >>> lines are doctest's."""
    for language, body in FENCE.findall(text):
        if language in {"python", "py"} and not body.lstrip().startswith(">>>"):
            try:
                compile(body, str(page), "exec")
            except SyntaxError as error:
                yield f"{page}: a Python example does not compile: {error.msg}: {(error.text or '').strip()}"


def check(root: Path) -> list[str]:
    """Every complaint about the pages at `root` and under docs/ and augplug/."""
    pages = sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "augplug").rglob("*.md")])
    complaints: list[str] = []
    for page in pages:
        text = page.read_text("utf-8")
        complaints += [*broken_links(page, text), *bad_examples(page, text)]
    return complaints


def main(arguments: list[str]) -> int:
    """Print the complaints; 1 when there are any."""
    complaints = check(Path(arguments[0] if arguments else "."))
    print("\n".join(complaints) or "pages: links and examples are sound")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
