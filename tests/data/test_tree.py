"""The walk that search, apply and describe share."""

import os
from pathlib import Path

import pytest

from augplug.data import tree
from augplug.data.tree import lies_in, walk
from augplug.errors import DataError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def shown(paths: list[Path]) -> list[str]:
    return [path.as_posix() for path in paths]


def test_images_are_found_at_any_depth_in_sorted_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/1.JPG", "a/deep/er/2.jfif", "a/1.avif", "a-b/3.png", "notes.txt", "a/x.jp2", "a/y.apng")
    found = walk(tmp_path)
    assert shown(found.images) == ["a/1.avif", "a/deep/er/2.jfif", "a/x.jp2", "a/y.apng", "a-b/3.png", "b/1.JPG"]
    assert shown(found.others) == ["notes.txt"]
    assert shown(found.folders) == ["a", "a/deep", "a/deep/er", "a-b", "b"]
    assert found.notes() == ("left out 1 files that are not images by their suffix: notes.txt",)


@pytest.mark.parametrize("name", ["@eaDir", "__MACOSX", "#recycle", "lost+found", "$RECYCLE.BIN", ".git", ".cache"])
def test_folders_of_systems_are_left_out_and_counted(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "a/1.png", f"a/{name}/1.png", f"a/{name}/deep/2.png", "a/Thumbs.db", "a/.DS_Store", "a/._1.png")
    found = walk(tmp_path)
    assert shown(found.images) == ["a/1.png"]
    assert not found.others
    assert shown(found.left_out) == sorted(["a/.DS_Store", "a/._1.png", f"a/{name}", "a/Thumbs.db"])
    assert found.notes()[0].startswith("left out 4 hidden and system files and folders: ")


def test_links_are_followed_and_a_circle_is_one_line(tmp_path: Path) -> None:
    touch(tmp_path, "data/a/1.png", "elsewhere/b/2.png", "elsewhere/3.png")
    data = tmp_path / "data"
    (data / "b").symlink_to(tmp_path / "elsewhere" / "b")
    (data / "a" / "file.png").symlink_to(tmp_path / "elsewhere" / "3.png")
    (data / "a" / "round").symlink_to(data)
    (data / "a" / "self").symlink_to("self")
    (data / "a" / "gone.png").symlink_to("nowhere")
    found = walk(data)
    assert shown(found.images) == ["a/1.png", "a/file.png", "a/gone.png", "b/2.png"]
    assert shown(found.loops) == ["a/round"]
    assert shown(found.others) == ["a/self"]
    assert "left out 1 links to a folder that holds them: a/round" in found.notes()
    assert lies_in(tmp_path / "elsewhere" / "b" / "new" / "out", found)
    assert not lies_in(tmp_path / "elsewhere" / "new", found)


def test_links_cannot_make_a_few_folders_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):  # 2**20 ways down, without a circle
        (tmp_path / str(number)).mkdir()
        for name in "ab":
            (tmp_path / str(number) / name).symlink_to(f"../{number + 1}")
    monkeypatch.setattr(tree, "MOST", 1000)
    with pytest.raises(DataError, match="holds more than 1,000 files and folders; give a folder further down"):
        walk(tmp_path / "0")
    monkeypatch.setattr(tree, "DEEPEST", 5)
    with pytest.raises(DataError, match="lies more than 5 folders deep"):
        walk(tmp_path / "0")


def test_a_folder_that_cannot_be_listed_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/1.png", "closed/2.png")
    real = os.scandir

    def scan(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    with pytest.raises(DataError, match=r"closed cannot be listed \(Permission denied\); make it readable, or take it"):
        walk(tmp_path)
    for name, problem in (("a/1.png", "is a file"), ("none", "does not exist")):
        with pytest.raises(DataError, match=problem):
            walk(tmp_path / name)


def test_a_circle_that_does_not_go_through_the_root_is_one_line(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/1.png", "a/2.png")
    (tmp_path / "a" / "b" / "up").symlink_to("../../a")
    (tmp_path / "a" / "b" / "here").symlink_to(".")
    found = walk(tmp_path)
    assert shown(found.images) == ["a/2.png", "a/b/1.png"]
    assert shown(found.loops) == ["a/b/here", "a/b/up"]
