"""Standard streams that are closed, full or gone, and signals: whole processes, as a shell starts them."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from augplug._executors.base import Job
from augplug._executors.serving import READY
from augplug.data.digits import load_digits
from tests.cli.conftest import write_image

MAIN = "import sys; from augplug.cli import main; sys.exit(main())"
SMALL = "--executor inline --seeds 1 --trials 2 --set copies=1 --set train=10 --set subsets=1 --set significance=1"
RESULTS = {"journal.jsonl", "policy.json", "result.json", "report.html", "report.png"}
FULL = "standard output cannot be written (No space left on device)"
CLOSED = "standard output cannot be written (Bad file descriptor)"

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with some digits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    every = load_digits().take(np.arange(0, 5000, 25))
    np.savez(tmp_path / "digits.npz", x=every.x, y=every.y)
    return tmp_path


def shell(arguments: str, streams: str) -> tuple[int, str]:
    """Run the command under a shell that changes its streams; return the status, and what both streams got."""
    line = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(MAIN)} {arguments} {streams}"
    done = subprocess.run(
        ["/bin/sh", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout


@needs_full
@pytest.mark.parametrize("arguments", ["ops list", "ops list --json", "--help", "--version", ""])
@pytest.mark.parametrize(("streams", "said"), [(">&-", CLOSED), (">/dev/full", FULL)])
def test_a_result_that_cannot_be_printed_is_one_line(arguments: str, streams: str, said: str) -> None:
    status, told = shell(arguments, streams)
    assert (status, told) == (1, f"augplug: {said}; make room, or send it elsewhere\n")


@needs_full
@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", ">&- 2>&- <&-"])
def test_a_search_goes_on_without_its_streams(streams: str) -> None:
    status, told = shell(f"search randaugment digits.npz --out run {SMALL} --executor processes --workers 1", streams)
    assert (status, told.count("policy  run")) == (0, int(">" in streams and streams[0] == "2"))
    assert {path.name for path in Path("run").iterdir() if not path.name.startswith(".")} == RESULTS


@needs_full
@pytest.mark.parametrize(("streams", "said"), [(">&-", CLOSED), (">/dev/full", FULL)])
def test_work_that_goes_to_files_says_so_and_is_done(streams: str, said: str) -> None:
    write_image(Path("src/a.png"))
    for command, made in {
        "apply randaugment src out": "out/a.png",
        "preview randaugment src/a.png -o sheet.png": "sheet.png",
        "policies show randaugment -o shown.png": "shown.png",
        f"search randaugment digits.npz --out run {SMALL}": "run/report.html",
        "compare run -o page.html": "page.html",
    }.items():
        status, told = shell(command, streams)
        assert Path(made).is_file(), told
        assert told.count(said) == 1
        assert "Traceback" not in told
        # What the command prints beside the file is a result too.
        assert status == int(command.split()[0] in {"policies", "compare"})


def test_a_reader_that_reads_one_line_stops_no_search() -> None:
    line = f"{shlex.quote(sys.executable)} -c {shlex.quote(MAIN)} search randaugment digits.npz --out run {SMALL}"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{{ {line} 2>&1; echo $? > status; }} | head -n 1"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout.startswith("warning: only 120 validation images")
    assert done.stderr == ""
    assert Path("status").read_text("ascii") == "0\n"
    assert Path("run/report.html").is_file()


def test_a_terminal_that_is_gone_stops_no_search() -> None:
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "search", "randaugment", "digits.npz", "--out", "run", *shlex.split(SMALL)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=end,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(end)
        told = b""
        while b"this will take" not in told:
            told += os.read(terminal, 1024)
        os.close(terminal)
        assert process.wait(timeout=300) == 0
    assert Path("run/report.html").is_file()


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    while text not in (line := process.stderr.readline()):
        assert line, "the process ended before it said so"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_a_search_as_ctrl_c_does(number: signal.Signals) -> None:
    line = ["search", "randaugment", "digits.npz", "--out", "run", "--workers", "2", "--set", "copies=30"]
    with started(*line) as process:
        read_until(process, "this will take")
        process.send_signal(number)
        # The workers write to the same pipe: its end is theirs too.
        _, told = process.communicate(timeout=60)
    go_on = shlex.join(["augplug", *line, "--resume"])
    assert told.splitlines()[-1] == f"augplug: stopped; nothing that was done is lost. Go on with: {go_on}"
    assert "Traceback" not in told
    assert process.returncode == 1
    assert {path.name for path in Path("run").iterdir()} <= {"journal.jsonl", ".lock", ".lock.pid"}


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    code = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from augplug.streams import stopping_signals\n"
        "with stopping_signals():\n"
        "    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN\n"
        "    assert callable(signal.getsignal(signal.SIGTERM))\n"
        "assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_worker_whose_parent_is_gone_leaves_silently() -> None:
    job = Job(id=0, label="", evaluator="none", settings={}, data="", policy={}, seed=0)
    with subprocess.Popen(
        [sys.executable, "-m", "augplug.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdout.close()
        worker.stdin.write(json.dumps(job.to_json()).encode() + b"\n")
        worker.stdin.flush()
        assert worker.wait(timeout=60) == 0  # its stdin is still open: it leaves because nobody takes the outcome
        assert worker.stderr is not None
        assert worker.stderr.read() == b""


@needs_full
def test_an_evaluator_may_print_where_nothing_can_be_written() -> None:
    code = (
        "from augplug._executors.base import JobResult\n"
        "from augplug._executors.serving import serve\n"
        "def run(job):\n"
        "    print('x' * 100_000, flush=True)\n"
        "    return JobResult(job.id, 0.5, '', 0.0)\n"
        "serve(lambda: run)\n"
    )
    job = json.dumps(Job(id=7, label="", evaluator="", settings={}, data="", policy={}, seed=0).to_json())
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {shlex.quote(sys.executable)} -c {shlex.quote(code)} 2>/dev/full"],
        input=job + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    ready, result = done.stdout.splitlines()
    assert ready == READY
    assert (done.returncode, json.loads(result)["reward"]) == (0, 0.5)
