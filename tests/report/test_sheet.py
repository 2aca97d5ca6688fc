"""Contact sheets."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFont

from augplug.errors import ImageError
from augplug.report import sheet
from augplug.report.sheet import GAP, TILE, contact_sheet, png, to_picture

RED = np.full((10, 10, 3), (255, 0, 0), np.uint8)


def test_pictures_stand_in_rows_of_columns() -> None:
    made = contact_sheet([RED] * 5, [f"number {number}" for number in range(5)], 2)
    assert made.width == GAP + 2 * (TILE + GAP)
    across = GAP + TILE // 2
    reds = [y for y in range(made.height) if made.getpixel((across, y)) == (255, 0, 0)]
    assert len(reds) == 3 * 140  # each 10 pixels wide image was enlarged 14 times
    assert made.getpixel((across + TILE + GAP, reds[-1])) == (255, 255, 255)


def test_large_pictures_are_scaled_down_and_keep_their_shape() -> None:
    made = contact_sheet([np.zeros((100, 1000, 3), np.uint8)], [""], 6)
    black = np.argwhere(np.asarray(made).sum(axis=2) < 100)
    height, width = black.max(axis=0) - black.min(axis=0) + 1
    assert (width, height) == (144, 14)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 2), (4, 5, 3), (4, 5, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_kind_of_image_becomes_a_picture(shape: tuple[int, ...], dtype: type[np.uint8] | type[np.uint16]) -> None:
    picture = to_picture(np.full(shape, np.iinfo(dtype).max, dtype))
    assert (picture.size, picture.mode, picture.getpixel((0, 0))) == ((5, 4), "RGB", (255, 255, 255))


def test_a_board_shows_through_transparency() -> None:
    picture = to_picture(np.zeros((16, 16, 4), np.uint8))
    assert {picture.getpixel((0, 0)), picture.getpixel((8, 0))} == {(204, 204, 204), (238, 238, 238)}


def test_captions_break_at_spaces_and_end_in_dots_when_they_are_too_long() -> None:
    font = ImageFont.load_default(12)
    assert sheet._wrapped("short", 144, 2, font) == ["short"]
    broken = sheet._wrapped("Rotate 12.5, Solarize 128, Equalize, Invert, Posterize 4, Color 1.2", 144, 2, font)
    assert broken[0] == "Rotate 12.5, Solarize 128,"
    assert broken[1].endswith("...")
    assert all(font.getlength(line) <= 144 for line in broken)
    assert sheet._wrapped("w" * 99, 144, 2, font)[0].endswith("...")
    assert sheet._wrapped("", 144, 2, font) == [""]


@pytest.mark.parametrize(("count", "captions", "columns"), [(0, 0, 1), (2, 1, 1), (1, 1, 0), (1001, 1001, 5)])
def test_a_sheet_of_nothing_is_refused(count: int, captions: int, columns: int) -> None:
    with pytest.raises(ImageError, match="a sheet has 1 to 1000 images"):
        contact_sheet([RED] * count, [""] * captions, columns)


def test_more_than_four_channels_are_no_picture() -> None:
    with pytest.raises(ImageError, match="1 to 4 channels, not 5"):
        to_picture(np.zeros((4, 4, 5), np.uint8))


def test_the_file_is_png() -> None:
    with Image.open(io.BytesIO(png(contact_sheet([RED], ["red"], 1)))) as opened:
        assert opened.format == "PNG"
