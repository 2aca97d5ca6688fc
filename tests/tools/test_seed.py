"""The page of the systems by name, and the runner that proves its rows."""

import configparser
from pathlib import Path

import pytest

from tools import seed

ROWS = seed.rows_of(seed.PAGE.read_text("utf-8"))
NAMES = (
    "Albumentations", "CutMix", "Horovod", "NCCL", "Jenkins", "CircleCI", "Travis", "MLflow", "KubeFlow", "TensorBoard",
    "TensorFlow Serving", "SageMaker", "Clipper", "Algorithmia", "Pingdom", "ONNX", "CoreML", "ML Kit", "FRITZ",
    "pylint", "mypy", "bandit", "shellcheck",
)  # fmt: skip
ROW = "| {} | today | what | command | {} | {} |\n"
ELSEWHERE = {
    "Horovod", "NCCL", "Jenkins", "CircleCI", "Travis", "KubeFlow", "TensorFlow Serving", "SageMaker", "Clipper",
    "Algorithmia", "Pingdom", "CoreML", "ML Kit", "FRITZ",
}  # fmt: skip
"""Names of what is dead, a service, or runs on other machines than these: a proof of them runs something else."""


def test_every_name_of_the_seed_has_a_row() -> None:
    assert tuple(row.name for row in ROWS) == NAMES


def test_a_row_whose_program_does_not_run_here_says_so() -> None:
    assert {row.name for row in ROWS if row.missing} == ELSEWHERE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_proof_names_an_environment_and_tests_that_there_are(row: seed.Row) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(seed.ROOT / "tox.ini")
    assert tox.has_section(f"testenv:{row.environment}")
    paths = [part for part in row.tests if "/" in part]
    assert paths
    assert all((seed.ROOT / path).exists() for path in paths)
    if "-k" in row.tests:
        said = row.tests[row.tests.index("-k") + 1].split()
        files = [file for path in paths for file in [seed.ROOT / path, *Path(seed.ROOT, path).rglob("test_*.py")]]
        text = "".join(file.read_text("utf-8") for file in files if file.is_file())
        assert all(word in text for word in {*said} - {"and", "not", "or", *PARAMETERS})


PARAMETERS = ("circleci", "travis", "equals-the-reference")
"""Words of tests' parameters: services, and a check of the examination, which skips what states no bound."""


def test_rows_are_read_as_they_are_written() -> None:
    text = ROW.format("name", "the proof does not run", "proof") + "|---|---|---|---|---|---|\n"
    text += ROW.format("A", "A itself, a service", "`plugins`: `tests/test_a.py`")
    text += ROW.format("B", "-", "`trackers`: `plugins/augplug-x/tests plugins/augplug-x -k 'b and c'`")
    proved = ("plugins/augplug-x/tests", "plugins/augplug-x", "-k", "b and c")
    first = seed.Row("A", "A itself, a service", "plugins", ("tests/test_a.py",))
    assert seed.rows_of(text) == [first, seed.Row("B", "", "trackers", proved)]
    assert seed.Row("B", "", "trackers", proved).plugins == ("plugins/augplug-x",)
    with pytest.raises(ValueError, match="the proof of C is written"):
        seed.rows_of(ROW.format("C", "-", "pytest"))


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (0, "== 3 passed in 1s ==", "green"),
        (0, "1 skipped\n== 3 passed, 2 skipped in 1s ==", "2 skipped: its program is missing"),
        (0, "== 2 skipped in 1s ==", "failed (exit status 0)"),
        (1, "== 1 failed, 3 passed in 1s ==", "failed (exit status 1)"),
        (5, "", "failed (exit status 5)"),
    ],
)
def test_what_a_run_proves(status: int, said: str, verdict: str) -> None:
    assert seed.verdict_of(status, said) == verdict


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert seed.main(["Ray"]) == 2
    assert "docs/seed.md has no row Ray; it has Albumentations" in capsys.readouterr().err


def test_a_line_says_what_was_not_run() -> None:
    row = seed.Row("A", "A itself, a service", "plugins", ("tests",))
    line = "A                  green      12 s,    20 s of CPU  plugins       (not run: A itself, a service)"
    assert seed.line_of(row, "green", 12.3, 20.4) == line
    assert seed.line_of(seed.Row("A", "", "plugins", ()), "green", 1, 2).endswith(" 2 s of CPU  plugins")
