"""Installed distributions, and approvals of them that no scanner was asked for."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from augplug.gate import ledger
from augplug.gate.admission import Admitter, Decision
from augplug.gate.discovery import Candidate, discover
from augplug.gate.modes import Admission
from augplug.gate.reading import read_installed
from tests.gate.building import FAIR, Files, wheel

PACKAGE: Mapping[str, str] = {
    "my_ops/__init__.py": (
        '"""One."""\n\nfrom my_ops.tones import augplug_operations\n\n__all__ = ["augplug_operations"]\n'
    ),
    "my_ops/tones.py": FAIR,
    "my_ops/late.py": '"""Imported by hand, later."""\n\nANSWER = 42\n',
    "my_ops/words.json": '{"word": 1}\n',
    "my_ops/py.typed": "",
}
"""A plugin with a submodule, one that nothing imports, and data."""


def installed(site: Path, files: Files | None = None, *, version: str = "1.0", name: str = "my-ops") -> Candidate:
    """A distribution as pip leaves it in `site`, and its metadata as discovery finds it."""
    site.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel(site.parent, files or PACKAGE, version=version, name=name)) as archive:
        archive.extractall(site)
    return found(site, name)


def found(site: Path, name: str = "my-ops") -> Candidate:
    """The metadata as discovery finds it now."""
    return next(candidate for candidate in discover([str(site)]) if candidate.name == name)


def approval(candidate: Candidate) -> ledger.Approval:
    """An approval of what is installed."""
    artifact = read_installed(candidate.distribution)
    return ledger.Approval(
        name=candidate.name,
        version=candidate.version,
        files=ledger.approved_files(artifact),
        entry_points={point.name: point.value for point in artifact.entry_points},
        requires=artifact.requires,
        tier="clean",
        capabilities={},
        waivers=(),
        rules="0" * 64,
        tools={},
        python="3.11.7",
        augplug="1.0.0",
        dependencies={},
        wheel=None,
        date="2026-11-24",
    )


def approved(site: Path, place: Path) -> Candidate:
    """The package, installed and approved in a ledger."""
    candidate = installed(site)
    ledger.approve(place, approval(candidate))
    return candidate


def decide(candidate: Candidate, place: Path, mode: str = "require") -> Decision:
    """What a fresh process would decide."""
    decision = Admitter(Admission(mode, place, frozenset())).admit(candidate)
    assert decision is not None
    return decision
