"""What the scanners share: how one is described, run over copies of a plugin's files, and believed.

An exit status proves little (bandit: 0 for a file that it could not parse), and a file's own comments can silence a
tool. So each copy ends in a line that every tool must blame, which is then taken out of the findings. A file whose last
line was not blamed was not checked, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from augplug.gate.findings import Finding
from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Limits, Output, ToolError, run

PYTHON_CANARY = b"exec(augplug_gate_reads_to_the_end)"
"""Blamed for exec by bandit and pylint, for the unknown name by mypy, ruff and pylint. It is read, never run."""
SHELL_CANARY = b"echo $augplug_gate_reads_to_the_end"
NOT_CHECKED = "coverage/not-checked"


@dataclass(frozen=True)
class Report:
    """One thing that a tool said about a line of a file, by the path that the tool was given."""

    path: str
    line: int
    code: str
    message: str


@dataclass(frozen=True)
class Workspace:
    """A private folder: `python` and `shell` hold copies of files under their own paths, `empty` and `home` nothing."""

    folder: Path
    lines: dict[str, dict[str, int]]
    """Kind, then path inside the distribution: the number of the last line of its copy."""

    @property
    def empty(self) -> Path:
        """Where the tools stand, so that they find no settings."""
        return self.folder / "empty"

    @classmethod
    def made(cls, folder: Path) -> Workspace:
        """Make the folders of a workspace, in a folder without links in its path."""
        for name in ("python", "shell", "empty", "home"):
            (folder / name).mkdir()
        return cls(folder, {"python": {}, "shell": {}})

    def copy(self, kind: str, path: str, content: bytes) -> None:
        """Write `content`, and the line to be blamed, to a copy of the file. Raises OSError, ValueError."""
        newline = b"\r\n" if b"\r\n" in content else b"\n"
        whole = content if not content or content.endswith((b"\n", b"\r")) else content + newline
        whole += (PYTHON_CANARY if kind == "python" else SHELL_CANARY) + newline
        target = self.folder / kind / path
        if ".." in target.parts:
            raise ValueError("its path leaves the distribution")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(whole)
        self.lines[kind][path] = len(whole.splitlines())


@dataclass(frozen=True)
class Scanner:
    """A tool: the files it takes, how it is called, the exit statuses it has when it worked, how its output is read.

    `read` raises ValueError, KeyError or TypeError when the output is not what the tool prints, and ToolError when it
    says that the tool failed. `canary` are the tool's codes for the last line of a copy; `waiver` says how one finding
    is suppressed.
    """

    name: str
    kind: str
    arguments: Callable[[Closure, Workspace], Sequence[str]]
    statuses: Container[int]
    read: Callable[[Output], Iterable[Report]]
    canary: frozenset[str]
    waiver: str


def scan(scanner: Scanner, closure: Closure, work: Workspace, limits: Limits) -> list[Finding]:
    """Return what a tool finds in the copies of its kind, and `coverage/not-checked` where it missed the last line."""
    root, last = work.folder / scanner.kind, work.lines[scanner.kind]
    command = [*scanner.arguments(closure, work), *(str(root / path) for path in last)]
    reports: list[Report] = []
    why = ""
    try:
        output = run(command, work.empty, _environment(closure, work), limits)
        why = f"exit status {output.status}{_last(output.err)}".replace(f"{root}/", "")
        reports = [_inside(root, said) for said in scanner.read(output)]
        failed = output.status not in scanner.statuses
    except ToolError as error:
        why, failed = str(error), True
    except (ValueError, KeyError, TypeError) as error:
        why, failed = f"what it printed cannot be read ({error!r}), {why}", True
    blamed = {said for said in reports if said.code in scanner.canary and said.line == last.get(said.path)}
    read = set() if failed else {said.path for said in blamed}
    found = {_finding(scanner, said) for said in reports if said not in blamed}
    return [*sorted(found), *(not_checked(path, scanner.name, why) for path in last if path not in read)]


def not_checked(path: str, tool: str, why: str) -> Finding:
    """Say that a tool did not read a file to its end."""
    return Finding(
        NOT_CHECKED,
        path,
        0,
        f"{tool} did not read this file to its end: {why}",
        f"Mend what {tool} finds in other files first, keep this one valid and silence single lines of it only; if the "
        "tool itself is broken, run `augplug doctor --prepare`",
    )


def _finding(scanner: Scanner, said: Report) -> Finding:
    waiver = scanner.waiver.format(code=said.code)
    remedy = f"Change what {scanner.name} names, or {waiver}"
    return Finding(f"{scanner.name}/{said.code}", said.path, said.line, said.message, remedy)


def _environment(closure: Closure, work: Workspace) -> dict[str, str]:
    home = str(work.folder / "home")
    return {
        "HOME": home,
        "XDG_CACHE_HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_DATA_HOME": home,
        "PYLINTHOME": home,
        "TMPDIR": home,
        "MYPYPATH": f"{work.folder / 'python'}:{closure.libraries}",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }


def _inside(root: Path, said: Report) -> Report:
    """Return the report with paths inside the distribution; what is about none of its files is about the whole."""
    path = Path(said.path)
    inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
    return Report(inside, max(0, said.line), said.code, said.message.replace(f"{root}/", ""))


def _last(err: str) -> str:
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    return f", {lines[-1][:200]}" if lines else ""
