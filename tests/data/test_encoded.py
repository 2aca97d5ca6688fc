"""Image files in memory: the bytes of `augplug apply`, and one clear error for what is not an image."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augplug
from augplug.cli import main

PIXELS = np.random.default_rng(0).integers(0, 256, (23, 31, 4), dtype=np.uint8)


def encoded(channels: int, name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(PIXELS[:, :, :channels].squeeze()).save(out, name, **options)
    return out.getvalue()


FILES = {
    "grey.png": encoded(1, "PNG"),
    "colour.png": encoded(3, "PNG"),
    "alpha.png": encoded(4, "PNG"),
    "photo.jpg": encoded(3, "JPEG", dpi=(300, 200), comment=b"a holiday"),
    "turned.jpg": encoded(3, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    "palette.gif": encoded(3, "GIF"),
    "scan.tif": encoded(3, "TIFF", compression="tiff_lzw"),
    "web.webp": encoded(3, "WEBP"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_bytes_are_those_of_apply(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(FILES[name])
    assert main(["apply", "hand-made", str(tmp_path / "in"), str(tmp_path / "out"), "--seed", "4"]) == 0
    (written,) = (tmp_path / "out").iterdir()

    loaded = augplug.decode_image(FILES[name])
    augmented = augplug.Augmenter("hand-made", seed=4)(loaded.image, index=0)
    content, format_ = augplug.encode_image(augmented, loaded)

    assert content == written.read_bytes()
    assert format_ == {"palette.gif": "PNG"}.get(name, loaded.format)


def test_formats_are_chosen_by_name_in_any_letters() -> None:
    content, name = augplug.encode_image(PIXELS[:, :, :3], format="webp", quality=40)
    assert (augplug.decode_image(content).format, name) == ("WEBP", "WEBP")
    assert np.array_equal(augplug.decode_image(augplug.encode_image(PIXELS)[0]).pixels, PIXELS)


@pytest.mark.parametrize("content", [b"", b"no image", FILES["colour.png"][:200], FILES["photo.jpg"][:80]])
def test_what_is_no_image_is_one_error(content: bytes) -> None:
    with pytest.raises(augplug.DataError, match=r"the image .*(not an image|cannot be read)"):
        augplug.decode_image(content)


def test_the_header_alone_says_that_an_image_is_too_large() -> None:
    with pytest.raises(augplug.DataError, match="the image is 31x23, more than the limit of 700 pixels"):
        augplug.decode_image(FILES["colour.png"], max_pixels=700)
    assert augplug.decode_image(FILES["colour.png"], max_pixels=713).pixels.shape == (23, 31, 3)


def test_wrong_uses_say_what_to_give() -> None:
    with pytest.raises(augplug.DataError, match="an image file is bytes, not str"):
        augplug.decode_image("photo.jpg")  # type: ignore[arg-type]  # the wrong use
    with pytest.raises(augplug.SettingsError, match=r"no format 'PNQ' to write .did you mean 'PNG'"):
        augplug.encode_image(PIXELS, format="PNQ")
    with pytest.raises(augplug.SettingsError, match=r"quality is 1\.\.100, not 101"):
        augplug.encode_image(PIXELS, quality=101)
    with pytest.raises(augplug.DataError, match="not float64 of shape"):
        augplug.encode_image(PIXELS / 255)
    with pytest.raises(augplug.DataError, match="JPEG holds no uint16 image"):
        augplug.encode_image(PIXELS[:, :, 0].astype(np.uint16), format="JPEG")


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(augplug.SettingsError, match=rf"quality is 1\.\.100, not {quality}"):
        augplug.encode_image(PIXELS[:, :, :3], format="jpeg", quality=quality)


def test_a_photograph_of_several_pictures_stays_jpeg() -> None:
    """Pillow calls photographs of two lenses MPO."""
    loaded = dataclasses.replace(augplug.decode_image(FILES["photo.jpg"]), format="MPO")

    assert augplug.encode_image(loaded.pixels, loaded)[1] == "JPEG"
