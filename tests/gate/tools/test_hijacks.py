"""Nothing that a plugin, its folder, the environment or another distribution brings runs in a tool, or silences one."""

import subprocess
import sys
from pathlib import Path

import pytest

from augplug.gate import tools
from augplug.gate.tools.closure import Closure, ingredients
from tests.gate.building import artifact
from tests.gate.tools.conftest import Check

PLANTED = {
    "my_ops/__init__.py": '"""A plugin."""\n\nimport os\n\nexec("1")\nX: int = ""\n\n\n'
    'def f() -> None:\n    """Do nothing."""\n    b = 1\n',
    "my_ops/run.sh": "#!/bin/sh\nls $1\n",
}
EXPECTED = {
    "bandit/B102",
    "mypy/assignment",
    "pylint/unused-variable",
    "pylint/exec-used",
    "ruff/F401",
    "ruff/F841",
    "shellcheck/SC2086",
}


def _settings(code: str) -> dict[str, str]:
    """Files that a tool would find beside what it checks, or in the home folder."""
    return {
        ".bandit": "#!/bin/sh\n[bandit]\nskips = B102\n",
        ".shellcheckrc": "#!/bin/sh\ndisable=all\n",
        "ruff.toml": '#!/bin/sh\n[lint]\nselect = []\nignore = ["ALL"]\n',
        "mypy.ini": "#!/bin/sh\n[mypy]\nplugins = hostile.py\nignore_errors = True\n",
        ".pylintrc": f"#!/bin/sh\n[MAIN]\ninit-hook={code}\ndisable=all\n",
        "pylintrc": f"#!/bin/sh\n[MAIN]\ninit-hook={code}\ndisable=all\n",
        "pyproject.toml": f"#!/bin/sh\n[tool.pylint.main]\ninit-hook = '''{code}'''\nload-plugins = ['hostile']\n"
        '[tool.ruff.lint]\nignore = ["ALL"]\n[tool.mypy]\nplugins = ["hostile.py"]\n[tool.bandit]\nskips = ["B102"]\n',
        "setup.cfg": f"#!/bin/sh\n[pylint.main]\ninit-hook={code}\n[mypy]\nplugins = hostile.py\n",
        "hostile.py": f"{code}\ndef register(linter): pass\ndef plugin(version): raise SystemExit\n",
        "conftest.py": f"{code}\n",
        "sitecustomize.py": f"{code}\n",
        "usercustomize.py": f"{code}\n",
    }


@pytest.fixture
def hostile(tmp_path: Path, sentinel: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder where every setting is hostile the home, the place where one stands, and part of the path."""
    code = f"open({str(sentinel)!r}, 'a').write('ran')"
    folder = tmp_path / "hostile"
    info = folder / "hostile-1.0.dist-info"
    for home in (folder, folder / ".config", folder / ".config" / "ruff", folder / ".config" / "mypy"):
        home.mkdir(parents=True, exist_ok=True)
        for name, text in _settings(code).items():
            (home / name).write_text(text)
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: hostile\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[bandit.plugins]\nhostile = hostile:plugin\n[bandit.formatters]\njson = hostile:plugin\n"
        "[bandit.blacklists]\nhostile = hostile:plugin\n[pylint.plugins]\nhostile = hostile\n"
    )
    (folder / "evil.pth").write_text(f"import os; {code}\n")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    for name in ("PYTHONPATH", "MYPYPATH", "HOME", "PYLINTHOME", "PYTHONUSERBASE"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.setenv("PYLINTRC", str(folder / "pylintrc"))
    monkeypatch.setenv("RUFF_CONFIG", str(folder / "ruff.toml"))
    monkeypatch.setenv("MYPY_CONFIG_FILE_DIR", str(folder))
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    monkeypatch.setenv("PYTHONSTARTUP", str(folder / "hostile.py"))
    return folder


@pytest.mark.parametrize("tool", ["bandit", "pylint", "mypy"])
def test_the_trap_works_for_a_tool_that_is_run_the_ordinary_way(hostile: Path, sentinel: Path, tool: str) -> None:
    (hostile / "target.py").write_text("X = 1\n")
    (hostile / "sitecustomize.py").unlink()
    subprocess.run([sys.executable, "-m", tool, "target.py"], cwd=hostile, capture_output=True, check=False)

    assert sentinel.exists()


@pytest.mark.usefixtures("hostile")
def test_no_setting_outside_the_plugin_runs_or_silences(closure: Closure, sentinel: Path) -> None:
    result = tools.check(artifact(PLANTED), {}, closure=closure)

    assert {finding.rule for finding in result.findings} >= EXPECTED
    assert result.covered == set(PLANTED)
    assert not sentinel.exists()


@pytest.mark.usefixtures("hostile")
def test_a_closure_takes_nothing_of_another_distribution(closure: Closure, tmp_path: Path) -> None:
    found = ingredients()

    assert closure.folder.name.endswith(f"-{found.key[:24]}")
    assert "hostile" not in {dist.name for dist in (*found.tools, *found.libraries)}
    assert not list(closure.folder.rglob("*.pth"))
    assert not list(closure.tools.glob("*hostile*"))
    assert tmp_path not in closure.folder.parents


def test_no_setting_inside_the_plugin_runs_or_silences(check: Check, sentinel: Path) -> None:
    code = f"open({str(sentinel)!r}, 'a').write('ran')"
    brought = {f"{folder}{name}": text for folder in ("", "my_ops/") for name, text in _settings(code).items()}
    result = check({**brought, **PLANTED})

    assert {finding.rule for finding in result.findings if finding.file in PLANTED} >= EXPECTED
    assert set(PLANTED) <= result.covered
    assert not sentinel.exists()


def test_a_module_named_like_one_that_a_tool_imports_is_not_imported(
    check: Check, closure: Closure, sentinel: Path
) -> None:
    code = f"open({str(sentinel)!r}, 'a').write(__name__)\n"
    names = {path.name.partition(".")[0] for path in closure.tools.iterdir()} | set(sys.stdlib_module_names)
    check({f"{name}.py": code for name in names if name.isidentifier()} | PLANTED)

    assert not sentinel.exists()
