"""What a terminal and a notebook show: short lines, pictures, and no text of a user's as markup."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import augplug
from augplug._search.study import StudyResult
from augplug.report.markup import VOID

IMAGE = np.random.default_rng(0).integers(0, 256, (16, 12, 3), np.uint8)
EVIL = '<script>alert(1)</script>" onload="x'
CROP = augplug.step("RandomResizedCrop", height=64, width=64)
COMPOSED = augplug.compose([CROP, "randaugment:n=2,m=14"])
AUGMENT = augplug.Augmenter("autoaugment-cifar10", seed=7)
RESULT = StudyResult(
    augplug.policy("hand-made"),
    {"algorithm": "random", "trials": 3, "test_score": 0.9, "baseline_test_score": 0.8, "verdict": EVIL},
    Path("run"),
)
SHOWN: dict[str, Any] = {
    "augmenter": AUGMENT,
    "policy": augplug.policy("randaugment", n=2),
    "node": COMPOSED,
    "step": CROP,
    "plan": AUGMENT.plan(IMAGE, index=3),
    "mixing": augplug.Augmenter(augplug.step("CutMix")),
    "output": augplug.Augmenter(COMPOSED, output=augplug.Output(layout="CHW")),
    "long": augplug.sequence(*[augplug.sequence(*["Invert"] * 30)] * 30),
    "result": RESULT,
    "operations": augplug.operations(),
    "policies": augplug.policies(),
    "searches": augplug.searches(),
    "backends": augplug.backends(),
}
WITH_PICTURES = sorted(set(SHOWN) - {"policies", "searches", "backends"})


class Balanced(HTMLParser):
    """Notes the elements, and fails where one is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.sources: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", SHOWN)
def test_a_repr_is_one_short_line(name: str) -> None:
    text = repr(SHOWN[name])

    assert "\n" not in text
    assert len(text) <= 200
    assert " at 0x" not in text


@pytest.mark.parametrize("name", SHOWN)
def test_html_is_complete_bounded_and_needs_nothing_else(name: str) -> None:
    html = SHOWN[name]._repr_html_()
    parsed = Balanced(html)

    assert not parsed.open
    assert "script" not in parsed.seen
    assert all(source.startswith("data:image/jpeg;base64,") for source in parsed.sources)
    assert bool(parsed.sources) == (name in WITH_PICTURES)
    assert "details" in parsed.seen
    assert len(html) < 500_000
    assert not re.search(r"[^-]color:(?!inherit)", html)


def test_text_of_a_users_is_no_markup() -> None:
    found = augplug.Policy(augplug.step("Invert"), "mine", source=EVIL)

    for html in (RESULT._repr_html_(), found._repr_html_()):
        assert "<script" not in html
        assert 'onload="' not in html
    assert "&lt;script&gt;" in RESULT._repr_html_()


def test_what_cannot_be_drawn_says_why_and_shows_the_rest() -> None:
    html = augplug.Augmenter(augplug.step("CenterCrop", height=500, width=500))._repr_html_()
    plan = augplug.Augmenter(augplug.step("MixUp"), classes=2).plan(IMAGE, index=0, partner=IMAGE)

    assert "details" in Balanced(html).seen
    assert "No pictures: this draw mixes another image in" in plan._repr_html_()


def test_showing_a_plan_does_not_change_what_it_replays() -> None:
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=17), backend="reference")
    plan = augment.plan(IMAGE, index=0)
    plan._repr_html_()

    assert np.array_equal(augplug.replay(plan, IMAGE), augment(IMAGE, index=0))


def test_lines_read_as_python_writes_them() -> None:
    assert repr(augplug.step("Rotate", p=0.5, degrees=3)) == "step('Rotate', p=0.5, degrees=3)"
    assert repr(COMPOSED).startswith(
        "sequence(step('RandomResizedCrop', height=64, width=64), Policy('unnamed', scale="
    )
    assert repr(augplug.some_of(1, "Invert", "Equalize")) == "some_of(1, step('Invert'), step('Equalize'))"
    assert repr(augplug.one_of("Invert", "Equalize")) == "one_of(step('Invert'), step('Equalize'))"
    assert repr(augplug.blend("Invert", "Equalize")) == "blend(step('Invert'), step('Equalize'))"
    assert repr(augplug.operations()).startswith("<54 operations: Identity, Invert, ")
    assert repr(SHOWN["plan"]) == "<Plan of 'autoaugment-cifar10', seed 7, epoch 0, index 3: AutoContrast>"


@pytest.mark.parametrize(
    "image",
    [
        None,
        IMAGE,
        IMAGE[..., 0],
        IMAGE.astype(np.uint16) * 257,
        IMAGE / 255,
        np.concatenate([IMAGE, IMAGE[..., :1]], axis=2),
        Pillow.fromarray(IMAGE),
    ],
    ids=["photograph", "rgb", "grey", "uint16", "float64", "rgba", "pil"],
)
def test_show_makes_a_contact_sheet(image: Any) -> None:
    sheet = augplug.Augmenter("hand-made", seed=3).show(image, rows=2, columns=3)
    out = io.BytesIO()
    sheet.save(out, "PNG")

    assert sheet.mode == "RGB"
    assert sheet.width > 3 * 128
    assert len(out.getvalue()) > 1000


@pytest.mark.parametrize("given", [{"rows": 0}, {"columns": "two"}, {"rows": 101, "columns": 100}])
def test_a_sheet_has_a_bounded_number_of_pictures(given: dict[str, Any]) -> None:
    with pytest.raises(augplug.SettingsError):
        AUGMENT.show(**given)


def test_pictures_are_what_indices_make_of_the_photograph() -> None:
    sources = Balanced(SHOWN["policy"]._repr_html_()).sources

    assert len(sources) == 12
    first = Pillow.open(io.BytesIO(base64.b64decode(sources[0].partition(",")[2])))
    assert first.size == (128, 128)


def test_tables_of_names_are_mappings() -> None:
    operations = augplug.operations()

    assert operations == dict(operations)
    with pytest.raises(TypeError):
        operations["Mine"] = operations["Invert"]  # type: ignore[index]  # given on purpose


@pytest.mark.parametrize(
    ("found", "without", "said"),
    [
        (0.9, 0.8, "test score 0.9000 (0.8000 without augmentation)"),
        (0.9, None, "test score 0.9000, in"),
        (None, None, "not compared on test images"),
    ],
)
def test_a_result_says_what_was_compared(found: float | None, without: float | None, said: str) -> None:
    told = {**RESULT.result, "test_score": found, "baseline_test_score": without}

    assert said in repr(StudyResult(RESULT.policy, told, RESULT.folder))


def test_a_balanced_score_is_called_so() -> None:
    told = {**RESULT.result, "test_score": 0.9, "baseline_test_score": 0.8, "settings": {"balanced": True}}

    assert "test score (average over classes) 0.9000" in repr(StudyResult(RESULT.policy, told, RESULT.folder))
