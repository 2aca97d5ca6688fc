"""Comparisons: every number recomputed from the journals, warnings, plots, and hostile names shown as text."""

import json
import math
import statistics
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from augplug.report.columns import tables
from augplug.report.comparing import COLORS, WINDOW, compare_page, running_mean
from augplug.report.comparison import Comparison, compare
from augplug.report.dots import Dots, dot_plot
from augplug.report.run import read_run
from tests.report.test_page import EVIL, read
from tests.runs import write_run

LEARNS: tuple[float | None, ...] = (*(0.5 + number / 1000 for number in range(149)), None)


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two algorithms with two equal seeds, one algorithm with a third one."""
    return [
        write_run(tmp_path / "a0", algorithm="learns", seed=0, rewards=LEARNS, test=0.80, gains=(0.04, 0.06)),
        write_run(tmp_path / "a1", algorithm="learns", seed=1, test=0.84, gains=(0.08, 0.04), hand_made=0.81),
        write_run(tmp_path / "b0", algorithm="random", seed=0, test=0.79, gains=(0.01, 0.02)),
        write_run(tmp_path / "b1", algorithm="random", seed=1, test=0.80, gains=(0.03, 0.02), rewards=(0.9, 0.8)),
        write_run(tmp_path / "b7", algorithm="random", seed=7, test=0.70, gains=()),
    ]


def compared(folders: list[Path]) -> Comparison:
    return compare([read_run(folder) for folder in folders])


def test_every_number_of_a_row_is_that_of_its_journal(runs: list[Path]) -> None:
    for row in compared(runs).rows:
        lines = [json.loads(line) for line in (Path(row.run) / "journal.jsonl").read_text("utf-8").splitlines()]
        trials = [line["reward"] for line in lines if line["kind"] == "trial"]
        scored = [reward for reward in trials[:100] if reward is not None]
        late = [reward for reward in trials[-100:] if reward is not None]
        assert row.seed == lines[0]["settings"]["seed"]
        assert row.algorithm == row.group == lines[0]["settings"]["algorithm"]
        assert (row.trials, row.failed) == (len(trials), trials.count(None))
        assert row.first_rewards == pytest.approx(sum(scored) / len(scored))
        assert row.last_rewards == pytest.approx(sum(late) / len(late))
        assert row.best_reward == max([*scored, *late])
        times = [line["seconds"] for line in lines if line["kind"] == "evaluation"]
        assert (row.evaluations, row.seconds) == (len(times), sum(times))
        tests = {line["policy"]: line["rewards"] for line in lines if line["kind"] == "test"}
        assert row.test_score == pytest.approx(sum(tests["found"]) / 2)
        assert row.baseline_test_score == pytest.approx(0.71)
        gains = [line["found"] - line["baseline"] for line in lines if line["kind"] == "gain"]
        assert row.gains == tuple(gains)
        assert row.gains_mean == (pytest.approx(sum(gains) / len(gains)) if gains else None)
    assert [row.hand_made_test_score for row in compared(runs).rows] == [None, 0.81, None, None, None]


def test_a_run_of_format_1_is_compared() -> None:
    (row,) = compared([Path(__file__).parents[1] / "search" / "journals" / "format-1"]).rows
    assert row.hand_made_test_score is None
    assert row.stopped == 0
    assert row.seconds > 0


def test_algorithms_are_averaged_over_seeds_and_compared_by_equal_seed(runs: list[Path]) -> None:
    found = compared(runs)
    learns, random = found.groups
    assert (learns.name, random.name) == ("learns", "random")
    assert random.test_score is not None
    assert random.test_score.seeds == (0, 1, 7)
    assert random.test_score.mean == pytest.approx((0.79 + 0.80 + 0.70) / 3)
    assert random.test_score.sd == pytest.approx(statistics.stdev((0.79, 0.80, 0.70)))
    assert random.gains_mean is not None
    assert random.gains_mean.seeds == (0, 1)
    (pair,) = found.pairs
    assert (pair.first, pair.second) == ("learns", "random")
    assert pair.test_score.values == pytest.approx((0.01, 0.04))
    assert pair.test_score.mean == pytest.approx(0.025)
    assert pair.test_score.sd == pytest.approx(0.03 / math.sqrt(2))
    half = 12.706 * 0.03 / math.sqrt(2) / math.sqrt(2)  # Student's t of one degree of freedom
    assert pair.test_score.interval == pytest.approx((0.025 - half, 0.025 + half), abs=1e-4)
    assert pair.gains_mean is not None
    assert pair.gains_mean.values == pytest.approx((0.05 - 0.015, 0.06 - 0.025))
    assert not found.warnings


def test_one_seed_has_no_spread_and_no_equal_seed_no_pair(runs: list[Path]) -> None:
    one = compared([runs[0], runs[2]])
    assert (one.pairs[0].test_score.sd, one.pairs[0].test_score.interval) == (None, None)
    assert [table.title for table in tables(one)] == ["Runs", "Differences, by equal seed"]
    assert not compared([runs[0], runs[4]]).pairs
    assert [table.title for table in tables(compared(runs[:1]))] == ["Runs"]


def test_the_tables_have_the_numbers(runs: list[Path]) -> None:
    made = tables(compared(runs))
    every, groups, pairs = made[0], made[1], made[2]
    assert len(made) == 3
    assert all(len(row) == len(table.head) for table in (every, groups, pairs) for row in table.rows)
    first = dict(zip(every.head[:12], every.rows[0], strict=False))
    assert first["trials"] == "150 (1 failed)"
    assert (first["first 100"], first["last 100"], first["best"]) == ("0.5495", "0.5990", "0.6480")
    assert (first["test"], first["unaugmented"], first["hand-made"]) == ("0.8000", "0.7100", "-")
    assert every.rows[0][9] == "0.7900 to 0.8100"
    assert every.rows[0][12:14] == ("+0.0500", "+0.0400 to +0.0600")
    assert every.rows[4][12:14] == ("-", "-")
    assert groups.rows[0] == ("learns", "2", "0.8200", "0.0283", "+0.0550", "0.0071")
    assert pairs.rows[0][:4] == ("learns - random", "2", "+0.0250", "0.0212")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seeds": 3}, "the runs differ in seeds: 1 (one), 3 (other)"),
        ({"train": 50}, "the runs differ in train: 100 (one), 50 (other)"),
        (
            {"evaluator_settings": {"copies": 9}},
            "the runs differ in evaluator_settings.copies: 2 (one), 9 (other)",
        ),
        ({"subsets": 3}, "the runs differ in subsets: None (one), 3 (other)"),
    ],
)
def test_runs_that_are_not_alike_are_compared_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [write_run(Path("one")), write_run(Path("other"), algorithm="learns", **change)]
    assert compared(folders).warnings[0] == told
    assert f"Warning: {told}." in read(compare_page(compared(folders))).text


def test_runs_of_one_algorithm_with_other_settings_are_other_algorithms(tmp_path: Path) -> None:
    folders = [
        write_run(tmp_path / "slow", algorithm="ppo", algorithm_settings={"rate": 0.1, "space": {"name": "a"}}),
        write_run(tmp_path / "fast", algorithm="ppo", algorithm_settings={"rate": 0.9, "space": {"name": "a"}}),
        write_run(tmp_path / "random", algorithm_settings={"joined": 5}),
    ]
    assert [row.group for row in compared(folders).rows] == ["ppo rate=0.1", "ppo rate=0.9", "random"]
    assert len(compared(folders).pairs) == 3


def test_two_runs_of_one_seed_count_as_one(tmp_path: Path) -> None:
    found = compared([write_run(tmp_path / "one", test=0.5), write_run(tmp_path / "two", test=0.75)])
    (group,) = found.groups
    assert group.test_score is not None
    assert group.test_score.values == (0.625,)
    assert found.warnings == ("2 runs of random have seed 0: they count as one, by their mean",)


def test_the_running_mean_is_of_the_latest_rewards() -> None:
    rewards = [(number, float(number)) for number in range(50)]
    made = running_mean(rewards)
    assert made[0] == (0, 0.0)
    assert made[3] == (3, 1.5)
    assert made[49] == (49, sum(range(50 - WINDOW, 50)) / WINDOW)


def test_the_page_is_complete_and_draws_each_run_in_the_colour_of_its_algorithm(runs: list[Path]) -> None:
    html = compare_page(compared(runs))
    found = read(html)
    assert "script" not in found.seen
    assert found.links == []
    for text in ("0.5495", "+0.0250", "learns, seed 1", "Differences, by equal seed"):
        assert text in found.text
    plots = [ET.fromstring(part) for part in svgs(html) if "Rewards by trial" in part]
    curves = [path.get("class") for path in plots[0].iter("{http://www.w3.org/2000/svg}path")]
    assert curves == [line for style in (0, 0, 1, 1, 1) for line in (f"curve c{style} d0", "near")]
    told = [title.text or "" for title in plots[0].iter("{http://www.w3.org/2000/svg}title")]
    assert told[1] == f"learns, seed 0 ({runs[0]}): 0.6385 at trial 148"


def svgs(html: str) -> list[str]:
    return [f"<svg{part.split('</svg>')[0]}</svg>" for part in html.split("<svg")[1:]]


def test_curves_are_those_of_their_runs(runs: list[Path]) -> None:
    """Each line goes up as often as its run found something better, and ends as high as the run's best reward."""
    best = ET.fromstring(next(part for part in svgs(compare_page(compared(runs))) if "Best reward so far" in part))
    paths = [path for path in best.iter("{http://www.w3.org/2000/svg}path") if path.get("class") != "near"]
    drawn = [path.get("d") or "" for path in paths]
    assert [line.count("V") for line in drawn] == [148, 1, 1, 0, 1]
    ends = [float((line.rsplit("V", 1)[1] if "V" in line else line.split()[1]).split("H")[0]) for line in drawn]
    assert sorted(range(5), key=lambda number: ends[number]) == [3, 1, 2, 4, 0]


