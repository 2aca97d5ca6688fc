"""A tool that is missing, crashes, hangs, floods, garbles or skips a file has checked nothing, whatever it says."""

import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from augplug.gate import tools
from augplug.gate.findings import StageResult
from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Limits, ToolError, run
from augplug.gate.tools.starting import module
from tests.gate.building import FAIR, artifact

FILES = {"my_ops/__init__.py": FAIR, "my_ops/last.py": '"""The last."""\n', "a.sh": "ls .\n", "b.sh": "ls .\n"}
MODULES = ("bandit", "mypy", "pylint")
PROGRAMS = ("ruff", "shellcheck")


@pytest.fixture
def fake(closure: Closure, tmp_path: Path) -> Closure:
    """A closure that can be broken: links to the real one, but for the folders that tests change."""
    folder = tmp_path / "closure"
    for kind in ("tools", "bin"):
        (folder / kind).mkdir(parents=True)
        for path in (closure.folder / kind).iterdir():
            (folder / kind / path.name).symlink_to(path)
    for kind in ("libraries", "mypy-cache"):
        (folder / kind).symlink_to(closure.folder / kind)
    return replace(closure, folder=folder)


def _put(closure: Closure, tool: str, code: str) -> None:
    """Let a tool begin with this Python code; what it does afterwards is what it always does."""
    if tool in MODULES:
        real = (closure.tools / tool).resolve()
        (closure.tools / tool).unlink()
        (closure.tools / tool).mkdir()
        for path in real.iterdir():  # without __pycache__, which the copy of __main__ would be taken from
            if path.name in ("__pycache__", "__main__.py"):
                continue
            (closure.tools / tool / path.name).symlink_to(path)
        main = (real / "__main__.py").read_text().replace("from __future__ import annotations\n", "")
        (closure.tools / tool / "__main__.py").write_text(code + main)
    else:
        real = closure.program(tool).resolve()
        closure.program(tool).unlink()
        call = f"import os, sys\n{code}\nos.execv({str(real)!r}, [{str(real)!r}, *sys.argv[1:]])\n"
        closure.program(tool).write_text(f"#!{sys.executable} -IS\n{call}")
        closure.program(tool).chmod(0o700)


def _check(closure: Closure, limits: Limits | None = None) -> StageResult:
    return tools.check(artifact(FILES), {}, closure=closure, limits=limits)


def _missed(result: StageResult) -> dict[tuple[str, str], str]:
    """(tool, file): why."""
    missed = [finding for finding in result.findings if finding.rule == "coverage/not-checked"]
    return {(said.message.split()[0], said.file): said.message.partition(": ")[2] for said in missed}


def _all(*named: str) -> set[tuple[str, str]]:
    return {(tool, path) for tool in named for path in FILES if path.endswith(".sh") == (tool == "shellcheck")}


def test_the_links_themselves_break_nothing(fake: Closure) -> None:
    for tool in (*MODULES, *PROGRAMS):
        _put(fake, tool, "")

    assert _missed(_check(fake)) == {}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; sys.exit(70)\n", "exit status 70"),
        ("import sys; sys.exit(0)\n", "exit status 0"),
        ("import os; os.kill(os.getpid(), 9)\n", "exit status -9"),
        ("raise MemoryError('too much')\n", "MemoryError: too much"),
        ("import sys; print('[{'); sys.exit(1)\n", "cannot be read"),
        ("import sys; print('[1]'); sys.exit(1)\n", "exit status 1"),
        ("import sys; print('{}'); sys.exit(1)\n", "exit status 1"),
        ("print('x' * 2_000_000)\n", "printed more than 1000000 bytes"),
    ],
    ids=["crash", "silence", "killed", "raises", "torn", "list", "object", "flood"],
)
def test_a_tool_that_fails_has_checked_nothing(fake: Closure, code: str, why: str) -> None:
    for tool in (*MODULES, *PROGRAMS):
        _put(fake, tool, code)
    result = _check(fake, Limits(output=1_000_000))
    missed = _missed(result)

    assert set(missed) == _all(*MODULES, *PROGRAMS)
    assert {tool: reason for tool, reason in missed.items() if why not in reason} == {}
    assert result.covered == frozenset()


def test_a_tool_that_hangs_is_ended_with_its_children(fake: Closure, tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-IS', '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(child)!r}, 'w', encoding='utf-8').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    _put(fake, "shellcheck", code)
    result = tools.check(artifact({"a.sh": "ls .\n"}), {}, closure=fake, limits=Limits(seconds=4))

    assert _missed(result) == {("shellcheck", "a.sh"): "it took longer than 4 s"}
    assert _has_ended(int(child.read_text(encoding="utf-8")))


