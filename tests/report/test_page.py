"""The page of a search: it parses, it is complete, it has the numbers, and it shows hostile text as text."""

import base64
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from augplug._search.configuration import flat
from augplug.report.charts import gains_chart, heat_map, rewards_by_trial
from augplug.report.markup import VOID, Safe, joined, tag
from augplug.report.page import page
from augplug.report.run import Run, Trial

EVIL = "<script>alert('x')</script>\" onload=\"x"
RESULT: dict[str, Any] = {
    "algorithm": "randaugment",
    "settings": {"evaluator": "kernel-ridge", "trials": None, "algorithm_settings": {"n": [1, 2]}},
    "seed": 3,
    "data": {"images": 5000, "shape": [28, 20], "classes": ["0", "1"], "train": 100, "valid": 2000, "test": 1999},
    "data_digest": "ab" * 32,
    "versions": {"augplug": "0.1.0", "numpy": "2.4.6"},
    "warnings": [],
    "trials": 6,
    "best_number": 3,
    "best_decisions": [2, 9],
    "best_reward": 0.8765,
    "baseline_reward": 0.8123,
    "test_score": 0.8642,
    "test_score_interval": [0.8611, 0.8673],
    "baseline_test_score": 0.8024,
    "baseline_test_score_interval": [0.8024, 0.8024],
    "gains": [0.051, 0.0333, -0.0044],
    "gains_mean": 0.0266,
    "gains_interval": [-0.0431, 0.0964],
    "beats_baseline": True,
    "verdict": "The found policy beats no augmentation.",
}
TRIALS = (
    Trial(0, (1, 3), 0.84, ""),
    Trial(1, (1, 9), 0.79, ""),
    Trial(2, (2, 3), None, "ValueError: no"),
    Trial(3, (2, 9), 0.8765, ""),
)


def run_of(**changes: Any) -> Run:
    return Run(Path("run"), {**RESULT, **changes}, {"name": "randaugment"}, TRIALS)


