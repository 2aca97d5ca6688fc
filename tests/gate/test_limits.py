"""What is large, deep or garbage ends in findings: in time, in bounded memory, and without a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augplug.gate import rules, structure, tools
from augplug.gate.artifact import Artifact
from augplug.gate.check import check
from augplug.gate.findings import StageResult
from augplug.gate.sources import MAX_WORDS, too_large
from tests.gate.building import FAIR, artifact

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 20, 500
CHAIN = {f"my_ops/m{n}.py": f"from my_ops.m{n + 1} import x\n" for n in range(1_997)} | {
    "my_ops/m1997.py": "def x():\n    return 1\n",
    "my_ops/__init__.py": "from my_ops import m0\ndef f():\n    return m0.x()\n",
}
CIRCLE = {f"my_ops/m{n}.py": f"from my_ops.m{(n + 1) % 500} import x\ndef f():\n    return x()\n" for n in range(500)}
DENSE = "x\n" * (250 * 1024)
LARGE = {
    "calls": {"my_ops.py": "from math import sqrt\n" + "".join(f"A{n} = sqrt({n})\n" for n in range(2_000))},
    "own calls": {"my_ops.py": "def f():\n    return 1\n" + "A = f()\n" * 2_000},
    "chain": CHAIN,
    "circle": CIRCLE,
    "conditionals": {
        "my_ops.py": "from typing import TYPE_CHECKING\n" + "if TYPE_CHECKING:\n    import math\n" * 6_000,
    },
    "one of 8 MiB": {"my_ops.py": "x = 1\n" * (8 * 2**20 // 6)},
    "8 MiB together": {f"my_ops/m{n}.py": "x = 1\n" * (500 * 1024 // 6) for n in range(17)},
    "dense": {f"my_ops/m{n}.py": DENSE[: MAX_WORDS - 100] for n in range(16)},
    "nested functions": {"my_ops.py": "".join("  " * n + f"def f{n}(a):\n" for n in range(90)) + "  " * 90 + "pass\n"},
    "a long chain of attributes": {"my_ops.py": "def f(a):\n    return a" + "\\\n.b" * 1_500 + "\n"},
    "classes in annotations": {
        "my_ops.py": "def f(" + ",\n".join(f"a{n}: int | str" for n in range(5_000)) + "): pass\n"
    },
}
MEASURE = """
import json, sys, time
from tests.gate.building import artifact
from tests.gate.test_limits import LARGE
from augplug.gate import rules, structure

made = artifact(LARGE[sys.argv[1]])
structure.check(made)
rules.check(made)
# Not ru_maxrss, which a process has from the one that started it.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time(), int(peak.split()[1]) / 1024)
"""


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_is_judged_in_time_and_memory(name: str) -> None:
    """Seconds of the processor, since other tests run beside this one; those of starting are in them."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert ended.returncode == 0, ended.stderr
    seconds, megabytes = map(float, ended.stdout.split())
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_a_long_chain_of_modules_is_no_finding() -> None:
    assert not rules.check(artifact(CHAIN)).findings
    assert {found.rule for found in rules.check(artifact(LARGE["conditionals"])).findings} == set()


def test_what_takes_too_long_is_not_checked() -> None:
    result = rules.check(artifact({"my_ops.py": FAIR}), seconds=0.0)
    assert [found.rule for found in result.findings] == ["allow/unreadable"]
    assert result.covered == frozenset()


def test_a_source_that_structure_refused_is_read_by_no_other_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    none = StageResult(covered=frozenset({"my_ops/__init__.py"}))

    def take(left: Artifact, *_: object) -> StageResult:
        read.extend(left.files)
        return none

    monkeypatch.setattr(rules, "check", take)
    monkeypatch.setattr(tools, "check", take)
    bad: dict[str, str | bytes] = {
        "my_ops/a.py": "x = 1\n" * 100_000,
        "my_ops/b.py": b"\xff",
        "my_ops/c.py": "def",
        "my_ops/d.PY": "x = 1",
    }
    verdict = check(artifact({"my_ops/__init__.py": FAIR, **bad}), cached=False)
    assert read == ["my_ops/__init__.py"] * 2
    assert verdict.stages["structure"] >= len(bad)
    assert verdict.stages["coverage"] == 0
    assert verdict.tier == "refused"


@pytest.mark.parametrize("name", ["evil.PY", "evil.Py", "evil.pyI", "run.SH"])
def test_an_ending_in_other_letters_is_refused(name: str) -> None:
    found = structure.check(artifact({"my_ops/__init__.py": FAIR, f"my_ops/{name}": "x = 1\n"})).findings
    assert ("structure/kind", f"my_ops/{name}") in {(each.rule, each.file) for each in found}


