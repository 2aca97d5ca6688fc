"""What a plugin says of itself: its name, its entry points, and the versions of augplug that it is for."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

import augplug
from augplug.gate.artifact import GROUP, Artifact, EntryPoint
from augplug.gate.findings import Finding
from augplug.gate.reading.described import module_of

NAME = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)  # the core metadata specification
MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
UPPER = frozenset({"<", "<=", "~=", "==", "==="})


def check_described(artifact: Artifact) -> Iterator[Finding]:
    """Yield what is wrong with the name, the version, the entry points and the requirements."""
    yield from _identity(artifact)
    yield from _entry_points(artifact)
    yield from _window(artifact)


def _identity(artifact: Artifact) -> Iterator[Finding]:
    if not NAME.fullmatch(artifact.name) or canonicalize_name(artifact.name) == "augplug":
        message = f"{artifact.name!r} is not a name for a distribution, or is augplug's own"
        yield Finding("structure/name", "", 0, message, "Name it by ASCII letters, digits, `-`, `_` and `.`: my-ops.")
    try:
        Version(artifact.version)
    except InvalidVersion:
        message = f"{artifact.version!r} is not a version as PEP 440 defines it"
        yield Finding("structure/name", "", 0, message, "Give it a version such as 1.0.")
    infos = {path.partition("/")[0] for path in artifact.metadata if ".dist-info/" in path}
    for info in infos:
        name, _, version = info.removesuffix(".dist-info").partition("-")
        if canonicalize_name(name) != canonicalize_name(artifact.name) or version != artifact.version:
            message = f"{info} holds the metadata of {artifact.name} {artifact.version}: installers go by the folder"
            yield Finding("structure/name", f"{info}/METADATA", 0, message, "Build the wheel anew.")


def _entry_points(artifact: Artifact) -> Iterator[Finding]:
    own = [point for point in artifact.entry_points if point.group == GROUP]
    for point in artifact.entry_points:
        if point.group != GROUP:
            yield Finding(
                "structure/entry-point-group",
                "",
                0,
                f"{point.name} = {point.value} in the group {point.group!r} makes another program run or load it",
                "Keep entry points in the group `augplug` only; ship tools and scripts as a distribution of their own.",
            )
    if not own:
        remedy = 'Write under [project.entry-points.augplug] a line `my-ops = "my_ops"`, and leave it out of `dynamic`.'
        yield Finding("structure/no-entry-point", "", 0, "there is no entry point in the group `augplug`", remedy)
    for name, count in Counter(point.name for point in own).items():
        if count > 1:
            message = f"the entry point {name!r} is there {count} times"
            yield Finding("structure/entry-point", "", 0, message, "Give each entry point a name of its own.")
    for point in own:
        if problem := _pointer_problem(point, artifact):
            message, remedy = f"{point.name} = {point.value}: {problem}", "Name a module of this distribution: my_ops."
            yield Finding("structure/entry-point", "", 0, message, remedy)


def _pointer_problem(point: EntryPoint, artifact: Artifact) -> str | None:
    module = module_of(point.value)
    path = module.replace(".", "/")
    if not MODULE.fullmatch(point.value):
        return "it names an attribute, an extra or nothing, and augplug loads modules only"
    if path + ".py" not in artifact.files and f"{path}/__init__.py" not in artifact.files:
        whose = (
            "Python itself" if module.partition(".")[0] in sys.stdlib_module_names else "another distribution, or none"
        )
        return f"there is no such module in this distribution, so it would load one of {whose}"
    return None


def _window(artifact: Artifact) -> Iterator[Finding]:
    remedy = 'Write "augplug>=1,<2" in `dependencies`.'
    ours = []
    for text in artifact.requires:
        try:
            need = Requirement(text)
        except InvalidRequirement as error:
            yield Finding(
                "structure/requires", "", 0, f"{text!r} is not a requirement: {error}", "Write it as PEP 508 says."
            )
            continue
        if canonicalize_name(need.name) == "augplug":
            ours.append(need)
    if not [need for need in ours if need.marker is None]:
        yield Finding("structure/window", "", 0, "it does not say for which versions of augplug it is", remedy)
    for need in ours:
        if need.url or (need.marker is None and not need.specifier.contains(augplug.__version__, prereleases=True)):
            message = f"it asks for {need}, and this is augplug {augplug.__version__}"
            yield Finding("structure/window", "", 0, message, remedy)
        elif need.marker is None and not any(spec.operator in UPPER for spec in need.specifier):
            message = f"{need} has no upper bound, so it also claims to work with an augplug that breaks it"
            yield Finding("structure/window", "", 0, message, remedy, "advice")
