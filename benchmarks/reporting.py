"""What every benchmark prints: tables and bars, as text for people or as JSON for `tools/performance_page.py`."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import augplug
from benchmarks.timing import table


@dataclass(frozen=True)
class Table:
    """Rows under a head; a cell is text, or a number with as many digits as it should show."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """A bound that was set beforehand, and what was found; losses are shown as plainly as wins."""

    what: str
    asked: str
    found: str
    met: bool


@dataclass(frozen=True)
class Report:
    """What one benchmark found in one run: `name` is its file's, `about` one paragraph on what was raced and how."""

    name: str
    about: str
    tables: Sequence[Table]
    bars: Sequence[Bar] = ()
    skipped: Sequence[str] = ()
    """What could not be raced here, and why: a peer that is not installed, an interpolation it does not have."""
    packages: Sequence[str] = field(default=("numpy", "opencv-python-headless", "stringzilla"))
    """The distributions whose versions matter."""


def publish(report: Report, *, as_json: bool) -> None:
    """Print a report, as text or as JSON."""
    if as_json:
        print(json.dumps({**asdict(report), "machine": machine(), "versions": versions(report.packages)}, indent=1))
        return
    for one in report.tables:
        print(f"{one.title}\n{table(one.head, one.rows)}\n{one.note}\n")
    if report.bars:
        rows = [(one.what, one.asked, one.found, "met" if one.met else "NOT MET") for one in report.bars]
        print(table(("bar", "asked", "found", ""), rows))
    for line in report.skipped:
        print(f"skipped: {line}")
    print(f"{machine()}; {versions(report.packages)}")


def machine() -> dict[str, str]:
    """Return what the figures depend on beside the versions of libraries."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    # It looks 64 values of a table up at once, which changes ratios as no other instruction does.
    wide = any("avx512_vbmi" in line or "avx512vbmi" in line for line in lines if line.startswith("flags"))
    return f"{name} {'with' if wide else 'without'} AVX-512 VBMI"


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of distributions; augplug's first."""
    found = {"augplug": augplug.__version__}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not here"
    return found
