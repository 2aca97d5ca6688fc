"""Draw the chart of fixed policies from a report as a picture: `python tools/report_picture.py RUN OUT.svg`.

It is the page's own chart with the page's own style, so that it follows the reader's light or dark ground.
docs/images/report.svg is made from the run of `augplug demo`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from augplug.report.run import read_run
from augplug.report.standing import standing_section
from augplug.report.style import STYLE

GROUND = "svg { background: var(--ground); }"


def picture(run: Path) -> str:
    """The SVG of a run's chart."""
    section = standing_section(read_run(run))
    start, end = section.index("<svg"), section.index("</svg>")
    opened, _, rest = section[start:end].partition(">")
    return f"{opened}><style>{STYLE}{GROUND}</style>{rest}</svg>\n"


def main(arguments: list[str]) -> int:
    """Write the picture."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python tools/report_picture.py RUN OUT.svg\n")
        return 2
    Path(arguments[1]).write_text(picture(Path(arguments[0])), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
