"""The page of a run of format 3: what to do, the found policy beside every fixed one, the race, and what happened."""

import re
from pathlib import Path
from typing import Any

import pytest

import augplug
from augplug.report.notes import notes_on
from augplug.report.page import page
from augplug.report.run import read_run
from augplug.report.standing import standings
from tests.report.test_page import Checker, read
from tests.runs import FOUND, HAND_MADE, NONE, write_raced

WORSE = ((0, 0, 1, 0, 0, 0, 0, 0), (0, 0, 0, 1, 0, 0, 0, 0))


def shown(folder: Path, policy: augplug.Policy | None = None) -> Checker:
    return read(page(read_run(folder), b"", "", policy=policy))


def test_a_run_of_format_3_is_read(tmp_path: Path) -> None:
    run = read_run(write_raced(tmp_path / "run"))

    assert run.trials[1].cells == ("trial-0",)
    assert run.table is not None
    assert run.table.tolist() == [list(row) for row in FOUND]
    assert not run.notes


def test_standings_are_those_of_the_comparisons_best_first(tmp_path: Path) -> None:
    correct = {"found": FOUND, "none": NONE, "hand-made": HAND_MADE, "flip": WORSE}
    found = standings(read_run(write_raced(tmp_path / "run", correct=correct)).result)

    assert [one.name for one in found] == ["hand-made", "none", "flip"]
    assert [one.score for one in found] == [11 / 16, 7 / 16, 2 / 16]
    assert [one.difference for one in found] == [3 / 16, 7 / 16, 12 / 16]
    assert [one.reading for one in found] == ["not shown to differ", "found is better", "found is better"]


def test_the_page_has_every_fixed_policy_with_its_interval(tmp_path: Path) -> None:
    text = shown(write_raced(tmp_path / "run")).text

    table = text.split("Beside every fixed policy")[1].split("What the policy does")[0]
    for part in (
        "hand-made (best by validation)",
        "68.75 %",
        "+18.75 points",
        "-11.75 to +49.25",
        "not shown to differ",
    ):
        assert part in table
    for part in ("no augmentation", "43.75 %", "+43.75 points", "+9.69 to +77.81", "found is better", "score"):
        assert part in table
    assert (
        "The found policy against no augmentation: +43.75 points (95 % interval +9.69 to +77.81): found is better."
        in text
    )


def test_the_page_begins_with_what_to_do(tmp_path: Path) -> None:
    text = shown(write_raced(tmp_path / "run"), augplug.policy("hand-made")).text
    order = ["The found policy beats no augmentation", "What to do", "import torch", "What to combine it with"]
    order += ["policy.scaled(0.5)", "How sure it is", "What the words mean", "Beside every fixed policy", "The race"]

    places = [text.index(part) for part in order]

    assert places == sorted(places)
    for word in ("score", "reward", "95 % interval", "cell"):
        assert word in text[places[6] :]
    assert "mean over 2 sets of 100 training images" in text
    assert '"Affine"' in text
    assert "degrees=(-10, 10)," in text


def test_a_policy_that_is_not_shown_to_help_comes_with_doubt(tmp_path: Path) -> None:
    helped = shown(write_raced(tmp_path / "one")).text
    doubtful = shown(
        write_raced(tmp_path / "other", correct={"found": NONE, "none": NONE, "hand-made": HAND_MADE})
    ).text

    assert "It is not shown to help: compare it with no augmentation first." in doubtful
    assert "not shown to help" not in helped


def test_a_policy_without_strengths_is_not_told_to_be_scaled(tmp_path: Path) -> None:
    text = shown(write_raced(tmp_path / "run"), augplug.policy("flip")).text

    assert "policy.scaled" not in text
    assert "Short training, or fine-tuning, wants less augmentation" in text


@pytest.mark.parametrize(
    ("kept", "told"), [("hand-made", "Keep hand-made: nothing that was found is better."), ("none", "Train without")]
)
def test_a_fixed_policy_that_is_kept_is_said_to_be(tmp_path: Path, kept: str, told: str) -> None:
    correct = {"found": HAND_MADE if kept == "hand-made" else NONE, "none": NONE, "hand-made": HAND_MADE}
    run = write_raced(tmp_path / "run", correct=correct, kept=kept)
    text = shown(run, augplug.policy("hand-made")).text

    assert told in text
    table = text.split("what it says")[1]
    name = {"hand-made": "hand-made, kept", "none": "no augmentation, kept"}[kept]
    assert name in table
    assert "the found policy" not in table.split("The race")[0]


def test_the_race_is_a_table(tmp_path: Path) -> None:
    text = " ".join(shown(write_raced(tmp_path / "run")).text.split())

    race = text.split("The race")[1]
    assert "1 trial 1 search 4 0.7000 0.8000 2 hand-made fixed 2 0.5500 0.6500 0.1000 3 no augmentation fixed 2" in race


def test_what_could_not_be_compared_is_said(tmp_path: Path) -> None:
    text = shown(write_raced(tmp_path / "run", missing=["flip"])).text

    assert "Not compared, because an evaluation failed: flip." in text


