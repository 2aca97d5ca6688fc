"""Labelled images in `.npz` files: the user's `x` and `y`, and the train and valid parts that a worker is given."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug.data.sets import Labelled
from augplug.errors import DataError

LIMIT = 4 << 30
"""Largest unpacked size of an archive in bytes."""


def load_archive(path: Path) -> Labelled:
    """Return the images `x` and labels `y` of an `.npz` file.

    `x` is uint8 `(N, H, W)`, `(N, H, W, 1)` (read as grey) or `(N, H, W, 3)`; `y` is `(N,)` of integers or strings,
    whose sorted distinct values become the classes. Nothing is unpickled. Raises DataError for anything else.
    """
    arrays = _read(path, ("x", "y"))
    x, y = arrays["x"], arrays["y"]
    if x.ndim == 4 and x.shape[3] == 1:
        x = x[:, :, :, 0]
    if y.ndim != 1 or y.dtype.kind not in "iuU":
        raise DataError(f"{path}: y must be (N,) of integers or strings, not {y.dtype} of shape {y.shape}")
    names, numbers = np.unique(y, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"{path}: y holds {len(names)} class; at least 2 are needed")
    try:
        return Labelled(x, numbers.astype(np.int64), tuple(str(name) for name in names.tolist()))
    except DataError as error:
        raise DataError(f"{path}: x and y: {error}") from error


def write_parts(path: Path, train: Labelled, valid: Labelled) -> None:
    """Write what one evaluator may see, uncompressed: the training and validation images, and nothing else."""
    classes = np.array(train.classes, dtype=np.str_)
    np.savez(path, train_x=train.x, train_y=train.y, valid_x=valid.x, valid_y=valid.y, classes=classes)


def read_parts(path: Path) -> tuple[Labelled, Labelled]:
    """Return the training and validation images that `write_parts` wrote; DataError when the file is something else."""
    arrays = _read(path, ("train_x", "train_y", "valid_x", "valid_y", "classes"))
    classes = tuple(str(name) for name in arrays["classes"].tolist())
    train = Labelled(arrays["train_x"], arrays["train_y"], classes)
    return train, Labelled(arrays["valid_x"], arrays["valid_y"], classes)


def _read(path: Path, names: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > LIMIT:
            raise DataError(
                f"{path} unpacks to {unpacked >> 20} MB; the limit is {LIMIT >> 20} MB: give fewer or smaller images"
            )
        with np.load(path, allow_pickle=False) as stored:
            missing = [name for name in names if name not in stored.files]
            if missing:
                has = ", ".join(stored.files) or "nothing"
                raise DataError(
                    f"{path} holds {has}, but not {' and '.join(missing)}; save it with np.savez(path, x=images, "
                    "y=labels)"
                )
            return {name: stored[name] for name in names}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError) as error:
        raise DataError(
            f"{path} cannot be read as .npz: {error}; save it with np.savez(path, x=images, y=labels)"
        ) from error
