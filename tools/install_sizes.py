"""Say how much disk `pip install` of each kind takes, and compare with the README: `python tools/install_sizes.py`.

It reads what is installed beside it, so run it where `.[all]` is and bytecode was compiled, as tox does in `fresh`. The
exit status is 1 if a figure of the README's table is more than a tenth off. MB are millions of bytes.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from augplug.gate import tools

README = Path(__file__).resolve().parents[1] / "README.md"
KINDS: Mapping[str, tuple[str, ...]] = {".": (), ".[opencv]": ("opencv",), ".[all]": ("all",)}
COPY = "the copy of the gate's tools"
ROW = re.compile(r"^\| `?([^|`]+)`? \|.*\| ([\d,]+) MB \|$", re.MULTILINE)
CLOSE = 0.1


def needed(name: str, extras: tuple[str, ...], seen: dict[tuple[str, tuple[str, ...]], Distribution]) -> None:
    """Add a distribution and all that it requires here to `seen`, by name and extras."""
    key = canonicalize_name(name), extras
    if key in seen:
        return
    seen[key] = distribution(name)
    for requirement in map(Requirement, seen[key].requires or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            needed(requirement.name, tuple(sorted(requirement.extras)), seen)


def files(extras: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files of augplug with these extras, bytecode included, each once."""
    seen = dict[tuple[str, tuple[str, ...]], Distribution]()
    needed("augplug", extras, seen)
    paths = {Path(str(dist.locate_file(file))).resolve() for dist in seen.values() for file in dist.files or ()}
    yield from (path for path in paths if path.is_file())


def size_of_copy() -> int:
    """Return the bytes of the copy of the tools that the gate makes in the user's cache."""
    with tempfile.TemporaryDirectory() as root:
        folder = tools.prepare(Path(root)).folder
        return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    """Print each size and what the README says; return the exit status."""
    said = {name: int(megabytes.replace(",", "")) for name, megabytes in ROW.findall(README.read_text("utf-8"))}
    found = {name: sum(path.stat().st_size for path in files(extras)) for name, extras in KINDS.items()}
    wrong = 0
    for name, size in {**found, COPY: size_of_copy()}.items():
        expected = said.get(name, 0)
        close = abs(size / 1e6 - expected) <= CLOSE * expected
        wrong += not close
        print(f"{name}: {size / 1e6:.0f} MB, {expected} MB in the README{'' if close else ': correct its table'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
