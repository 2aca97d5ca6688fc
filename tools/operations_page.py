"""Write docs/operations.md from the operations themselves: `python tools/operations_page.py [--check]`.

With `--check` nothing is written; the exit status is 1 when the page is stale.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from pathlib import Path

import augplug
from augplug import builtin
from augplug.ops.parameters import Parameter

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operations.md"
HEAD = """# Operations

Made by `python tools/operations_page.py` from the code. Values are 8-bit values (0..255) whatever the dtype of the
image; positions and sizes that are drawn are fractions of a side. "Drawn" says where a number comes from when a policy
gives none. Tones treat every channel alike; of an image with alpha every operation gets the colour channels alone. An
operation that does not take every number of channels says which it takes.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for module in builtin.MODULES:
        parts.append(f"## {(inspect.getdoc(module) or '').splitlines()[0].rstrip('.')}\n")
        parts += [_section(item) for item in builtin.operations_of(module)]
    return "\n".join(parts)


def _section(operation: type[augplug.Operation]) -> str:
    about = operation.about
    text = inspect.getdoc(operation) or ""
    lines = [f"### {about.name}", "", text, "", f"Source: {about.source}."]
    if about.channels is not None:
        lines += ["", f"Channels: {about.channels_text}."]
    if about.parameters:
        lines += ["", "| parameter | takes | when not given | level, weakest to strongest |", "|---|---|---|---|"]
        lines += [_row(name, declared) for name, declared in about.parameters.items()]
    return "\n".join([*lines, ""])


def _row(name: str, declared: Parameter) -> str:
    if declared.draw is not None:
        missing = "drawn: " + type(declared.draw).__name__.lower() + _bounds(declared)
    elif declared.required:
        missing = "must be given" + (", or a level" if declared.level else "")
    else:
        missing = f"{declared.default:g}" if isinstance(declared.default, float) else str(declared.default)
    level = ""
    if declared.level is not None:
        level = f"{declared.level[0]:g} to {declared.level[1]:.4g}" + (", either side" if declared.signed else "")
    return f"| `{name}` | {declared.describe().replace('|', 'or')} | {missing} | {level} |"


def _bounds(declared: Parameter) -> str:
    if isinstance(declared.draw, augplug.Key):
        needed_by = " or ".join(f"`{name}`" for name in declared.draw.needed_by)
        return f", if {needed_by} is given" if needed_by else ""
    if declared.draw is None:
        return ""
    low, high = declared.draw.bounds
    return f" in {low:g}..{high:.4g}"


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; return the exit status."""
    made = page()
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == made
        print(f"{PAGE.name}: {'fresh' if fresh else 'stale: run python tools/operations_page.py'}")
        return 0 if fresh else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
