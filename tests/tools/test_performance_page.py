"""The page of figures is what the results say, losses first; a stale page is found."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

main: Callable[[list[str]], int] = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "performance_page.py"))[
    "main"
]


def judged(what: str, *, met: bool) -> dict[str, Any]:
    return {"what": what, "asked": ">= 1", "found": "2 | 3", "met": met}


def report(name: str, *bars: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "about": f"About {name}.",
        "tables": [{"title": "Times", "head": [f"of {name}", "us"], "rows": [["Rotate", "1.5"]], "note": ""}],
        "bars": bars,
        "skipped": ["Kornia: not installed"],
        "machine": {"processor": "a processor, 2 cores", "python": "3.11"},
        "versions": {"augplug": "1.0", "timm": "not here"},
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    results = tmp_path / "benchmarks" / "results"
    results.mkdir(parents=True)
    for found in (
        report("aside"),
        report("ops", judged("won", met=True), judged("lost", met=False)),
        report("policies"),
    ):
        (results / f"{found['name']}.json").write_text(json.dumps(found), encoding="utf-8")
    return tmp_path


def test_the_page_shows_losses_first_and_everything_that_was_found(root: Path) -> None:
    assert main([str(root)]) == 0

    page = (root / "docs" / "performance.md").read_text(encoding="utf-8")
    parts = [
        "Bars not met: 1 of 2",
        "| ops | lost | >= 1 | 2 \\| 3 |",
        "Bars met",
        "| ops | won |",
        "## `benchmarks/policies.py`",
        "## `benchmarks/ops.py`",
        "About ops.",
        "| of ops | us |\n| --- | --- |\n| Rotate | 1.5 |",
        "## `benchmarks/aside.py`",
    ]
    places = [page.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert page.count("\nOn a processor, 2 cores, 3.11; augplug 1.0.\n") == 3
    assert page.count("\n- Kornia: not installed\n") == 3


def test_a_fresh_page_passes_and_a_stale_one_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(root), "--check"]) == 1
    main([str(root)])
    assert main([str(root), "--check"]) == 0
    assert "fresh" in capsys.readouterr().out

    (root / "benchmarks" / "results" / "ops.json").write_text(json.dumps(report("ops")), encoding="utf-8")
    assert main([str(root), "--check"]) == 1
    assert "stale" in capsys.readouterr().out


def test_without_results_there_is_no_page(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1
    assert not (tmp_path / "docs").exists()
