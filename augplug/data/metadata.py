"""What an image file says beside its pixels: read, carried to another file, and named where it is lost."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Exif
    from PIL.Image import Image as Picture
    from PIL.PngImagePlugin import PngInfo

CARRIED: dict[str, frozenset[str]] = {
    "AVIF": frozenset({"ICC profile", "EXIF", "XMP"}),
    "BMP": frozenset({"resolution"}),
    "DIB": frozenset({"resolution"}),
    "JPEG": frozenset({"ICC profile", "resolution", "EXIF", "XMP", "comment"}),
    "JPEG2000": frozenset({"comment"}),
    "PNG": frozenset({"ICC profile", "resolution", "EXIF", "XMP", "comment", "text", "gamma"}),
    "TIFF": frozenset({"ICC profile", "resolution", "EXIF", "XMP", "compression"}),
    "WEBP": frozenset({"ICC profile", "EXIF", "XMP"}),
}
"""What each format can hold, as Pillow writes it; formats that are not named hold nothing."""
OPTIONS = {
    "ICC profile": "icc_profile",
    "resolution": "dpi",
    "compression": "compression",
    "comment": "comment",
    "XMP": "xmp",
}
"""What Pillow calls them when it writes."""
EXIF_IFD, GPS_IFD, INTEROP_IFD, PIXEL_WIDTH, PIXEL_HEIGHT, XMP_TAG = 34665, 34853, 40965, 40962, 40963, 700
SAID = frozenset({270, 271, 272, 305, 306, 315, 316, 33432, EXIF_IFD, GPS_IFD, *range(40091, 40096)})
"""EXIF and TIFF tags about the picture: description, camera, software, date, artist, computer, copyright."""
STORED = frozenset(
    {
        *range(254, 270),
        *range(273, 286),
        *range(288, 302),
        *range(316, 348),
        *range(512, 533),
        XMP_TAG,
        33723,
        34377,
        34675,
    }
)
"""Tags about how pixels are stored, or that Pillow gives under other names: a new file has its own."""
LOSSLESS = frozenset({"tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "zstd"})
SPACES = {b"GRAY": 1, b"RGB ": 3}
"""How many colours the spaces of ICC profiles have, by their names in a profile's header."""


@dataclass(frozen=True)
class Metadata:
    """What was found: `kept` by the name of its kind, and the names of what no other file takes over, `lost`."""

    kept: Mapping[str, Any] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


def read_metadata(opened: Picture, *, turned: bool = False) -> Metadata:
    """Return what a loaded picture says. `turned` says that its rows become columns, and so does its resolution."""
    info, lost = opened.info, []
    found: dict[str, Any] = {
        "ICC profile": info.get("icc_profile"),
        "resolution": _resolution(info.get("dpi"), turned=turned),
        "XMP": info.get("xmp"),
        "comment": info.get("comment"),
        "text": _text(opened),
        "gamma": {name: info[name] for name in ("gamma", "srgb") if name in info},
        "compression": info["compression"] if info.get("compression") in LOSSLESS else None,
    }
    try:
        found["EXIF"], unknown = _said(opened.getexif())
        lost += [f"tags {', '.join(map(str, unknown))}"] if unknown else []
    except Exception:  # noqa: BLE001  # damaged EXIF data make Pillow raise errors of every kind
        lost.append("damaged EXIF")
    lost += [shown for name, shown in (("photoshop", "Photoshop data"), ("iptc", "IPTC")) if info.get(name)]
    return Metadata({name: value for name, value in found.items() if value}, tuple(lost))


def writing_options(
    found: Metadata, name: str, size: tuple[int, int], colours: int
) -> tuple[dict[str, Any], list[str]]:
    """Return how Pillow is told to write what was found to a file of the format `name`, and the names of what is lost.

    `size` is the width and height of the new image, `colours` 1 or 3.
    """
    carried = CARRIED.get(name, frozenset())
    kept = {kind: value for kind, value in found.kept.items() if kind in carried}
    lost = [*found.lost, *(kind for kind in found.kept if kind not in carried and kind != "compression")]
    if "ICC profile" in kept and SPACES.get(kept["ICC profile"][16:20]) != colours:
        del kept["ICC profile"]
        lost.append("ICC profile of other colours")
    options = {option: kept[kind] for kind, option in OPTIONS.items() if kind in kept}
    exif = _exif(kept.get("EXIF", {}), size)
    if name == "TIFF" and "XMP" in kept:
        exif[XMP_TAG] = options.pop("xmp")
    if len(exif):
        try:
            options["exif"] = exif.tobytes()
        except Exception:  # noqa: BLE001  # as above
            lost.append("damaged EXIF")
    if name == "PNG":
        options = {option: value for option, value in options.items() if option not in {"xmp", "comment"}}
        options["pnginfo"] = _chunks(kept)
    return options, lost


def _resolution(dpi: Any, *, turned: bool) -> tuple[float, float] | None:
    try:
        across, down = (float(number) for number in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(number) and 0 < number < 1e6 for number in (across, down)):
        return None
    return (down, across) if turned else (across, down)


def _text(opened: Picture) -> dict[str, str]:
    """The texts of a PNG file, but for those that hold XMP, EXIF and the like in ways of their own."""
    texts: Mapping[str, str] = getattr(opened, "text", {})
    return {key: str(text) for key, text in texts.items() if not key.startswith(("XML:", "Raw profile"))}


def _said(exif: Exif) -> tuple[dict[int, Any], list[int]]:
    """The tags that are carried, and the numbers of those that are not and that a new file has none in place of."""
    found: dict[int, Any] = {}
    for tag in SAID & set(exif):
        value = dict(exif.get_ifd(tag)) if tag in {EXIF_IFD, GPS_IFD} else exif[tag]
        if value:
            found[tag] = value
    return found, sorted(set(exif) - SAID - STORED)


def _exif(said: Mapping[int, Any], size: tuple[int, int]) -> Exif:
    """The tags for an image of that size; the orientation is applied, and a thumbnail would show the old image."""
    from PIL import Image  # because importing augplug must stay quick

    exif = Image.Exif()
    for tag, value in said.items():
        exif[tag] = value
    if EXIF_IFD in said:
        details = {tag: value for tag, value in said[EXIF_IFD].items() if tag != INTEROP_IFD}
        new = dict(zip((PIXEL_WIDTH, PIXEL_HEIGHT), size, strict=True))
        exif[EXIF_IFD] = {tag: new.get(tag, value) for tag, value in details.items()}
    return exif


def _chunks(kept: Mapping[str, Any]) -> PngInfo:
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for key, text in kept.get("text", {}).items():
        add = chunks.add_text if text.isascii() else chunks.add_itxt
        add(key, text)
    if "comment" in kept:
        comment = kept["comment"]
        chunks.add_text("Comment", comment.decode("latin-1") if isinstance(comment, bytes) else str(comment))
    if "XMP" in kept:
        xmp = kept["XMP"]
        chunks.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else str(xmp))
    gamma = kept.get("gamma", {})
    if "gamma" in gamma:
        chunks.add(b"gAMA", struct.pack(">I", round(gamma["gamma"] * 100_000)))
    if "srgb" in gamma:
        chunks.add(b"sRGB", bytes([gamma["srgb"]]))
    return chunks
