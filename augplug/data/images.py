"""One image file, in and out: what preview, explain, replay and apply read and write."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from augplug.data.formats import MODES, readable, suffixes
from augplug.data.metadata import Metadata, read_metadata, writing_options
from augplug.disk import kind_or, replace_file
from augplug.errors import DataError, suggest
from augplug.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

WIDER = {"L": ("RGB",), "LA": ("RGBA", "L", "RGB"), "RGBA": ("RGB",)}
"""Where a format does not hold a kind of pixels, the next best kinds, best first."""
QUALITY = 95
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")
_KEPT = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "PA": "RGBA",
}
_ORIENTATION = 274
_PNG = b"\x89PNG\r\n\x1a\n"
_TURNS = ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")
"""What undoes the EXIF orientations 2 to 8, by Pillow's names."""
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Loaded:
    """A file: its `pixels`, `(H, W)` or `(H, W, C)` uint8 or uint16, its `format`, and `notes` on conversions.

    `orientation` is the EXIF orientation (1..8) that was applied, `metadata` what the file says beside its pixels.
    """

    pixels: Image
    format: str
    notes: tuple[str, ...] = ()
    orientation: int = 1
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def image(self) -> Any:
        """What an Augmenter is given: the pixels, or, if the last channel is alpha, a PIL image, whose mode says so."""
        from PIL import Image as Pillow

        alpha = self.pixels.ndim == 3 and self.pixels.shape[2] in (2, 4)
        return Pillow.fromarray(self.pixels) if alpha else self.pixels


def load_image(path: str | Path) -> Loaded:
    """Return the image of a file, upright (EXIF orientation applied).

    Grey is `(H, W)`, with alpha `(H, W, 2)`, RGB `(H, W, 3)`, with alpha `(H, W, 4)`; 16-bit grey is uint16 `(H, W)`.
    A palette, CMYK and other colour spaces become RGB, 16-bit colour becomes 8-bit, of an animation the first picture
    is taken; `notes` says so. Raises DataError for everything that cannot be read as it is: not there, no image,
    damaged, more pixels than Pillow's limit, 32-bit values.
    """
    return _loaded(Path(path))


def decode_image(content: bytes, *, max_pixels: int | None = None) -> Loaded:
    """Return the image in the bytes of an image file: `pixels`, its `format`, `notes`; see `load_image`.

    `loaded.image` is what an Augmenter takes. `max_pixels` is the largest image (height times width) that is unpacked;
    the header says how large one is. Raises DataError for bytes that are not an image, or a damaged or a larger one.
    """
    if not isinstance(content, bytes):
        raise DataError(f"an image file is bytes, not {type(content).__name__}; give what the file holds")
    return _loaded(Path("the image"), content, max_pixels)


def _loaded(where: Path, content: bytes | None = None, max_pixels: int | None = None) -> Loaded:
    from PIL import ImageOps  # here and below, because importing augplug must stay quick

    with opening(where, content) as opened:
        if max_pixels is not None and opened.width * opened.height > max_pixels:
            size = f"{opened.width}x{opened.height}"
            raise DataError(f"{where} is {size}, more than the limit of {max_pixels:,} pixels; make it smaller first")
        first = _cut(opened)
        name = opened.format or ""
        several = several_pictures(opened)
        orientation = orientation_of(opened)
        # Pillow would copy a picture that stands upright, and one that has its mode.
        opened.load()
        metadata = read_metadata(opened, turned=orientation > 4)
        upright = opened if orientation == 1 else ImageOps.exif_transpose(opened)
        if "XMP" in metadata.kept:  # exif_transpose takes the orientation out of it
            metadata = replace(metadata, kept={**metadata.kept, "XMP": upright.info["xmp"]})
        pixels, notes = _converted(upright)
    return Loaded(pixels, name, (*first, *notes, *several), orientation, metadata)


def several_pictures(opened: Picture) -> tuple[str, ...]:
    """Return a note on a file that holds more pictures than the one that is used."""
    sizes = opened.info.get("sizes", ())  # of icons
    if len(sizes) > 1:
        return (f"{len(sizes)} pictures in one file; the largest was taken",)
    frames = getattr(opened, "n_frames", 1)
    return (f"{frames} pictures in one file; the first was taken",) if frames > 1 else ()


@contextmanager
def opening(where: Path, content: bytes | None = None) -> Iterator[Picture]:
    """Open a file, or its `content`, with Pillow; whatever goes wrong as it is read is a DataError that names it."""
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    if content is None:
        _check_there(where)
    try:
        with where.open("rb") if content is None else io.BytesIO(content) as file, _verified(file) as opened:
            if opened.mode in {"I", "F"}:
                raise DataError(f"{where} has 32 bits a value; convert it to 8-bit, or to 16-bit grey")
            yield opened
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError) as error:
        limit = f"{Pillow.MAX_IMAGE_PIXELS:,}"
        raise DataError(f"{where} has more pixels than the limit of {limit}; make the image smaller first") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{where} is not an image that Pillow reads here; convert it, or leave it out") from error
    except DataError:
        raise
    except Exception as error:  # damaged files make Pillow's decoders raise errors of every kind
        why = str(error).replace(str(where), where.name) or type(error).__name__
        raise DataError(f"{where} cannot be read ({why}); mend or remove the file") from error


def orientation_of(opened: Picture) -> int:
    """Return the EXIF orientation, 1..8; 1 if there is none, or one that cannot be read or means nothing."""
    try:
        orientation = opened.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # damaged EXIF data make Pillow raise errors of every kind, and the pixels are good
        return 1
    return orientation if orientation in range(1, 9) else 1


