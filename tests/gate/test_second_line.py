"""The second line alone: what a plugin did not declare is stopped while it runs, and fair plugins never notice it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from augplug.errors import CapabilityError
from augplug.gate.runtime.events import CAPABILITIES, KNOWN, OURS, permitted
from tests.plugins.installing import OPERATION, environment, install

ROOT = Path(__file__).parents[2]
UNSEEN = {"B2", "B3", "B4", "B5", "B6", "B7", "C"}
"""Classes with members whose effect raises no event: `docs/design/gate.md` names them."""
SEEN = [
    "B1: positional pattern of an abstract dataclass",
    "B1: positional pattern inside of another",
    "B1: asdict of an array whose class has the field",
    "B1: astuple of an array whose class has the field",
    "B1: pattern of a class whose field has a default",
    "B6: an attribute by a getter",
    "B6: a method by a caller",
    "B7: the frame in a traceback, by a field",
    "C: threads: a process by asyncio",
    "C: threads: a process by the loop",
    "C: threads: the module as a value",
    "C: network: a browser",
    "C: network: a file by its address",
    "C: network: a file written",
    "C: network: a command",
    "C: network: a file of keys",
    "C: numpy: what the list withholds",
]
"""Those whose effect is a file, a process, a socket or a frame."""


def guarded(what: str, folder: Path) -> dict[str, str]:
    said = folder / "said.json"
    command = [sys.executable, "-W", "ignore", "-m", "tests.gate.guarded", what, str(said)]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=300)
    assert ended.returncode == 0
    found: dict[str, str] = json.loads(said.read_text())
    return found


@pytest.fixture(scope="module")
def breaks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return guarded("breaks", tmp_path_factory.mktemp("breaks"))


@pytest.mark.parametrize("way", SEEN)
def test_a_way_is_stopped_before_its_effect(way: str, breaks: dict[str, str]) -> None:
    assert breaks[way].startswith("stopped: ")


def test_what_acts_raises_no_event(breaks: dict[str, str]) -> None:
    """The recorder knows events by the beginnings of their names, and not from augplug's table."""
    acted = {way: said for way, said in breaks.items() if said.startswith("acted")}
    assert {way: said for way, said in acted.items() if said != "acted"} == {}
    assert {way.partition(":")[0] for way in acted} <= UNSEEN | {"B1"}
    assert len(breaks) - len(acted) >= len(SEEN)


def test_no_fair_plugin_is_stopped(tmp_path: Path) -> None:
    said = guarded("fair", tmp_path)
    assert {name: what for name, what in said.items() if what != "fair"} == {}
    assert len(said) > 25


