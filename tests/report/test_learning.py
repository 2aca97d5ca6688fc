"""How a search learned: batches and shares recomputed from the decisions, the charts, and the best policies."""

import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, stdev
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import augplug
from augplug._search.space import SearchSpace
from augplug._search.strengths_space import StrengthSpace
from augplug.errors import SettingsError
from augplug.report.learning import COLUMNS, ROWS, Shown, learning_curve, operation_map
from augplug.report.page import page
from augplug.report.proposed import Batch, Period, Use, batches, best_trials, periods, space_of, sub_policies
from augplug.report.run import Run, Trial, read_run
from tests.report.test_page import EVIL, read, run_of
from tests.runs import POLICY, write_run

SPACE = SearchSpace("mine", ("Rotate", "Invert", "ShearX"), levels=10, probabilities=11, sub_policies=2, length=2)
SVG = "{http://www.w3.org/2000/svg}"


def trials_of(count: int, space: SearchSpace = SPACE, seed: int = 0) -> list[Trial]:
    """Trials of random decisions and rewards; every seventh failed."""
    random = np.random.default_rng(seed)
    return [
        Trial(
            number,
            tuple(int(random.integers(size)) for size in space.sizes),
            None if number % 7 == 3 else round(float(random.uniform(0.5, 0.9)), 4),
            "",
        )
        for number in range(count)
    ]


def settings_of(space: SearchSpace) -> dict[str, Any]:
    return {"evaluator": "kernel-ridge", "batch": 20, "algorithm_settings": {"space": space_json(space)}}


def space_json(space: SearchSpace) -> dict[str, Any]:
    written = space.to_json()
    del written["augplug_space"]
    return written


def test_a_batch_has_the_mean_and_the_spread_of_its_rewards() -> None:
    trials = trials_of(45)
    found = batches(trials, 20)
    assert [(one.first, one.last) for one in found] == [(0, 19), (20, 39), (40, 44)]
    for one in found:
        rewards = [t.reward for t in trials if one.first <= t.number <= one.last and t.reward is not None]
        assert one.mean == pytest.approx(fmean(rewards))
        assert one.sd == pytest.approx(stdev(rewards))
    assert batches([Trial(0, (), None, "no"), Trial(1, (), 0.5, "")], 1) == [Batch(1, 1, 0.5, 0.0)]


def test_shares_are_those_of_the_decisions_that_do_something() -> None:
    trials = trials_of(60)
    for one in periods(trials, SPACE, 20):
        rows = [t.decisions for t in trials if one.first <= t.number <= one.last]
        threes = [row[start : start + 3] for row in rows for start in range(0, 12, 3)]
        counts = Counter(SPACE.operations[int(o)] for o, p, _ in threes if p)
        assert one.count == sum(counts.values()) < len(threes)
        assert {name: one.share(name) for name in SPACE.operations} == {
            name: pytest.approx(counts[name] / one.count) for name in SPACE.operations
        }
        rotations = [(p, level) for o, p, level in threes if o == 0 and p]
        assert one.uses["Rotate"].probability == pytest.approx(fmean(p for p, _ in rotations) / 10)
        assert one.uses["Rotate"].level == pytest.approx(fmean(level for _, level in rotations) / 9)


def test_an_operation_that_is_always_applied_has_probability_one() -> None:
    space = SearchSpace("sure", ("Invert", "Rotate"), levels=2, probabilities=1, sub_policies=1, length=1)
    one = periods([Trial(0, (1, 0, 1), 0.5, "")], space, 5)[0]
    assert one.uses == {"Rotate": Use(1.0, 1.0, 1.0)}
    assert one.share("Invert") == 0.0


def test_the_space_is_that_of_the_settings_where_the_decisions_are_of_it() -> None:
    run = Run(Path("run"), {**run_of().result, "settings": settings_of(SPACE)}, {}, tuple(trials_of(3)))
    assert space_of(run) == SPACE
    assert space_of(run_of()) is None
    assert space_of(run_of(settings=settings_of(SPACE))) is None  # two decisions each
    other = {"evaluator": "x", "algorithm_settings": {"space": "a word of a plugin's"}}
    assert space_of(Run(Path("run"), {**run.result, "settings": other}, {}, run.trials)) is None
    broken = {"algorithm_settings": {"space": {**space_json(SPACE), "levels": 1}}}
    with pytest.raises(SettingsError, match="levels"):
        space_of(Run(Path("run"), {**run.result, "settings": broken}, {}, run.trials))


