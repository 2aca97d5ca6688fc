"""`augplug apply`: class folders, names, formats, EXIF, and bytes that depend on nothing but the draw."""

import json
import shlex
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from augplug._pipeline.augmenter import Augmenter
from augplug.cli import applying
from augplug.cli.planning import Job, Style, names
from augplug.errors import SettingsError
from tests.cli.conftest import Run, pixels, read, write_image


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    for number, name in enumerate(["cat/1.png", "cat/2.png", "dog/1.png", "dog/deep/3.bmp", "4.png"]):
        write_image(tmp_path / "src" / name, seed=number)
    return tmp_path / "src"


def test_class_folders_and_names_are_kept(run: Run, animals: Path) -> None:
    outcome = run("apply", "randaugment", animals, "out")
    assert (outcome.status, outcome.out) == (0, "out\n")
    assert outcome.err.endswith("5 images augmented by randaugment, seed 0: 5 files\n")
    assert sorted(contents(Path("out"))) == ["4.png", "cat/1.png", "cat/2.png", "dog/1.png", "dog/deep/3.bmp"]


def test_each_file_is_the_draw_of_its_place_and_copy(run: Run, animals: Path) -> None:
    run("apply", "randaugment:n=2,m=9", animals, "out", "--copies", "2", "--seed", "7")
    augment = Augmenter("randaugment:n=2,m=9", seed=7)
    order = ["4.png", "cat/1.png", "cat/2.png", "dog/1.png", "dog/deep/3.bmp"]
    for index, name in enumerate(order):
        image = read(animals / name)
        for copy in range(2):
            stem, _, end = name.rpartition(".")
            made = read(Path(f"out/{stem}-{copy}.{end}"))
            np.testing.assert_array_equal(made, augment(image, index=index, epoch=copy))


def test_workers_change_no_byte(run: Run, animals: Path) -> None:
    for workers in ("1", "2", "5"):
        assert run("apply", "autoaugment-svhn", animals, workers, "--copies", "3", "--workers", workers).status == 0
    assert contents(Path("1")) == contents(Path("2")) == contents(Path("5"))
    assert len(contents(Path("1"))) == 15


