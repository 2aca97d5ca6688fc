"""What `augplug apply` will do: which files, under which names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from augplug.data.formats import MODES, WRITTEN, suffixes
from augplug.data.tree import Tree, lies_in, walk
from augplug.disk import kind_or
from augplug.errors import DataError, SettingsError

_SUFFIX = re.compile(r"[\w.+=@ -]{0,64}")


@dataclass(frozen=True)
class Style:
    """How results are written: how many of each, in which `format` (that of the source when None), and their names.

    With `stems` no two results share a folder and a stem, because a mask belongs to each by its stem.
    """

    copies: int = 1
    format: str | None = None
    quality: int = 95
    suffix: str = ""
    stems: bool = False

    def __post_init__(self) -> None:
        """Refuse a suffix that would lead into another folder."""
        if not _SUFFIX.fullmatch(self.suffix):
            raise SettingsError(f"--suffix takes up to 64 letters, digits and . _ + = @ -, not {self.suffix!r}")


@dataclass(frozen=True)
class Masks:
    """Where masks are read and written."""

    src: Path
    dst: Path


@dataclass(frozen=True)
class Job:
    """One file: `index` is its place among the sorted sources, `targets` the path of each copy.

    `masks` are the files that could be its mask (None: no masks are wanted), `mask_targets` the path of each copy's.
    """

    index: int
    source: Path
    targets: tuple[Path, ...]
    format: str
    quality: int
    masks: tuple[Path, ...] | None = None
    mask_targets: tuple[Path, ...] = ()

    @property
    def every_target(self) -> tuple[Path, ...]:
        """All files that are written."""
        return self.targets + self.mask_targets


def find(src: Path, dst: Path) -> Tree:
    """Return the files below `src`.

    Raises DataError if there is nothing to do, SettingsError if `dst` lies in `src` or in a folder that is linked from
    it: results would be sources the next time.
    """
    tree = walk(src)
    _check_apart(dst, tree)
    if not tree.images:
        raise DataError(f"{src} holds no image files ({', '.join(suffixes())}); give a folder that does")
    return tree


def check_masks(src: Tree, dst: Path, masks: Masks) -> Tree:
    """Return the files below the folder of masks; refuse folders that would mix with those of images."""
    if kind_or(DataError, masks.src) != "folder":
        raise DataError(f"{masks.src} is not a folder; give --masks a folder with a mask for every image of {src.root}")
    if lies_in(masks.src, src):
        raise _mixing(masks.src, src.root)
    tree = walk(masks.src)
    for folder in (masks.dst, dst):
        _check_apart(folder, tree)
    _check_apart(masks.dst, src)
    for one, other in ((masks.dst, dst), (dst, masks.dst)):
        if one.resolve().is_relative_to(other.resolve()):
            raise _mixing(one, other)
    return tree


def plan_jobs(tree: Tree, dst: Path, style: Style, masks: Masks | None = None, found: Tree | None = None) -> list[Job]:
    """Return the work on each image of the tree; `found` are the files below the folder of masks."""
    by_stem = _by_stem(found) if found else {}
    jobs = []
    for index, (source, (targets, form)) in enumerate(zip(tree.images, names(tree.images, style), strict=True)):
        job = Job(index, tree.root / source, tuple(dst / target for target in targets), form, style.quality)
        if masks:
            candidates = tuple(by_stem.get(source.with_suffix(""), ()))
            goals = tuple(masks.dst / target.with_suffix(".png") for target in targets)
            job = replace(job, masks=candidates, mask_targets=goals)
        jobs.append(job)
    return jobs


def names(sources: Sequence[Path], style: Style) -> list[tuple[tuple[Path, ...], str]]:
    """Return for each source the relative path of each copy, and the format.

    No two paths are alike, not even where capitals do not count: where a.jpg and a.png would both become a.png, the
    first becomes a.jpg.png, and a number is added where that is taken too.
    """
    forms = [style.format or _format_of(source) for source in sources]
    ends = [_suffix_of(source, form) for source, form in zip(sources, forms, strict=True)]
    kinds = [""] * len(ends) if style.stems else ends
    wishes = [_key(source.with_name(source.stem), kind) for source, kind in zip(sources, kinds, strict=True)]
    wanted = Counter(wishes)
    taken = {wish for wish in wishes if wanted[wish] == 1}
    made = []
    for source, form, end, kind, wish in zip(sources, forms, ends, kinds, wishes, strict=True):
        stem = source.with_name(source.stem)
        if wanted[wish] > 1:
            stem = next(one for one in _others(source) if _key(one, kind) not in taken)
            taken.add(_key(stem, kind))
        numbers = [""] if style.copies == 1 else [f"-{copy}" for copy in range(style.copies)]
        made.append((tuple(stem.with_name(f"{stem.name}{style.suffix}{number}{end}") for number in numbers), form))
    return made


def _by_stem(tree: Tree) -> dict[Path, list[Path]]:
    found = defaultdict(list)
    for path in tree.images:
        found[path.with_suffix("")].append(tree.root / path)
    return found


def _check_apart(folder: Path, tree: Tree) -> None:
    if lies_in(folder, tree):
        raise _mixing(folder, tree.root)
    if kind_or(SettingsError, folder) in ("file", "other"):
        raise SettingsError(f"{folder} is a file; give a folder to write to")


def _mixing(folder: Path, other: Path) -> SettingsError:
    return SettingsError(
        f"{folder} lies in {other}, so that results and sources would mix; give a folder outside of it"
    )


def _format_of(source: Path) -> str:
    read = suffixes()[source.suffix.lower()]
    return read if read in MODES else "PNG"


def _suffix_of(source: Path, form: str) -> str:
    return source.suffix if suffixes()[source.suffix.lower()] == form else WRITTEN[form]


def _key(stem: Path, end: str) -> str:
    return f"{stem.as_posix()}{end}".casefold()


def _others(source: Path) -> Iterator[Path]:
    return chain([source], (source.with_name(f"{source.name}-{number}") for number in count(2)))
