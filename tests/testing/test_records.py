"""The records that observers are examined with are those that searches write."""

import re
from pathlib import Path

import pytest

from augplug._search.journal import read_journal
from augplug.testing.observers import RECORDS

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tests" / "golden" / "formats" / "run-3"
OURS = {"n", "crc"}
"""What the journal adds to each record."""


def test_every_kind_that_the_search_writes_is_there() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "augplug" / "_search").glob("*.py"))
    written = set(re.findall(r'\.(?:once|append|_?record|_go)\(\s*"([a-z]+)"', source))

    assert {"configuration", "race", "comparison", "trial"} <= written
    assert {record["kind"] for record in RECORDS} == written | {"a-kind-of-tomorrow"}


@pytest.mark.parametrize("kind", ["evaluation", "signal", "baseline", "trial", "race", "found", "comparison"])
def test_a_record_of_a_kind_has_what_a_run_has(kind: str) -> None:
    kept = next(record for record in read_journal(RUN) if record["kind"] == kind)
    given = [record for record in RECORDS if record["kind"] == kind]

    assert given
    for record in given:
        assert kept.keys() - OURS <= record.keys()
