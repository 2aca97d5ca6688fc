import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augplug
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


@pytest.mark.parametrize("end", ["png", "tif", "webp", "avif", "jpg"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_exif_orientation_is_applied(folder: Path, end: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation  # turned by 180 degrees, or lying on its side
    options: dict[str, Any] = (
        {"lossless": True} if end == "webp" else {"quality": 100} if end in {"jpg", "avif"} else {}
    )
    grey = Image.fromarray(GREY)
    save(folder / "b" / f"3.{end}", grey.convert("RGB") if end in {"webp", "avif"} else grey, exif=exif, **options)
    expected = GREY[::-1, ::-1] if orientation == 3 else np.rot90(GREY, -1)

    data = load(folder, resize=8) if orientation == 6 else load(folder)

    assert data.x.shape[1:3] == ((8, 8) if orientation == 6 else (6, 8))
    if orientation == 6:
        expected = np.asarray(Image.fromarray(expected).resize((8, 8), Image.Resampling.LANCZOS))
    assert np.abs(data.x[4].reshape(*expected.shape, -1).mean(axis=-1) - expected).mean() < 4


def test_resize_squeezes_to_a_square_with_antialiasing(folder: Path) -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (128, 64))
    save(folder / "a" / "z.png", Image.fromarray(stripes))

    data = load(folder, resize=16)

    assert data.x.shape == (5, 16, 16)
    assert np.abs(data.x[2].astype(int) - 127).max() < 10  # plain sampling would leave 0 and 255


def test_unequal_sizes_are_laid_on_one_shape_with_their_edges_around_them(folder: Path) -> None:
    save(folder / "a" / "z.png", Image.fromarray(GREY.T.copy()))
    notes: list[str] = []

    data = load(folder, note=notes.append)

    assert data.x.shape == (5, 8, 8)
    expected = np.pad(GREY.T, [(0, 0), (1, 1)], mode="edge")
    assert (data.x[2] == expected).all()
    note = notes[0]
    assert note.startswith("images of 8x6 (4), 6x8 (1): seen by the search at 8x8, their longer side 8,")
    assert note.endswith("with their edge pixels around them; --size PX chooses another size")
    assert load(folder, resize=8).x.shape == (5, 8, 8)


def test_photographs_are_shrunk_once_with_their_aspect(folder: Path) -> None:
    flat = np.full((300, 400, 3), (200, 100, 50), np.uint8)
    for number, turned in enumerate((False, True)):
        save(folder / "a" / f"p{number}.jpg", Image.fromarray(flat.transpose(1, 0, 2) if turned else flat))
    notes: list[str] = []

    data = load(folder, note=notes.append)

    assert data.x.shape == (6, 96, 96, 3)
    assert np.abs(data.x[:2].astype(int) - (200, 100, 50)).max() < 4
    assert "400x300 (1), 300x400 (1)" in notes[0]
    assert load(folder, size=40).x.shape == (6, 40, 40, 3)
    with pytest.raises(SettingsError, match="give one of them"):
        load(folder, size=40, resize=40)


def test_equal_sizes_stay_unless_they_are_large(folder: Path) -> None:
    notes: list[str] = []

    assert load(folder, note=notes.append).x.shape == (4, 6, 8)
    assert not notes
    assert load(folder, size=4).x.shape == (4, 3, 4)
    assert load(folder, size=500).x.shape == (4, 6, 8)  # never enlarged


def test_images_in_folders_of_a_class_belong_to_it(folder: Path) -> None:
    save(folder / "b" / "more" / "deep" / "3.png", Image.fromarray(GREY))
    save(folder / "loose.png", Image.fromarray(GREY))
    notes: list[str] = []

    data = load(folder, note=notes.append)

    assert data.y.tolist() == [0, 0, 1, 1, 1]
    assert notes == ["left out 1 images that lie in no class folder: loose.png"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("train", "val"), (0, 1)),
        (("Train", "Validation", "Test"), (0, 1, 2)),
        (("training", "testing"), (0, 2)),
    ],
)
def test_a_root_of_parts_is_used_as_such(tmp_path: Path, names: tuple[str, ...], expected: tuple[int, ...]) -> None:
    for number, name in enumerate(names):
        for kind in ("cat", "dog"):
            save(tmp_path / name / kind / "deep" / "1.png", Image.fromarray(GREY + number))
    save(tmp_path / "unlabelled" / "1.png", Image.fromarray(GREY))
    save(tmp_path / "unlabelled" / "more" / "1.png", Image.fromarray(GREY))
    notes: list[str] = []

    data = load(tmp_path, note=notes.append)

    assert data.classes == ("cat", "dog")
    assert data.parts is not None
    order = sorted(range(len(names)), key=lambda number: names[number])
    assert data.parts.tolist() == [expected[number] for number in order for _ in "cd"]
    assert any("left out" in note and "unlabelled" in note for note in notes)


