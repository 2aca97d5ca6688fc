"""Which plugins are installed, from metadata alone: nothing is imported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augplug.gate.artifact import GROUP


@dataclass(frozen=True)
class Candidate:
    """A distribution that says it has plugins, and where it lies; `problem` says what is wrong with its metadata."""

    distribution: Distribution
    name: str
    version: str
    location: str
    points: tuple[EntryPoint, ...]
    problem: str = ""

    @property
    def canonical(self) -> str:
        """The name that tells distributions apart."""
        return canonicalize_name(self.name)

    def same_as(self, other: Candidate) -> bool:
        """Say whether two finds of one name are one thing: the metadata that a build left beside what is installed."""
        return (self.version, _values(self)) == (other.version, _values(other))


def discover(path: Sequence[str] | None = None) -> list[Candidate]:
    """Return every distribution with an entry point in the group, in the order in which Python finds them on `path`.

    `path` is `sys.path` where it is not given.
    """
    every = distributions() if path is None else distributions(path=list(path))
    return [candidate for found in every if (candidate := _candidate(found)) is not None]


def window(candidate: Candidate, version: str) -> str:
    """Return why this plugin is not for this version of augplug; empty when it is."""
    for written in candidate.distribution.requires or ():
        try:
            requirement = Requirement(written)
        except InvalidRequirement as error:
            return f"its metadata asks for {written!r}, which is not a requirement: {error}"
        if canonicalize_name(requirement.name) != GROUP or (
            requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            return (
                f"it asks for augplug{requirement.specifier}, and this is augplug {version}; install a version of "
                f"{candidate.name} that is for it"
            )
    return ""


def editable_url(text: str | bytes) -> str:
    """Return the URL of the folder in which a `direct_url.json` (PEP 610) says that it is edited; empty if in none.

    Raises ValueError for one that is damaged.
    """
    try:
        said = json.loads(text)
        editable, url = said.get("dir_info", {}).get("editable"), said.get("url")
    except (AttributeError, RecursionError) as error:
        raise ValueError(f"it is not what PEP 610 describes: {error}") from error
    if not editable:
        return ""
    if not isinstance(url, str) or not url:
        raise ValueError("it is of an editable install and says no url")
    return url


def _candidate(found: Distribution) -> Candidate | None:
    try:
        points = tuple(point for point in found.entry_points if point.group == GROUP)
        wrong = [f"{point.name} = {point.value}" for point in points if point.pattern.match(point.value) is None]
        problem = f"its entry point {wrong[0]!r} names no module" if wrong else ""
    except Exception as error:  # noqa: BLE001  # what a damaged file makes the parser raise is nowhere said
        points, problem = (), f"its entry points cannot be read: {type(error).__name__}: {error}"
        if not _mentions_group(found):
            return None
    if not points and not problem:
        return None
    try:
        name, version = found.metadata["Name"] or "unknown", found.version or "unknown"
        if "unknown" in (name, version):
            problem = problem or "its metadata gives no name or no version"
    except Exception as error:  # noqa: BLE001  # as above
        name, version, problem = "unknown", "unknown", f"its metadata cannot be read: {type(error).__name__}: {error}"
    return Candidate(found, name, version, str(found.locate_file("")), points, problem)


def _mentions_group(found: Distribution) -> bool:
    try:
        return f"[{GROUP}]" in (found.read_text("entry_points.txt") or "")
    except Exception:  # noqa: BLE001  # as above; what is not text may still say augplug to another reader
        return f"[{GROUP}]".encode() in _raw(found)


def _raw(found: Distribution) -> bytes:
    """The bytes of entry_points.txt; none where they cannot be had."""
    folder = getattr(found, "_path", None)  # the standard library has no public name for it
    try:
        return (folder / "entry_points.txt").read_bytes() if isinstance(folder, Path) else b""
    except OSError:
        return b""


def _values(candidate: Candidate) -> set[tuple[str, str]]:
    return {(point.name, point.value) for point in candidate.points}
