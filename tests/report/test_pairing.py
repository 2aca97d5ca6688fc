"""Runs in pairs: on the same ground alone, with intervals over training subsets and test images; data kept apart."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from augplug._search.intervals import crossed
from augplug.errors import SettingsError
from augplug.report.columns import tables
from augplug.report.comparing import compare_page
from augplug.report.comparison import apart, compare
from augplug.report.run import Run, read_run
from tests.report.test_page import read
from tests.runs import FOUND, HAND_MADE, NONE, write_raced, write_run

OTHER = ((1, 1, 1, 1, 0, 1, 0, 0), (1, 1, 0, 1, 1, 1, 0, 0))


def raced(folder: Path, found: Any = FOUND, **settings: Any) -> Run:
    correct = {"found": found, "none": NONE, "hand-made": HAND_MADE}
    return read_run(write_raced(folder, correct=correct, **settings))


def test_one_pair_has_an_interval_over_subsets_and_images(tmp_path: Path) -> None:
    """By the definition: crossed random effects, of the difference on each image and subset."""
    found = compare([raced(tmp_path / "a", algorithm="learns"), raced(tmp_path / "b", OTHER)])

    (pair,) = found.pairs
    table = np.array(FOUND, float) - np.array(OTHER, float)
    assert pair.test_score.seeds == (0,)
    assert pair.test_score.mean == pytest.approx(table.mean())
    assert pair.test_score.interval == pytest.approx(tuple(crossed(table)))
    assert pair.gains_mean is None  # it would be the same number again
    assert not found.warnings


def test_several_seeds_have_the_interval_of_their_mean(tmp_path: Path) -> None:
    runs = [raced(tmp_path / f"a{seed}", algorithm="learns", seed=seed) for seed in range(3)]
    others = [OTHER, NONE, HAND_MADE]
    runs += [raced(tmp_path / f"b{seed}", others[seed], seed=seed) for seed in range(3)]
    differences = [float(np.mean(FOUND) - np.mean(other)) for other in others]

    (pair,) = compare(runs).pairs

    assert pair.test_score.values == pytest.approx(differences)
    low, high = stats.t.interval(0.95, 2, np.mean(differences), stats.sem(differences))
    assert pair.test_score.interval == pytest.approx((low, high))


def test_runs_that_were_cut_are_paired_on_the_subsets_that_both_have(tmp_path: Path) -> None:
    """The subsets of a seed are the same ones in the same order, however many there are."""
    (pair,) = compare([raced(tmp_path / "a", algorithm="learns"), raced(tmp_path / "b", OTHER[:1])]).pairs

    assert pair.test_score.mean == pytest.approx(np.mean(FOUND[0]) - np.mean(OTHER[0]))


@pytest.mark.parametrize(
    "change",
    [{"train": 50}, {"evaluator": "wrn"}, {"evaluator_settings": {"copies": 9}}, {"y": (0, 0, 1, 1, 1, 1, 1, 1)}],
)
def test_runs_on_other_ground_are_not_paired(tmp_path: Path, change: dict[str, Any]) -> None:
    found = compare([raced(tmp_path / "a", algorithm="learns"), raced(tmp_path / "b", OTHER, **change)])

    assert not found.pairs
    assert found.warnings[-1] == (
        "learns and random are not paired at seed 0: their policies were not compared on the same training subsets and "
        "test images by the same child model"
    )


@pytest.mark.parametrize("change", [{"seeds": 3}, {"race_cells": 9}, {"minutes": 7}])
def test_settings_that_do_not_matter_on_the_test_images_pair(tmp_path: Path, change: dict[str, Any]) -> None:
    assert compare([raced(tmp_path / "a", algorithm="learns"), raced(tmp_path / "b", OTHER, **change)]).pairs


def test_a_run_of_an_older_format_is_not_paired_with_a_new_one(tmp_path: Path) -> None:
    old = read_run(write_run(tmp_path / "old", algorithm="learns"))

    found = compare([old, raced(tmp_path / "new")])

    assert not found.pairs
    assert "not paired at seed 0" in found.warnings[-1]


def test_other_seeds_are_nothing_to_warn_of(tmp_path: Path) -> None:
    found = compare([raced(tmp_path / "a", algorithm="learns"), raced(tmp_path / "b", seed=1)])

    assert (found.pairs, found.warnings) == ((), ())


def test_the_tables_have_the_differences_to_fixed_policies(tmp_path: Path) -> None:
    kept = raced(tmp_path / "b", HAND_MADE, seed=1, kept="hand-made")
    made = tables(compare([raced(tmp_path / "a"), kept]))

    over = made[1]
    assert over.title == "Found minus fixed policies, on the test images"
    assert over.rows[0][1:] == (
        *("found", "+0.4375", "+0.0969 to +0.7781", "+0.1875", "-0.1175 to +0.4925"),
        *("hand-made", "+0.1875", "-0.1175 to +0.4925"),
    )
    assert over.rows[1][1] == "hand-made, kept"
    assert over.rows[1][4] == "+0.0000"


def test_hollow_dots_are_the_fixed_policies_that_matter(tmp_path: Path) -> None:
    correct = {"found": FOUND, "none": NONE, "hand-made": HAND_MADE, "flip": OTHER}
    html = compare_page(compare([read_run(write_raced(tmp_path / "a", correct=correct))]))

    (chart,) = [part.split("</svg>")[0] for part in html.split("<svg")[1:] if ">test score<" in part]
    assert chart.count('class="hollow"') == 2
    assert "no augmentation: 0.4375" in chart
    assert "hand-made: 0.6875" in chart


def test_a_run_without_a_comparison_is_beside_the_others(tmp_path: Path) -> None:
    bare = read_run(write_raced(tmp_path / "a", algorithm="learns", correct={}))
    found = compare([bare, raced(tmp_path / "b")])

    assert found.groups[0].test_score is None
    assert not found.pairs
    assert tables(found)[0].rows[0][8:14] == ("-",) * 6
    assert "learns, seed 0" in read(compare_page(found)).text


def test_balanced_scores_are_called_so(tmp_path: Path) -> None:
    found = compare([raced(tmp_path / "a", y=(0, 0, 1, 1, 1, 1, 1, 1))])

    assert [table.title for table in tables(found)] == [
        "Runs, scores averaged over classes",
        "Found minus fixed policies, on the test images, scores averaged over classes",
    ]
    assert "test score (average over classes)" in read(compare_page(found)).text


def test_different_data_are_refused_or_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = [raced(Path("a")), raced(Path("b"), data_digest="cd" * 32), raced(Path("c"), algorithm="learns")]

    with pytest.raises(SettingsError) as caught:
        compare(runs)

    assert str(caught.value) == (
        "the runs are of different data (a, c: 500 images of 20x28 pixels in 2 classes; b: 500 images of 20x28 pixels "
        "in 2 classes), so that their scores cannot be compared; give runs of the same images, or --apart to show each "
        "data set by itself"
    )
    assert apart(runs) == [[runs[0], runs[2]], [runs[1]]]
    text = read(compare_page(*(compare(one) for one in apart(runs)))).text
    assert text.count("on 500 images of 20x28 pixels in 2 classes.") == 2
