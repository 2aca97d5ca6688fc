"""A disk that is full takes no old file away: what commands write is the old file or the whole new one."""

import resource
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from augplug.data.digits import load_digits
from tests.cli.conftest import Run, pixels
from tests.cli.test_streams import MAIN, SMALL

ROOM = 4096
"""Bytes that a file holds on the full disk."""
COMMANDS = {
    "preview randaugment a.png -o old.png": "old.png",
    "ops show Invert -o old.png": "old.png",
    "policies show randaugment -o old.png": "old.png",
    "replay plan.json a.png -o old.png": "old.png",
    "compare run -o old.html": "old.html",
    "report run": "run/report.html",
}


def run_without_room(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MAIN, *shlex.split(line)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM)),
    )


def test_an_old_file_stays_where_there_is_no_room_for_the_new_one(run: Run) -> None:
    every = load_digits().take(np.arange(0, 5000, 25))
    np.savez("digits.npz", x=every.x, y=every.y)
    assert run("search", "randaugment", "digits.npz", "--out", "run", *shlex.split(SMALL)).status == 0
    Image.fromarray(pixels(100, 100)).save("a.png")
    Path("plan.json").write_text(run("explain", "randaugment", "a.png", "--index", "1", "--json").out, "utf-8")
    for line, name in COMMANDS.items():
        Path(name).write_bytes(b"old")
        before = sorted(Path().rglob("*"))
        done = run_without_room(line)
        assert (done.returncode, done.stdout) == (2, ""), line
        assert f"{name} cannot be written (File too large)" in done.stderr
        assert Path(name).read_bytes() == b"old"
        assert sorted(Path().rglob("*")) == before
