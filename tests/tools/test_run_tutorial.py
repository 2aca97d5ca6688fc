"""The tool that types a page: it does what the page says, and sees when something else comes out."""

import runpy
from pathlib import Path

import pytest

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "run_tutorial.py"))
missing, type_page = TOOL["missing"], TOOL["type_page"]


def page(*lines: str) -> str:
    return "\n".join(["```console", *lines, "```", ""])


def test_a_page_that_is_right(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "```python",
            "# deep/er.py",
            "print(6 * 7)",
            "```",
            page("$ cd deep", "$ python er.py", "42", "$ ls", "er.py", "$ exit 3", "[exit status 3]"),
        ]
    )
    assert type_page(text, tmp_path) == ""


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["$ echo one", "two"], "'echo one' did not print 'two'"),
        (["$ exit 3"], "'exit 3' ended with status 3, not 0"),
        (["$ true", "[exit status 3]"], "'true' ended with status 0, not 3"),
    ],
)
def test_a_page_that_is_wrong(lines: list[str], wrong: str, tmp_path: Path) -> None:
    assert type_page(page(*lines), tmp_path) == wrong


def test_a_block_that_names_no_file_is_only_read(tmp_path: Path) -> None:
    assert type_page("```python\nprint(1)\n```\n", tmp_path) == ""
    assert not list(tmp_path.iterdir())


def test_lines_come_in_order() -> None:
    assert missing("one  1\ntwo 2\nthree 3\n", ["one 1", "three"]) == ""
    assert missing("one\ntwo\n", ["two", "one"]) == "one"