def test_where_nothing_was_compared_the_page_says_so(tmp_path: Path) -> None:
    found = shown(write_raced(tmp_path / "run", correct={}))

    assert (
        "It was not compared on the test images: nothing is known of it but its reward, which flatters." in found.text
    )
    assert "An evaluation failed." not in found.text
    for absent in ("Beside every fixed policy", "Gains on other", "Score with"):
        assert absent not in found.text


def test_where_the_found_policy_failed_the_page_says_so(tmp_path: Path) -> None:
    folder = write_raced(tmp_path / "run", correct={"none": NONE, "hand-made": HAND_MADE}, missing=["found"])

    assert "which flatters. An evaluation failed." in shown(folder).text


def test_balanced_scores_are_called_so(tmp_path: Path) -> None:
    """Of class 0 there are two images, of class 1 six: each class has half of the weight."""
    y = (0, 0, 1, 1, 1, 1, 1, 1)
    folder = write_raced(tmp_path / "run", y=y)
    found = read_run(folder)
    text = shown(folder).text
    expected = sum(hit / (2 if label == 0 else 6) / 2 for row in FOUND for hit, label in zip(row, y, strict=True)) / 2

    assert found.result["test_score"] == pytest.approx(expected)
    assert text.count("score (average over classes)") >= 3
    assert f"test score (average over classes) {expected:.4f} against" in found.result["verdict"]
    assert f"{100 * expected:.2f} %" in text
    assert "average over classes" not in shown(write_raced(tmp_path / "other")).text


DEATH = {"kind": "death", "cell": "trial-0", "policy": "p1", "status": -9, "reason": "exit status -9"}
CUT = {"kind": "cut", "used": 50.0, "race_cells": 3, "subsets": 2}


@pytest.mark.parametrize(
    ("settings", "more", "notes"),
    [
        ({}, [DEATH], ["1 worker ended in the middle of an evaluation, which was run again"]),
        ({}, [DEATH, DEATH], ["2 workers ended in the middle of an evaluation, which was run again"]),
        ({}, [CUT], ["time was short: the race ended in 3 cells in place of 4"]),
        ({"race_cells": 3}, [CUT], []),
        (
            {"subsets": 5},
            [{**CUT, "race_cells": 2}],
            [
                "time was short: the race ended in 2 cells in place of 4",
                "time was short: policies were compared on 2 training subsets in place of 5",
            ],
        ),
    ],
)
def test_what_happened_on_the_way_is_noted(
    tmp_path: Path, settings: dict[str, Any], more: list[dict[str, Any]], notes: list[str]
) -> None:
    folder = write_raced(tmp_path / "run", more=more, **settings)

    assert list(read_run(folder).notes) == notes
    for note in notes:
        assert f"Note: {note}." in shown(folder).text


def test_evaluations_that_a_limit_ended_are_counted(tmp_path: Path) -> None:
    limited: dict[str, Any] = {
        "kind": "evaluation",
        "stage": "trial",
        "cell": "trial-9",
        "policy": "p9",
        "reward": None,
    }
    limited |= {"error": "it took more than 1 minutes", "seconds": 61.0, "limit": "minutes"}

    notes = read_run(write_raced(tmp_path / "run", more=[limited])).notes

    assert notes == ("a limit (trial_minutes, trial_memory) ended 1 evaluation, which failed by it",)


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (
            0.00027,
            "Policies matter on these images: they differed by more than noise before the search (17 policies in 4",
        ),
        (
            0.004,
            "Whether policies differ by more than noise on these images was not settled in the time (17 policies in 4",
        ),
    ],
)
def test_whether_policies_matter_is_said_with_its_figures(tmp_path: Path, chance: float, said: str) -> None:
    """The bar is a third of `significance`, for there are three looks."""
    signal = {"kind": "signal", "number": 1, "ratio": 11.84, "chance": chance, "policies": 17, "cells": 4}
    text = shown(write_raced(tmp_path / "run", more=[signal], significance=0.01)).text

    assert f"{said} cells, F = 11.8, p = {chance})." in text
    assert "more than noise" not in shown(write_raced(tmp_path / "other")).text


def test_a_run_that_was_continued_says_so() -> None:
    first = {"n": 0, "kind": "configuration", "settings": {"trials": 100}}

    notes = list(
        notes_on([first, {"n": 1, "kind": "trials", "trials": 200}, {"n": 2, "kind": "trials", "trials": 300}])
    )

    assert notes == ["the run was continued to 300 trials; it first had 100"]


def test_charts_have_named_axes(tmp_path: Path) -> None:
    html = page(read_run(write_raced(tmp_path / "run")), b"", "")
    charts = [part.split("</svg>")[0] for part in html.split("<svg")[1:]]

    named = [re.findall(r'class="axis">([^<]*)<', chart) for chart in charts]

    assert named[0] == ["policy", "score on the test images"]
    assert named[1] == ["trial", "reward"]
