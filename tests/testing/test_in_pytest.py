"""The examination and `assert_same_pixels` in a pytest of their own, as an author runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import augplug
from augplug.testing import assert_same_pixels
from tests.planted import nine

PLUGIN = "augplug.pytest_plugin"
COMPARING = """
import numpy as np

IMAGE = np.full((8, 10, 3), 100, np.uint8)


def test_equal(assert_same_pixels):
    assert_same_pixels(IMAGE.copy(), IMAGE)


def test_apart(assert_same_pixels):
    made = IMAGE.copy()
    made[2, 3] = 90
    assert_same_pixels(made, IMAGE, tolerance=10)
    assert_same_pixels(made, IMAGE)
"""


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest in a folder, with the plugin whether its entry point is installed or not."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        PLUGIN,
        "-p",
        "no:cacheprovider",
        "--basetemp",
        str(folder / "base"),
    ]
    ended = subprocess.run(
        [*command, "--rootdir", str(folder), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return ended.returncode, ended.stdout + ended.stderr


def panels(path: Path) -> int:
    """How many captioned images a picture has room for: it is as wide as they are."""
    with Image.open(path) as opened:
        assert opened.format == "PNG"
        return opened.width // 268


def test_nine_planted_faults_are_nine_failing_items(tmp_path: Path) -> None:
    shutil.copy(nine.__file__, tmp_path / "nine.py")
    text = "import nine\nfrom augplug.testing import examine\n\ntest_nine = examine(nine)\n"
    (tmp_path / "test_nine.py").write_text(text, "utf-8")

    status, printed = run(tmp_path, "-q", "-ra")

    failed = re.findall(r"^FAILED test_nine\.py::test_nine\[(.+)-(\w+)\]", printed, re.MULTILINE)
    assert status == 1, printed
    assert {name: check for check, name in failed} == nine.PLANTED, printed
    assert len(failed) == len(nine.PLANTED) == 9
    assert "9 failed" in printed.splitlines()[-1]
    (picture,) = re.findall(r"both and their difference are in (\S+\.png)", printed)[:1]
    assert panels(Path(picture)) == 3
    assert Path(picture).is_relative_to(tmp_path / "base")


def test_the_fixture_names_a_picture_in_the_folder_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_comparing.py").write_text(COMPARING, "utf-8")

    status, printed = run(tmp_path, "-q")

    assert (status, "1 failed, 1 passed" in printed) == (1, True), printed
    assert (
        "1 of 80 pixels differ, by 10 at most; the first is in row 2, column 3: [90 90 90], not [100 100 100]"
        in printed
    )
    (picture,) = set(re.findall(r"are in (\S+difference\.png)", printed))
    assert panels(Path(picture)) == 3
    with Image.open(picture) as opened:
        right = np.asarray(opened.convert("RGB"))[12:-40, 548:804]
    assert set(np.unique(right)) == {0, 255}  # black, but for one pixel, enlarged


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "bool"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 2), (4, 5, 3), (4, 5, 4), (4, 5, 7)])
def test_images_of_every_kind_have_a_picture(dtype: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    one, other = np.zeros(shape, dtype), np.ones(shape, dtype)
    assert_same_pixels(one, one.copy(), folder=tmp_path)
    assert not list(tmp_path.iterdir())
    for number in (1, 2):
        with pytest.raises(AssertionError, match="20 of 20 pixels differ, by 1 at most"):
            assert_same_pixels(one, other, folder=tmp_path)
        assert len(list(tmp_path.iterdir())) == number


def test_what_is_of_another_kind_differs(tmp_path: Path) -> None:
    one = np.zeros((4, 5), np.uint8)
    with pytest.raises(AssertionError, match=r"it is uint8 \(4, 5\), not float32 \(4, 6\)"):
        assert_same_pixels(one, np.zeros((4, 6), np.float32), folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(augplug.ImageError, match="height, width"):
        assert_same_pixels(np.zeros(4), np.zeros(4))


def test_no_number_is_equal_to_itself_alone() -> None:
    one, other = np.zeros((2, 2)), np.zeros((2, 2))
    one[0, 0] = other[0, 0] = np.nan
    assert_same_pixels(one, other)
    other[0, 0] = 0
    with pytest.raises(AssertionError, match="1 of 4 pixels differ, by inf at most"):
        assert_same_pixels(one, other, tolerance=1e9)