def test_the_learning_curve_has_a_dot_for_each_batch_at_its_mean() -> None:
    found = [Batch(0, 19, 0.5, 0.1), Batch(20, 39, 0.7, 0.1), Batch(40, 59, 0.9, 0.0)]
    made = ET.fromstring(learning_curve(found, {"baseline": ("none", 0.5), "level": ("hand-made", 0.8)}))
    dots = [(float(dot.get("cx") or 0), float(dot.get("cy") or 0)) for dot in made.iter(f"{SVG}circle")]
    lines = {line.get("class"): float(line.get("y1") or 0) for line in made.iter(f"{SVG}line")}
    assert dots[0][1] == lines["baseline"] > lines["level"]
    assert dots[1][1] - dots[2][1] == pytest.approx(dots[0][1] - dots[1][1], abs=0.02)
    assert dots[1][0] - dots[0][0] == pytest.approx(dots[2][0] - dots[1][0], abs=0.02)
    band = next(path.get("d") or "" for path in made.iter(f"{SVG}path") if path.get("class") == "band")
    corners = [float(corner.split()[1]) for corner in band.strip("MZ").split("L")]
    middle = dots[0][1] - dots[1][1]  # 0.2 in rewards
    assert corners[0] == pytest.approx(dots[0][1] - middle / 2, abs=0.1)
    assert corners[5] == pytest.approx(dots[0][1] + middle / 2, abs=0.1)
    assert corners[2] == corners[3] == pytest.approx(dots[2][1], abs=0.1)


def test_the_map_has_a_cell_for_each_operation_and_period() -> None:
    often = Period(0, 19, 10, {"A": Use(0.8, 0.5, 0.5), "B": Use(0.2, 0.5, 0.5)})
    seldom = Period(20, 39, 10, {"A": Use(0.5, 0.5, 0.5), "B": Use(0.5, 0.5, 0.5)})
    made = ET.fromstring(operation_map([often, seldom], ("A", "B"), 0.5))
    fills = [rect.get("fill") for rect in made.iter(f"{SVG}rect")]
    assert fills[1] == fills[3] == "rgb(255,255,255)"
    blue, orange = (re.findall(r"\d+", fill or "") for fill in (fills[0], fills[2]))
    assert int(blue[2]) > int(blue[0])
    assert int(orange[0]) > int(orange[2])
    said = [text.text for text in made.iter(f"{SVG}text")]
    assert said == ["0", "20", "A", "50.0 %", "B", "50.0 %", "from trial"]
    titles = [title.text for title in made.iter(f"{SVG}title")]
    assert titles[0] == "A, trials 0 to 19: 80.0 % of 10"


def test_the_best_trials_are_whole_and_different() -> None:
    other = {**POLICY, "policy": {"op": "Equalize", "p": 1.0}}
    trials = [
        Trial(0, (), 0.5, "", policy=POLICY),
        Trial(1, (), 0.9, "", stopped=True, policy={**POLICY, "policy": {"op": "Rotate"}}),
        Trial(2, (), 0.6, "", policy={**POLICY, "name": "the-same"}),
        Trial(3, (), None, "no", policy=POLICY),
        Trial(4, (), 0.6, "", policy=other),
        Trial(5, (), 0.7, ""),
    ]
    assert [trial.number for trial in best_trials(trials, 5)] == [2, 4]
    assert [trial.number for trial in best_trials(trials, 1)] == [2]


def test_sub_policies_are_written_out() -> None:
    operations = augplug.operations()
    decisions = (0, 9, 4, 1, 2, 9, 2, 10, 0, 2, 0, 3)
    assert sub_policies(SPACE.decode(operations, decisions, "x")) == [
        "Rotate (p 0.9, level 4), then Invert (p 0.2)",
        "ShearX (p 1, level 0), then ShearX (p 0, level 3)",
    ]
    assert sub_policies(augplug.policy("autoaugment-cifar10"))[0].startswith("Invert (p 0.1), then Contrast")


def run_in(space: SearchSpace, count: int = 50, seed: int = 0) -> Run:
    result = {**run_of().result, "algorithm": "random", "settings": settings_of(space), "hand_made_reward": 0.85}
    result |= {"hand_made_test_score": 0.8333, "hand_made_test_score_interval": [0.83, 0.84], "best_decisions": None}
    return Run(Path("run"), result, {"name": "x"}, tuple(trials_of(count, space, seed)))


def test_the_page_of_a_search_of_a_space_has_everything() -> None:
    run = run_in(SPACE, seed=2)
    shown = Shown(Trial(7, (), 0.8642, ""), b"best", ("Rotate (p 0.9, level 4)",))
    found = read(page(run, b"sheet", "the sheet", [shown]))
    assert found.seen.count("svg") == 5
    assert len(found.links) == 2
    first, *_, last = periods(run.trials, SPACE, 20)
    ranked = sorted(SPACE.operations, key=last.share, reverse=True)
    assert ranked != sorted(SPACE.operations, key=first.share, reverse=True)
    told = found.text.split("Which operations are proposed")[1]
    assert sorted(ranked, key=told.index) == ranked
    for text in (
        "Learning curve",
        "Which operations are proposed",
        "trials 40 to 49",
        f"{100 * last.share('Rotate'):.1f} %",
        f"{last.uses['Rotate'].probability:.2f}",
        f"{9 * last.uses['Rotate'].level:.1f}",
        "would propose (33.3 %)",
        "Trial 7: reward 0.8642",
        "Rotate (p 0.9, level 4)",
        "Score with hand-made",
        "83.33 %",
    ):
        assert text in found.text