class Checker(HTMLParser):
    """Checks that every element is closed in turn; keeps the text, the elements and the attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\N{NO-BREAK SPACE}", " ") + " "


def read(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert not checker.open
    return checker


def test_the_page_is_complete_and_needs_nothing_else() -> None:
    html = page(run_of(), b"png bytes", "the sheet")
    found = read(html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert found.seen.count("svg") == 4
    assert found.links == ["data:image/png;base64," + base64.b64encode(b"png bytes").decode()]
    assert "script" not in found.seen
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", html)


def test_the_page_has_the_numbers_of_the_result() -> None:
    text = read(page(run_of(), b"", "")).text
    for number in (
        "86.42 %",
        "80.24 %",
        "81.23 %",
        "+2.66 points",
        "86.11 to 86.73 %",
        "-4.31 to +9.64",
        "not shown to differ",
    ):
        assert number in text
    for number in (
        "+5.1",
        "+3.3",
        "-0.4",
        "mean +2.7 points",
        "0.8400",
        "0.7900",
        "0.840",
        "0.876",
        "failed: ValueError: no",
    ):
        assert number in text
    assert (
        "5,000 images of 20x28 pixels in 2 classes: 100 to train on at a time, 2,000 to choose by, 1,999 to test on"
        in text
    )
    for value in ("not given", "ab" * 32, "2.4.6", "algorithm_settings.n", RESULT["verdict"], "Failed trials: 1."):
        assert value in text


def test_a_policy_that_does_not_help_is_not_praised() -> None:
    html = page(run_of(beats_baseline=False, verdict="It does NOT help.", warnings=["only 80 images"]), b"", "")
    assert '<p class="verdict">It does NOT help.</p>' in html
    assert '<p class="warning">Warning: only 80 images.</p>' in html
    assert '<p class="verdict good">' in page(run_of(), b"", "")


def test_what_a_search_does_not_have_is_left_out() -> None:
    bare = run_of(gains=[], gains_mean=None, gains_interval=None, best_decisions=None, algorithm="other")
    found = read(page(bare, b"", ""))
    assert found.seen.count("svg") == 2
    assert "Gains on other" not in found.text
    assert "The race" not in found.text
    assert "The grid" not in found.text
    assert "1, 3" in found.text


def test_the_entries_of_a_space_are_named_in_the_settings() -> None:
    entries = [{"name": "flip-x", "op": "HorizontalFlip"}, {"name": "zoom", "op": "Affine"}]
    settings = {"evaluator": "kernel-ridge", "algorithm_settings": {"entries": entries}}
    text = read(page(run_of(settings=settings), b"", "")).text

    assert "flip-x, zoom" in text
    assert "HorizontalFlip" not in text


def test_trials_that_were_stopped_are_marked() -> None:
    run = run_of()
    stopped = Run(run.folder, run.result, run.policy, (*run.trials, Trial(4, (3, 3), 0.61, "", stopped=True)))
    text = read(page(stopped, b"", "")).text
    assert "0.6100, stopped early" in text
    assert "Stopped early, with their last reports: 1." in text
    assert "topped early" not in read(page(run, b"", "")).text


def hostile(value: Any) -> Any:
    """The same data with every text, and every key that a user could have chosen, turned hostile."""
    if isinstance(value, str):
        return EVIL
    if isinstance(value, list):
        return [hostile(part) for part in value]
    if isinstance(value, Mapping):
        return {key: hostile(part) for key, part in value.items()}
    return value


def test_hostile_text_is_shown_as_text() -> None:
    result = hostile({**RESULT, "warnings": ["x"]})
    result["settings"][EVIL] = EVIL
    result["versions"][EVIL] = EVIL
    trials = (*TRIALS, Trial(4, (), None, EVIL))
    html = page(Run(Path("run"), result, {"name": EVIL}, trials), b"", EVIL)
    found = read(html)
    assert "script" not in found.seen
    assert not found.handlers
    assert EVIL in found.text
    assert "<script" not in html


def test_markup_is_escaped_unless_it_was_made_here() -> None:
    assert (
        tag("p", "a < b", tag("b", "c"), class_="x", data_name='"')
        == '<p class="x" data-name="&quot;">a &lt; b<b>c</b></p>'
    )
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert tag("rect", x=1.0, y=2.456) == '<rect x="1" y="2.46"></rect>'
    assert joined("<", Safe("<"), 3) == "&lt;<3"


def svg(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def texts(markup: str) -> list[str]:
    return [element.text or "" for element in svg(markup).iter() if element.tag.endswith("}text")]


def test_the_heat_map_has_a_cell_for_each_pair_and_says_what_is_missing() -> None:
    cells = {(1.0, 3.0): 0.8, (1.0, 9.0): 0.9, (2.0, 9.0): None}
    made = heat_map(cells, ("N", "M"), 0.85, (1.0, 9.0))
    said = texts(made)
    assert [text for text in said if text.startswith("0.")] == ["0.800", "0.900"]
    assert said.count("failed") == said.count("not tried") == 1
    assert {"N", "M", "1", "2", "3", "9"} <= set(said)
    rects = [element for element in svg(made).iter() if element.tag.endswith("}rect")]
    assert [rect.get("class") for rect in rects].count("best") == 1
    fills = [rect.get("fill") for rect in rects if rect.get("fill")]
    assert fills == ["rgb(187,105,31)", "rgb(55,117,180)"]  # as far below the baseline as above it
    assert texts(heat_map({(1.0, 1.0): 0.5}, ("N", "M"), 0.5, None)).count("0.500") == 1


def test_the_rewards_have_a_dot_each_and_the_best_so_far() -> None:
    made = rewards_by_trial([(0, 0.5), (1, 0.7), (2, 0.6)], 0.55)
    assert made.count("<circle") == 3
    path = next(element for element in svg(made).iter() if element.tag.endswith("}path")).get("d") or ""
    assert path.count("V") == 1
    assert rewards_by_trial([], 0.5).count("<path") == 0
    assert rewards_by_trial([(0, 0.5)], 0.5).count("<circle") == 1


def test_gains_point_left_and_right() -> None:
    made = svg(gains_chart([0.05, -0.02]))
    rects = [element for element in made.iter() if element.tag.endswith("}rect")]
    assert [rect.get("class") for rect in rects] == ["better", "worse"]
    right, left = (float(rect.get("x") or 0) for rect in rects)
    assert left < right
    assert "+5.0" in texts(gains_chart([0.05]))
    assert svg(gains_chart([0.0, 0.0])) is not None


def test_nested_settings_become_one_level() -> None:
    assert flat({"a": 1, "b": {"c": 2, "d": {"e": 3}}}) == {"a": 1, "b.c": 2, "b.d.e": 3}