def _has_ended(process: int) -> bool:
    """Say whether a process is gone, or waits to be forgotten by its parent."""
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] in "ZX"


@pytest.mark.parametrize("tool", [*MODULES, *PROGRAMS])
def test_a_tool_that_skips_a_file_has_not_checked_it(fake: Closure, tool: str) -> None:
    _put(fake, tool, "import sys; sys.argv.pop()\n")
    result = _check(fake)
    skipped = "b.sh" if tool == "shellcheck" else "my_ops/last.py"

    assert set(_missed(result)) == {(tool, skipped)}
    assert result.covered == set(FILES) - {skipped}


@pytest.mark.parametrize("tool", [*MODULES, *PROGRAMS])
def test_a_tool_that_reads_less_of_a_file_has_not_checked_it(fake: Closure, tool: str) -> None:
    code = "import sys\nlines = open(sys.argv[-1]).readlines()\nopen(sys.argv[-1], 'w').writelines(lines[:-1])\n"
    _put(fake, tool, code)

    assert (tool, "b.sh" if tool == "shellcheck" else "my_ops/last.py") in _missed(_check(fake))


def test_a_missing_tool_has_checked_nothing(fake: Closure) -> None:
    (fake.tools / "pylint").unlink()
    fake.program("shellcheck").unlink()
    missed = _missed(_check(fake))

    assert set(missed) == _all("pylint", "shellcheck")
    assert "cannot be started" in missed["shellcheck", "a.sh"]
    assert "No module named pylint" in missed["pylint", "my_ops/last.py"]


def test_a_check_of_bandits_that_raises_is_no_check(fake: Closure) -> None:
    _put(
        fake,
        "bandit",
        "import bandit.plugins.injection_shell as planted\ndef broken(context, config): raise ValueError\n"
        "planted.subprocess_popen_with_shell_equals_true.__code__ = broken.__code__\n",
    )

    missed = _missed(_check(fake))

    assert set(missed) == _all("bandit")
    assert all("one of its checks failed" in why for why in missed.values())


def test_an_exit_status_that_no_work_has_is_not_believed(fake: Closure) -> None:
    code = (
        "import atexit, os, sys\nend = os._exit\nos._exit = lambda _: end(70)\n"
        "atexit.register(lambda: (sys.stdout.closed or sys.stdout.flush(), end(70)))\n"
    )
    for tool in MODULES:
        _put(fake, tool, code)

    assert _missed(_check(fake)) == dict.fromkeys(_all(*MODULES), "exit status 70")


def test_findings_beside_a_failure_are_kept(fake: Closure) -> None:
    _put(fake, "ruff", "import sys; sys.argv.pop()\n")
    files = {"my_ops/__init__.py": "import os\n", "my_ops/last.py": FAIR}
    result = tools.check(artifact(files), {}, closure=fake)

    assert {"ruff/F401", "coverage/not-checked"} <= {finding.rule for finding in result.findings}


def test_a_tool_in_python_sees_the_standard_library_and_the_closure(tmp_path: Path) -> None:
    closure = Closure(tmp_path, {})
    closure.tools.mkdir()
    (closure.tools / "probe.py").write_text(
        "import sys\nprint(*sys.path, sep='\\n')\n"
        "sys.path.insert(0, '.')\nassert 'site' not in sys.modules\nassert sys.flags.isolated\nimport planted\n"
    )
    (tmp_path / "planted.py").write_text("print('planted')\n")
    output = run(module(closure, "probe"), tmp_path, {}, Limits())
    standard = Path(sysconfig.get_path("stdlib")).parent
    *path, last = output.out.splitlines()

    assert last == str(closure.tools)
    assert all(Path(folder).is_relative_to(standard) and "site-packages" not in folder for folder in path)
    assert "No module named 'planted'" in output.err
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_process_gets_its_environment_and_nothing_more(tmp_path: Path) -> None:
    code = "import os; print(*os.environ)"
    output = run([sys.executable, "-IS", "-c", code], tmp_path, {"A": "1"}, Limits())

    assert set(output.out.split()) <= {"A", "LC_CTYPE"}  # Python itself may set the latter


def test_an_endless_error_stream_is_bounded(tmp_path: Path) -> None:
    code = "import sys\nwhile True: sys.stderr.write('x' * 1000)"

    with pytest.raises(ToolError, match="more than 10000 bytes"):
        run([sys.executable, "-IS", "-c", code], tmp_path, {}, Limits(output=10_000))
