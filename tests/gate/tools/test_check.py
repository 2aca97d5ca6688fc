"""The whole stage: what it finds, what it leaves alone, and which files it can vouch for."""

from pathlib import Path

import pytest

from augplug.errors import GateError
from augplug.gate import tools
from augplug.gate.artifact import Artifact
from augplug.gate.findings import StageResult
from augplug.gate.tools.closure import LIBRARIES, TOOLS, Closure, is_intact
from tests.gate.building import FAIR, artifact
from tests.gate.tools.conftest import Check

PLANTED = {
    "bandit/B102": 'exec("1")\n',
    "bandit/B404": "import subprocess\n",
    "bandit/B602": 'import subprocess\n\nsubprocess.call("ls", shell=True)\n',
    "bandit/B607": 'import subprocess\n\nsubprocess.call(["ls"])\n',
    "mypy/arg-type": "import augplug\n\nTONE = augplug.parameter(low='a')\n",
    "mypy/assignment": "X: int = ''\n",
    "mypy/no-any-unimported": "",
    "mypy/no-untyped-def": "def f(a):\n    return a\n",
    "mypy/override": FAIR.replace("describe(self, canvas: Canvas)", "describe(self, canvas: int)"),
    "mypy/attr-defined": "import numpy as np\n\nX = np.no_such_function\n",
    "mypy/unreachable": "def f(a: int) -> int:\n    if isinstance(a, str):\n        return 1\n    return a\n",
    "pylint/unused-variable": "def f() -> None:\n    b = 1\n",
    "pylint/no-else-return": "def f(a: int) -> int:\n    if a:\n        return 1\n    else:\n        return 2\n",
    "pylint/invalid-name": "def BadName() -> None:\n    pass\n",
    "pylint/bad-file-encoding": "# -*- coding: utf-7 -*-\n",
    "ruff/F401": "import os\n",
    "ruff/B006": "def f(a: list[int] = []) -> None:\n    a.append(1)\n",
    "ruff/BLE001": "try:\n    X = 1\nexcept Exception:\n    X = 2\n",
    "ruff/D100": "X = 1\n",
    "ruff/NPY002": "import numpy as np\n\nX = np.random.rand(3)\n",
    "ruff/S101": "assert 1\n",
}
SHELL = {
    "shellcheck/SC2086": "#!/bin/sh\nls $1\n",
    "shellcheck/SC2164": "#!/bin/bash\ncd /nowhere\n",
    "shellcheck/SC2148": "ls\n",
    "shellcheck/SC3010": '#!/bin/sh\n[[ -n "$1" ]] && ls\n',
}
del PLANTED["mypy/no-any-unimported"]

FAIR_FILES = {
    "__init__.py": FAIR,
    "empty/__init__.py": '"""Nothing yet."""\n',
    "unix.py": '"""No newline at the end."""\n\nX = 1',
    "dos.py": '"""Lines end as on Windows."""\r\n\r\nX = 1\r\n',
    "arrays.py": '''"""Arrays, with numpy's and scipy's functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

open_ = math.pi  # pylint: disable=invalid-name  # looks like a builtin, and is none


@dataclass(frozen=True)
class Wave:
    """A wave; `exec` and `eval` are only words here."""

    amplitude: float
    """In pixels."""

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights at `x`."""
        return self.amplitude * np.sin(x)

    def smooth(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same, blurred."""
        return ndimage.gaussian_filter(self.at(x), 1.0)
''',
    "net.py": '''"""A class of a library that need not be here."""

import torch


class Net(torch.nn.Module):
    """One layer."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Itself."""
        return x
''',
    "tests/test_it.py": """import pytest

import my_ops


@pytest.fixture
def step() -> int:
    return 3


def test_step(step: int) -> None:
    assert my_ops.Posterish(step=step).step == step
""",
}


@pytest.fixture(scope="module")
def planted(closure: Closure) -> StageResult:
    files = {f"my_ops/{_name(rule)}.py": text for rule, text in PLANTED.items()}
    scripts = {f"my_ops/{_name(rule)}.sh": text for rule, text in SHELL.items()}
    return tools.check(artifact({**files, **scripts, "my_ops/plain": SHELL["shellcheck/SC2086"]}), {}, closure=closure)


def _name(rule: str) -> str:
    return rule.replace("/", "_").replace("-", "_").lower()


@pytest.mark.parametrize("rule", [*PLANTED, *SHELL])
def test_each_planted_finding_is_found_in_its_file(planted: StageResult, rule: str) -> None:
    ending = "sh" if rule in SHELL else "py"
    assert rule in {finding.rule for finding in planted.findings if finding.file == f"my_ops/{_name(rule)}.{ending}"}


def test_files_with_findings_are_covered_and_findings_say_what_to_do(planted: StageResult) -> None:
    assert len(planted.covered) == len(PLANTED) + len(SHELL) + 1
    assert "shellcheck/SC2086" in {finding.rule for finding in planted.findings if finding.file == "my_ops/plain"}
    assert all(finding.remedy and finding.severity == "refusal" and finding.line >= 1 for finding in planted.findings)
    assert not [finding for finding in planted.findings if "augplug_gate" in finding.message]
    assert not [finding for finding in planted.findings if "augplug-gate-" in finding.message]


