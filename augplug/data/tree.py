"""The files below a folder: what search, apply and describe look at, in one order, with the same things left out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from augplug.data.formats import suffixes
from augplug.disk import kind_or
from augplug.errors import DataError

SYSTEM = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "lost+found", "__macosx"),
        *("$recycle.bin", "system volume information", "recycler", "thumbs.db", "ehthumbs.db", "desktop.ini"),
        *("icon\r", "__pycache__"),
    }
)
"""Names, in small letters, of what file systems, NAS devices and systems add: copies, thumbnails, settings, waste."""
DEEPEST = 64
"""Folders in folders, links to folders counted."""
MOST = 2_000_000
"""Files and folders in all. Links to folders can make a few folders look like any number."""
NAMED = 3
"""How many of the files that a note is about are named in it."""

Identity = tuple[int, int]


@dataclass
class Tree:
    """What lies below the folder `root`, relative to it and sorted: `images`, by their suffix, and `others`.

    `folders` are those that were entered; `left_out` are hidden and system files and folders, and nothing below them is
    looked at; `loops` are links to a folder that holds them. `places` are the identities of all folders, to know others
    by.
    """

    root: Path
    images: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    loops: list[Path] = field(default_factory=list)
    places: set[Identity] = field(default_factory=set)

    def notes(self) -> tuple[str, ...]:
        """Return a sentence for each kind of thing that is not used."""
        kinds = (
            (self.others, "files that are not images by their suffix"),
            (self.left_out, "hidden and system files and folders"),
            (self.loops, "links to a folder that holds them"),
        )
        return tuple(f"left out {len(paths)} {kind}: {some(paths)}" for paths, kind in kinds if paths)


def some(paths: list[Path]) -> str:
    """Return the first few of these paths, for a note."""
    return ", ".join(map(str, paths[:NAMED])) + (", ..." if len(paths) > NAMED else "")


def walk(root: Path) -> Tree:
    """Return what lies below a folder. Links to files and folders are followed, also out of `root`.

    Raises DataError for a folder that is not there or cannot be listed, and for more folders in folders, or more files,
    than the limits.
    """
    kind = kind_or(DataError, root)
    if kind != "folder":
        problem = "does not exist" if kind == "nothing" else "is a file"
        raise DataError(f"{root} {problem}; give a folder of image files")
    tree = Tree(root)
    _enter(tree, Path(), (_identity(root),))
    for paths in (tree.images, tree.others, tree.folders, tree.left_out, tree.loops):
        paths.sort(key=lambda path: path.parts)
    return tree


def _enter(tree: Tree, folder: Path, above: tuple[Identity, ...]) -> None:
    tree.places.add(above[-1])
    if len(above) > DEEPEST:
        raise DataError(f"{tree.root / folder} lies more than {DEEPEST} folders deep; give a folder further down")
    for name in _listed(tree.root / folder):
        path = folder / name
        if name.startswith(".") or name.casefold() in SYSTEM:
            tree.left_out.append(path)
        elif not os.path.isdir(tree.root / path):  # noqa: PTH112  # Path.is_dir raises where links go in a circle
            (tree.images if path.suffix.lower() in suffixes() else tree.others).append(path)
        elif (identity := _identity(tree.root / path)) in above:
            tree.loops.append(path)
        else:
            tree.folders.append(path)
            _enter(tree, path, (*above, identity))
    if len(tree.images) + len(tree.others) + len(tree.folders) > MOST:
        raise DataError(f"{tree.root} holds more than {MOST:,} files and folders; give a folder further down")


def _listed(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError as error:
        raise DataError(f"{folder} cannot be listed ({error.strerror}); make it readable, or take it out") from error


def _identity(folder: Path) -> Identity:
    try:
        about = folder.stat()
    except OSError as error:
        raise DataError(f"{folder} cannot be looked at ({error.strerror}); make it readable, or take it out") from error
    return about.st_dev, about.st_ino


def lies_in(folder: Path, tree: Tree) -> bool:
    """Return True if a folder, which need not exist, is one of the tree's, or lies in one."""
    place = folder.resolve()
    return any(kind_or(DataError, one) == "folder" and _identity(one) in tree.places for one in (place, *place.parents))
