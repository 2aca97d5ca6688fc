"""Contact sheets: many small pictures on one, each with a line of text below it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from augplug.errors import ImageError
from augplug.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

TILE = 144
"""The longest side of a picture on a sheet, in pixels."""
TILES = 1000
"""Most pictures on one sheet."""
GAP = 12
PAPER = (255, 255, 255)
INK = (68, 68, 68)
BOARD = (204, 238)
"""The two greys of the board that shows through where a picture is transparent."""
_LINE = 15
_SIZE = 12


def contact_sheet(
    images: Sequence[Image], captions: Sequence[str], columns: int, *, tile: int = TILE, lines: int = 2
) -> Picture:
    """Return the images in rows of `columns`, each with its caption below it, wrapped to at most `lines` lines.

    Images are uint8 or uint16, `(H, W)` or `(H, W, C)` with C of 1 to 4, of any size: larger than `tile` pixels they
    are scaled down, much smaller ones are enlarged by whole factors, so that their pixels stay visible.
    """
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    if len(images) != len(captions) or not 0 < len(images) <= TILES or columns < 1:
        raise ImageError(f"a sheet has 1 to {TILES} images, each with a caption, in at least 1 column")
    font = ImageFont.load_default(_SIZE)
    pictures = [_shrunk(to_picture(image), tile) for image in images]
    texts = [_wrapped(caption, tile, lines, font) for caption in captions]
    columns = min(columns, len(pictures))
    rows = [slice(start, start + columns) for start in range(0, len(pictures), columns)]
    sizes = [_row_size(pictures[row], texts[row]) for row in rows]
    height = GAP + sum(picture + text + GAP for picture, text in sizes)
    sheet = Pillow.new("RGB", (GAP + columns * (tile + GAP), height), PAPER)
    pen = ImageDraw.Draw(sheet)
    top = GAP
    for row, (tall, text) in zip(rows, sizes, strict=True):
        _draw_row(sheet, pen, pictures[row], texts[row], (top, tall, tile, font))
        top += tall + text + GAP
    return sheet


def png(picture: Picture) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def to_picture(image: Image) -> Picture:
    """Return an image as 8-bit RGB; where it is transparent, a board of greys shows through."""
    from PIL import Image as Pillow

    eight = image if image.dtype == np.uint8 else np.round(image / 257).astype(np.uint8)
    eight = eight[:, :, 0] if eight.ndim == 3 and eight.shape[2] == 1 else eight
    if eight.ndim == 3 and eight.shape[2] > 4:
        raise ImageError(f"a picture has 1 to 4 channels, not {eight.shape[2]}; choose three of them")
    picture = Pillow.fromarray(np.ascontiguousarray(eight))
    if picture.mode not in {"LA", "RGBA"}:
        return picture.convert("RGB")
    rows, columns = np.indices(eight.shape[:2]) // 8
    board = Pillow.fromarray(np.where((rows + columns) % 2, *BOARD).astype(np.uint8)).convert("RGBA")
    return Pillow.alpha_composite(board, picture.convert("RGBA")).convert("RGB")


def _shrunk(picture: Picture, tile: int) -> Picture:
    from PIL import Image as Pillow

    longest = max(picture.size)
    if longest > tile:
        picture = picture.copy()
        picture.thumbnail((tile, tile), Pillow.Resampling.LANCZOS)
        return picture
    factor = tile // longest
    return picture.resize((picture.width * factor, picture.height * factor), Pillow.Resampling.NEAREST)


def _wrapped(text: str, width: int, lines: int, font: FreeTypeFont | ImageFont) -> list[str]:
    """Break at spaces; what does not fit into the lines or the width ends in three dots."""
    made: list[str] = [""]
    words = text.split()
    for position, word in enumerate(words):
        longer = f"{made[-1]} {word}".strip()
        if font.getlength(longer) <= width or not made[-1]:
            made[-1] = longer
        elif len(made) < lines:
            made.append(word)
        else:
            made[-1] = f"{made[-1]} {' '.join(words[position:])}"
            break
    return [_clipped(line, width, font) for line in made]


def _clipped(line: str, width: int, font: FreeTypeFont | ImageFont) -> str:
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}...") > width:
        line = line[:-1]
    return f"{line.rstrip(' ,')}..."


def _row_size(pictures: Sequence[Picture], texts: Sequence[list[str]]) -> tuple[int, int]:
    most = max(len(lines) for lines in texts)
    return max(picture.height for picture in pictures), 4 + _LINE * most


def _draw_row(
    sheet: Picture,
    pen: ImageDraw,
    pictures: Sequence[Picture],
    texts: Sequence[list[str]],
    place: tuple[int, int, int, FreeTypeFont | ImageFont],
) -> None:
    top, tall, tile, font = place
    for number, (picture, lines) in enumerate(zip(pictures, texts, strict=True)):
        left = GAP + number * (tile + GAP)
        sheet.paste(picture, (left + (tile - picture.width) // 2, top + (tall - picture.height) // 2))
        for position, line in enumerate(lines):
            spot = (left + (tile - font.getlength(line)) / 2, top + tall + 4 + position * _LINE)
            pen.text(spot, line, fill=INK, font=font)
