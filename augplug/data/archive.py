"""Labelled images in `.npz` files: the user's `x` and `y`, and the train and valid parts that a worker is given."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug.data.sets import Labelled
from augplug.errors import DataError

LIMIT = 4 << 30
"""Largest unpacked size of an archive in bytes."""
_PARTS = ("train", "valid")
Numbers = npt.NDArray[np.int64]
SPLIT = ("x_train", "y_train", "x_test", "y_test")
"""What the archives that come with Keras hold."""


def load_archive(path: Path, note: Callable[[str], None] = lambda _text: None) -> Labelled:
    """Return the images `x` and labels `y` of an `.npz` file.

    `x` is uint8 `(N, H, W)`, `(N, H, W, 1)` (read as grey) or `(N, H, W, 3)`, or bool; `y` is `(N,)` or `(N, 1)` of
    integers, strings, bools, bytes in UTF-8 or whole floats, or `(N, K)` with one 1 in each row. Its sorted distinct
    values become the classes. Or the file holds the arrays of `SPLIT`, and comes in parts. Nothing is unpickled. `note`
    is called with each sentence on a conversion. Raises DataError for anything else, with the remedy.
    """
    arrays = _read(path, ("x", "y"), instead=SPLIT)
    parts = None
    if "x" in arrays:
        x, y = _images(path, arrays["x"]), _labels(path, arrays["y"], note)
    else:
        note(f"{path} holds {', '.join(SPLIT)}: the latter two are the test part")
        x, y, parts = _joined(path, arrays, note)
    names, numbers = np.unique(y, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"{path}: y holds {len(names)} class; at least 2 are needed")
    try:
        return Labelled(x, numbers.astype(np.int64), tuple(str(name) for name in names.tolist()), parts)
    except DataError as error:
        raise DataError(f"{path}: x and y: {error}") from error


def write_parts(path: Path, train: Labelled, valid: Labelled) -> None:
    """Write what one evaluator may see: the training and validation images, and nothing else."""
    both = Labelled(np.concatenate([train.x, valid.x]), np.concatenate([train.y, valid.y]), train.classes)
    write_subsets(path, both, [(np.arange(len(train)), np.arange(len(train), len(both)))])


def write_subsets(path: Path, data: Labelled, subsets: Sequence[tuple[Numbers, Numbers]]) -> None:
    """Write images, uncompressed, and for each subset the numbers of those to train on and of those to validate on."""
    classes = np.array(data.classes, dtype=np.str_)
    parts = {f"{part}_{i}": rows for i, pair in enumerate(subsets) for part, rows in zip(_PARTS, pair, strict=True)}
    np.savez(path, x=data.x, y=data.y, classes=classes, **parts)  # type: ignore[arg-type]  # numpy declares its last keyword as bool


def read_parts(path: Path, subset: int = 0) -> tuple[Labelled, Labelled]:
    """Return the training and validation images of a subset that was written. DataError if the file has none such."""
    arrays = _read(path, ("x", "y", "classes", *(f"{part}_{subset}" for part in _PARTS)))
    data = Labelled(arrays["x"], arrays["y"], tuple(str(name) for name in arrays["classes"].tolist()))
    train, valid = (data.take(arrays[f"{part}_{subset}"]) for part in _PARTS)
    return train, valid


def _joined(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], note: Callable[[str], None]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The images and labels of both parts, and the part of each."""
    x = [_images(path, arrays[name]) for name in ("x_train", "x_test")]
    y = [_labels(path, arrays[name], note) for name in ("y_train", "y_test")]
    if x[0].shape[1:] != x[1].shape[1:] or y[0].dtype.kind != y[1].dtype.kind:
        raise DataError(f"{path}: images or labels of train and test differ in shape or kind; save equal ones")
    parts = np.repeat(np.array([0, 2], dtype=np.int64), [len(part) for part in y])
    return np.concatenate(x), np.concatenate(y), parts


def _images(path: Path, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The images, or an error that says how to make them such."""
    remedy = ""
    if x.dtype == np.bool_:
        x = x.astype(np.uint8) * np.uint8(255)
    if x.dtype.kind == "f":
        remedy = "x.astype('uint8') if they lie in 0..255, (x * 255).round().astype('uint8') if in 0..1"
    elif x.dtype != np.uint8:
        remedy = "x.astype('uint8') if they lie in 0..255"
    elif x.ndim == 4 and x.shape[3] not in {1, 3} and x.shape[1] in {1, 3}:
        remedy = "numpy.moveaxis(x, 1, -1), which puts the channels last"
    elif x.ndim == 4 and x.shape[3] in {2, 4}:
        remedy = f"x[..., :{x.shape[3] - 1}], which leaves transparency out"
    if remedy:
        raise DataError(
            f"{path}: x is {x.dtype} of shape {x.shape}, images are uint8 (N, H, W) or (N, H, W, 3); save {remedy}"
        )
    return x[:, :, :, 0] if x.ndim == 4 and x.shape[3] == 1 else x


def _labels(path: Path, y: npt.NDArray[Any], note: Callable[[str], None]) -> npt.NDArray[Any]:
    """One plain label for each image, where that is what is meant."""
    given = f"{path}: y is {y.dtype} of shape {y.shape}"
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "biuf" and len(y) and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        note(f"{given}, one 1 in each row: its place is taken as the class")
        y = y.argmax(axis=1)
    if y.dtype.kind == "S":
        try:
            y = np.char.decode(y, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{given}, and not all of it is UTF-8; save the labels as text or numbers") from error
    if y.dtype.kind == "f" and np.isfinite(y).all() and (y == np.floor(y)).all():
        y = y.astype(np.int64)
    if y.ndim != 1 or y.dtype.kind not in "biuU":
        raise DataError(f"{given}; it must be (N,) of integers or strings: save y.argmax(axis=1) of class scores")
    return y


def _member(path: Path, stored: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    try:
        return stored[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise DataError(
            f"{path}: {name} holds Python objects, which are not loaded, because that could run code; save "
            f"{'np.array(y.tolist())' if name == 'y' else 'np.stack(list(x)), of images of one size'} in its place"
        ) from error


def _read(path: Path, names: tuple[str, ...], instead: tuple[str, ...] = ()) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > LIMIT:
            raise DataError(
                f"{path} unpacks to {unpacked >> 20} MB; the limit is {LIMIT >> 20} MB: give fewer or smaller images"
            )
        with np.load(path, allow_pickle=False) as stored:
            if instead and set(instead) <= set(stored.files) and not set(names) <= set(stored.files):
                names = instead
            missing = [name for name in names if name not in stored.files]
            if missing:
                has = ", ".join(stored.files) or "nothing"
                raise DataError(
                    f"{path} holds {has}, but not {' and '.join(missing)}; save it with np.savez(path, x=images, "
                    "y=labels)"
                )
            return {name: _member(path, stored, name) for name in names}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError) as error:
        raise DataError(
            f"{path} cannot be read as .npz: {error}; save it with np.savez(path, x=images, y=labels)"
        ) from error