def test_more_algorithms_than_colours_have_broken_lines(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / f"{number}", algorithm=f"a{number}") for number in range(COLORS + 1)]
    html = compare_page(compared(folders))
    assert 'class="curve c0 d0"' in html
    assert 'class="curve c0 d1"' in html


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    folders = [
        write_run(tmp_path / "<b>x", algorithm=EVIL, evaluator=EVIL, algorithm_settings={EVIL: EVIL}),
        write_run(tmp_path / "y&amp;", algorithm=EVIL, algorithm_settings={EVIL: 2}),
    ]
    html = compare_page(compared(folders))
    found = read(html)
    assert {"script", "b"}.isdisjoint(found.seen)
    assert not found.handlers
    assert EVIL in found.text
    assert "y&amp;" in found.text


def test_a_dot_plot_has_everything_at_its_place() -> None:
    rows = [
        Dots("first", (0.5, "mean"), (0.25, 0.75), ((0.25, "a"), (0.75, "b")), ((0.6, "none"),)),
        Dots("a very long label that does not fit the margin, seed 7", (-0.5, "low")),
    ]
    made = ET.fromstring(dot_plot(rows, "gain", signed=True))
    spots = {
        (circle[0].text or ""): float(circle.get("cx") or 0)
        for circle in made.iter("{http://www.w3.org/2000/svg}circle")
    }
    assert spots["low"] < spots["a"] < spots["mean"] < spots["none"] < spots["b"]
    assert spots["mean"] == pytest.approx((spots["a"] + spots["b"]) / 2, abs=0.01)
    said = [text.text or "" for text in made.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a very long...rgin, seed 7", "0", "+0.5", "-0.5", "first", "gain"} <= set(said)
    lines = {line.get("class"): line for line in made.iter("{http://www.w3.org/2000/svg}line")}
    assert float(lines["whisker"].get("x1") or 0) == spots["a"]
    assert float(lines["zero"].get("x1") or 0) == pytest.approx((spots["low"] + spots["mean"]) / 2, abs=0.01)
