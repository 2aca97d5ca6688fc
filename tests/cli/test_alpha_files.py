"""Files with alpha: what they hold is what their mode says, for apply, preview, explain and replay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

import augplug
from augplug.data.formats import MODES, WRITTEN
from augplug.data.images import load_image
from tests.cli.conftest import Run, pixels

CASES = [
    (form, mode)
    for form, modes in MODES.items()
    for mode in modes
    if mode in ("RGBA", "LA") and (form != "AVIF" or features.check("avif"))
]
LOSSLESS = ("PNG", "TGA", "TIFF")


def write_pictures(folder: Path, form: str, mode: str, count: int = 20) -> None:
    """Write pictures of noise, opaque but for a corner: wholly opaque WebP and AVIF files have no alpha."""
    folder.mkdir()
    for number in range(count):
        values = pixels(14, 18, 4 if mode == "RGBA" else 2, seed=number)
        values[..., -1] = 255
        values[:4, :4, -1] = 9
        Image.fromarray(values).save(folder / f"{number:02}{WRITTEN[form]}", form)


@pytest.mark.parametrize("policy", ["autoaugment-cifar10", "randaugment", "augmix"])
@pytest.mark.parametrize(("form", "mode"), CASES)
def test_apply_writes_all_files_of_every_format_with_alpha(run: Run, form: str, mode: str, policy: str) -> None:
    """20 of 20, each with alpha, and with the pixels that the PIL image gives."""
    write_pictures(Path("src"), form, mode)
    outcome = run("apply", policy, "src", "out")

    assert outcome.status == 0, outcome.err
    assert outcome.err.endswith("20 files\n")
    written = sorted(Path("out").iterdir())
    assert len(written) == 20
    augment = augplug.Augmenter(policy)
    for index, path in enumerate(written):
        source = Path("src") / path.name
        with Image.open(path) as made, Image.open(source) as given:
            assert made.mode == given.mode == mode
            if form in LOSSLESS:
                given.load()
                assert np.array_equal(np.asarray(made), np.asarray(augment(given, index=index)))
                assert augment.plan(given, index=index).channels == given.mode


def test_a_picture_whose_palette_is_transparent_has_alpha_too(run: Run) -> None:
    """A GIF is read as RGBA and written as PNG; what only moves values leaves its alpha."""
    Path("src").mkdir()
    picture = Image.fromarray(pixels(14, 18, 3)[..., 0] // 64, "P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save("src/a.gif", transparency=2)
    Path("invert.toml").write_text('augplug_policy = 1\nname = "inverts"\n[policy]\nop = "Invert"\n', encoding="utf-8")
    outcome = run("apply", "invert.toml", "src", "out")

    assert outcome.status == 0, outcome.err
    given, made = load_image("src/a.gif").pixels, load_image("out/a.png").pixels
    assert np.array_equal(made[..., :3], 255 - given[..., :3])
    assert np.array_equal(made[..., 3], given[..., 3])
    assert 0 < (given[..., 3] == 0).sum() < 14 * 18


def test_masks_go_with_images_that_have_alpha(run: Run) -> None:
    """As with any other."""
    write_pictures(Path("src"), "PNG", "RGBA", count=3)
    Path("masks").mkdir()
    for path in Path("src").iterdir():
        Image.fromarray(pixels(14, 18, 3)[..., 0] % 5).save(Path("masks") / path.name)
    outcome = run("apply", "autoaugment-imagenet", "src", "out", "--masks", "masks")

    assert outcome.status == 0, outcome.err
    augment = augplug.Augmenter("autoaugment-imagenet")
    for index, path in enumerate(sorted(Path("src").iterdir())):
        with Image.open(path) as image, Image.open(Path("masks") / path.name) as mask:
            made = augment(image=image, mask=np.asarray(mask), index=index)
        assert np.array_equal(load_image(Path("out") / path.name).pixels, np.asarray(made["image"]))
        with Image.open(Path("out-masks") / path.name) as moved:
            assert np.array_equal(np.asarray(moved), made["mask"])


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_explain_and_replay_keep_alpha_apart(run: Run, mode: str) -> None:
    """The plan says the channels, and replay takes them from there."""
    write_pictures(Path("src"), "PNG", mode, count=1)
    explained = run("explain", "autoaugment-imagenet", "src/00.png", "--index", "3", "--json")
    Path("plan.json").write_text(explained.out, encoding="utf-8")
    assert json.loads(explained.out)["channels"] == mode
    assert run("explain", "autoaugment-imagenet", "src/00.png", "--index", "3").status == 0
    assert run("replay", "plan.json", "src/00.png", "-o", "made.png").status == 0

    with Image.open("src/00.png") as given, Image.open("made.png") as made:
        expected = augplug.Augmenter("autoaugment-imagenet")(given, index=3)
        assert made.mode == mode
        assert np.array_equal(np.asarray(made), np.asarray(expected))


@pytest.mark.parametrize("policy", ["autoaugment-imagenet", "mixing.toml"])
def test_preview_shows_images_with_alpha(run: Run, policy: str) -> None:
    """Also of a policy that mixes: the partner is the picture upside down."""
    write_pictures(Path("src"), "PNG", "RGBA", count=1)
    Path("mixing.toml").write_text('augplug_policy = 1\nname = "mixes"\n[policy]\nop = "CutMix"\n', encoding="utf-8")
    outcome = run("preview", policy, "src/00.png", "-o", "sheet.png")

    assert outcome.status == 0, outcome.err
    with Image.open("sheet.png") as sheet:
        assert sheet.mode == "RGB"


def test_a_sheet_takes_images_with_alpha() -> None:
    """A PIL image, and an array of an Augmenter that says so; without an image there is a photograph."""
    picture = Image.fromarray(pixels(14, 18, 4))
    declared = augplug.Augmenter("randaugment", channels="RGBA")

    one = augplug.Augmenter("randaugment").show(picture, rows=1, columns=3)
    assert one.tobytes() == declared.show(np.asarray(picture), rows=1, columns=3).tobytes()
    assert declared.show(rows=1, columns=3).size[0] > 0
    assert "<img" in declared._repr_html_()
    assert "<img" in declared.plan(picture, index=1)._repr_html_()
