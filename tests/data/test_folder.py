import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augplug.data.loading import load
from augplug.errors import DataError, SettingsError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 8), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of two grey images each."""
    for name in ("b/2.png", "b/1.png", "a/x.png", "a/y.bmp"):
        save(tmp_path / "images" / name, Image.fromarray(GREY + ord(name[2])))
    return tmp_path / "images"


def test_classes_and_files_come_in_sorted_order(folder: Path) -> None:
    data = load(folder)

    assert data.classes == ("a", "b")
    assert data.y.tolist() == [0, 0, 1, 1]
    assert (data.x == np.stack([GREY + ord(c) for c in "xy12"])).all()


def test_hidden_things_and_folders_in_classes_are_ignored(folder: Path) -> None:
    (folder / "a" / ".DS_Store").write_bytes(b"junk")
    (folder / ".hidden").mkdir()
    (folder / "a" / "deeper").mkdir()
    (folder / "readme.txt").touch()

    assert len(load(folder)) == 4


def test_mixed_images_become_rgb(folder: Path) -> None:
    save(folder / "b" / "3.png", Image.fromarray(COLOUR))

    data = load(folder)

    assert (data.x[4] == COLOUR).all()
    assert (data.x[0] == (GREY + ord("x"))[..., None]).all()


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "YCbCr", "1", "LA"])
def test_every_mode_becomes_grey_or_rgb(folder: Path, mode: str) -> None:
    image = Image.fromarray(COLOUR).convert(mode)
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    save(folder / "b" / f"3.{suffix}", image)

    data = load(folder)

    expected = np.asarray(image.convert("L" if mode in ("1", "LA") else "RGB"))
    assert data.x.ndim == (3 if mode in ("1", "LA") else 4)
    assert (data.x[4] == expected).all()


def test_exif_orientation_is_applied(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    save(folder / "b" / "3.png", Image.fromarray(GREY), exif=exif)

    assert (load(folder).x[4] == GREY[::-1, ::-1]).all()


def test_resize_squeezes_to_a_square_with_antialiasing(folder: Path) -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (128, 64))
    save(folder / "a" / "z.png", Image.fromarray(stripes))

    data = load(folder, resize=16)

    assert data.x.shape == (5, 16, 16)
    assert np.abs(data.x[2].astype(int) - 127).max() < 10  # plain sampling would leave 0 and 255


def test_unequal_sizes_name_resize(folder: Path) -> None:
    save(folder / "a" / "z.png", Image.fromarray(GREY.T.copy()))

    with pytest.raises(DataError, match=r"2 different sizes: 4 are 8x6, but a/z\.png is 6x8; .* with --resize PX"):
        load(folder)
    assert load(folder, resize=8).x.shape == (5, 8, 8)


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"\0\0\0\0IDAT"


def png16(shape: str) -> bytes:
    buffer = io.BytesIO()
    if shape == "grey":
        Image.fromarray(GREY.astype(np.uint16) * 257).save(buffer, "png")
        return buffer.getvalue()
    rows = b"".join(b"\0" + (np.repeat(COLOUR[y], 2)).tobytes() for y in range(6))
    body = b"IHDR" + struct.pack(">IIBBBBB", 8, 6, 16, 2, 0, 0, 0)
    chunks = (body, b"IDAT" + zlib.compress(rows), b"IEND")
    written = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def truncated() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (60, 80, 3), dtype=np.uint8)).save(buffer, "jpeg")
    return buffer.getvalue()[:1500]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not an image of the kinds"),
    "text": (lambda: b"hello", "not an image of the kinds"),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image of the kinds"),
    "truncated": (truncated, "damaged: "),
    "bomb": (lambda: png_header(10_000, 10_000), "more pixels than the limit of 89478485"),
    "huge bomb": (lambda: png_header(100_000, 100_000), "more pixels than the limit of 89478485"),
    "16-bit grey": (lambda: png16("grey"), "16 or more bits a channel"),
    "16-bit colour": (lambda: png16("colour"), "16 or more bits a channel"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_reason_and_can_be_skipped(folder: Path, name: str) -> None:
    make, reason = BAD[name]
    (folder / "b" / "bad.png").write_bytes(make())

    with pytest.raises(DataError, match=rf"1 files cannot be used: b/bad.png \({reason}.*--skip-bad"):
        load(folder)
    assert len(load(folder, skip_bad=True)) == 4


def test_all_bad_files_are_in_one_message(folder: Path) -> None:
    for number in range(12):
        (folder / "ab"[number % 2] / f"bad{number:02}.png").touch()

    with pytest.raises(DataError, match=r"12 files cannot be used: a/bad00.png .*; a/bad02.png .*; and 2 more"):
        load(folder)


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = save(tmp_path / "elsewhere" / "1.png", Image.fromarray(GREY))
    (folder / "b" / "link.png").symlink_to(secret)
    (folder / "b" / "inside.png").symlink_to(folder / "a" / "x.png")

    with pytest.raises(DataError, match=r"1 files cannot be used: b/link\.png .a link that leads out of the folder"):
        load(folder)
    assert len(load(folder, skip_bad=True)) == 5
    (folder / "c").symlink_to(secret.parent)
    with pytest.raises(DataError, match="is a link that leads out of"):
        load(folder)


def test_fewer_than_two_classes_and_empty_classes_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "c").mkdir()

    with pytest.raises(DataError, match="c holds no usable image"):
        load(folder)
    with pytest.raises(DataError, match=r"holds 1 class folder.*at least 2"):
        load(tmp_path)
    with pytest.raises(DataError, match="holds 0 class folder"):
        load(folder / "a")


def test_more_pixels_than_memory_is_meant_to_hold_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augplug.data.folder.LIMIT", 100)

    with pytest.raises(DataError, match="make them smaller with --resize PX"):
        load(folder)


@pytest.mark.parametrize("resize", [0, 3, 5000])
def test_a_size_out_of_range_is_refused(folder: Path, resize: int) -> None:
    with pytest.raises(SettingsError, match=r"--resize takes pixels in 4\.\.1024"):
        load(folder, resize=resize)
