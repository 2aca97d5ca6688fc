"""The picture of a report: a chart that is right by itself, on light and dark ground."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.runs import write_raced
from tools.report_picture import main


def test_the_picture_is_the_chart_with_its_style(tmp_path: Path) -> None:
    run = write_raced(tmp_path / "run")

    assert main([str(run), str(tmp_path / "chart.svg")]) == 0

    made = ET.fromstring((tmp_path / "chart.svg").read_text("utf-8"))
    texts = [element.text for element in made.iter("{http://www.w3.org/2000/svg}text")]
    (style,) = made.iter("{http://www.w3.org/2000/svg}style")
    assert {"the found policy", "no augmentation", "hand-made", "score on the test images"} <= set(texts)
    assert "prefers-color-scheme: dark" in (style.text or "")


def test_it_wants_a_run_and_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
