"""What a stranger wrote moves no cursor, turns no line around and adds none, on a terminal or in a page."""

import json
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from augplug.cli import main, output
from augplug.gate import report, rules
from augplug.gate.check import Verdict
from augplug.gate.findings import Finding, Waiver, refused
from augplug.report.markup import safe, tag
from augplug.shown import hidden, paragraphs, shown
from tests.gate.building import FAIR, artifact
from tests.plugins.installing import augplug as run
from tests.plugins.installing import install

ESCAPE, TURN, ZERO, BREAK, LINE = "\x1b[2J", "\u202e", "\u200b", "\nmy-ops 1.0: CLEAN", "\u2028"
EVIL = f"a{ESCAPE}b{TURN}c{ZERO}d{BREAK}e{LINE}f\rg\x9bh"
BAD = "\x1b\u202e\u200b\u2028\r\x9b"


def clean(text: str) -> bool:
    return not set(BAD) & set(text)


def test_what_cannot_be_seen_is_written_out() -> None:
    assert shown(EVIL) == r"a\x1b[2Jb\u202ec\u200bd\nmy-ops 1.0: CLEANe\u2028f\rg\x9bh"
    assert clean(paragraphs(EVIL))
    assert paragraphs("a\n\tb") == "a\n\tb"
    fair = "Grüße, naïve — “ça va ?”\u00a0你好 שלום 😀"
    assert shown(fair) == paragraphs(fair) == fair
    assert [hidden(text) for text in (fair, ESCAPE, TURN, "\ud800")] == [False, True, True, True]


def verdict(text: str) -> Verdict:
    finding = Finding("allow/import", f"{text}.py", 1, text, text)
    waiver = Waiver(text, 1, "ruff", text, text)
    words = {text: text}
    return Verdict(
        text, text, "wheel", "refused", (finding,), (waiver,), words, {}, (), (), words, "0", "3", "1", {"rules": 1}
    )


def test_a_verdict_has_the_lines_that_augplug_wrote() -> None:
    told = report.text(verdict(EVIL))
    assert clean(told)
    assert len(told.splitlines()) == len(report.text(verdict("x")).splitlines())
    assert replace(verdict("x"), name=EVIL).name == EVIL, "the verdict itself keeps what was read"


def test_tables_json_and_pages_show_it() -> None:
    assert clean(output.table(("A", "B"), [(EVIL, EVIL)]))
    assert len(output.table(("A", "B"), [(EVIL, EVIL)]).splitlines()) == len(("head", "row"))
    told = output.as_json({EVIL: [EVIL, "ü😀"]})
    assert clean(told)
    assert json.loads(told) == {EVIL: [EVIL, "ü😀"]}
    assert "ü😀" in told
    assert clean(safe(EVIL))
    assert clean(tag("p", EVIL, title=EVIL))


def test_commands_print_through_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output.echo(EVIL)
    output.say(EVIL)
    assert main(["plugins", "check", str(tmp_path / EVIL.replace("/", ""))]) == 2
    printed = capsys.readouterr()
    assert clean(printed.out)
    assert clean(printed.err)


def test_no_command_prints_by_click_itself() -> None:
    folder = Path(output.__file__).parent
    own = {folder / "output.py", folder / "progress.py", folder / "__init__.py"}  # numbers, or shown there
    assert [path.name for path in folder.rglob("*.py") if path not in own and "click.echo" in path.read_text()] == []


def test_the_names_in_an_archive_are_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    made = tmp_path / "my_ops-1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("my_ops-1.0.dist-info/METADATA", f"Name: my-ops\nVersion: 1.0{ESCAPE}\n")
        archive.writestr("my_ops-1.0.dist-info/RECORD", f"my_ops/{EVIL}.py,,\n")
        archive.writestr(f"my_ops/{TURN}yp.py", "def")
    assert main(["plugins", "check", str(made)]) == 3
    printed = capsys.readouterr()
    assert clean(printed.out + printed.err)
    assert r"\u202e" in printed.out


def test_what_a_plugin_raises_is_one_line(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "evil-ops", f"raise ValueError({EVIL!r})\n")
    for arguments in (["plugins", "list"], ["plugins", "list", "--json"], ["doctor"]):
        ended = run(site, *arguments)
        assert clean(ended.stdout + ended.stderr)
        assert not [line for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("my-ops 1.0")]


@pytest.mark.parametrize("text", [ESCAPE, TURN, ZERO, "a\\nb"])
@pytest.mark.parametrize("table", ["capabilities", "expected-failures"])
def test_a_reason_that_hides_something_is_refused(text: str, table: str) -> None:
    written = "".join(f"\\u{ord(char):04x}" if hidden(char) else char for char in text)
    declared = f'augplug-plugin = 1\n[{table}]\nfiles = "why{written}"\n'
    result = rules.check(artifact({"my_ops/__init__.py": FAIR, "my_ops/augplug-plugin.toml": declared}))
    assert "allow/capability" in {found.rule for found in result.findings if found.severity == "refusal"}
    assert not result.capabilities
    assert not result.waivers


@pytest.mark.parametrize("text", [ESCAPE, TURN, ZERO])
def test_a_reason_of_a_suppression_that_hides_something_is_refused(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = rules.check(artifact({"my_ops.py": f"import math  # noqa: F401  # it{text} is\n"}))
    assert refused(result.findings)
    assert not result.waivers
