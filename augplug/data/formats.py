"""Which files are images: the one list of formats for everything that reads files, and those that are written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

COMMON = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""The formats that most files have; a file is tried as one of these first."""
REFUSED = frozenset({"BUFR", "EPS", "FITS", "GRIB", "HDF5", "IPTC", "MCIDAS", "MPEG", "SPIDER", "WMF"})
"""Formats that Pillow knows and that are not opened: EPS starts Ghostscript, the others hold no pictures, or none that
Pillow decodes by itself."""
ALSO = {"MPO": "JPEG"}
"""Formats that are opened as another one: the multi-picture files of phones are JPEG files with an index."""
MODES = {
    "AVIF": ("RGB", "RGBA"),
    "BMP": ("L", "RGB"),
    "DIB": ("L", "RGB"),
    "JPEG": ("L", "RGB"),
    "JPEG2000": ("L", "LA", "RGB", "RGBA", "I;16"),
    "PNG": ("L", "LA", "RGB", "RGBA", "I;16"),
    "PPM": ("L", "RGB"),
    "TGA": ("L", "LA", "RGB", "RGBA"),
    "TIFF": ("L", "LA", "RGB", "RGBA", "I;16"),
    "WEBP": ("RGB", "RGBA"),
}
"""The formats that are written, and the kinds of pixels that each can hold. GIF is read only: a palette of 256 colours
would change what an augmentation made."""
WRITTEN = {
    "AVIF": ".avif",
    "BMP": ".bmp",
    "DIB": ".dib",
    "JPEG": ".jpg",
    "JPEG2000": ".jp2",
    "PNG": ".png",
    "PPM": ".ppm",
    "TGA": ".tga",
    "TIFF": ".tif",
    "WEBP": ".webp",
}
"""The suffix of each format that is written, if the file that was read had another."""


@cache
def readable() -> tuple[str, ...]:
    """Return the names of the formats that are opened: all that this Pillow decodes by itself, common ones first."""
    from PIL import Image, features  # here and below, because importing augplug must stay quick

    Image.init()
    lacking = {"JPEG2000"} if not features.check("jpg_2000") else set()
    known = set(Image.OPEN) - REFUSED - lacking
    return (*COMMON, *sorted(known.difference(COMMON)))


@cache
def suffixes() -> Mapping[str, str]:
    """Return which files are images, by the end of their names in small letters, and of which format."""
    from PIL import Image

    opened = readable()
    named = {suffix: ALSO.get(name, name) for suffix, name in Image.registered_extensions().items()}
    return {suffix: name for suffix, name in sorted(named.items()) if name in opened}