def test_the_page_of_a_grid_has_none_of_this() -> None:
    text = read(page(run_of(), b"", "")).text
    for absent in ("Learning curve", "Which operations", "best policies", "hand-made"):
        assert absent not in text


def test_many_batches_and_operations_still_fit() -> None:
    space = SearchSpace("large", tuple(f"Op{number}" for number in range(ROWS + 9)), sub_policies=1)
    html = page(run_in(space, 20 * COLUMNS + 1), b"", "")
    assert f"The first {ROWS} of {ROWS + 9} operations." in html
    assert "what each 40 trials proposed" in html
    svg = html.split('aria-label="Which operations are proposed"')[1].split("</svg>")[0]
    assert svg.count("<rect") == ROWS * (COLUMNS // 2 + 1)


def test_hostile_operations_are_shown_as_text() -> None:
    space = SearchSpace("mine", (EVIL, "Invert", "ShearX"), sub_policies=2)
    shown = Shown(Trial(7, (), 0.8, ""), b"best", (EVIL,))
    found = read(page(run_in(space), b"", "", [shown]))
    assert "script" not in found.seen
    assert not found.handlers
    assert EVIL in found.text


def test_decisions_that_are_none_of_the_space_are_refused() -> None:
    run = run_in(SPACE)
    wrong = Trial(0, (9, *run.trials[0].decisions[1:]), 0.5, "")
    with pytest.raises(SettingsError, match="decisions are needed"):
        page(Run(run.folder, run.result, run.policy, (wrong, *run.trials[1:])), b"", "")


@pytest.fixture
def searched(tmp_path: Path) -> Path:
    """A run in SPACE whose policies can be drawn."""
    operations = augplug.operations()
    tried = trials_of(5)
    trials = [
        {
            "decisions": list(t.decisions),
            "policy": SPACE.decode(operations, [int(d) for d in t.decisions], "random").to_json(),
        }
        for t in tried
    ]
    given = [t.reward for t in tried]
    return write_run(
        tmp_path / "run", rewards=given, trials=trials, algorithm_settings={"space": space_json(SPACE)}, subsets=2
    )


def test_report_draws_the_best_policies(searched: Path) -> None:
    from augplug.cli.reporting import write_report

    target, _ = write_report(searched)
    found = read(target.read_text("utf-8"))
    best = best_trials(read_run(searched).trials, 5)
    assert len(best) == 4
    assert len(found.links) == 1 + 4
    assert [link.startswith("data:image/png;base64,iVBOR") for link in found.links] == [True] * 5
    names = re.findall(r"Trial (\d+): reward", found.text)
    assert names == [str(trial.number) for trial in best]
    policy = json.loads(json.dumps(best[0].policy))["policy"]["one_of"][0]["sequence"][0]
    assert f"{policy['op']} (p {policy['p']:g}" in found.text


def test_the_page_of_a_search_of_strengths_has_the_curve_and_what_was_drawn() -> None:
    space = StrengthSpace.default()
    operations = augplug.operations()
    written = json.loads(json.dumps(asdict(space)))
    settings = {"evaluator": "kernel-ridge", "batch": 20, "algorithm_settings": {"space": written}}
    result = {**run_in(SPACE).result, "algorithm": "strengths", "settings": settings}
    random = np.random.default_rng(0)
    trials = [
        Trial(number, tuple(int(random.integers(size)) for size in space.sizes), 0.8 + number / 1000, "")
        for number in range(40)
    ]
    run = Run(Path("run"), result, {"name": "x"}, tuple(trials))
    policy = space.decode(operations, space.row({"rotation": 10, "gamma": 0.6, "flip-x": 0.5}), "x")

    lines = tuple(sub_policies(policy))
    made = read(page(run, b"", "text", [Shown(trials[3], b"", lines)])).text

    assert lines == ("HorizontalFlip (p 0.5), then Affine (degrees -10 to 10), then Gamma (gamma 0.625 to 1.6)",)
    assert space_of(run) == space
    assert "Learning curve" in made
    assert "Which operations are proposed" not in made
    assert "all operations of the line" in made
    assert lines[0] in made


def test_the_level_of_an_operation_that_the_user_added_is_a_range() -> None:
    policy = augplug.Policy(augplug.sequence(augplug.step("Posterize", level=augplug.Uniform(0, 6))), "x")

    assert sub_policies(policy) == ["Posterize (p 1, level 0 to 6)"]
