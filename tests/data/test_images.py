"""One image file, in and out."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from augplug.data.formats import MODES, WRITTEN, suffixes
from augplug.data.images import encode, format_of, load_image, photograph, save_image
from augplug.errors import DataError

RGB = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
DEEP = RGB[:, :, 0].astype(np.uint16) * 257 + 3


def written(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def test_common_kinds_are_read_as_they_are(tmp_path: Path) -> None:
    rgba = np.dstack([RGB, RGB[:, :, :1]])
    arrays: dict[str, npt.NDArray[Any]] = {
        "rgb": RGB,
        "grey": RGB[:, :, 0],
        "grey-alpha": RGB[:, :, :2],
        "rgba": rgba,
        "deep": DEEP,
    }
    for name, array in arrays.items():
        loaded = load_image(written(tmp_path / f"{name}.png", Image.fromarray(np.ascontiguousarray(array))))
        np.testing.assert_array_equal(loaded.pixels, array)
        assert (loaded.pixels.dtype, loaded.format, loaded.notes) == (array.dtype, "PNG", ())


def test_one_bit_becomes_grey(tmp_path: Path) -> None:
    loaded = load_image(written(tmp_path / "a.png", Image.fromarray(RGB[:, :, 0] > 99)))
    np.testing.assert_array_equal(loaded.pixels, np.where(RGB[:, :, 0] > 99, 255, 0))


@pytest.mark.parametrize("big_endian", [True, False])
def test_16_bit_grey_is_kept_whatever_the_order_of_its_bytes(tmp_path: Path, big_endian: bool) -> None:
    mode = "I;16B" if big_endian else "I;16"
    data = DEEP.astype(">u2" if big_endian else "<u2").tobytes()
    loaded = load_image(written(tmp_path / "a.tif", Image.frombytes(mode, (7, 9), data)))
    np.testing.assert_array_equal(loaded.pixels, DEEP)
    assert loaded.pixels.dtype == np.uint16


def test_palettes_and_cmyk_become_rgb_with_a_note(tmp_path: Path) -> None:
    palette = Image.fromarray(RGB).quantize(4)
    loaded = load_image(written(tmp_path / "p.png", palette))
    np.testing.assert_array_equal(loaded.pixels, np.asarray(palette.convert("RGB")))
    assert loaded.notes == ("palette converted to RGB",)
    assert load_image(written(tmp_path / "t.png", palette, transparency=0)).notes == ("palette converted to RGBA",)
    assert load_image(written(tmp_path / "c.jpg", Image.fromarray(RGB).convert("CMYK"))).notes == (
        "CMYK converted to RGB",
    )


def test_a_transparent_colour_becomes_alpha(tmp_path: Path) -> None:
    loaded = load_image(written(tmp_path / "a.png", Image.fromarray(RGB), transparency=tuple(RGB[2, 3].tolist())))
    assert loaded.pixels.shape == (9, 7, 4)
    assert loaded.pixels[2, 3, 3] == 0
    assert loaded.pixels[0, 0, 3] == 255


def test_of_an_animation_the_first_picture_is_taken(tmp_path: Path) -> None:
    frames = [Image.fromarray(array) for array in (RGB[:, :, 0], RGB[:, :, 1])]
    loaded = load_image(written(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:]))
    assert loaded.notes[-1] == "2 pictures in one file; the first was taken"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    loaded = load_image(written(tmp_path / "a.png", Image.fromarray(RGB), exif=exif))
    turned = {1: RGB, 2: RGB[:, ::-1], 3: RGB[::-1, ::-1], 4: RGB[::-1], 5: RGB.transpose(1, 0, 2)}
    turned |= {6: np.rot90(RGB, -1), 7: np.rot90(RGB, 2).transpose(1, 0, 2), 8: np.rot90(RGB)}
    np.testing.assert_array_equal(loaded.pixels, turned[orientation])


def test_what_cannot_be_read_is_a_data_error(tmp_path: Path) -> None:
    whole = written(tmp_path / "ok.jpg", Image.fromarray(RGB)).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[:200])
    (tmp_path / "text.png").write_text("no image", "utf-8")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "script.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "utf-8")
    written(tmp_path / "float.tif", Image.fromarray(RGB[:, :, 0].astype(np.float32)))
    said = {
        "cut.jpg": "cannot be read",
        "text.png": "is not an image that Pillow reads here",
        "empty.png": "is not an image that Pillow reads here",
        "script.eps": "is not an image that Pillow reads here",
        "float.tif": "has 32 bits a value",
        "missing.png": "does not exist",
        "": "is a folder, not an image file",
    }
    for name, text in said.items():
        with pytest.raises(DataError, match=text) as caught:
            load_image(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))


def test_16_bit_colour_becomes_8_bit_with_a_note(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    for end in ("png", "tif"):
        cv2.imwrite(str(tmp_path / f"a.{end}"), RGB[..., ::-1].astype(np.uint16) * 257)
        loaded = load_image(tmp_path / f"a.{end}")
        assert loaded.notes == ("16 bits a channel became 8; only grey is kept in 16 bits",)
        np.testing.assert_array_equal(loaded.pixels, RGB)


def test_what_is_no_regular_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "round.png").symlink_to("round.png")
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name, text in {"round": "link that leads to no file", "gone": "no file", "pipe": "not a regular file"}.items():
        with pytest.raises(DataError, match=text):
            load_image(tmp_path / f"{name}.png")


@pytest.mark.parametrize("limit", [40, 10])
def test_the_bomb_limit_is_an_error_in_every_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    path = written(tmp_path / "a.png", Image.fromarray(RGB))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with warnings.catch_warnings(), ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("ignore")
        for future in [pool.submit(load_image, path) for _ in range(20)]:
            with pytest.raises(DataError, match=f"more pixels than the limit of {limit}; make the image smaller"):
                future.result()


@pytest.mark.parametrize("name", MODES)
def test_formats_hold_what_the_table_says(tmp_path: Path, name: str) -> None:
    arrays: dict[str, npt.NDArray[np.uint8] | npt.NDArray[np.uint16]] = {
        "L": RGB[:, :, 0],
        "LA": RGB[:, :, :2],
        "RGB": RGB,
        "RGBA": np.dstack([RGB, RGB[:, :, :1]]),
        "I;16": DEEP,
    }
    for mode in MODES[name]:
        content, notes = encode(arrays[mode], name)
        path = tmp_path / "file"
        path.write_bytes(content)
        back = load_image(path)
        assert (back.pixels.shape, back.pixels.dtype) == (arrays[mode].shape, arrays[mode].dtype)
        assert (back.format, notes) == (name, ())
        if name not in {"AVIF", "JPEG", "WEBP"}:
            np.testing.assert_array_equal(back.pixels, arrays[mode])


def test_alpha_is_dropped_with_a_note_where_there_is_no_room_for_it() -> None:
    assert encode(RGB[:, :, :2], "JPEG")[1] == ("JPEG holds no alpha; it was dropped",)
    assert encode(np.dstack([RGB, RGB[:, :, :1]]), "BMP")[1] == ("BMP holds no alpha; it was dropped",)


def test_16_bit_is_refused_where_there_is_no_room_for_it() -> None:
    with pytest.raises(DataError, match=r"JPEG holds no uint16 image of shape \(9, 7\); write PNG or TIFF"):
        encode(DEEP, "JPEG")


def test_an_image_too_large_for_a_format_says_so() -> None:
    with pytest.raises(DataError, match=r"cannot be written as WEBP .*; write PNG"):
        encode(np.zeros((1, 20_000), np.uint8), "WEBP")


def test_quality_counts() -> None:
    picture = photograph()
    assert len(encode(picture, "JPEG", quality=10)[0]) < len(encode(picture, "JPEG", quality=80)[0])
    assert len(encode(picture, "WEBP", quality=10)[0]) < len(encode(picture, "WEBP", quality=80)[0])


def test_suffixes_say_the_format(tmp_path: Path) -> None:
    assert format_of(Path("a.JPG")) == "JPEG"
    save_image(tmp_path / "a.tiff", RGB)
    assert load_image(tmp_path / "a.tiff").format == "TIFF"
    for name in ("a.gif", "a.txt", "a"):
        with pytest.raises(DataError, match=r"end the name in \.png"):
            format_of(Path(name))
    with pytest.raises(DataError, match="cannot be written"):
        save_image(tmp_path / "no" / "a.png", RGB)


def test_every_written_format_has_a_suffix() -> None:
    assert set(MODES) <= set(suffixes().values())
    assert {name: suffixes()[suffix] for name, suffix in WRITTEN.items()} == {name: name for name in MODES}
