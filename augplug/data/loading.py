"""From a path to labelled images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from augplug.data.archive import load_archive
from augplug.data.folder import load_folder
from augplug.data.sets import Labelled, digest
from augplug.disk import kind_or
from augplug.errors import DataError, SettingsError

__all__ = ["digest", "load"]


def load(
    path: str | Path,
    *,
    size: int | None = None,
    resize: int | None = None,
    skip_bad: bool = False,
    note: Callable[[str], None] = lambda _text: None,
) -> Labelled:
    """Return the images at `path`: a folder with one folder a class, or an `.npz` file with `x` and `y`.

    `size`, `resize` (pixels) and `skip_bad` are for folders; see `load_folder`. `note` is called with each sentence for
    the user. Raises DataError when the images cannot be used, SettingsError when an option does not fit the path.
    """
    where = Path(path)
    kind = kind_or(DataError, where)
    if kind == "folder":
        return load_folder(where, size=size, resize=resize, skip_bad=skip_bad, note=note)
    if kind == "nothing":
        raise DataError(f"{where} does not exist; give a folder with one folder a class, or an .npz file with x and y")
    if where.suffix.lower() != ".npz":
        raise DataError(
            f"{where} is neither a folder nor an .npz file; give a folder with one folder a class, or .npz with x and y"
        )
    if size is not None or resize is not None or skip_bad:
        raise SettingsError(f"--size, --resize and --skip-bad are for folders of image files; {where} is an .npz file")
    return load_archive(where, note=note)
