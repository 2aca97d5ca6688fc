"""Folders as people have them, with everything in them at once: `data describe`, `search` and `apply` say what they do.

No line is a traceback, the status is 0 or 2, each problem is one line, and no file is neither used nor named.
"""

import json
import os
import shlex
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from augplug.data.loading import load
from tests.cli.conftest import Outcome, Run, pixels
from tests.cli.test_streams import SMALL

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
BAD = ("cut.jpg", "crc.png", "empty.png", "text.png", "deep.png", "gone.png", "float.tif", "bomb.png")
"""Files that no search can use; `apply` can use the 16-bit one."""

FORMATS = ("jfif", "jpe", "dib", "apng", "avif", "jp2", "tga", "pcx", "ico", "gif", "webp", "ppm")


def save(path: str, picture: Image.Image, **options: Any) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def photograph(seed: int, height: int = 30, width: int = 40) -> Image.Image:
    return Image.fromarray(pixels(height, width, seed=seed))


def good_files() -> int:
    """Two classes of photographs, of formats, sizes, depths and places of all kinds; return how many."""
    for number in range(12):
        for label, name in enumerate(("cat", "dog")):
            tall = number % 3 == 0
            save(f"data/{name}/{number}.jpg", photograph(2 * number + label, *((40, 30) if tall else (30, 40))))
    orientation = Image.Exif()
    orientation[274] = 6
    orientation[315] = "Somebody"
    save("data/cat/more/deep/p.jpg", photograph(100), exif=orientation, icc_profile=PROFILE, dpi=(300, 300))
    for number, end in enumerate(FORMATS):
        save(f"data/dog/formats/{number}.{end}", photograph(110 + number, 32, 32))
    save("data/cat/alpha.png", Image.fromarray(pixels(30, 40, 4)))
    save("data/cat/palette.png", photograph(130).convert("P"))
    save("data/cat/cmyk.jpg", photograph(131).convert("CMYK"))
    save("data/cat/grey.png", photograph(132).convert("L"))
    frames = [photograph(140 + number) for number in range(3)]
    save("data/cat/frames.tif", frames[0], save_all=True, append_images=frames[1:])
    save("data/cat/copy.png", photograph(150))
    save("data/dog/copy.png", photograph(150))
    save("elsewhere/linked/l.png", photograph(160))
    Path("data/dog/linked").symlink_to(Path("elsewhere/linked").resolve())
    Path("data/dog/file.png").symlink_to(Path("elsewhere/linked/l.png").resolve())
    Path("data/cat/round").symlink_to(Path("data").resolve())
    return 2 * 12 + 1 + 12 + 4 + 1 + 2 + 2


def other_files() -> None:
    """What lies about: of systems and NAS devices, and what is not an image."""
    for name in (
        "data/cat/@eaDir/1.jpg/thumb.jpg",
        "data/__MACOSX/cat/._1.jpg",
        "data/.git/x.png",
        "data/dog/#recycle/r.png",
    ):
        save(name, photograph(170))
    for name in (
        "data/cat/Thumbs.db",
        "data/dog/.DS_Store",
        "data/cat/notes.txt",
        "data/labels.csv",
        "data/dog/desktop.ini",
    ):
        Path(name).write_bytes(b"x")
    save("data/loose.png", photograph(171))


