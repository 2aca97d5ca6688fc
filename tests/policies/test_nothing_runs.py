"""Reading a policy or a plan, whatever is in the file, runs no code and imports nothing; an audit hook watches."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WATCHED = """
import json, random, sys
from pathlib import Path
import augplug
from tests.golden import recording
from tests.policies.mutations import byte_mutants

count, folder = int(sys.argv[1]), Path(sys.argv[2])
documents = [json.dumps(policy["document"]).encode() for policy in json.loads(recording.FILE.read_text())["policies"]]
formats = recording.FILE.with_name("formats")
plans = [path.read_bytes() for path in sorted(formats.glob("plan-*.json"))]
file, seen, ends = folder / "given.json", set(), {"read": 0, "refused": 0, "other": []}

def read(text, load):
    file.write_bytes(text)
    try:
        load()
        ends["read"] += 1
    except augplug.AugplugError:
        ends["refused"] += 1

def policy():
    augplug.load_policy(file)

def plan():
    augplug.load_plan(file.read_text("utf-8", "replace"))

def all_of(number):
    for seed in range(number):
        read(next(byte_mutants(documents[seed % len(documents)], 1, seed)), policy)
        if seed % 4 == 0:
            read(next(byte_mutants(plans[seed % len(plans)], 1, seed)), plan)

watching = False
def note(event, arguments):
    if watching:
        seen.add(event)

all_of(400)  # what is imported when it is first needed is
for text in documents:
    read(text, policy)
sys.addaudithook(note)
ends.update(read=0, refused=0)
watching = True
all_of(count)
watching = False
print(json.dumps({"seen": sorted(seen), **ends}))
"""


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_files_run_no_code(count: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(count), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["read"] + found["refused"] == count + -(-count // 4)
    assert min(found["read"], found["refused"]) > 0
    assert set(found["seen"]) - HARMLESS == set()


HARMLESS = {"open", "object.__getattr__", "sys._getframe"}
"""Opening the file; what dataclasses and named tuples ask the interpreter."""
