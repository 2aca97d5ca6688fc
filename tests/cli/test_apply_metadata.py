"""What files say beside their pixels goes with them through `augplug apply`, and what is lost is named."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.cli.conftest import Run, pixels, read

NOTHING = '{"augplug_policy": 1, "policy": {"sequence": []}}'
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>mine</rdf:RDF></x:xmpmeta>'
ENDS = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "AVIF": ".avif", "BMP": ".bmp"}
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def nothing(run: Run) -> Run:
    """As `run`, where nothing.json is a policy that changes no pixel."""
    Path("nothing.json").write_text(NOTHING, "utf-8")
    Path("src").mkdir()
    return run


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[274] = orientation
    made[271], made[315], made[33432] = "Maker", "Somebody", "(c) Somebody"
    made[34665] = {36867: "2024:01:02 03:04:05", 40962: 10, 40963: 12, 37386: 50.0}
    made[34853] = {1: "N", 2: (52.0, 31.0, 12.0)}
    return made


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_profile_resolution_exif_and_xmp_stay(nothing: Run, form: str) -> None:
    options: dict[str, Any] = {"icc_profile": PROFILE, "exif": exif(6), "dpi": (300, 150)}
    options |= {"pnginfo": PngInfo()} if form == "PNG" else {"xmp": XMP}
    if form == "PNG":
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    if form == "TIFF":
        del options["xmp"]
        options["exif"][700] = XMP
        options["exif"] = options["exif"].tobytes()
    name = f"a{ENDS[form]}"
    Image.fromarray(pixels(12, 10)).save(f"src/{name}", form, **options)
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert (outcome.status, outcome.err) == (0, "1 images augmented by unnamed, seed 0: 1 files\n")
    with Image.open(f"out/{name}") as made:
        made.load()
        assert made.size == (12, 10)
        assert made.info["icc_profile"] == PROFILE
        assert b"mine" in made.info["xmp"]
        found = made.getexif()
        assert 274 not in found
        assert (found[271], found[315], found[33432]) == ("Maker", "Somebody", "(c) Somebody")
        details = found.get_ifd(34665)
        assert (details[36867], float(details[37386])) == ("2024:01:02 03:04:05", 50.0)
        assert (details[40962], details[40963]) == (12, 10)
        assert found.get_ifd(34853)[1] == "N"
        if form not in {"WEBP", "AVIF"}:
            across, down = made.info["dpi"]
            assert (round(across), round(down)) == (150, 300)  # turned with the image


def test_texts_comments_gamma_and_compression_stay(nothing: Run) -> None:
    texts = PngInfo()
    texts.add_text("Title", "a cat")
    texts.add_itxt("Author", "\u65e5\u672c")
    texts.add(b"gAMA", struct.pack(">I", 45455))
    Image.fromarray(pixels()).save("src/a.png", pnginfo=texts)
    Image.fromarray(pixels()).save("src/b.jpg", comment=b"said")
    Image.fromarray(pixels()).save("src/c.tif", compression="tiff_lzw")
    Image.fromarray(pixels()).save("src/d.bmp", dpi=(300, 300))
    assert nothing("apply", "nothing.json", "src", "out").status == 0
    with Image.open("out/a.png") as made:
        made.load()
        assert made.text == {"Title": "a cat", "Author": "\u65e5\u672c"}  # type: ignore[attr-defined]  # of PNG files
        assert made.info["gamma"] == pytest.approx(0.45455)
    for name, key, value in (("b.jpg", "comment", b"said"), ("c.tif", "compression", "tiff_lzw")):
        with Image.open(f"out/{name}") as made:
            assert made.info[key] == value
    with Image.open("out/d.bmp") as made:
        assert made.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize(
    ("form", "lost"),
    [
        ("PPM", "ICC profile, resolution, XMP, comment, EXIF"),
        ("BMP", "ICC profile, XMP, comment, EXIF"),
        ("WEBP", "resolution, comment"),
        ("TIFF", "comment"),
    ],
)
def test_what_a_format_cannot_hold_is_named(nothing: Run, form: str, lost: str) -> None:
    options: dict[str, Any] = {
        "icc_profile": PROFILE,
        "exif": exif(),
        "dpi": (300, 300),
        "xmp": XMP,
        "comment": b"said",
    }
    for number in range(5):
        Image.fromarray(pixels(seed=number)).save(f"src/{number}.jpg", **options)
    outcome = nothing("apply", "nothing.json", "src", "out", "--format", form)
    assert outcome.status == 0
    end = Path(min(path.name for path in Path("out").iterdir())).suffix
    named = ", ".join(str(Path("out", f"{number}{end}")) for number in range(3))
    assert outcome.err.splitlines()[0] == f"5 files ({named}, ...): {form} takes over no {lost}: dropped"


def test_a_profile_of_other_colours_is_dropped_and_named(nothing: Run) -> None:
    cmyk = PROFILE[:16] + b"CMYK" + PROFILE[20:]
    Image.fromarray(pixels()).convert("CMYK").save("src/a.jpg", icc_profile=cmyk)
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert outcome.status == 0
    assert "JPEG takes over no ICC profile of other colours: dropped" in outcome.err
    with Image.open("out/a.jpg") as made:
        assert "icc_profile" not in made.info


def test_tags_that_are_not_carried_are_named(nothing: Run) -> None:
    made = Image.Exif()
    made[33550] = (1.0, 1.0, 0.0)  # GeoTIFF's pixel scale: a turned image has another
    Image.fromarray(pixels()).save("src/a.tif", exif=made)
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert outcome.status == 0
    assert "TIFF takes over no tags 33550: dropped" in outcome.err


def test_damaged_exif_costs_no_image(nothing: Run) -> None:
    Image.fromarray(pixels()).save("src/a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 30)
    Image.fromarray(pixels()).save("src/b.jpg", exif=b"Exif\0\0garbage")
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert (outcome.status, len(list(Path("out").glob("*.jpg")))) == (0, 2), outcome.err


@pytest.mark.parametrize("end", [".jfif", ".jpe", ".dib", ".apng", ".avif", ".jp2", ".j2k", ".tga", ".webp"])
def test_every_format_that_is_written_keeps_its_suffix(nothing: Run, end: str) -> None:
    Image.fromarray(pixels(40, 40)).save(f"src/a{end}")
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert (outcome.status, [path.name for path in Path("out").iterdir()]) == (0, [f"a{end}"]), outcome.err
    with Image.open(f"src/a{end}") as before, Image.open(f"out/a{end}") as after:
        assert before.format == after.format


@pytest.mark.parametrize("end", [".gif", ".ico", ".pcx", ".qoi", ".sgi", ".xbm"])
def test_formats_that_are_only_read_become_png(nothing: Run, end: str) -> None:
    mode = "1" if end == ".xbm" else "RGB"
    Image.fromarray(pixels(32, 32)).convert(mode).save(f"src/a{end}")
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert (outcome.status, [path.name for path in Path("out").iterdir()]) == (0, ["a.png"]), outcome.err


def test_a_png_with_a_wrong_checksum_is_named(nothing: Run) -> None:
    Image.fromarray(pixels(60, 60)).save("src/a.png", compress_level=0)
    whole = bytearray(Path("src/a.png").read_bytes())
    start = whole.index(b"IDAT") + 4
    whole[start + 400] ^= 0xFF  # in stored blocks no other check of zlib's comes before the end
    body = bytes(whole[start : start + struct.unpack(">I", whole[start - 8 : start - 4])[0]])
    plain = bytearray(zlib.decompressobj().decompress(body[:-4]))
    assert len(plain) == 60 * (1 + 3 * 60)
    adler = struct.pack(">I", zlib.adler32(plain))
    whole[start + len(body) - 4 : start + len(body)] = adler  # the pixels are read without an error
    Path("src/a.png").write_bytes(bytes(whole))
    assert (read(Path("src/a.png")) != pixels(60, 60)).any()
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert outcome.status == 2
    assert "a.png cannot be read (broken PNG file (bad header checksum in b'IDAT')); mend or remove" in outcome.err


def test_several_pictures_in_one_file_are_said(nothing: Run) -> None:
    Image.fromarray(pixels(64, 64)).save("src/a.ico", sizes=[(16, 16), (32, 32)])
    frames = [Image.fromarray(pixels(seed=seed)) for seed in range(3)]
    frames[0].save("src/b.mpo", save_all=True, append_images=frames[1:])
    frames = [Image.fromarray(pixels(seed=seed)) for seed in range(3)]
    frames[0].save("src/c.tif", save_all=True, append_images=frames[1:])
    outcome = nothing("apply", "nothing.json", "src", "out")
    assert outcome.status == 0
    assert f"{Path('src/a.ico')}: 2 pictures in one file; the largest was taken" in outcome.err
    assert f"{Path('src/b.mpo')}, {Path('src/c.tif')}: 3 pictures in one file; the first was taken" in outcome.err
    assert np.array_equal(read(Path("out/c.tif")), pixels(seed=0))
