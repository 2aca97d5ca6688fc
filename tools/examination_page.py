"""Write docs/plugins/examination.md from the checks: `python tools/examination_page.py [--check]`.

With `--check` nothing is written; the exit status is 1 when the page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from augplug.testing.base import name_of, question_of, remedy_of
from augplug.testing.running import CHECKS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "plugins" / "examination.md"
HEAD = """# The examination

Made by `python tools/examination_page.py` from the checks. A plugin inherits all of it by one line in a test file:

    import my_ops
    from augplug.testing import examine

    test_my_ops = examine(my_ops)

pytest collects it as one item for each check of each thing, `test_my_ops[level-is-strength-Fade]`. If a check finds
other pixels than it expects, its message names a picture of both images and their difference, in pytest's
temporary folder. For tests of your own, augplug brings a fixture that does the same:

    def test_fade(assert_same_pixels):
        assert_same_pixels(my_ops.faded(IMAGE), EXPECTED, tolerance=1)

Without pytest, `augplug.testing.run(my_ops)` returns the outcomes and `python -m augplug.testing my_ops [--path FOLDER]
[--json]` prints them. A check that does not apply is skipped with the reason. A failure that you accept is a waiver,
`examine(my_ops, expected_failures={"level-is-strength:Dark": "why"})`: it stays visible, and fails once it passes.
`examine_in_child(folder, modules)` asks in a process with limits on time and memory; a plugin that hangs or dies there
is not examined, never passed. That process is not a boundary: it has your rights.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for kind, checks in CHECKS.items():
        parts += [f"## {kind.capitalize()}", "", "| check | asks | when it fails |", "|---|---|---|"]
        parts += [f"| `{name_of(check)}` | {question_of(check)} | {_sentence(remedy_of(check))} |" for check in checks]
        parts.append("")
    return "\n".join(parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; return the exit status."""
    made = page()
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == made
        print(f"{PAGE.name}: {'fresh' if fresh else 'stale: run python tools/examination_page.py'}")
        return 0 if fresh else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
