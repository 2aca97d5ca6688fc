"""What `augplug apply` keeps in its folder while it works, so that `--resume` goes on with the same work."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug._pipeline.augmenter import Augmenter
from augplug.cli.applying import PART
from augplug.cli.planning import Job, Style
from augplug.data.tree import Tree
from augplug.disk import kind_or, replace_file
from augplug.errors import DataError, SettingsError
from augplug.formats import format_problem

NAME = ".augplug-apply.json"
FORMAT = 1


def record_of(augment: Augmenter, style: Style, trees: Sequence[Tree]) -> dict[str, Any]:
    """Return what decides the bytes of the results: two commands of equal records write equal files."""
    from PIL import __version__ as pillow  # because importing augplug must stay quick

    return {
        "augplug_apply": FORMAT,
        "policy": augment.policy.to_json(),
        "seed": augment.seed,
        **asdict(style),
        "images": _digest(trees[0]),
        "masks": [_digest(tree) for tree in trees[1:]],
        "augplug": augplug.__version__,
        "numpy": np.__version__,
        "pillow": pillow,
        "backend": augment.backend.version(),
    }


def begin(dst: Path, record: Mapping[str, Any], jobs: Sequence[Job], *, resume: bool) -> set[Path]:
    """Write the record to `dst`, or find it there; return the results that an earlier command wrote.

    Raises SettingsError if `dst` holds results of other work, or of this and `resume` is not set.
    """
    place = dst / NAME
    there = {target for job in jobs for target in job.every_target if os.path.lexists(target)}
    if kind_or(SettingsError, place) == "file":
        if not resume:
            raise SettingsError(f"{dst} holds the results of an apply that was stopped; go on with --resume")
        _check_same(place, record)
        _clean(jobs)
        return there
    if there:
        taken = min(there)
        again = " (a finished apply has nothing to resume)" if resume else ""
        raise SettingsError(f"{taken} exists, and nothing is overwritten{again}; give another folder, or a --suffix")
    for folder in {dst, *(target.parent for job in jobs for target in job.every_target)}:
        _make(folder)
    try:
        replace_file(place, json.dumps(record).encode())
    except OSError as error:
        raise SettingsError(f"{place} cannot be written ({error.strerror}); give another folder") from error
    return there


def end(dst: Path) -> None:
    """Take the record away: the results are complete, or there are none."""
    with suppress(OSError):  # a folder that became read-only keeps a record that says nothing wrong
        (dst / NAME).unlink(missing_ok=True)


def _digest(tree: Tree) -> str:
    """SHA-256 of the names, sizes and times of a tree's images: what changes when one of them does."""
    running = hashlib.sha256()
    for path in tree.images:
        about = os.stat(tree.root / path) if kind_or(DataError, tree.root / path) != "nothing" else None  # noqa: PTH116  # a link to nothing
        facts = (about.st_size, about.st_mtime_ns) if about else ()
        running.update(repr((os.fsencode(path), facts)).encode())
    return running.hexdigest()


def _check_same(place: Path, record: Mapping[str, Any]) -> None:
    try:
        before = json.loads(place.read_bytes())
        found = before["augplug_apply"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{place} is damaged ({error}); give another folder, or empty this one") from error
    if problem := format_problem(found, FORMAT):
        raise SettingsError(f"{place.parent} cannot be resumed: {problem}")
    now = json.loads(json.dumps(record))
    other = [name for name in now if before.get(name) != now[name]]
    if other:
        raise SettingsError(
            f"{place.parent} was begun with another {', another '.join(other)}; resume with the same, or give another "
            "folder"
        )


def _clean(jobs: Sequence[Job]) -> None:
    """Remove what a kill left in the middle of writing."""
    for folder in {target.parent for job in jobs for target in job.every_target}:
        for part in folder.glob(PART.format("*")):
            part.unlink(missing_ok=True)
    for folder in {target.parent for job in jobs for target in job.every_target}:
        _make(folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the folder {folder} cannot be made ({error.strerror}); give another one") from error
