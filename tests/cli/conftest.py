"""The command line in process: what a user types, the exit status, and both streams."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from augplug.cli import main


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs `augplug` with arguments, in a folder of its own, with a configuration folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    capsys.readouterr()

    def call(*arguments: str | Path) -> Outcome:
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return call


def pixels(height: int = 12, width: int = 10, channels: int = 3, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Random pixels, `(H, W, C)`, or `(H, W)` for one channel."""
    made = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return made[:, :, 0] if channels == 1 else made


def write_image(path: Path, *, seed: int = 0, channels: int = 3) -> Path:
    """An image file of random pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(channels=channels, seed=seed)).save(path)
    return path


def read(path: Path) -> npt.NDArray[np.uint8]:
    """The pixels of an image file, as they are stored."""
    with Image.open(path) as opened:
        return np.asarray(opened)