def test_names_that_would_meet_do_not(run: Run, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.jpg.png", "b.png", "B.bmp"):
        write_image(tmp_path / "src" / name)
    assert run("apply", "randaugment", "src", "out", "--format", "png").status == 0
    assert sorted(contents(Path("out"))) == ["B.bmp.png", "a.jpg-2.png", "a.jpg.png", "a.png.png", "b.png.png"]


@given(
    st.lists(st.sampled_from(["a", "A", "a.png", "a.jpg", "a-0", "a-1", "a.png-2", "x/a"]), min_size=1, max_size=8),
    st.lists(st.sampled_from([".png", ".PNG", ".jpg", ".gif", ".bmp"]), min_size=8, max_size=8),
    st.integers(1, 3),
    st.sampled_from([None, "PNG", "JPEG"]),
    st.sampled_from(["", "-1", "-aug"]),
    st.booleans(),
)
def test_no_two_targets_are_ever_alike(
    stems: list[str], ends: list[str], copies: int, form: str | None, suffix: str, by_stem: bool
) -> None:
    sources = sorted({Path(stem + end) for stem, end in zip(stems, ends, strict=False)})
    paths = [path for made, _ in names(sources, Style(copies, form, 95, suffix, by_stem)) for path in made]
    made = [str(path.with_suffix("") if by_stem else path).casefold() for path in paths]
    assert len(made) == len(set(made)) == copies * len(sources)


def test_format_quality_and_suffix_are_what_was_told(run: Run, animals: Path) -> None:
    small = run("apply", "randaugment", animals, "q5", "--format", "JPEG", "--quality", "5", "--suffix", "_aug")
    run("apply", "randaugment", animals, "q95", "--format", "JPEG", "--suffix", "_aug")
    assert small.status == 0
    low, high = contents(Path("q5")), contents(Path("q95"))
    assert sorted(low) == ["4_aug.jpg", "cat/1_aug.jpg", "cat/2_aug.jpg", "dog/1_aug.jpg", "dog/deep/3_aug.jpg"]
    assert all(len(low[name]) < len(high[name]) for name in low)
    assert high["4_aug.jpg"].startswith(b"\xff\xd8")


def test_gif_becomes_png_with_a_note(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "src/a.gif")
    outcome = run("apply", "randaugment", "src", "out")
    assert list(contents(Path("out"))) == ["a.png"]
    assert "palette converted to RGB" in outcome.err


def test_exif_orientation_is_applied(run: Run, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels(8, 20)).save(tmp_path / "src/a.png", exif=exif)
    Path("nothing.json").write_text('{"augplug_policy": 1, "policy": {"sequence": []}}', "utf-8")
    assert run("apply", "nothing.json", "src", "out").status == 0
    np.testing.assert_array_equal(read(Path("out/a.png")), np.rot90(pixels(8, 20), -1))
    with Image.open("out/a.png") as made:
        assert 274 not in made.getexif()


def test_other_files_are_left_out_and_named(run: Run, animals: Path) -> None:
    (animals / "labels.csv").write_text("x", "utf-8")
    (animals / ".hidden.png").write_text("x", "utf-8")
    (animals / ".git").mkdir()
    (animals / ".git" / "1.png").write_text("x", "utf-8")
    outcome = run("apply", "randaugment", animals, "out")
    assert outcome.status == 0
    assert outcome.err.splitlines()[:2] == [
        "left out 1 files that are not images by their suffix: labels.csv",
        "left out 2 hidden and system files and folders: .git, .hidden.png",
    ]


@pytest.mark.parametrize("workers", ["1", "4"])
def test_a_corrupt_file_is_named_and_no_result_is_left(run: Run, animals: Path, workers: str) -> None:
    (animals / "dog" / "2.png").write_bytes((animals / "dog" / "1.png").read_bytes()[:60])
    outcome = run("apply", "randaugment", animals, "out", "--workers", workers)
    assert (outcome.status, outcome.out) == (2, "")
    last = outcome.err.splitlines()[-1]
    assert last.startswith(f"augplug: {animals / 'dog' / '2.png'} cannot be read")
    assert contents(Path("out")) == {}


def test_an_image_that_the_policy_does_not_take_is_named(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "src/a.png", channels=2)
    policy = {"augplug_policy": 1, "policy": {"op": "Rotate", "degrees": 9, "fill": [1, 2, 3]}}
    Path("fill.json").write_text(json.dumps(policy), "utf-8")
    outcome = run("apply", "fill.json", "src", "out")
    assert outcome.status == 2
    assert "a.png: " in outcome.err


def test_nothing_is_overwritten(run: Run, animals: Path) -> None:
    write_image(Path("out/cat/1.png"))
    before = contents(Path("out"))
    outcome = run("apply", "randaugment", animals, "out")
    assert outcome.status == 2
    assert (
        outcome.err
        == f"augplug: {Path('out/cat/1.png')} exists, and nothing is overwritten; give another folder, or a --suffix\n"
    )
    assert contents(Path("out")) == before
    assert run("apply", "randaugment", animals, "out", "--suffix", "_b").status == 0


@pytest.mark.parametrize("inside", ["src", "src/out", "link"])
def test_results_never_go_among_the_sources(run: Run, animals: Path, inside: str) -> None:
    del animals
    Path("link").symlink_to("src")
    outcome = run("apply", "randaugment", "src", inside)
    assert outcome.status == 2
    assert "give a folder outside of it" in outcome.err


@pytest.mark.parametrize("suffix", ["/../x", "a\nb", "x" * 65])
def test_a_suffix_is_only_part_of_a_name(suffix: str) -> None:
    with pytest.raises(SettingsError, match="--suffix takes"):
        Style(1, None, 95, suffix)


def test_ctrl_c_leaves_whole_files_that_resume_goes_on_with(
    run: Run, animals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = applying._one

    def stop(
        augment: Augmenter, job: Job, done: applying.Done, skip_bad: bool, there: Collection[Path]
    ) -> list[applying.Note]:
        if job.index == 3:
            raise KeyboardInterrupt
        return real(augment, job, done, skip_bad, there)

    assert run("apply", "randaugment", animals, "whole").status == 0
    monkeypatch.setattr(applying, "_one", stop)
    line = ("apply", "randaugment", str(animals), "out", "--workers", "1")
    outcome = run(*line)
    go_on = f"augplug {shlex.join(line)} --resume"
    said = f"augplug: stopped; the files that are written are whole. Go on with: {go_on}\n"
    assert (outcome.status, outcome.err) == (1, said)
    written = [path for path in Path("out").rglob("*.*") if path.is_file() and not path.name.startswith(".")]
    assert 3 <= len(written) < 5
    monkeypatch.undo()
    monkeypatch.chdir(animals.parent)
    assert "go on with --resume" in run(*line).err
    other = run(*line, "--seed", "1", "--resume")
    assert (other.status, "begun with another seed; resume with the same" in other.err) == (2, True)
    resumed = run(*line, "--resume")
    assert resumed.status == 0
    assert f", {len(written)} were there" in resumed.err
    assert contents(Path("out")) == contents(Path("whole"))


def test_a_full_disk_is_a_failure_while_running(run: Run, animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., object] = Path.open

    def full(path: Path, mode: str = "r", **rest: object) -> object:
        if mode == "xb":
            raise OSError(28, "No space left on device")
        return real(path, mode, **rest)

    monkeypatch.setattr(Path, "open", full)
    outcome = run("apply", "randaugment", animals, "out", "--workers", "1")
    assert outcome.status == 1
    assert "No space left on device; make room" in outcome.err