def bad_files() -> None:
    """Files that look like images."""
    save("data/cat/whole.jpg", photograph(180))
    Path("data/cat/cut.jpg").write_bytes(Path("data/cat/whole.jpg").read_bytes()[:800])
    Path("data/cat/whole.jpg").unlink()
    save("data/cat/crc.png", photograph(181))
    wrong = bytearray(Path("data/cat/crc.png").read_bytes())
    wrong[-13] ^= 0xFF  # the checksum of the pixels, before the 12 bytes of the end
    Path("data/cat/crc.png").write_bytes(bytes(wrong))
    Path("data/cat/empty.png").write_bytes(b"")
    Path("data/cat/text.png").write_text("hello", "utf-8")
    save("data/cat/deep.png", Image.fromarray(pixels(30, 40, 1).astype(np.uint16) * 257))
    Path("data/cat/gone.png").symlink_to("nowhere")
    save("data/cat/float.tif", Image.fromarray(pixels(30, 40, 1).astype(np.float32)))
    body = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    Path("data/cat/bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + b"\0\0\0\0IDAT")


def lines_of(outcome: Outcome) -> list[str]:
    told = outcome.out.splitlines() + outcome.err.splitlines()
    assert not any("Traceback" in line for line in told)
    assert outcome.status in {0, 2}
    return told


def test_everything_at_once(run: Run) -> None:
    good = good_files()
    other_files()
    bad_files()
    described = run("data", "describe", "data")
    told = lines_of(described)
    assert described.status == 0
    for name in BAD:
        assert sum(line.startswith("unusable") and f"cat/{name} (" in line for line in told) == 1
    for text in (
        "left out 2 files that are not images by their suffix: cat/notes.txt, labels.csv",
        "left out 7 hidden and system files and folders: .git, __MACOSX, cat/@eaDir, ...",
        "left out 1 links to a folder that holds them: cat/round",
        "left out 1 images that lie in no class folder: loose.png",
        "transparency is dropped",
        "3 pictures in one file; the first was taken (cat/frames.tif)",
        "2 images are equal to one of another class",
        "seen by the search at",
        "policies look alike",
    ):
        assert sum(text in line for line in told) == 1, (text, told)
    found = json.loads(run("data", "describe", "data", "--json").out)
    assert sum(found["classes"].values()) == good
    assert found["images"] == good + 1  # the loose one
    assert (found["kinds"]["grey, 16-bit"], len(found["unusable"])) == (1, len(BAD))

    line = ("search", "randaugment", "data", *shlex.split(SMALL))
    refused = run(*line)
    assert refused.status == 2
    assert f"data: {len(BAD)} files cannot be used: " in lines_of(refused)[-1]
    searched = run(*line, "--skip-bad")
    assert searched.status == 0, searched.err
    lines_of(searched)
    result = json.loads(Path("augplug-run/result.json").read_text("utf-8"))
    assert result["data"]["images"] == good
    assert run("report", "augplug-run", "--data", "data").status == 0

    Path("turn.json").write_text('{"augplug_policy": 1, "policy": {"op": "Rotate", "degrees": 33}}', "utf-8")
    refused = run("apply", "turn.json", "data", "out")
    assert (refused.status, list(Path("out").rglob("*.*"))) == (2, [])
    lines_of(refused)
    applied = run("apply", "turn.json", "data", "out", "--skip-bad")
    told = lines_of(applied)
    assert applied.status == 0
    written = {path.relative_to("out").with_suffix("") for path in Path("out").rglob("*.*") if path.is_file()}
    assert len(written) == good + 2  # the loose one, and that of 16 bits
    for name in BAD:
        assert (sum(f"left out: {Path('data/cat', name)} " in line for line in told) == 1) == (name != "deep.png")


def test_parts_are_kept_by_a_search(run: Run) -> None:
    seed = 0
    for part, count in {"train": 20, "val": 10, "test": 7}.items():
        for name in ("cat", "dog"):
            for number in range(count):
                save(f"data/{part}/{name}/{number}.png", photograph(seed))
                seed += 1
    assert "parts     train 40, valid 20, test 14" in run("data", "describe", "data").out
    outcome = run("search", "randaugment", "data", *shlex.split(SMALL))
    assert outcome.status == 0
    assert "images: 10 to train on, 20 to choose by, 14 to test on" in outcome.err
    assert run("report", "augplug-run", "--data", "data").status == 0


def test_classes_of_unequal_sizes_are_warned_of(run: Run) -> None:
    for name, count in {"a": 40, "b": 5}.items():
        for number in range(count):
            save(f"data/{name}/{number}.png", photograph(number if name == "a" else 100 + number))
    said = "warning   the class 'a' has 40 images, 'b' has 5: who always guesses 'a' scores 0.8889"
    assert said in run("data", "describe", "data").out


def test_a_folder_without_classes_is_described_too(run: Run) -> None:
    for number in range(3):
        save(f"data/{number}.png", photograph(number))
    outcome = run("data", "describe", "data")
    assert outcome.status == 0
    assert "images    3\nclasses   none\n" in outcome.out
    assert "search    not possible: data holds 0 class folder(s); at least 2 are needed" in outcome.out


def test_mean_and_std_are_those_of_the_images(run: Run) -> None:
    for name in ("a", "b"):
        for number in range(6):
            save(f"data/{name}/{number}.png", photograph(number + ord(name)))
    found = json.loads(run("data", "describe", "data", "--json").out)
    values = load("data").x / 255
    np.testing.assert_allclose(found["mean"], values.mean(axis=(0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(found["std"], values.std(axis=(0, 1, 2)), atol=1e-4)


@pytest.mark.parametrize("path", ["nowhere", "empty", "file.txt", "broken.npz"])
def test_what_cannot_be_described_is_one_line(run: Run, path: str) -> None:
    Path("empty").mkdir()
    Path("file.txt").write_text("x", "utf-8")
    Path("broken.npz").write_text("x", "utf-8")
    outcome = run("data", "describe", path)
    assert (outcome.status, outcome.out, len(outcome.err.splitlines())) == (2, "", 2)


def test_an_archive_is_described(run: Run) -> None:
    np.savez("d.npz", x=np.stack([pixels(seed=number) for number in range(20)]), y=np.arange(20)[:, None] % 2)
    outcome = run("data", "describe", "d.npz")
    assert outcome.status == 0
    assert "classes   2: 0 10, 1 10" in outcome.out
    assert "seen as   10x12, RGB, uint8" in outcome.out


def test_an_unreadable_class_folder_and_a_name_that_is_not_utf_8(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        save(f"data/{name}/1.png", photograph(ord(name)))
    Path("data/b").rename(Path("data") / os.fsdecode(b"caf\xe9"))
    for line in ("data describe data", "search randaugment data"):
        outcome = run(*line.split())
        assert sum("data/caf\\udce9 is not UTF-8; rename it" in told for told in lines_of(outcome)) == 1
    assert run("apply", "randaugment", "data", "out").status == 0
    real = os.scandir

    def scan(path: Path) -> Any:
        if path.name == "a":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    for line in ("data describe data", "search randaugment data", "apply randaugment data o"):
        outcome = run(*line.split())
        assert outcome.status == 2
        assert "data/a cannot be listed (Permission denied); make it readable" in lines_of(outcome)[-1]
