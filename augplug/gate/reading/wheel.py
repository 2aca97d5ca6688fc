"""A wheel: a zip of what is copied into site-packages, with one dist-info folder."""

from __future__ import annotations

from pathlib import Path

from augplug.errors import GateError
from augplug.gate.artifact import Artifact, Kind
from augplug.gate.reading.archive import read_zip
from augplug.gate.reading.described import describe_info
from augplug.gate.reading.record import digests
from augplug.gate.reading.tree import Tree


def read_wheel(path: Path) -> Artifact:
    """Return what a wheel holds. Raises GateError."""
    tree = read_zip(path)
    infos = sorted({name.partition("/")[0] for name in tree.files if name.partition("/")[0].endswith(".dist-info")})
    if len(infos) != 1:
        unread = f"; not all of it was read: {tree.irregular[0][1]}" if tree.irregular else ""
        raise GateError(f"{path} is not a wheel: it holds {len(infos)} .dist-info folders, not one{unread}")
    return of_tree(tree, infos[0], "wheel")


def of_tree(tree: Tree, info: str, kind: Kind) -> Artifact:
    """Return the artifact of a tree whose metadata is in the folder `info`."""
    described, record = describe_info(tree, info), None
    if (content := tree.files.get(f"{info}/RECORD")) is not None:
        try:
            record = digests(content)
        except ValueError as error:
            tree.refuse(f"{info}/RECORD", f"cannot be read: {error}")
    metadata = {name: content for name, content in tree.files.items() if name.startswith(f"{info}/")}
    return Artifact(
        name=described.name,
        version=described.version,
        kind=kind,
        files={name: content for name, content in tree.files.items() if name not in metadata},
        metadata=metadata,
        entry_points=described.entry_points,
        requires=described.requires,
        irregular=tuple(tree.irregular),
        record=record,
    )
