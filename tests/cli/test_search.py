"""`augplug search`, `demo` and `report`, on a search that takes a second."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from augplug.cli import demo, searching
from augplug.cli.searching import Watcher, lasting
from augplug.data.digits import load_digits
from augplug.data.sets import Labelled, digest
from tests.cli.conftest import Run

QUICK = (
    "--executor",
    "inline",
    "--seeds",
    "1",
    "--trials",
    "3",
    "--set",
    "copies=2",
    "--set",
    "train=20",
    "--set",
    "subsets=2",
    "--set",
    "significance=1",
)


COMPARED = "now it is compared on the test images"


def name_of(result: Mapping[str, Any]) -> str:
    """The name of the first in the race."""
    return str(result["race"][0]["name"])


def decided(result: Mapping[str, Any]) -> str:
    """What the line of the policy ends with."""
    if result["kept_baseline"] is not None:
        return f"({result['kept_baseline']}, which is kept)"
    n, m = result["best_decisions"]
    return f"(RandAugment with n = {n}, m = {m})"


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    every = load_digits().take(np.arange(0, 5000, 25))
    np.savez(tmp_path / "digits.npz", x=every.x, y=every.y)
    return tmp_path / "digits.npz"


def test_search_says_how_long_warns_and_leaves_everything(run: Run, digits: Path) -> None:
    outcome = run("search", "randaugment", digits, "--out", "found", *QUICK)
    assert outcome.status == 0
    told = outcome.err.splitlines()
    assert told[0].startswith("warning: only 110 validation images: below 1,000")
    assert told[1] == "images: 20 to train on, 110 to choose by, 70 to test on; 3 policies"
    result = json.loads(Path("found/result.json").read_text("utf-8"))
    fixed = {one["name"]: fmean(one["rewards"][:2]) for one in result["race"] if one["baseline"]}
    best = max(fixed, key=lambda name: fixed[name])
    assert told[2] == (
        f"rewards of {len(fixed)} fixed policies: without augmentation {fixed['none']:.4f}, the best "
        f"{'no augmentation' if best == 'none' else best} {fixed[best]:.4f}"
    )
    assert told[3].startswith("this will take about ")
    kept = result["kept_baseline"]
    assert f"{f'found: {name_of(result)}' if kept is None else f'{kept} is kept'}; {COMPARED}" in told
    assert outcome.out.splitlines() == [
        result["verdict"],
        f"policy  found/policy.json   {decided(result)}",
        "report  found/report.html   (open it in a browser: what to do, and how sure it is)",
        "sheet   found/report.png   (what the policy does to images)",
    ]
    names = {path.name for path in Path("found").iterdir() if not path.name.startswith(".")}
    assert names == {"journal.jsonl", "policy.json", "result.json", "report.html", "report.png"}
    assert run("apply", "found/policy.json", "missing", "out").status == 2  # the policy can be read


def test_a_run_is_never_overwritten_but_resumed(run: Run, digits: Path) -> None:
    run("search", "randaugment", digits, "--out", "found", *QUICK)
    before = {path.name: path.read_bytes() for path in Path("found").iterdir()}
    outcome = run("search", "randaugment", digits, "--out", "found", *QUICK)
    assert outcome.status == 2
    assert "found holds a run already; go on with --resume" in outcome.err
    assert run("search", "randaugment", digits, "--out", "found", *QUICK, "--resume").status == 0
    after = {path.name: path.read_bytes() for path in Path("found").iterdir()}
    assert {name: before[name] for name in ("policy.json", "result.json")} == {
        name: after[name] for name in ("policy.json", "result.json")
    }
    other = run("search", "randaugment", digits, "--out", "found", *QUICK, "--resume", "--seed", "1")
    assert other.status == 2


def test_ctrl_c_names_the_command_that_goes_on(run: Run, digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    see = Watcher.see

    def stop(watcher: Watcher, record: Mapping[str, Any]) -> None:
        see(watcher, record)
        if record["kind"] == "estimate":
            signal.raise_signal(signal.SIGINT)

    line = ("search", "randaugment", str(digits), "--out", "a run", *QUICK)
    monkeypatch.setattr(Watcher, "see", stop)
    outcome = run(*line)
    assert outcome.status == 1
    said = outcome.err.splitlines()[-1]
    assert said.startswith("augplug: stopped; nothing that was done is lost. Go on with: augplug search randaugment ")
    assert said.endswith("--out 'a run' " + " ".join(QUICK) + " --resume")
    unfinished = run("report", "a run")
    assert unfinished.status == 2
    assert "finish the search with --resume" in unfinished.err
    monkeypatch.undo()
    monkeypatch.chdir(digits.parent)
    assert run(*line, "--resume").status == 0
    assert run("search", "randaugment", digits, "--out", "alone", *QUICK).status == 0
    for name in ("policy.json", "result.json"):
        assert Path("a run", name).read_bytes() == Path("alone", name).read_bytes()


@pytest.mark.parametrize(("number", "said"), [(7, "(trial 7)"), (None, "")])
def test_a_search_that_is_no_grid_names_the_trial(number: int | None, said: str) -> None:
    result = {"algorithm": "other", "best_number": number, "best_decisions": [1, 2], "kept_baseline": None}
    assert searching._decided(result) == said


@pytest.mark.parametrize(
    ("kept", "said"), [("flip", "(flip, which is kept)"), ("none", "(no augmentation, which is kept)")]
)
def test_a_baseline_that_is_kept_is_named(kept: str, said: str) -> None:
    result = {"algorithm": "randaugment", "best_number": None, "best_decisions": None, "kept_baseline": kept}
    assert searching._decided(result) == said


def test_a_search_that_cannot_choose_is_one_line_and_leaves_no_policy(run: Run, tmp_path: Path) -> None:
    """Labels that say nothing of the images: no policy is better than another."""
    every = load_digits().take(np.arange(0, 5000, 25))
    np.savez(tmp_path / "noise.npz", x=every.x, y=np.random.default_rng(0).permutation(every.y))

    outcome = run("search", "randaugment", tmp_path / "noise.npz", "--out", "found", *QUICK[:-2])

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1].startswith("augplug: nothing can be chosen on these images: ")
    assert not Path("found/policy.json").exists()
    assert not Path("found/report.html").exists()
    reported = run("report", "found")
    assert (reported.status, reported.err.count("\n")) == (2, 1)
    assert "nothing could be chosen on its images" in reported.err


CONFIGURATION: dict[str, Any] = {
    "kind": "configuration",
    "settings": {"trials": 5, "race_cells": 12, "subsets": 5},
    "size": None,
}
CONFIGURATION |= {"warnings": [], "data": {"train": 1, "valid": 2, "test": 3}}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"kind": "found", "baseline": None, "name": "trial 7"}, f"found: trial 7; {COMPARED}"),
        ({"kind": "found", "baseline": "none", "name": "none"}, f"no augmentation is kept; {COMPARED}"),
        ({"kind": "cut", "race_cells": 12, "subsets": 5}, ""),
        (
            {"kind": "cut", "race_cells": 4, "subsets": 5},
            "time is short: the race ends in 4 cells, and policies are compared on 5 other training subsets",
        ),
        ({"kind": "subset", "number": 3, "go": True}, ""),
        (
            {"kind": "subset", "number": 3, "go": False},
            "time is short: policies are compared on 3 other training subsets",
        ),
        (
            {"kind": "death", "reason": "exit status -9"},
            "a worker ended in an evaluation (exit status -9); it is run again",
        ),
        ({"kind": "signal", "ratio": 9.0}, ""),
    ],
)
def test_what_happens_is_told_as_it_comes(
    capsys: pytest.CaptureFixture[str], record: dict[str, Any], said: str
) -> None:
    with Watcher() as watcher:
        watcher.see(CONFIGURATION)
        capsys.readouterr()
        watcher.see(record)
    assert capsys.readouterr().err == (f"{said}\n" if said else "")


def test_a_resumed_search_tells_what_is_new_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the configuration nor the first baselines come again."""
    with Watcher() as watcher:
        watcher.see({"kind": "baseline", "name": "flip", "reward": 0.5})
        watcher.see({"kind": "cut", "race_cells": 4, "subsets": 5})
        watcher.see({"kind": "estimate", "left": None, "seconds": 60.0})
    assert capsys.readouterr().err == "this will take about 60 seconds\n"


