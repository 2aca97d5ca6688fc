"""`augplug apply` that is stopped by signals, in processes of its own, and `--resume`."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from augplug.cli.applying import PART
from augplug.cli.resuming import NAME
from tests.cli.conftest import Run, pixels
from tests.cli.test_streams import MAIN

COUNT = 24
LINE = ("apply", "randaugment", "src", "out", "--workers", "1", "--seed", "3", "--copies", "2")


@pytest.fixture
def sources(run: Run) -> Run:
    """As `run`, with images whose augmentation takes a while."""
    for number in range(COUNT):
        folder = Path("src", str(number % 3))
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(400, 500, seed=number)).save(folder / f"{number}.png")
    return run


def written(folder: str) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*.png")}


def stop(number: signal.Signals) -> tuple[int, str]:
    """Start an apply and send it a signal once three results are there."""
    with subprocess.Popen([sys.executable, "-c", MAIN, *LINE], stderr=subprocess.PIPE, text=True) as process:
        while len(list(Path("out").glob("*/*.png"))) < 3:
            assert process.poll() is None, "it ended before it could be stopped"
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    return process.returncode, told


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_what_a_signal_leaves_is_gone_on_with(sources: Run, number: signal.Signals) -> None:
    status, told = stop(number)
    before = written("out")
    assert 3 <= len(before) < 2 * COUNT
    if number == signal.SIGKILL:
        assert (status, told) == (-number, "")
    else:
        assert (status, told.count("\n")) == (1, 1)
        assert told.startswith("augplug: stopped; the files that are written are whole. Go on with: augplug apply ")
        assert told.endswith("--resume\n")
    refused = sources(*LINE)
    assert (refused.status, "go on with --resume" in refused.err) == (2, True)
    Path("out", "0", PART.format(7)).write_bytes(b"what a kill in the middle of writing leaves")
    assert sources(*LINE, "--resume").status == 0
    assert sources("apply", "randaugment", "src", "whole", *LINE[4:]).status == 0
    assert written("out") == written("whole")
    assert before.items() <= written("out").items()
    assert not list(Path("out").rglob(".*"))


def test_other_work_is_not_gone_on_with(sources: Run) -> None:
    stop(signal.SIGKILL)
    for options, said in {
        ("--seed", "4"): "another seed",
        ("--copies", "3"): "another copies",
        ("--format", "TIFF"): "another format",
    }.items():
        outcome = sources(*LINE, *options, "--resume")
        assert (outcome.status, said in outcome.err) == (2, True), outcome.err
    Image.fromarray(pixels(10, 10)).save("src/0/new.png")
    assert "another images" in sources(*LINE, "--resume").err
    Path("src/0/new.png").unlink()
    assert sources(*LINE, "--resume").status == 0
    finished = sources(*LINE, "--resume")
    assert (finished.status, "a finished apply has nothing to resume" in finished.err) == (2, True)
    assert sources("apply", "randaugment", "src", "fresh", "--resume").status == 0


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (b"{", "is damaged ("),
        (b"\xff", "is damaged ("),
        (b"[1]", "is damaged ("),
        (b"{}", "is damaged ("),
        (b'{"augplug_apply": 99}', "cannot be resumed: made by a newer augplug"),
        (b'{"augplug_apply": 1}', "was begun with another policy"),
    ],
)
def test_a_record_that_says_nothing_is_an_error_and_stays(run: Run, record: bytes, said: str) -> None:
    Path("src").mkdir()
    Image.fromarray(pixels(10, 10)).save("src/a.png")
    Path("out").mkdir()
    Path("out", NAME).write_bytes(record)

    outcome = run("apply", "flip", "src", "out", "--resume")
    assert (outcome.status, said in outcome.err) == (2, True), outcome.err
    assert [(path.name, path.read_bytes()) for path in Path("out").iterdir()] == [(NAME, record)]
