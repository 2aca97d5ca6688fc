"""What tox prints at its end becomes a table of seconds, and too many of them a failure."""

from pathlib import Path

import pytest

from tools import tox_seconds

LOG = """
lint: OK \x1b[32mfine\x1b[0m
  lint: OK (61.07=setup[20.01]+cmd[0.03,41.03] seconds)
  tests: FAIL code 1 (1500.50=setup[30.00]+cmd[1470.50] seconds)
  latest: SKIP (0.02 seconds)
  evaluation failed :( (1561.60 seconds)
"""


def test_every_environment_is_listed_the_slowest_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text(LOG, "utf-8")

    assert tox_seconds.main([str(tmp_path / "log")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "tests           1500 s  FAIL",
        "lint              61 s  OK",
        "latest             0 s  SKIP",
        "all             1562 s, 26.0 minutes of 80",
    ]


@pytest.mark.parametrize(("log", "most"), [(LOG, "26"), ("nothing ran", "80")])
def test_too_long_or_nothing_at_all_is_a_failure(log: str, most: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(log, "utf-8")

    assert tox_seconds.main([str(tmp_path / "log"), "--most", most]) == 1