def left_to_turn(opened: Picture) -> int:
    """Return the orientation that is still to be applied to a picture once it is loaded: Pillow turns TIFF itself."""
    return 1 if opened.format == "TIFF" else orientation_of(opened)


def turned(picture: Picture, orientation: int) -> Picture:
    """Return a picture upright that is stored with an EXIF orientation: a copy, or another one."""
    from PIL.Image import Transpose

    return picture.copy() if orientation == 1 else picture.transpose(Transpose[_TURNS[orientation - 2]])


def save_image(path: str | Path, pixels: Image, *, quality: int = QUALITY) -> tuple[str, ...]:
    """Write `pixels` (uint8 or uint16, as `load_image` gives them); return notes on what the format could not hold.

    The path's suffix says the format. Alpha is dropped with a note where the format holds none. `quality` (1..100) is
    for JPEG and WEBP. Raises DataError when the file cannot be written.
    """
    where = Path(path)
    encoded, notes = encode(pixels, format_of(where), quality=quality)
    try:
        replace_file(where, encoded, durable=False)
    except OSError as error:
        raise DataError(
            f"{where} cannot be written ({error.strerror}); give a path in a folder that exists and is yours"
        ) from error
    return notes


def encode(
    pixels: Image, name: str, *, quality: int = QUALITY, metadata: Metadata | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes of an image file of the format `name`, and notes on what it could not hold; see `save_image`.

    `metadata` is what a file said that these pixels were made from.
    """
    from PIL import Image as Pillow

    picture = Pillow.fromarray(np.ascontiguousarray(pixels))
    notes: tuple[str, ...] = ()
    if picture.mode not in MODES[name]:
        target = next((mode for mode in WIDER.get(picture.mode, ()) if mode in MODES[name]), None)
        if target is None:
            raise DataError(f"{name} holds no {pixels.dtype} image of shape {pixels.shape}; write PNG or TIFF")
        if picture.mode.endswith("A") and not target.endswith("A"):
            notes = (f"{name} holds no alpha; it was dropped",)
        picture = picture.convert(target)
    out = io.BytesIO()
    extra: dict[str, Any] = {"quality": quality} if name in {"AVIF", "JPEG", "WEBP"} else {}
    if name == "JPEG" and quality >= 90:
        extra["subsampling"] = 0
    if metadata is not None:
        colours = 3 if picture.mode.startswith("RGB") else 1
        carried, lost = writing_options(metadata, name, picture.size, colours)
        extra |= carried
        notes += (f"{name} takes over no {', '.join(lost)}: dropped",) if lost else ()
    try:
        picture.save(out, name, **extra)
    except (OSError, ValueError, KeyError) as error:  # KeyError: this Pillow does not write the format
        raise DataError(f"an image of shape {pixels.shape} cannot be written as {name} ({error}); write PNG") from error
    return out.getvalue(), notes


def format_of(path: Path) -> str:
    """Return the format that a path's suffix asks for; DataError when it names none that is written."""
    name = suffixes().get(path.suffix.lower(), "")
    if name in MODES:
        return name
    known = [suffix for suffix, one in suffixes().items() if one in MODES]
    shown = path.suffix or "no suffix"
    raise DataError(
        f"{path}: {shown} is not a format that augplug writes{suggest(path.suffix, known)}; end the name in .png"
    )


def photograph() -> Image:
    """Return a photograph of a cat, `(300, 451, 3)` uint8, to show something on; its source is in photograph.md."""
    from PIL import Image as Pillow

    with files("augplug.data").joinpath("photograph.png").open("rb") as file, Pillow.open(file) as opened:
        return np.array(opened)


def _verified(file: IO[bytes]) -> Picture:
    """Open a picture; of a PNG check the checksums before, which Pillow does not look at when it reads the pixels."""
    if file.read(len(_PNG)) == _PNG:
        file.seek(0)
        with _identified(file) as opened:
            opened.verify()
    file.seek(0)
    return _identified(file)


def _identified(file: IO[bytes]) -> Picture:
    from PIL import Image as Pillow

    formats = readable()
    with _LOCK, warnings.catch_warnings():  # filters belong to the process; threads take turns
        warnings.simplefilter("ignore")  # of EXIF data, which are looked at later
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        return Pillow.open(file, formats=formats)


def _check_there(where: Path) -> None:
    kind = kind_or(DataError, where)
    if kind == "file":
        return
    if kind == "folder":
        problem = "is a folder, not an image file"
    elif where.is_symlink():
        problem = "is a link that leads to no file"
    else:
        problem = "does not exist" if kind == "nothing" else "is not a regular file"
    raise DataError(f"{where} {problem}; give the path of an image file (.jpg, .png, ...)")


def _cut(opened: Picture) -> tuple[str, ...]:
    """Say what Pillow cuts to 8 bits without a word."""
    stored = " ".join(str(tile[3]) for tile in getattr(opened, "tile", ()))
    if ";16" in stored and opened.mode not in DEEP:
        return ("16 bits a channel became 8; only grey is kept in 16 bits",)
    return ()


def _converted(picture: Picture) -> tuple[Image, tuple[str, ...]]:
    if picture.mode in DEEP:
        return np.asarray(picture).astype(np.uint16), ()
    alpha = picture.has_transparency_data
    if picture.mode == "P":
        kind = "RGBA" if alpha else "RGB"
        return np.asarray(picture.convert(kind)), (f"palette converted to {kind}",)
    kept = _KEPT.get(picture.mode)
    if kept is None:
        return np.asarray(picture.convert("RGB")), (f"{picture.mode} converted to RGB",)
    if alpha and not kept.endswith("A"):  # one colour of a PNG without an alpha channel stands for transparent
        kept += "A"
    return np.asarray(picture if picture.mode == kept else picture.convert(kept)), ()
