"""Wrong command lines: each is one line on stderr that says what to do, nothing on stdout, exit status 2."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run, write_image

WRONG = {
    # no such thing
    "nope": "known: demo, data, search",
    "serach randaugment x": "did you mean 'search'?",
    "--verion": "--version",
    "search randaugmnet digits.npz": "did you mean 'randaugment'?",
    "search": "Missing command. See: augplug search --help",
    "ops shw Rotate": "did you mean 'show'?",
    "ops show Rottate": "did you mean 'Rotate'?",
    "ops show": "augplug ops show --help",
    "policies show randaugmnt": "did you mean 'randaugment'?",
    "policies show randaugment:q=2": "has no argument",
    "policies show randaugment:n=two": "is a number",
    "policies show randaugment:n=2,m=99": "0..30",
    "policies show randaugment:n": "argument=value",
    "policies remove x": "known: add, check, compose, list, show",
    "plugins lst": "did you mean 'list'?",
    "-- -x": "No such option '-x'",
    "doctor now": "augplug doctor --help",
    # numbers
    "apply randaugment images out --copies 0": "1<=x<=10000",
    "apply randaugment images out --copies many": "not a valid integer",
    "apply randaugment images out --seed -1": "is not in the range",
    "apply randaugment images out --workers 0": "is not in the range",
    "apply randaugment images out --quality 101": "is not in the range",
    "apply randaugment images out --format gif": "is not one of",
    "apply randaugment images out --suffix a/b": "--suffix takes",
    "explain randaugment a.png --index -1": "is not in the range",
    "explain randaugment a.png --index 1.5": "not a valid integer",
    "explain randaugment a.png": "give --index I or --key TEXT",
    "explain randaugment a.png --index 1 --fuse exactly": "did you mean 'exact'?",
    "explain randaugment a.png --index 1 --backend opencvv": "did you mean 'opencv'?",
    "preview randaugment a.png --rows 0": "is not in the range",
    "preview randaugment a.png --rows 100 --columns 100": "give fewer --rows or --columns",
    "demo --seed x": "not a valid integer",
    "search randaugment digits.npz --out r --trials 0": "is not in the range",
    "search randaugment digits.npz --out r --set copies": "--set takes KEY=VALUE",
    "search randaugment digits.npz --out r --set copis=3": "did you mean 'copies'?",
    "search randaugment digits.npz --out r --set copies=x": "takes whole numbers",
    "search randaugment digits.npz --out r --set copies=0": "1..1000",
    "search randaugment digits.npz --out r --set copies=3 --set copies=4": "give it once",
    "search randaugment digits.npz --out r --set m=99": "0..30",
    "search randaugment digits.npz --out r --evaluator kernel-rigde": "did you mean 'kernel-ridge'?",
    "search randaugment digits.npz --out r --executor process": "did you mean 'processes'?",
    "search randaugment digits.npz --out r --observe nobody": "there is no observer",
    "search randaugment digits.npz --out r --resize 28": "for folders of image files",
    "search randaugment classes --out r --resize 2": "4..1024",
    # files and folders
    "search randaugment missing --out r": "does not exist; give a folder",
    "search randaugment text.txt --out r": "neither a folder nor an .npz file",
    "search randaugment bad.npz --out r": "bad.npz",
    "search randaugment one-class.npz --out r": "at least 2 are needed",
    "search randaugment images --out r": "at least 2 are needed",
    "search randaugment classes --out r": "--skip-bad",
    "search randaugment digits.npz --out full": "give another --out",
    "search randaugment digits.npz --out text.txt": "is a file",
    "report missing": "does not exist; give the folder",
    "report images": "holds no run",
    "report text.txt": "is a file; give the folder",
    "apply randaugment missing out": "does not exist; give a folder",
    "apply randaugment a.png out": "is a file; give a folder",
    "apply randaugment empty out": "holds no image files",
    "apply randaugment images images/out": "give a folder outside of it",
    "apply randaugment images text.txt": "give a folder to write to",
    "apply randaugment images text.txt/out": "cannot be made",
    "apply missing.json images out": "there is no such file",
    "apply text.txt images out": "there is no policy",
    "apply randaugment classes out": "convert it, or leave it out",
    "preview randaugment missing.png": "does not exist; give the path",
    "preview randaugment images": "is a folder, not an image file",
    "preview randaugment text.txt": "is not an image that Pillow reads here",
    "preview randaugment a.png -o no/sheet.png": "in a folder that exists",
    "preview broken.json a.png": "a probability in 0..1",
    "replay missing.json a.png -o b.png": "does not exist; give the file",
    "replay broken.json a.png -o b.png": "this is not a plan",
    "replay images a.png -o b.png": "is a folder",
    "replay a.png a.png -o b.png": "cannot be read as a plan",
    "replay plan.json a.png": "Missing option '-o'",
    "replay plan.json a.png -o b.txt": "end the name in .png",
    "replay plan.json a.png -o no/b.png": "cannot be written",
    "replay plan.json a.png -o b.png --partner a.png": "leave --partner out",
    "policies check missing.json": "there is no such file",
    "policies check broken.json": "at /policy/p",
    "policies check text.txt": "ends in .json or .toml",
    "policies add broken.json": "at /policy/p",
    "policies add nameless.json": "give it a name",
    "policies add taken.json": "change the name",
}


@pytest.fixture
def things(run: Run, tmp_path: Path) -> None:
    """Files to be wrong about."""
    write_image(tmp_path / "a.png")
    write_image(tmp_path / "images/a.png")
    for name in ("cat", "dog"):
        for number in range(5):
            write_image(tmp_path / "classes" / name / f"{number}.png", seed=number)
    (tmp_path / "classes/cat/2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/note.txt").write_text("mine", "utf-8")
    (tmp_path / "text.txt").write_text("text", "utf-8")
    (tmp_path / "bad.npz").write_text("text", "utf-8")
    x = np.zeros((20, 8, 8), np.uint8)
    np.savez(tmp_path / "digits.npz", x=x, y=np.arange(20) % 2)
    np.savez(tmp_path / "one-class.npz", x=x, y=np.zeros(20, np.int64))
    for name, policy in {
        "broken": {"augplug_policy": 1, "policy": {"op": "Invert", "p": 2, "pp": 1}},
        "nameless": {"augplug_policy": 1, "policy": {"op": "Invert"}},
        "taken": {"augplug_policy": 1, "name": "randaugment", "policy": {"op": "Invert"}},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(policy), "utf-8")
    (tmp_path / "plan.json").write_text(run("explain", "randaugment", "a.png", "--index", "1", "--json").out, "utf-8")


def test_the_table_is_long_enough() -> None:
    assert len(WRONG) >= 40


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line_is_one_line_with_a_remedy(run: Run, line: str) -> None:
    outcome = run(
        *line.split(),
        *(("--executor", "inline") if line.startswith("search randaugment ") and "--executor" not in line else ()),
    )
    assert (outcome.status, outcome.out) == (2, ""), outcome.err
    told = outcome.err.removesuffix("\n")
    assert told.startswith("augplug: ")
    assert "\n" not in told
    assert WRONG[line] in told
    assert "Traceback" not in told


def test_no_arguments_show_the_help(run: Run) -> None:
    assert run() == run("--help")


def test_the_bomb_limit_is_an_error(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(tmp_path / "a.png")
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 20)
    outcome = run("preview", "randaugment", "a.png")
    assert outcome.status == 2
    assert outcome.err == "augplug: a.png has more pixels than the limit of 20; make the image smaller first\n"


def test_a_bug_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("augplug.api.plugins", bug)
    with pytest.raises(ZeroDivisionError):
        run("plugins", "list")
