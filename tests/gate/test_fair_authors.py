"""What real authors write passes, or is refused with a remedy that works; style is advice; one thing is told once."""

import tomllib
from pathlib import Path

import pytest

from augplug.gate import report, rules, structure
from augplug.gate.check import check
from augplug.gate.findings import Finding
from augplug.gate.tools.told import once, severity
from tests.gate.building import FAIR, artifact
from tests.gate.making import artifact_of, installed, make_editable

AUTHORS = tomllib.loads(Path(__file__).with_name("fair_authors.toml").read_text("utf-8"))
PASSES = {given["name"]: given["source"] for given in AUTHORS["passes"]}
"""Sources in which nothing is refused."""
MENDED = {given["name"]: (given["source"], given["remedy"], given["following"]) for given in AUTHORS["mended"]}
"""Sources that are refused, words of the remedy, and the source that follows it."""


def refusals(source: str) -> list[Finding]:
    found = rules.check(artifact({"my_ops.py": source})).findings
    return [finding for finding in found if finding.severity == "refusal"]


@pytest.mark.parametrize("name", PASSES)
def test_what_authors_write_passes(name: str) -> None:
    assert refusals(PASSES[name]) == []


@pytest.mark.parametrize("name", MENDED)
def test_a_remedy_works(name: str) -> None:
    source, words, mended = MENDED[name]
    found = refusals(source)
    assert any(words in finding.remedy for finding in found), found
    assert refusals(mended) == []


def test_a_library_that_is_declared_whole_and_used_is_not_called_unused() -> None:
    declared = 'augplug-plugin = 1\n[capabilities]\nscipy = "its optimisers"\n'
    files = {"my_ops/__init__.py": "from scipy import optimize\ndef f(g):\n    return optimize.brentq(g, 0, 1)\n"}
    assert not rules.check(artifact({**files, "my_ops/augplug-plugin.toml": declared})).findings


STYLE = FAIR.replace(
    "def round_down",
    '''# TODO: größer \u2014 “schöner”; 日本語 \u2013 auch
FOLDER = "/tmp/is a text"


def size(image: augplug.Image) -> dict[str, int]:
    """Return the size \u2013 as a table."""
    H, W = image.shape[:2]
    if H > W:
        return dict(height=H)
    else:
        return dict(width=W)


def noise(sample: Values, key: int) -> Values:
    """Return the sample: an Opaque's function takes a key, used or not."""
    return sample


def round_down''',
)


def test_style_is_advice_and_each_thing_is_told_once() -> None:
    verdict = check(artifact({"my_ops/__init__.py": STYLE, "my_ops/py.typed": ""}), cached=False)
    tools = [finding for finding in verdict.findings if finding.rule.partition("/")[0] not in ("structure", "coverage")]
    assert [finding for finding in tools if finding.severity == "refusal"] == []
    assert {"ruff/C408", "ruff/N806", "ruff/RET505"} & {finding.rule for finding in tools}
    places = [(finding.line, finding.message) for finding in tools]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    ("tool", "code", "said"),
    [
        ("ruff", "N806", "advice"),
        ("ruff", "NPY002", "refusal"),
        ("ruff", "F401", "refusal"),
        ("ruff", "RUF002", "advice"),
        ("ruff", "B006", "refusal"),
        ("pylint", "fixme", "advice"),
        ("pylint", "no-else-return", "advice"),
        ("pylint", "exec-used", "refusal"),
        ("bandit", "B108", "advice"),
        ("bandit", "B102", "refusal"),
        ("mypy", "arg-type", "refusal"),
        ("shellcheck", "SC2086", "refusal"),
    ],
)
def test_what_is_advice(tool: str, code: str, said: str) -> None:
    assert severity(tool, code) == said


def test_one_thing_is_told_once_by_the_first_tool_that_names_it() -> None:
    same = [Finding(rule, "a.py", 1, rule, "b") for rule in ("pylint/exec-used", "bandit/B102", "ruff/F401")]
    other = Finding("pylint/exec-used", "a.py", 2, "c", "d")
    assert [(found.rule, found.line) for found in once([*same, other, other])] == [
        ("bandit/B102", 1),
        ("pylint/exec-used", 2),
        ("ruff/F401", 1),
    ]


def test_an_editable_install_gets_one_line(tmp_path: Path) -> None:
    target = installed()(tmp_path)
    make_editable(target)
    (target / "my_ops/added.py").write_text("")
    (found,) = structure.check(artifact_of(target)).findings
    assert "editable install" in found.message


def test_a_refusal_ends_with_the_shortest_way_to_pass() -> None:
    source = "import os\nimport socket\ndef f():\n    os.getcwd(), os.getpid(), socket.gethostname()\n"
    verdict = check(artifact({"my_ops/__init__.py": source}), cached=False)
    told = report.text(verdict).splitlines()
    start = next(number for number, line in enumerate(told) if line.startswith("the shortest way to pass"))
    assert 'times: Declare `process = "why"`' in told[start + 1]
