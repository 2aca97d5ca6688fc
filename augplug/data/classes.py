"""Which class an image belongs to, by the folders it lies in; and which part, in folders of train, valid and test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from augplug.data.sets import PARTS
from augplug.data.tree import Tree, some
from augplug.errors import DataError

ROLES = {
    **dict.fromkeys(("train", "training"), 0),
    **dict.fromkeys(("valid", "val", "validation", "dev"), 1),
    **dict.fromkeys(("test", "testing"), 2),
}
"""What folders of parts are called, in small letters, and which part each is."""

NO_PART = -1


@dataclass(frozen=True)
class Item:
    """An image file: its `path` below the root, the number of its class, and of its part if there are parts."""

    path: Path
    label: int
    part: int | None = None


@dataclass(frozen=True)
class Classes:
    """The `names` of the classes, sorted, the `items` in them, and `notes` on what is not used."""

    names: tuple[str, ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()

    @property
    def parted(self) -> bool:
        """True if the images are split into parts already."""
        return bool(self.items) and self.items[0].part is not None


def classes_of(tree: Tree) -> Classes:
    """Return the classes of a root with one folder a class, or with folders train, valid and test of those.

    Images in folders below that of a class belong to it. Raises DataError if there are fewer than 2 classes, a class
    without images, or a name that is not UTF-8.
    """
    roles = _roles(tree)
    depth = 1 if roles else 0
    loose = [path for path in tree.images if len(path.parts) < depth + 2]
    others = [path for path in tree.images if roles and path not in loose and path.parts[0] not in roles]
    used = [path for path in tree.images if len(path.parts) >= depth + 2 and not (roles and path.parts[0] not in roles)]
    folders = {path.parts[depth] for path in used} | _empty(tree, depth, roles)
    names = tuple(sorted(folders))
    _check(tree, names, used, depth, roles)
    numbers = {name: number for number, name in enumerate(names)}
    items = tuple(Item(path, numbers[path.parts[depth]], roles[path.parts[0]] if roles else None) for path in used)
    notes = []
    if loose:
        notes.append(f"left out {len(loose)} images that lie in no class folder: {some(loose)}")
    if others:
        notes.append(f"left out {len(others)} images that lie in no folder of train, valid or test: {some(others)}")
    return Classes(names, items, tuple(notes))


def _roles(tree: Tree) -> dict[str, int]:
    """Which folders of the root are parts; none if it holds one folder a class."""
    top = [path.name for path in tree.folders if len(path.parts) == 1]
    named = {name: ROLES[name.lower()] for name in top if name.lower() in ROLES}
    if 0 not in named.values() or len(set(named.values())) < 2:
        return {}
    inside = Counter(len(path.parts) > 2 for path in tree.images if path.parts[0] in named)
    if inside[True] > inside[False]:
        return named
    if len(named) == len(top):
        raise DataError(
            f"{tree.root} holds {', '.join(sorted(named))}, which are parts and not classes, and the images lie in "
            f"them directly; put those of each class in a folder of their own, {next(iter(named))}/cat/1.png"
        )
    return {}


def _empty(tree: Tree, depth: int, roles: dict[str, int]) -> set[str]:
    """Folders that stand where classes stand, whether they hold images or not."""
    return {
        path.parts[depth]
        for path in tree.folders
        if len(path.parts) == depth + 1 and (not roles or path.parts[0] in roles)
    }


def _check(tree: Tree, names: tuple[str, ...], used: list[Path], depth: int, roles: dict[str, int]) -> None:
    root = tree.root
    for name in names:
        if not name.isprintable() and any("\ud800" <= char <= "\udfff" for char in name):
            raise DataError(f"the name of the class folder {root / name} is not UTF-8; rename it")
    if len(names) < 2:
        raise DataError(
            f"{root} holds {len(names)} class folder(s); at least 2 are needed: {_remedy(tree, names, depth)}"
        )
    there = {(roles.get(path.parts[0], NO_PART), path.parts[depth]) for path in used}
    for part in sorted(set(roles.values())) if roles else [NO_PART]:
        for name in names:
            if (part, name) not in there:
                where = f"the class {name!r} in the part {PARTS[part]} of {root}" if roles else root / name
                hint = f" ({tree.notes()[0]})" if tree.others else ""
                raise DataError(
                    f"{where} holds no usable image{hint}; every class needs some: fill it or remove the folder"
                )


def _remedy(tree: Tree, names: tuple[str, ...], depth: int) -> str:
    below = {path.parts[1] for path in tree.images if len(path.parts) > 2}
    if depth == 0 and len(names) == 1 and len(below) > 1:
        return f"give {tree.root / names[0]}, which holds {len(below)} folders"
    name = tree.root.name or "data"
    return f"put the images of each class in a folder of their own, {name}/cat/1.png, {name}/dog/2.png"
