"""The frame of the command line: loading, help, warnings, pipes, progress."""

import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import click
import pytest

import augplug
from augplug.cli import main, progress
from augplug.cli.output import as_json, free, table
from augplug.summaries import SUMMARIES as COMMANDS
from tests.cli.conftest import Run


def test_help_loads_no_command() -> None:
    code = (
        "import sys; from augplug.cli import main; status = main(['--help']); "
        "names = {m.split('.')[0] for m in sys.modules}; "
        "heavy = names & {'numpy', 'PIL', 'rich', 'scipy', 'skimage', 'cv2', 'pluggy'}; "
        "assert not heavy, heavy; sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_has_help(run: Run, name: str) -> None:
    command = import_module(f"augplug.cli.{name}").command
    assert isinstance(command, click.Command)
    outcome = run(name, "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Usage: augplug {name} ")


def test_version(run: Run) -> None:
    assert run("--version").out == f"augplug {augplug.__version__}\n"


def test_the_module_is_the_command() -> None:
    """For a shell that does not find `augplug`: the interpreter that has it does."""
    call = [sys.executable, "-m", "augplug"]
    right = subprocess.run([*call, "--version"], capture_output=True, text=True, check=False)
    wrong = subprocess.run([*call, "previews"], capture_output=True, text=True, check=False)

    assert (right.returncode, right.stdout, right.stderr) == (0, f"augplug {augplug.__version__}\n", "")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("augplug: ")
    assert wrong.stderr.endswith("See: augplug --help\n")


def test_searches_are_commands(run: Run) -> None:
    assert "randaugment" in run("search", "--help").out
    shown = run("search", "randaugment", "--help").out
    options = (
        "--out --seed --seeds --workers --executor --evaluator --observe --set --trials --minutes --resize --skip-bad "
        "--balanced --resume --accept-versions"
    )
    assert all(option in shown for option in options.split(" "))


def test_a_warning_is_a_line_on_stderr(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn() -> list[None]:
        warnings.warn("augplug: something\nis odd", stacklevel=2)
        return []

    monkeypatch.setattr("augplug.api.plugins", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        outcome = run("plugins", "list", "--json")
    assert (outcome.status, outcome.out, outcome.err) == (0, "[]\n", "augplug: something is odd\n")


@pytest.mark.parametrize("arguments", [("--version",), ("ops", "list", "--json")])
def test_a_reader_that_leaves_early_is_no_error(arguments: tuple[str, ...]) -> None:
    code = "import sys; from augplug.cli import main; input(); sys.exit(main())"
    line = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.communicate(b"\n")[1] == b""
    assert process.returncode == 1


def test_a_stopped_command_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("augplug.api.plugins", stop)
    outcome = run("plugins", "list")
    assert (outcome.status, outcome.err.strip()) == (1, "augplug: stopped")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 72 TiB"),
        ImportError("libx.so: failed to map segment from shared object"),
        ImportError("libx.so: cannot allocate memory in static TLS block"),
    ],
)
def test_too_little_memory_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def lack() -> None:
        raise error

    monkeypatch.setattr("augplug.api.plugins", lack)
    outcome = run("plugins", "list")
    assert (outcome.status, outcome.err) == (
        1,
        f"augplug: memory ran out: {error}; give more (ulimit -v), or ask for less\n",
    )


def test_an_import_that_fails_otherwise_is_a_bug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ImportError("no name of that kind")

    monkeypatch.setattr("augplug.api.plugins", fail)
    with pytest.raises(ImportError, match="no name of that kind"):
        run("plugins", "list")


def test_the_script_reads_the_arguments_of_the_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["augplug", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("augplug ")


def test_columns_line_up() -> None:
    assert table(("A", "B"), [("long", "x"), ("s", "")]) == "A     B\nlong  x\ns"
    assert as_json({"a": "\u00e9"}) == '{\n "a": "\u00e9"\n}'


def test_free_names_are_numbered(tmp_path: Path) -> None:
    assert free(tmp_path / "run") == tmp_path / "run"
    (tmp_path / "run").mkdir()
    (tmp_path / "run-2").mkdir()
    assert free(tmp_path / "run") == tmp_path / "run-3"


def test_progress_is_quiet_about_short_work_and_plain_about_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress.progress("working", 100) as show:
        for done in range(1, 101):
            show(done)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "SILENT", -1)
    with progress.progress("working", 20) as show:
        for done in range(1, 21):
            show(done)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"working: {done} of 20" for done in range(2, 21, 2)]


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress("working", 3) as show:
        show(3)
    assert "working" in capsys.readouterr().err