def test_failed_trials_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Watcher() as watcher:
        watcher.see({"kind": "trial", "number": 4, "reward": None, "error": "ValueError: no"})
        watcher.see({"kind": "evaluation"})
        watcher.see({"kind": "trial", "number": 5, "reward": 0.5, "error": ""})
    assert capsys.readouterr().err == "trial 4 failed: ValueError: no\n"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "about 1 seconds"), (42.4, "about 42 seconds"), (100.0, "about 2 minutes"), (9000.0, "about 2.5 hours")],
)
def test_durations_are_said_as_people_do(seconds: float, said: str) -> None:
    assert lasting(seconds) == said


def test_a_folder_is_searched(run: Run, tmp_path: Path) -> None:
    every = load_digits().take(np.arange(0, 5000, 100))
    from PIL import Image

    for number, (pixels, label) in enumerate(zip(every.x, every.y, strict=True)):
        folder = tmp_path / "data" / ("low" if label < 5 else "high <b>")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (tmp_path / "data/low/bad.png").write_text("x", "utf-8")
    outcome = run("search", "randaugment", "data", *QUICK, "--resize", "14", "--skip-bad")
    assert outcome.status == 0
    page = Path("augplug-run/report.html").read_text("utf-8")
    assert "14x14 pixels" in page
    assert "high &lt;b&gt;" in page
    assert "high <b>" not in page
    again = Path("augplug-run/report.html").read_bytes()
    assert run("report", "augplug-run", "--data", "data").status == 0
    assert Path("augplug-run/report.html").read_bytes() == again