@pytest.mark.parametrize("name", ["a.JSON", "b.Txt", "c.MD"])
def test_data_may_be_spelled_in_any_letters(name: str) -> None:
    found = structure.check(artifact({"my_ops/__init__.py": FAIR, f"my_ops/{name}": "{}"})).findings
    assert [each.file for each in found if each.rule == "structure/kind"] == []


DEEP = b"a = " + b"[" * 5_000
ARRAY = b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': (" + b" " * 106 + b"\n"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("my_ops/augplug-plugin.toml", DEEP),
        ("my_ops/augplug-plugin.toml", b"\xff"),
        ("my_ops/a.npy", ARRAY),
        ("my_ops/a.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff("),
        ("my_ops/a.npz", b"PK\x05\x06" + b"\0" * 18),
        ("my_ops/a.py", b"(" * 5_000),
        ("my_ops/a.py", b"x = '''\\N{"),
        ("my_ops/a.py", b"\x0c\x00"),
    ],
)
def test_garbage_is_a_finding(path: str, content: bytes) -> None:
    made = artifact({"my_ops/__init__.py": FAIR, path: content})
    findings = (*structure.check(made).findings, *rules.check(made).findings)
    harmless = content.startswith(b"PK")  # an archive of nothing
    assert harmless or path in {found.file for found in findings if found.severity == "refusal"}


SUFFIXES = [
    ".py",
    ".PY",
    ".pyi",
    ".sh",
    ".toml",
    ".json",
    ".csv",
    ".txt",
    ".md",
    ".npy",
    ".npz",
    ".png",
    ".jpg",
    ".svg",
    ".pth",
    ".so",
    ".pyc",
    ".whl",
    ".zip",
    ".pickle",
    ".cfg",
    ".x",
]
STARTS = (
    b"",
    b"\x93NUMPY\x01\x00",
    b"\x93NUMPY\x02\x00\x10\x00\x00\x00",
    b"PK\x03\x04",
    b"#!/bin/sh\n",
    b"\x89PNG\r\n\x1a\n",
)
STARTS_OF_SOURCE = (b"def f(a):\n    ", b"class A:\n    ", b"match a:\n    case ", b"# type: ignore", b"f'{", b"@")


FILES = st.lists(
    st.tuples(st.sampled_from(SUFFIXES), st.sampled_from(STARTS + STARTS_OF_SOURCE), st.binary(max_size=80)),
    min_size=10,
    max_size=10,
)


def judge(files: list[tuple[str, bytes, bytes]]) -> None:
    made = artifact({f"my_ops/f{n}{end}": start + rest for n, (end, start, rest) in enumerate(files)})
    structure.check(made)
    rules.check(made)


@given(FILES)
@settings(max_examples=100, deadline=None)
def test_any_bytes_under_any_ending_are_findings_and_no_traceback(files: list[tuple[str, bytes, bytes]]) -> None:
    judge(files)


@pytest.mark.heavy
@given(FILES)
@settings(max_examples=1_000, deadline=None)
def test_ten_thousand_files_of_any_bytes(files: list[tuple[str, bytes, bytes]]) -> None:
    judge(files)


def test_what_is_too_large_is_told_once() -> None:
    files = {"a.py": b"x\n" * MAX_WORDS, "b.py": b"x\n" * 10, "c.py": b"x\n"}
    assert not list(too_large({**files, "a.py": b"x\n" * (MAX_WORDS // 3), "d.txt": b"x " * MAX_WORDS}))
    assert list(too_large(files)) == ["a.py", "b.py", "c.py"]
    assert list(too_large({"a.py": b"x" * 3_000})) == ["a.py"]


NAMED_AS_ITS_MODULE = {
    "my_ops/__init__.py": "from my_ops.my_ops import my_ops\nfrom .more import *\n",
    "my_ops/my_ops.py": "import numpy as np\ndef my_ops(a):\n    return np.abs(a)\n",
    "my_ops/more.py": "from my_ops import my_ops\ndef f(a):\n    return my_ops(a)\n",
}
IN_A_CIRCLE = {
    "my_ops/__init__.py": "",
    "my_ops/a.py": "from my_ops.b import y as x\ndef f():\n    return x.z\n",
    "my_ops/b.py": "from my_ops.a.x import z as y\ndef f():\n    return y.z\n",
}


@pytest.mark.parametrize("files", [NAMED_AS_ITS_MODULE, IN_A_CIRCLE], ids=["as its module", "in a circle"])
def test_names_that_lead_back_to_themselves_come_to_an_end(files: dict[str, str]) -> None:
    """`from corner.corner import corner` in the package corner once took for ever."""
    found = rules.check(artifact(files))
    assert found.covered == set(files)