def test_a_fair_plugin_is_clean_and_covered(check: Check) -> None:
    files = {f"my_ops/{path}": text for path, text in FAIR_FILES.items()}
    scripts = {"my_ops/run.sh": '#!/bin/sh\nset -eu\nls "$1"\n'}
    result = check({**files, **scripts, "my_ops/numbers.toml": "a = 1\n"})

    assert result.findings == ()
    assert result.covered == {*files, *scripts}
    assert {*TOOLS, *LIBRARIES} <= set(result.tools)


def test_nothing_to_scan_is_no_finding(check: Check) -> None:
    assert check({"my_ops/numbers.toml": "a = 1\n"}) == StageResult(tools=tools.versions())


def test_an_edit_of_the_same_size_in_the_same_second_is_seen(check: Check, closure: Closure) -> None:
    text = '"""A constant."""\n\nX: int = {}\n'
    found = [check({"my_ops.py": text.format(value)}).findings for value in ("12", '""', "34")]

    assert [[finding.rule for finding in findings] for findings in found] == [[], ["mypy/assignment"], []]
    assert is_intact(closure.folder)  # no check leaves anything behind


def test_a_declared_capability_explains_what_bandit_says_of_its_use(check: Check) -> None:
    files = {"my_ops.py": '"""Runs one."""\n\nimport subprocess\n\nsubprocess.call(["/bin/ls"])\n'}

    assert {finding.rule for finding in check(files).findings} == {"bandit/B404", "bandit/B603"}
    assert check(files, {"process": "to list"}).findings == ()


def test_a_suppression_of_one_code_on_one_line_is_honoured(check: Check) -> None:
    files = {
        "my_ops.py": '"""Waivers."""\n\nimport os  # noqa: F401  # why\n\n'
        'exec("1")  # nosec B102  # pylint: disable=exec-used  # why\n'
        'X: int = ""  # type: ignore[assignment]  # why\n',
        "run.sh": "#!/bin/sh\n# shellcheck disable=SC2086  # why\nls $1\n",
    }

    assert check(files).findings == ()


SILENCED = {
    "mypy: ignore-errors": "mypy",
    "type: ignore": "mypy",
    "pylint: disable=all": "pylint",
    "pylint: skip-file": "pylint",
    "ruff: noqa": "ruff",
    "flake8: noqa": "ruff",
}


@pytest.fixture(scope="module")
def silenced(closure: Closure) -> StageResult:
    files = {f"my_ops/{_file(comment)}": f'# {comment}\n"""A module."""\n\nX: int = ""\n' for comment in SILENCED}
    files["my_ops/other_platform.py"] = '"""A module."""\n\nimport sys\n\nassert sys.platform == "win32"\nX: int = ""\n'
    return tools.check(artifact({**files, "my_ops/a.sh": "# shellcheck disable=all\nls $1\n"}), {}, closure=closure)


def _file(comment: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in comment) + ".py"


@pytest.mark.parametrize(
    ("file", "tool"),
    [
        *((_file(comment), tool) for comment, tool in SILENCED.items()),
        ("other_platform.py", "mypy"),
        ("a.sh", "shellcheck"),
    ],
)
def test_what_silences_a_whole_file_makes_it_not_checked(silenced: StageResult, file: str, tool: str) -> None:
    missed = [f for f in silenced.findings if f.rule == "coverage/not-checked" and f.file == f"my_ops/{file}"]

    assert [finding.message.split()[0] for finding in missed] == [tool]
    assert f"my_ops/{file}" not in silenced.covered


BROKEN = {
    "unfinished": b'"""x."""\n\nX = (1,\n',
    "undecodable": b'"""x."""\n\nX = "\xff"\n',
    "null": b'"""x."""\n\nX = "\0"\n',
    "nested": b'"""x."""\n\nX = ' + b"(" * 3000 + b"1" + b")" * 3000 + b"\n",
    "string": b'"""x.\n',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_not_checked(check: Check, content: bytes) -> None:
    result = check({"my_ops.py": content})

    assert result.covered == frozenset()
    tools_named = {f.message.split()[0] for f in result.findings if f.rule == "coverage/not-checked"}
    assert {"bandit", "pylint"} <= tools_named


def test_hidden_folders_tests_and_odd_first_lines_are_scanned(check: Check) -> None:
    bad = 'exec("1")\n'
    files = dict.fromkeys(("a/.tox/b.py", "a/.eggs/c.py", "a/tests/d.py", "a/.hidden.py", "a/CVS/e.py"), bad)
    files["a/f.py"] = f"#!/bin/sh\n{bad}"
    found = {finding.file for finding in check(files).findings if finding.rule == "bandit/B102"}

    assert found == set(files)


@pytest.mark.parametrize("path", ["../out.py", "a/../../out.py", "a\0b.py", "x" * 300 + ".py"])
def test_a_path_that_cannot_be_written_is_not_checked(check: Check, path: str) -> None:
    result = check({path: FAIR})

    assert result.covered == frozenset()
    assert {finding.rule for finding in result.findings} == {"coverage/not-checked"}


def test_versions_and_digest_are_those_of_what_is_used(closure: Closure, tmp_path: Path) -> None:
    assert tools.versions() == closure.versions
    assert tools.rule_digest() == tools.rule_digest()
    assert len(tools.rule_digest()) == 64
    assert not list(tmp_path.iterdir())


def test_a_missing_extra_is_one_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augplug.gate.tools.closure.distributions", lambda name: [])
    nothing = Artifact("a", "1", "wheel", {}, {}, (), ())

    with pytest.raises(GateError, match=r"pip install 'augplug\[gate\]'"):
        tools.check(nothing, {})