def test_the_demo_searches_strengths_into_a_free_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, Path, str, dict[str, Any]]] = []

    def note(name: str, data: Labelled, out: Path, resuming: str, **options: Any) -> None:
        asked.append((name, len(data), out, resuming, options))

    monkeypatch.setattr(demo, "run_search", note)
    Path("augplug-demo").mkdir()
    run("demo")
    run("demo", "--out", "here", "--seed", "4", "--resume")
    run("demo", "--resume")
    assert [(name, count, out) for name, count, out, _, _ in asked] == [
        ("strengths", 5000, Path("augplug-demo-2")),
        ("strengths", 5000, Path("here")),
        ("strengths", 5000, Path("augplug-demo")),
    ]
    assert asked[0][3] == "augplug demo --out augplug-demo-2 --seed 0 --resume"
    assert {key: asked[1][4][key] for key in ("seed", "resume")} == {"seed": 4, "resume": True}
    assert "seeds" not in asked[1][4]  # as many as the algorithm says


@pytest.mark.heavy
def test_the_demo_gains_what_was_measured(run: Run) -> None:
    outcome = run("demo")
    assert outcome.status == 0
    result = json.loads(Path("augplug-demo/result.json").read_text("utf-8"))
    assert result["test_score"] - result["baseline_test_score"] >= 0.03
    assert result["gains_mean"] >= 0.03
    assert min(result["gains"]) > 0


def test_report_shows_the_images_it_is_given(run: Run, digits: Path) -> None:
    run("search", "randaugment", digits, "--out", "found", *QUICK)
    before = Path("found/report.html").read_bytes()
    outcome = run("report", "found", "-o", "page.html")
    assert (outcome.status, outcome.out, outcome.err) == (0, "page.html\n", "the contact sheet is in page.png\n")
    assert "A photograph, for want of the searched images." in Path("page.html").read_text("utf-8")
    assert run("report", "found", "--data", digits).status == 0
    assert Path("found/report.html").read_bytes() == before
    other = load_digits().take(np.arange(0, 5000, 50))
    np.savez("other.npz", x=other.x, y=other.y)
    assert "holds other images" in run("report", "found", "--data", "other.npz").err
    assert run("report", "found", "-o", "page.png").status == 2


def test_report_knows_the_digits_of_the_demo(run: Run, digits: Path) -> None:
    run("search", "randaugment", digits, "--out", "found", *QUICK)
    result = json.loads(Path("found/result.json").read_text("utf-8"))
    Path("found/result.json").write_text(json.dumps({**result, "data_digest": digest(load_digits())}), "utf-8")
    run("report", "found")
    assert "Images of the data that was searched on." in Path("found/report.html").read_text("utf-8")
