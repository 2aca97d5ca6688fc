"""A folder with one folder a class -> labelled images."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from augplug.data.sets import Labelled
from augplug.errors import DataError, SettingsError
from augplug.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What Pillow is allowed to open; others (EPS) would start foreign programs."""
GREY_MODES = ("1", "L", "LA", "La")
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
LIMIT = 2 << 30
"""Most bytes of pixels that are read into memory."""
SIDES = (4, 1024)
"""Sides in pixels that `resize` may ask for."""
SHOWN = 10
"""Bad files that the message names one by one."""


class _BadFileError(Exception):
    """One file that cannot be used, and why."""


@dataclass(frozen=True)
class _Found:
    """An image file that was read: `pixels` is `(H, W)` or `(H, W, 3)` uint8, `label` its class number."""

    path: Path
    label: int
    pixels: Image


def load_folder(folder: Path, *, resize: int | None = None, skip_bad: bool = False) -> Labelled:
    """Return the images of a folder that holds one folder a class, in sorted order; the folders' names are the classes.

    EXIF orientation is applied; palettes and CMYK become RGB; alpha is dropped. When every file is grey the images are
    `(N, H, W)`, else `(N, H, W, 3)`. `resize` (pixels) squeezes every image to that square with Pillow's antialiased
    LANCZOS filter. Hidden files and folders inside a class folder are ignored. Every file that cannot be used (corrupt,
    no image, 16-bit, larger than Pillow's limit, a link out of the folder) is named in one DataError, or left out with
    `skip_bad`. DataError also for fewer than 2 classes, an empty class, and unequal sizes without `resize`.
    """
    if resize is not None and not SIDES[0] <= resize <= SIDES[1]:
        raise SettingsError(f"--resize takes pixels in {SIDES[0]}..{SIDES[1]}, not {resize}")
    classes = _class_folders(folder)
    found, bad = _read_all(folder, classes, resize)
    if bad and not skip_bad:
        listed = "; ".join(bad[:SHOWN]) + (f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else "")
        raise DataError(
            f"{folder}: {len(bad)} files cannot be used: {listed}. Mend or remove them, or leave them out with "
            "--skip-bad"
        )
    counts = Counter(image.label for image in found)
    for number, entry in enumerate(classes):
        if not counts[number]:
            raise DataError(f"{entry} holds no usable image; every class needs some: fill it or remove the folder")
    _check_sizes(folder, found)
    labels = np.array([image.label for image in found], dtype=np.int64)
    return Labelled(_stacked(found), labels, tuple(entry.name for entry in classes))


def _class_folders(folder: Path) -> list[Path]:
    entries = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if len(entries) < 2:
        raise DataError(
            f"{folder} holds {len(entries)} class folder(s); at least 2 are needed: put the images of each class in "
            "a folder "
            f"of their own, {folder.name}/cat/1.png, {folder.name}/dog/2.png"
        )
    for entry in entries:
        if not entry.resolve().is_relative_to(folder.resolve()):
            raise DataError(
                f"{entry} is a link that leads out of {folder}; copy the images, or give the folder they are in"
            )
    return entries


def _read_all(folder: Path, classes: list[Path], resize: int | None) -> tuple[list[_Found], list[str]]:
    """Every usable image, and a line for every other file."""
    found: list[_Found] = []
    bad: list[str] = []
    total = 0
    for label, entry in enumerate(classes):
        for path in sorted(entry.iterdir()):
            if path.name.startswith(".") or path.is_dir():
                continue
            try:
                if not path.resolve().is_relative_to(folder.resolve()):
                    raise _BadFileError("a link that leads out of the folder")
                pixels = _read_one(path, resize)
            except _BadFileError as error:
                bad.append(f"{path.relative_to(folder)} ({error})")
                continue
            total += pixels.nbytes
            if total > LIMIT:
                raise DataError(
                    f"{folder}: the images fill more than {LIMIT >> 20} MB of memory; make them smaller with "
                    "--resize PX"
                )
            found.append(_Found(path, label, pixels))
    return found, bad


def _read_one(path: Path, resize: int | None) -> Image:
    from PIL import Image as Pillow  # here, because only folders need Pillow
    from PIL import ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(path, formats=FORMATS) as opened:
                _check_depth(opened)
                upright = ImageOps.exif_transpose(opened)
        picture = upright.convert("L" if upright.mode in GREY_MODES else "RGB")
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError) as error:
        raise _BadFileError(f"more pixels than the limit of {Pillow.MAX_IMAGE_PIXELS}") from error
    except UnidentifiedImageError as error:
        raise _BadFileError(f"not an image of the kinds {', '.join(FORMATS)}") from error
    except _BadFileError:
        raise
    except Exception as error:  # damaged files make Pillow's decoders raise errors of every kind
        raise _BadFileError(f"damaged: {str(error).replace(str(path), path.name)}") from error
    if resize is not None:
        picture = picture.resize((resize, resize), Pillow.Resampling.LANCZOS)
    return np.asarray(picture)


def _check_depth(opened: Picture) -> None:
    """Refuse more than 8 bits a channel: the search sees 8, and Pillow cuts 16-bit colour to 8 without a word."""
    stored = " ".join(str(tile[3]) for tile in getattr(opened, "tile", ()))
    if opened.mode in DEEP_MODES or ";16" in stored:
        raise _BadFileError("16 or more bits a channel; a search takes 8-bit files: convert it")


def _check_sizes(folder: Path, found: list[_Found]) -> None:
    sizes = Counter(image.pixels.shape[:2] for image in found)
    if len(sizes) > 1:
        (common, count), *_ = sizes.most_common(1)
        odd = next(image for image in found if image.pixels.shape[:2] != common)
        raise DataError(
            f"{folder}: the images have {len(sizes)} different sizes: {count} are {common[1]}x{common[0]}, but "
            f"{odd.path.relative_to(folder)} is {odd.pixels.shape[1]}x{odd.pixels.shape[0]}; make them equal with "
            "--resize PX"
        )


def _stacked(found: list[_Found]) -> Image:
    if all(image.pixels.ndim == 2 for image in found):
        return np.stack([image.pixels for image in found])
    return np.stack([np.dstack([image.pixels] * 3) if image.pixels.ndim == 2 else image.pixels for image in found])