def test_parts_that_hold_no_classes_are_said(tmp_path: Path) -> None:
    for name in ("train", "val"):
        save(tmp_path / name / "1.png", Image.fromarray(GREY))

    with pytest.raises(DataError, match=r"holds train, val, which are parts and not classes.*train/cat/1.png"):
        load(tmp_path)


def test_classes_may_be_called_train(tmp_path: Path) -> None:
    for name in ("bus", "test", "train"):
        save(tmp_path / name / "1.png", Image.fromarray(GREY))

    assert load(tmp_path).classes == ("bus", "test", "train")


def test_a_class_that_a_part_lacks_is_named(tmp_path: Path) -> None:
    for name in ("train/cat", "train/dog", "val/cat"):
        save(tmp_path / name / "1.png", Image.fromarray(GREY))

    with pytest.raises(DataError, match=r"the class 'dog' in the part valid of .* holds no usable image"):
        load(tmp_path)


def test_the_folder_to_give_is_named(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        save(tmp_path / "images" / name / "1.png", Image.fromarray(GREY))

    with pytest.raises(DataError, match=r"holds 1 class folder.*give .*images, which holds 2 folders"):
        load(tmp_path)


def test_a_class_name_that_is_not_utf_8_is_one_line(folder: Path) -> None:
    (folder / "b").rename(folder / os.fsdecode(b"caf\xe9"))

    with pytest.raises(DataError, match="is not UTF-8; rename it"):
        load(folder)


def test_what_a_search_does_not_see_is_said(folder: Path) -> None:
    shape = np.zeros((6, 8, 4), np.uint8)
    shape[2:4, 2:4, 3] = 255
    for number in range(4):
        save(folder / "a" / f"s{number}.png", Image.fromarray(shape))
    frames = [Image.fromarray(GREY + number) for number in range(2)]
    save(folder / "b" / "t.tif", frames[0], save_all=True, append_images=frames[1:])
    notes: list[str] = []

    load(folder, note=notes.append)

    lost = "transparency is dropped, and with it a shape that only transparency shows"
    assert notes == [
        f"4 files: {lost} (a/s0.png, a/s1.png, a/s2.png, ...)",
        "1 files: 2 pictures in one file; the first was taken (b/t.tif)",
    ]


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
    "empty": (lambda: b"", "is not an image that Pillow reads here"),
    "text": (lambda: b"hello", "is not an image that Pillow reads here"),
    "postscript": (
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "is not an image that Pillow reads here",
    ),
    "truncated": (truncated, "cannot be read"),
    "bomb": (lambda: png_header(10_000, 10_000), "has more pixels than the limit of 89,478,485"),
    "huge bomb": (lambda: png_header(100_000, 100_000), "has more pixels than the limit of 89,478,485"),
    "16-bit grey": (lambda: png16("grey"), "has 16 or more bits a channel"),
    "16-bit colour": (lambda: png16("colour"), "has 16 or more bits a channel"),
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


def test_links_are_followed(folder: Path, tmp_path: Path) -> None:
    secret = save(tmp_path / "elsewhere" / "1.png", Image.fromarray(GREY))
    (folder / "b" / "link.png").symlink_to(secret)
    (folder / "c").symlink_to(secret.parent)
    (folder / "a" / "round").symlink_to(folder)
    notes: list[str] = []

    data = load(folder, note=notes.append)

    assert (data.classes, len(data)) == (("a", "b", "c"), 6)
    assert notes == ["left out 1 links to a folder that holds them: a/round"]
    (folder / "b" / "gone.png").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"1 files cannot be used: b/gone\.png .is a link that leads to no file"):
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

    with pytest.raises(DataError, match="make them smaller with --size PX"):
        load(folder)


@pytest.mark.parametrize("resize", [0, 3, 5000])
def test_a_size_out_of_range_is_refused(folder: Path, resize: int) -> None:
    with pytest.raises(SettingsError, match=r"--resize takes pixels in 4\.\.1024"):
        load(folder, resize=resize)


def test_load_images_reads_folders_and_archives(folder: Path, tmp_path: Path) -> None:
    """What a search says of a folder is a warning where it is called."""
    assert np.array_equal(augplug.load_images(folder, resize=4).x, load(folder, resize=4).x)
    save(folder / "a/z.png", Image.fromarray(GREY[:4]))
    with pytest.warns(UserWarning, match="augplug: .*aspect kept") as told:
        images = augplug.load_images(folder)
    assert {warning.filename for warning in told} == {__file__}
    np.savez(tmp_path / "data.npz", x=images.x, y=images.y)
    assert np.array_equal(augplug.load_images(tmp_path / "data.npz").x, images.x)
    with pytest.raises(SettingsError, match="are for folders"):
        augplug.load_images(tmp_path / "data.npz", size=8)
