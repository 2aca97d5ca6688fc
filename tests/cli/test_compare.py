"""`augplug compare`: tables, JSON and a page of finished searches."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.runs import write_json, write_raced, write_run


@pytest.fixture
def two(run: Run) -> Run:
    """The runner, in a folder with two runs: `one` and `other`."""
    write_run(Path("one"), test=0.75, gains=(0.02, 0.04))
    write_run(Path("other"), algorithm="learns", test=0.8, gains=(0.05, 0.05), seeds=3)
    return run


def test_compare_prints_tables(two: Run) -> None:
    outcome = two("compare", "one", "other")
    assert outcome.status == 0
    assert outcome.err == "warning: the runs differ in seeds: 1 (one), 3 (other)\n"
    lines = outcome.out.splitlines()
    assert lines[0] == "Runs"
    assert " ".join(lines[2].split()) == (
        "one random 0 3 3 0.6000 0.6000 0.7000 0.7500 0.7400 to 0.7600 0.7100 - +0.0300 +0.0200 to +0.0400 4"
    )
    assert lines[5] == "Differences, by equal seed"
    assert " ".join(lines[7].split()) == "random - learns 1 -0.0500 - - -0.0200 - -"
    assert not list(Path().glob("*.html"))


def test_compare_prints_the_same_numbers_as_json(two: Run) -> None:
    found = json.loads(two("compare", "one", "other", "--json").out)
    assert set(found) == {"data", "balanced", "rows", "groups", "pairs", "warnings"}
    assert [row["run"] for row in found["rows"]] == ["one", "other"]
    assert [row["seconds"] for row in found["rows"]] == [4.5, 4.5]
    assert found["pairs"][0]["test_score"] == {
        "seeds": [0],
        "values": [pytest.approx(-0.05)],
        "mean": pytest.approx(-0.05),
        "sd": None,
        "interval": None,
    }
    assert found["warnings"] == ["the runs differ in seeds: 1 (one), 3 (other)"]


def test_compare_writes_a_page(two: Run) -> None:
    outcome = two("compare", "one", "other", "-o", "page.html")
    assert outcome.status == 0
    assert outcome.err.splitlines()[-1] == "the page is page.html"
    assert Path("page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert two("compare", "one", "-o", "page.png").status == 2
    assert two("compare", "one", "-o", "missing/page.html").status == 2


@pytest.fixture
def broken(two: Run) -> Run:
    """The runner, in a folder with broken runs, too: `unfinished`, `tampered` and `damaged`."""
    for name in ("unfinished", "tampered", "damaged"):
        write_run(Path(name))
    Path("unfinished/result.json").unlink()
    result = json.loads(Path("tampered/result.json").read_bytes())
    write_json(Path("tampered/result.json"), {**result, "test_score": result["test_score"] + 1e-7})
    journal = Path("damaged/journal.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"0.7", b"0.9", 1))
    return two


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("missing", 2, "does not exist; give the folder"),
        ("one/policy.json", 2, "is a file; give the folder"),
        ("unfinished", 2, "has no result yet; finish the search with --resume"),
        ("tampered", 2, "has another test_score than the journal beside it"),
        ("damaged", 1, "is damaged"),
    ],
)
def test_a_run_that_cannot_be_compared_is_one_line(broken: Run, name: str, status: int, told: str) -> None:
    outcome = broken("compare", "one", name)
    assert (outcome.status, outcome.out) == (status, "")
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


def test_compare_wants_a_run(run: Run) -> None:
    assert run("compare").status == 2


def test_runs_of_different_data_are_refused_or_shown_apart(run: Run) -> None:
    write_raced(Path("one"))
    write_raced(Path("two"), algorithm="learns", data_digest="cd" * 32)

    refused = run("compare", "one", "two")
    apart = run("compare", "one", "two", "--apart", "-o", "page.html")
    numbers = json.loads(run("compare", "one", "two", "--apart", "--json").out)

    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "are of different data" in refused.err
    assert apart.status == 0
    assert apart.out.count("On 500 images of 20x28 pixels in 2 classes") == 2
    assert "Differences" not in apart.out
    assert [one["rows"][0]["run"] for one in numbers] == ["one", "two"]
    assert Path("page.html").read_text("utf-8").count("<h2>Runs</h2>") == 2