MAKERS = {
    "a builtin as the maker of annotations": (
        "dynamic",
        (
            "import gc, types, typing as t; "
            "types.new_class('A', (t.NamedTuple,), exec_body=lambda names: names.update(__annotate__=gc.get_referrers))"
        ),
    ),
    "code of its own in a maker of annotations": (
        "files",
        (
            "import types, typing as t; "
            "types.new_class('A', (t.NamedTuple,), exec_body=lambda n: n.update(__annotate__=lambda _: open(path)))"
        ),
    ),
}
"""What Python 3.14 calls to learn the annotations of a class."""
DOES = {
    "writes": ("files", "open(path, 'w').write('x')"),
    "reads": ("files", "open('/etc/hostname').read()"),
    "lists": ("files", "import os; os.listdir('/')"),
    "removes": ("files", "import os; os.remove(path)"),
    "starts": ("process", "import subprocess; subprocess.run(['touch', path])"),
    "shells": ("process", "import os; os.system('touch ' + path)"),
    "forks": ("process", "import os; os.fork() or os._exit(0)"),
    "connects": ("network", "import socket; socket.create_connection(('127.0.0.1', 9))"),
    "sends": ("network", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"),
    "loads": ("native", "import ctypes; ctypes.CDLL(None)"),
    "runs text": ("dynamic", "exec('1 + 1')"),
    "evaluates text": ("dynamic", "eval('1 + 1')"),
    "compiles": ("dynamic", "compile('1', 'a', 'eval')"),
    "makes code": ("dynamic", "(lambda: 0).__code__.replace(co_filename='/elsewhere.py')"),
    "unpickles": ("dynamic", "import pickle; pickle.loads(pickle.dumps(len))"),
    "a field of text": (
        "dynamic",
        "import dataclasses; dataclasses.dataclass(type('A', (), {'__annotations__': {'x=print(1)': int}}))",
    ),
    "the text of a helper": ("dynamic", "import timeit; timeit.Timer('1')"),
    "a hint of text": (
        "dynamic",
        "import typing; typing.get_type_hints(type('A', (), {'__annotations__': {'a': 'print(1)'}}))",
    ),
    "saves as if it imported": (
        "files",
        "import importlib._bootstrap_external as e; e.SourceFileLoader('a', 'a').set_data(path, b'')",
    ),
    "imports what it does not require": ("pytest", "import sys; sys.modules.pop('pytest', None); import pytest"),
    "in a frame of its own": ("files", "[open(p, 'w') for p in [path]]"),
    "as a callback": ("files", "sorted([path], key=lambda p: open(p, 'w'))"),
    "a policy by its path": ("files", "import augplug; augplug.sequence(path.rsplit('/', 2)[0] + '/mine.json')"),
    "policies by their paths": ("files", "import augplug; augplug.compose([path.rsplit('/', 2)[0] + '/mine.toml'])"),
    "a search space by its path": (
        "files",
        "import augplug; augplug.SearchSpace.read(path.rsplit('/', 2)[0] + '/mine.json')",
    ),
    "any search space by its path": (
        "files",
        "import augplug; augplug.read_space(path.rsplit('/', 2)[0] + '/mine.json')",
    ),
    "as a builtin callback": ("files", "list(map(open, [path]))"),
    **(MAKERS if sys.version_info >= (3, 14) else {}),
}
"""What a plugin that declares nothing does, and the capability that it lacks."""
THREADS = {
    "a thread": "import threading; t = threading.Thread(target=open, args=(path, 'w')); t.start(); t.join()",
    "a pool": (
        "from concurrent.futures import ThreadPoolExecutor as P\n    with P(1) as p: p.submit(open, path, 'w').result()"
    ),
    "a thread of a thread": (
        "import threading as a\n"
        "    t = a.Thread(target=open, args=(path, 'w')); u = a.Thread(target=t.start); u.start(); u.join(); t.join()"
    ),
    "a bare thread": "import _thread, time; _thread.start_new_thread(open, (path, 'w')); time.sleep(0.1)",
}
"""Threads whose own frames are none of the plugin's; the last one cannot be joined, and has a moment."""
RUN = """
import json, sys, threading, augplug
from pathlib import Path
raised = []
threading.excepthook = lambda given: raised.append(given.exc_value)
sys.unraisablehook = lambda given: raised.append(given.exc_value)
if sys.argv[2] == "watched":
    augplug.operations()
import my_ops
said = {}
for name, act in my_ops.ACTS.items():
    path = Path(sys.argv[1], name)
    raised.clear()
    try:
        act(str(path))
    except BaseException as error:
        raised.append(error)
    stopped = [error for error in raised if isinstance(error, augplug.CapabilityError)]
    one = [stopped[0].plugin, stopped[0].capability, stopped[0].place, str(stopped[0])] if stopped else None
    said[name] = one, path.exists()
print(json.dumps(said))
"""


def untraced(site: Path) -> dict[str, str]:
    """The environment without coverage: what traces a plugin's thread acts as the plugin, and is stopped with it."""
    return {name: value for name, value in environment(site).items() if not name.startswith("COVERAGE_")}


Said = dict[str, tuple[list[str] | None, bool]]


def said_of(folder: Path, acts: dict[str, str], declared: str = "", *, watched: str = "watched") -> Said:
    """Install a plugin that does these things, and let a process do them: what was refused, and what was written."""
    site, written = folder / "site", folder / "written"
    written.mkdir(parents=True)
    install(site, "my-ops", "")
    (site / "my_ops.py").unlink()
    (folder / "mine.json").write_text('{"augplug_policy": 1, "policy": {"op": "Invert"}}')
    (folder / "mine.toml").write_text('augplug_policy = 1\n[policy]\nop = "Invert"\n')
    (site / "my_ops").mkdir()
    functions = "".join(f"def act{number}(path):\n    {body}\n" for number, body in enumerate(acts.values()))
    table = ", ".join(f"{name!r}: act{number}" for number, name in enumerate(acts))
    source = f"{OPERATION.format(name='Halve')}\n{functions}\nACTS = {{{table}}}\n"
    (site / "my_ops" / "__init__.py").write_text(source)
    (site / "my_ops" / "augplug-plugin.toml").write_text(f"augplug-plugin = 1\n[capabilities]\n{declared}\n")
    command = [sys.executable, "-W", "ignore", "-c", RUN, str(written), watched]
    ended = subprocess.run(command, env=untraced(site), capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    found: Said = json.loads(ended.stdout)
    return found


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    folder = tmp_path_factory.mktemp("does")
    return folder, said_of(folder, {**{name: body for name, (_, body) in DOES.items()}, **THREADS})


@pytest.mark.parametrize("what", DOES)
def test_what_was_not_declared_is_stopped_and_named(what: str, done: tuple[Path, Said]) -> None:
    capability, body = DOES[what]
    folder, said = done
    refusal, written = said[what]
    assert refusal is not None
    plugin, lacking, place, told = refusal
    assert (plugin, lacking, written) == ("my-ops", capability, False)
    source = folder / "site" / "my_ops" / "__init__.py"
    line = next(number for number, text in enumerate(source.read_text().splitlines(), 1) if body in text)
    assert place == f"{source}:{line}"
    assert "augplug-plugin.toml" in told


@pytest.mark.parametrize("what", THREADS)
def test_a_thread_carries_the_plugin_that_started_it(what: str, done: tuple[Path, Said]) -> None:
    refusal, written = done[1][what]
    assert refusal is not None
    assert (refusal[:2], written) == (["my-ops", "files"], False)


WRITES = {"writes": DOES["writes"][1], "starts": DOES["starts"][1], **THREADS}


def test_the_same_acts_where_nothing_watches(tmp_path: Path) -> None:
    said = said_of(tmp_path, WRITES, watched="not")
    assert [name for name, (refusal, written) in said.items() if refusal or not written] == []


def test_what_was_declared_works(tmp_path: Path) -> None:
    said = said_of(tmp_path, WRITES, 'files = "a test"')
    assert {name: written for name, (_, written) in said.items()} == {name: name != "starts" for name in WRITES}
    assert said["starts"][0] is not None


@pytest.mark.parametrize("declared", ["process", "native", "torch"])
def test_a_capability_that_is_everything_permits_everything(declared: str) -> None:
    assert permitted([declared, "threads"]) == frozenset(CAPABILITIES)


@pytest.mark.parametrize("declared", ["threads", "numpy", "cv2", "augplug", "os"])
def test_what_cannot_be_declared_permits_nothing(declared: str) -> None:
    assert permitted([declared]) == frozenset()


def test_a_plugin_that_acts_while_it_is_loaded_is_a_row(tmp_path: Path) -> None:
    install(tmp_path / "site", "my-ops", f"open({str(tmp_path / 'written')!r}, 'w')")
    script = "import augplug; print([row.reason for row in augplug.plugins() if row.distribution == 'my-ops'])"
    command = [sys.executable, "-W", "ignore", "-c", script]
    ended = subprocess.run(command, env=untraced(tmp_path / "site"), capture_output=True, text=True, check=True)
    assert "CapabilityError: the plugin my-ops does not declare the capability 'files'" in ended.stdout
    assert not (tmp_path / "written").exists()


def test_without_a_plugin_there_is_no_hook() -> None:
    script = "import augplug, sys; augplug.operations(); print('augplug.gate.runtime' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"


def test_the_error_says_all_of_it() -> None:
    error = CapabilityError("my-ops", "files", "my_ops.py:3", "open of '/etc/passwd'")
    assert str(error) == (
        "the plugin my-ops does not declare the capability 'files', which open of '/etc/passwd' needs, at my_ops.py:3; "
        "its author declares it in augplug-plugin.toml, with the reason, or does without it"
    )


def test_modules_of_augplug_s_own_dependencies_are_known() -> None:
    from importlib.metadata import distribution

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    needed = [Requirement(text) for text in distribution("augplug").requires or ()]
    tools = {one.name for one in needed if "gate" in str(one.marker)}  # `all` names them too
    core = {canonicalize_name(one.name) for one in needed if one.name not in {*tools, "augplug"}}
    assert core <= set(OURS)
    assert {"os", "numpy"} <= KNOWN
    assert permitted(()) == permitted(("threads",)) == frozenset()
