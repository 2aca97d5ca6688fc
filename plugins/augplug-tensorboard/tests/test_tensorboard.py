"""Searches that are written for TensorBoard, read back by TensorBoard's own reader and compared with the journal."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import augplug_tensorboard
import numpy as np
import pytest
from augplug_tensorboard.events import TensorBoard
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
from tensorboardX import RecordWriter

from augplug.testing import examine
from augplug.testing.evaluators import stripes
from plugins.tests.observed import SETTINGS, check_provided, expected, journal, search, search_and_kill

test_examination = examine(augplug_tensorboard)
NAME = "tensorboard"


def read(run: Path) -> EventAccumulator:
    """What TensorBoard reads, all of it."""
    accumulator = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    return accumulator


def scalars(accumulator: EventAccumulator) -> list[tuple[str, int, float]]:
    return sorted(
        (tag, event.step, event.value) for tag in accumulator.Tags()["scalars"] for event in accumulator.Scalars(tag)
    )


def told(records: list[dict[str, Any]]) -> list[tuple[str, int, float]]:
    """As TensorBoard keeps it: float32, and names of letters, digits and `_-./`."""
    return sorted((legal(tag), step, float(np.float32(value))) for tag, step, value in expected(records))


def legal(tag: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-./" else "_" for letter in tag)


def shown_text(accumulator: EventAccumulator, tag: str) -> Any:
    """The JSON of a text that is shown."""
    (event,) = accumulator.Tensors(f"{tag}/text_summary")
    lines = tensor_util.make_ndarray(event.tensor_proto)[0].decode().splitlines()
    assert (lines[0], lines[-1]) == ("```", "```")
    return json.loads("".join(lines[1:-1]))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("search") / "run"
    search(out, NAME)
    return out


def test_every_number_is_the_journals(run: Path) -> None:
    assert scalars(read(run)) == told(journal(run))


def test_settings_and_policy_are_shown(run: Path) -> None:
    accumulator = read(run)
    assert shown_text(accumulator, "settings") == journal(run)[0]["settings"]
    assert shown_text(accumulator, "policy") == json.loads((run / "policy.json").read_text("utf-8"))


def test_the_contact_sheet_is_shown_if_the_search_makes_one(tmp_path: Path) -> None:
    data = stripes(1, 90)
    np.savez(tmp_path / "data.npz", x=data.x, y=data.y)
    chosen = [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]
    command = ["search", "random", "data.npz", "--out", "run", "--trials", "2", "--executor", "inline", *chosen]
    code = "import sys; from augplug.cli import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", code, *command, "--observe", "tensorboard"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr

    (image,) = read(tmp_path / "run").Images("contact-sheet")
    assert image.encoded_image_string == (tmp_path / "run" / "report.png").read_bytes()
    with Image.open(tmp_path / "run" / "report.png") as shown:
        assert (image.width, image.height, image.step) == (*shown.size, 2)


def test_a_search_that_is_killed_and_resumed_is_one_run_with_nothing_twice(tmp_path: Path, run: Path) -> None:
    cut = tmp_path / "run"
    search_and_kill(cut, NAME)

    search(cut, NAME, resume=True)

    assert scalars(read(cut)) == told(journal(cut))
    assert len(list((cut / "tensorboard").iterdir())) == 1
    assert (cut / "policy.json").read_bytes() == (run / "policy.json").read_bytes()


def test_more_trials_are_further_steps(tmp_path: Path) -> None:
    out = tmp_path / "run"
    search(out, NAME)
    search(out, NAME, resume=True, trials=8)

    made = scalars(read(out))
    assert made == told(journal(out))
    assert [step for tag, step, _ in made if tag == "test-score/found"] == [6, 8]


def test_a_resume_with_nothing_left_to_do_shows_what_was_lost(tmp_path: Path) -> None:
    out = tmp_path / "run"
    search(out)
    assert not (out / "tensorboard").exists()
    search(out, NAME, resume=True)
    assert scalars(read(out)) == told(journal(out))


def test_a_failed_trial_is_shown_by_its_error(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").touch()
    watch = TensorBoard()
    watch.begin(tmp_path, [])
    watch({"n": 0, "kind": "trial", "number": 0, "reward": None, "error": "ValueError: made up"})
    watch({"n": 1, "kind": "trial", "number": 1, "reward": 0.25, "error": ""})
    watch({"n": 2, "kind": "race", "entrants": [{"name": "none", "rewards": [0.25, 0.75]}]})
    (tmp_path / "tensorboard" / "mine.txt").touch()
    watch.end(finished=True)

    accumulator = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert scalars(accumulator) == [("race/none", 2, 0.5), ("trials/best", 1, 0.25), ("trials/reward", 1, 0.25)]
    (event,) = accumulator.Tensors("errors/text_summary")
    assert b"made up" in tensor_util.make_ndarray(event.tensor_proto)[0]
    again = TensorBoard()
    again.begin(tmp_path, [])
    again.end(finished=False)
    assert (tmp_path / "tensorboard" / "mine.txt").exists()  # only its own files are removed


def test_records_are_shown_while_the_search_runs(tmp_path: Path) -> None:
    """With the time of the journal; a sheet of an earlier report is not that of a search that was stopped."""
    (tmp_path / "journal.jsonl").touch()
    os.utime(tmp_path / "journal.jsonl", (100, 100))
    watch = TensorBoard()
    watch.begin(tmp_path, [])
    watch({"n": 0, "kind": "trial", "number": 0, "reward": 0.25, "error": ""})

    (event,) = read(tmp_path).Scalars("trials/reward")
    assert (event.value, event.wall_time) == (0.25, 100)
    Image.new("RGB", (2, 3)).save(tmp_path / "report.png")
    watch.end(finished=False)
    assert read(tmp_path).Tags()["images"] == []


def full(_writer: RecordWriter) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of the observer that was dropped
def test_the_search_goes_on_if_the_disk_is_full(tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordWriter, "flush", full)
    with pytest.warns(UserWarning, match="TensorBoard is dropped.*No space left") as caught:
        search(tmp_path / "run", NAME)

    assert sum("dropped" in str(warning.message) for warning in caught) == 1
    assert (tmp_path / "run" / "result.json").read_bytes() == (run / "result.json").read_bytes()


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of the observer that was dropped
def test_the_search_goes_on_if_the_disk_hangs(tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("augplug._search.observers.PATIENCE", 0.2)
    monkeypatch.setattr(RecordWriter, "flush", lambda _writer: release.wait())
    try:
        with pytest.warns(UserWarning, match=r"TensorBoard is dropped.*more than 0\.2 seconds") as caught:
            search(tmp_path / "run", NAME)
    finally:
        release.set()

    assert sum("dropped" in str(warning.message) for warning in caught) == 1
    assert (tmp_path / "run" / "result.json").read_bytes() == (run / "result.json").read_bytes()


def test_it_is_provided_and_nothing_is_imported_for_augmenting() -> None:
    check_provided(NAME, "tensorboardX")
