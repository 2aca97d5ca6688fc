"""`augplug apply` and files of every kind: masks that move in step, depths, alpha, and what is not an image at all."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from augplug.cli import applying
from augplug.data import images
from augplug.errors import DataError, RunError
from tests.cli.conftest import Run, pixels, read, write_image

TURN = '{"augplug_policy": 1, "policy": {"op": "Rotate", "degrees": 33}}'
NOTHING = '{"augplug_policy": 1, "policy": {"sequence": []}}'


@pytest.fixture
def policies(run: Run) -> Run:
    """As `run`, where turn.json and nothing.json are policies."""
    Path("turn.json").write_text(TURN, "utf-8")
    Path("nothing.json").write_text(NOTHING, "utf-8")
    return run


def save(path: str, array: npt.NDArray[Any], **options: Any) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return Path(path)


def files(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def orientation(number: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = number
    return exif


def test_masks_move_with_their_images(policies: Run) -> None:
    for name, end in {"cat/1": ".png", "dog/2": ".jpg"}.items():
        save(f"src/{name}{end}", pixels(20, 20))
        save(f"masks/{name}.tif", pixels(20, 20, 1) % 7)
    outcome = policies("apply", "turn.json", "src", "out", "--masks", "masks", "--copies", "2")
    assert (outcome.status, outcome.out) == (0, "out\nout-masks\n")
    assert files("out") == ["cat/1-0.png", "cat/1-1.png", "dog/2-0.jpg", "dog/2-1.jpg"]
    assert files("out-masks") == ["cat/1-0.png", "cat/1-1.png", "dog/2-0.png", "dog/2-1.png"]
    mask = read(Path("out-masks/cat/1-0.png"))
    assert set(np.unique(mask)) <= set(range(7))
    assert policies("apply", "turn.json", "src", "x", "--masks", "masks", "--masks-out", "y").out == "x\ny\n"


def test_an_image_and_its_mask_get_the_same_draw(policies: Run) -> None:
    for number in range(4):
        save(f"src/{number}.png", pixels(16, 16, 1, seed=number))
        save(f"masks/{number}.png", pixels(16, 16, 1, seed=number))
    Path("turns.json").write_text(TURN.replace("33", '{"uniform": [-90, 90]}'), "utf-8")
    assert policies("apply", "turns.json", "src", "out", "--masks", "masks").status == 0
    for number in range(4):
        image, mask = read(Path(f"out/{number}.png")), read(Path(f"out-masks/{number}.png"))
        assert not np.array_equal(image, pixels(16, 16, 1, seed=number))
        assert np.mean(image != mask) < 0.03  # the image's nearest neighbour may be OpenCV's, the mask's is exact


@pytest.mark.parametrize("colours", [2, 3, 20, 256])
def test_a_palette_mask_keeps_its_integers_and_its_palette(policies: Run, colours: int) -> None:
    save("src/a.jpg", pixels(10, 10))
    picture = Image.fromarray((pixels(10, 10, 1).astype(int) % colours).astype(np.uint8))
    palette = bytes(pixels(colours, 3, 1).ravel())
    picture.putpalette(palette)
    Path("masks").mkdir()
    picture.save("masks/a.png")
    assert policies("apply", "nothing.json", "src", "out", "--masks", "masks").status == 0
    with Image.open("out-masks/a.png") as made:
        assert made.mode == "P"
        np.testing.assert_array_equal(np.asarray(made), np.asarray(picture))
        assert bytes(made.getpalette("RGB") or ())[: 3 * colours] == palette


@pytest.mark.parametrize("kind", ["16-bit", "one bit", "RGB"])
def test_other_masks_keep_their_integers(policies: Run, kind: str) -> None:
    save("src/a.png", pixels(10, 10))
    mask: npt.NDArray[Any] = {
        "16-bit": pixels(10, 10, 1).astype(np.uint16) * 200,
        "one bit": pixels(10, 10, 1) > 100,
        "RGB": pixels(10, 10),
    }[kind]
    save("masks/a.png", mask)
    assert policies("apply", "nothing.json", "src", "out", "--masks", "masks").status == 0
    made = read(Path("out-masks/a.png"))
    np.testing.assert_array_equal(made, mask)
    assert made.dtype == (np.uint16 if kind == "16-bit" else np.uint8)


def test_a_mask_is_turned_as_its_image_unless_it_says_itself(policies: Run) -> None:
    for number in range(1, 9):
        save(f"src/{number}.jpg", pixels(8, 20), exif=orientation(number))
        save(f"masks/{number}.png", pixels(8, 20, 1))
        save(f"src/own{number}.jpg", pixels(8, 20), exif=orientation(number))
        end = "tif" if number % 2 else "png"
        save(f"masks/own{number}.{end}", pixels(8, 20, 1), exif=orientation(number))
    outcome = policies("apply", "nothing.json", "src", "out", "--masks", "masks")
    assert outcome.status == 0
    assert outcome.err.count("turned as its image, by EXIF orientation") == 7
    for number in range(1, 9):
        mask, own = read(Path(f"out-masks/{number}.png")), read(Path(f"out-masks/own{number}.png"))
        assert mask.shape == read(Path(f"out/{number}.jpg")).shape[:2]
        np.testing.assert_array_equal(mask, own)
    np.testing.assert_array_equal(read(Path("out-masks/6.png")), np.rot90(pixels(8, 20, 1), -1))


def test_stems_of_results_with_masks_never_meet(policies: Run) -> None:
    for end in ("jpg", "png"):
        save(f"src/a.{end}", pixels(10, 10))
    save("masks/a.png", pixels(10, 10, 1))
    assert policies("apply", "turn.json", "src", "out", "--masks", "masks").status == 0
    assert files("out") == ["a.jpg.jpg", "a.png.png"]
    assert files("out-masks") == ["a.jpg.png", "a.png.png"]


def test_masks_that_do_not_fit_are_one_error_or_a_reported_skip(policies: Run) -> None:
    for name in ("deep", "good", "missing", "size", "two"):
        save(f"src/{name}.png", pixels(10, 10))
        save(f"masks/{name}.png", pixels(10, 9 if name == "size" else 10, 1))
    Path("masks/missing.png").unlink()
    save("masks/two.tif", pixels(10, 10, 1))
    save("masks/deep.tif", pixels(10, 10, 1).astype(np.int32))
    Path("masks/deep.png").unlink()
    said = {
        "missing": "missing.png has no mask; give one of its stem",
        "size": "size.png is 9x10, its image 10x10",
        "two": "two.png has 2 masks:",
        "deep": "deep.tif has 32 bits a value",
    }
    outcome = policies("apply", "turn.json", "src", "out", "--masks", "masks", "--skip-bad")
    assert outcome.status == 0
    assert all(text in outcome.err for text in said.values()), outcome.err
    assert outcome.err.endswith("1 images augmented by unnamed, seed 0: 2 files, 4 left out\n")
    assert (files("out"), files("out-masks")) == (["good.png"], ["good.png"])
    stopped = policies("apply", "turn.json", "src", "out2", "--masks", "masks")
    assert (stopped.status, files("out2"), files("out2-masks")) == (2, [], [])
    assert any(text in stopped.err.splitlines()[-1] for text in said.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--masks-out", "m"], "give --masks"),
        (["--masks", "nowhere"], "nowhere is not a folder"),
        (["--masks", "src"], "lies in src"),
        (["--masks", "masks", "--masks-out", "src/m"], "lies in src"),
        (["--masks", "masks", "--masks-out", "masks"], "lies in masks"),
        (["--masks", "masks", "--masks-out", "out"], "lies in out"),
        (["--masks", "masks", "--masks-out", "."], "lies in ."),
    ],
)
def test_folders_of_masks_never_mix_with_those_of_images(policies: Run, options: list[str], said: str) -> None:
    write_image(Path("src/a.png"))
    write_image(Path("masks/a.png"), channels=1)
    outcome = policies("apply", "turn.json", "src", "out", *options)
    assert outcome.status == 2
    assert said in outcome.err
    assert not Path("out").exists()


def test_an_existing_mask_is_not_overwritten(policies: Run) -> None:
    for name in ("src/a.png", "masks/a.png", "out-masks/a.png"):
        write_image(Path(name))
    outcome = policies("apply", "turn.json", "src", "out", "--masks", "masks")
    assert outcome.status == 2
    assert f"{Path('out-masks/a.png')} exists" in outcome.err


def test_deep_grey_and_alpha_are_kept_where_the_format_can(policies: Run) -> None:
    deep = pixels(10, 10, 1).astype(np.uint16) * 201
    for end in ("png", "tif"):
        save(f"src/deep.{end}", deep)
        save(f"src/alpha.{end}", pixels(10, 10, 4))
    outcome = policies("apply", "nothing.json", "src", "out")
    assert outcome.status == 0
    for end in ("png", "tif"):
        np.testing.assert_array_equal(read(Path(f"out/deep.{end}")), deep)
        np.testing.assert_array_equal(read(Path(f"out/alpha.{end}")), pixels(10, 10, 4))
    outcome = policies("apply", "nothing.json", "src", "jpegs", "--format", "JPEG", "--skip-bad")
    assert outcome.status == 0
    assert "JPEG holds no alpha; it was dropped" in outcome.err
    assert "JPEG holds no uint16 image" in outcome.err


def test_cmyk_and_animations_are_converted_with_a_note(policies: Run) -> None:
    Path("src").mkdir()
    Image.fromarray(pixels(10, 10)).convert("CMYK").save("src/a.jpg")
    frames = [Image.fromarray(pixels(10, 10, seed=seed)) for seed in range(3)]
    frames[0].save("src/b.gif", save_all=True, append_images=frames[1:])
    outcome = policies("apply", "turn.json", "src", "out")
    assert (outcome.status, files("out")) == (0, ["a.jpg", "b.png"])
    assert "CMYK converted to RGB" in outcome.err
    assert "3 pictures in one file; the first was taken" in outcome.err


def test_what_is_no_image_is_skipped_and_named(policies: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_image(Path("src/GOOD.PNG")).read_bytes()
    Path("src/cut.jpg").write_bytes(save("ok.jpg", pixels()).read_bytes()[:300])
    Path("src/cut.png").write_bytes(whole[:200])
    Path("src/empty.png").write_bytes(b"")
    Path("src/round.png").symlink_to("round.png")
    Path("src/gone.png").symlink_to("nowhere")
    Path("src/loop").symlink_to(".")
    write_image(Path("src/folder.png/in.png"))
    save("src/bomb.png", pixels(40, 40))
    os.mkfifo("src/pipe.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    outcome = policies("apply", "turn.json", "src", "out", "--skip-bad")
    assert outcome.status == 0
    assert files("out") == ["GOOD.PNG", "folder.png/in.png"]
    assert outcome.err.count("left out: ") == 7
    assert "left out 1 links to a folder that holds them: loop" in outcome.err
    for name in ("cut.jpg", "cut.png", "empty.png", "round.png", "gone.png", "bomb.png", "pipe.png"):
        assert f"left out: {Path('src', name)} " in outcome.err
    assert outcome.err.endswith("2 images augmented by unnamed, seed 0: 2 files, 7 left out\n")


def test_nothing_usable_is_an_error_even_with_skip_bad(policies: Run) -> None:
    Path("src").mkdir()
    Path("src/a.png").write_bytes(b"")
    outcome = policies("apply", "turn.json", "src", "out", "--skip-bad")
    assert outcome.status == 2
    assert "none of the 1 images of src can be used" in outcome.err


def test_a_folder_that_cannot_be_listed_is_an_error(policies: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(Path("src/a.png"))
    write_image(Path("src/closed/b.png"))
    real = os.scandir

    def scan(path: str) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    outcome = policies("apply", "turn.json", "src", "out")
    assert outcome.status == 2
    assert f"{Path('src/closed')} cannot be listed (Permission denied)" in outcome.err


def test_of_a_file_that_is_left_out_no_copy_stays(policies: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    save("src/bad.png", pixels(7, 7))
    save("src/good.png", pixels(8, 8))
    seen: list[int] = []

    def encode(image: npt.NDArray[Any], form: str, *, quality: int, **_more: object) -> tuple[bytes, tuple[str, ...]]:
        seen.append(len(image))
        if len(image) == 7 and seen.count(7) == 2:
            raise DataError("the second copy fails")
        return images.encode(image, form, quality=quality)

    monkeypatch.setattr(applying, "encode", encode)
    outcome = policies("apply", "turn.json", "src", "out", "--copies", "3", "--skip-bad", "--workers", "1")
    assert files("out") == ["good-0.png", "good-1.png", "good-2.png"]
    assert outcome.err.endswith("1 images augmented by unnamed, seed 0: 3 files, 1 left out\n")


def test_a_mask_of_16_bit_colour_is_refused_rather_than_cut(policies: Run) -> None:
    cv2 = pytest.importorskip("cv2")
    save("src/a.png", pixels(10, 10))
    Path("masks").mkdir()
    cv2.imwrite("masks/a.png", pixels(10, 10).astype(np.uint16) * 257)
    outcome = policies("apply", "turn.json", "src", "out", "--masks", "masks")
    assert outcome.status == 2
    assert "a mask is grey (1, 8 or 16 bits)" in outcome.err


def test_a_link_to_a_file_is_read_as_the_file(policies: Run) -> None:
    image = save("else/a.png", pixels(10, 10))
    Path("src").mkdir()
    Path("src/link.png").symlink_to(image.resolve())
    assert policies("apply", "nothing.json", "src", "out").status == 0
    np.testing.assert_array_equal(read(Path("out/link.png")), pixels(10, 10))
    assert not Path("out/link.png").is_symlink()


@pytest.mark.parametrize("name", ["日本 é\u0301 🐈.png", "n" * 251 + ".png", "a'b\"c;$(x).png", " .png", "a..png"])
def test_strange_names_are_names(policies: Run, name: str) -> None:
    save(f"src/{name}", pixels(1, 1))
    outcome = policies("apply", "randaugment", "src", "out")
    assert outcome.status == 0, outcome.err
    assert files("out") == [name]


def test_names_that_are_no_unicode_are_names(policies: Run) -> None:
    name = os.fsdecode(b"\xff\xfe")
    save("src/a.png", pixels())
    Path("src/a.png").rename(f"src/{name}.png")
    assert policies("apply", "randaugment", "src", f"out{name}").status == 0
    assert files(f"out{name}") == [f"{name}.png"]


def test_a_name_too_long_for_its_suffix_is_said(policies: Run) -> None:
    save(f"src/{'n' * 251}.png", pixels())
    outcome = policies("apply", "randaugment", "src", "out", "--suffix", "_augmented")
    assert outcome.status == 1
    assert "cannot be written: File name too long" in outcome.err
    assert files("out") == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.png"
    applying.write_new(target, b"first")
    with pytest.raises(RunError, match="it exists by now"):
        applying.write_new(target, b"second")
    assert target.read_bytes() == b"first"

    def fail(path: Path, goal: Path) -> Path:
        del goal
        assert path.read_bytes() == b"third"
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(RunError, match="Input/output error"):
        applying.write_new(tmp_path / "b.png", b"third")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_folder_that_cannot_be_written_is_said(policies: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(Path("src/a.png"))

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    outcome = policies("apply", "randaugment", "src", "out")
    assert outcome.status == 2
    assert "the folder out cannot be made (Permission denied)" in outcome.err
