"""What a confined process cannot do; each thing is first seen to work in the same process without confinement."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from augplug import kernel
from augplug.gate import confinement
from augplug.gate.confinement import FOLDERS, note
from tests.plugins.installing import install

pytestmark = pytest.mark.skipif(
    bool(kernel.missing()), reason=f"this kernel confines nothing here: no {' and no '.join(kernel.missing())}"
)
ROOT = Path(__file__).parents[2]
ACTS = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path

place = Path(sys.argv[1])
port = int(sys.argv[2])
ACTS = {
    "write outside": lambda: (place / "outside").write_text("x"),
    "write in home": lambda: (place / "home" / "new").write_text("x"),
    "append in home": lambda: (place / "home" / "secret").open("a").write(""),
    "truncate in home": lambda: os.truncate(place / "home" / "truncated", 0),
    "make a folder": lambda: (place / "folder").mkdir(),
    "make a node": lambda: os.mknod(place / "node"),
    "remove in home": lambda: (place / "home" / "removed").unlink(),
    "move out": lambda: (place / "run" / "moved").rename(place / "moved"),
    "link": lambda: os.link(place / "home" / "secret", place / "run" / "linked"),
    "read in home": lambda: (place / "home" / "secret").read_text(),
    "read by a link": lambda: (place / "run" / "link").read_text(),
    "read by native code": lambda: read_natively(place / "home" / "picture.png"),
    "list home": lambda: os.listdir(place / "home"),
    "TCP": lambda: socket.create_connection(("127.0.0.1", port)),
    "UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
    "IPv6": lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
    "unix": lambda: socket.socket(socket.AF_UNIX).connect(str(place / "server")),
    "a pair": socket.socketpair,
    "a program": lambda: subprocess.run(["true"], check=True),
    "a shell": lambda: shell(),
    "spawn": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
    "fork": lambda: fork(),
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "write in the run": lambda: (place / "run" / "new").write_text("x"),
    "write a temporary file": lambda: __import__("tempfile").TemporaryFile(),
    "write in its home": lambda: Path("~/cache.txt").expanduser().write_text("x"),
    "read the data": lambda: (place / "data" / "parts").read_text(),
    "a thread": lambda: (thread := threading.Thread(target=len, args=("",))).start() or thread.join(),
    "the null device": lambda: Path(os.devnull).write_text("x"),
    "import numpy": lambda: __import__("numpy").linalg.inv([[2.0]]),
    "a pipe": lambda: os.write(os.pipe()[1], b"x"),
}

def read_natively(path):
    import cv2
    if cv2.imread(str(path)) is None:
        raise OSError("no picture")

def shell():
    if os.system("true"):
        raise OSError("no shell")

def fork():
    child = os.fork()
    os._exit(0) if not child else os.waitpid(child, 0)

said = {}
for name, act in ACTS.items():
    try:
        act()
        said[name] = ""
    except OSError as error:
        said[name] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""
STAYS = {
    *("write in the run", "write a temporary file", "write in its home", "read the data", "a thread"),
    *("the null device", "import numpy", "a pipe"),
}
"""What a confined process still can."""
FILES = {
    *("write outside", "write in home", "append in home", "truncate in home", "make a folder", "make a node"),
    *("remove in home", "move out", "link", "read in home", "read by a link", "read by native code", "list home"),
}
SOCKETS = {"TCP", "UDP", "IPv6", "unix", "a pair"}
PROCESSES = {"a program", "a shell", "spawn", "fork"}
REFUSED = FILES | SOCKETS | PROCESSES | {"signal the parent"}

Said = dict[str, str]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A port of this machine on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def _accept(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def said_by(place: Path, port: int, capabilities: list[str] | None = None, **variables: str) -> Said:
    """Do everything in a process that has a home, a run and data; confined if capabilities are given."""
    import cv2
    import numpy as np

    for name in ("home", "run", "data", "private", "code"):
        (place / name).mkdir(parents=True)
    for name in ("secret", "removed", "truncated"):
        (place / "home" / name).write_text("secret")
    cv2.imwrite(str(place / "home" / "picture.png"), np.zeros((2, 2), np.uint8))
    (place / "run" / "moved").write_text("x")
    (place / "run" / "link").symlink_to(place / "home" / "secret")
    (place / "data" / "parts").write_text("data")
    (place / "code" / "acts.py").write_text(ACTS)
    orders = {
        "private": str(place / "private"),
        "reading": [str(place / "data")],
        "writing": [str(place / "run")],
        "capabilities": capabilities,
    }
    path = os.pathsep.join([str(place / "code"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "HOME": str(place / "home"), **variables}
    environment |= {"AUGPLUG_CONFINED": json.dumps(orders)}
    command = [sys.executable, "-P", "-m", *([] if capabilities is None else ["augplug.confined"]), "acts", str(place)]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place / "server"))
        server.listen()
        ended = subprocess.run(
            [*command, str(port)], cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
    assert ended.returncode == 0, ended.stderr
    found: Said = json.loads(ended.stdout)
    return found


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory, port: int) -> Said:
    return said_by(tmp_path_factory.mktemp("f"), port)


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory, port: int) -> Said:
    return said_by(tmp_path_factory.mktemp("c"), port, [])


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_a_confined_process_cannot(what: str, free: Said, confined: Said) -> None:
    assert free[what] == ""
    assert confined[what] != ""


@pytest.mark.parametrize("what", sorted(STAYS))
def test_a_confined_process_still_can(what: str, free: Said, confined: Said) -> None:
    assert (free[what], confined[what]) == ("", "")


def test_everything_is_asked(free: Said) -> None:
    assert set(free) == REFUSED | STAYS


@pytest.mark.parametrize(
    ("capability", "opened"),
    [("files", FILES), ("network", SOCKETS), ("process", PROCESSES), ("native", set()), ("torch", set())],
)
def test_a_capability_opens_its_part(capability: str, opened: set[str], tmp_path: Path, port: int) -> None:
    said = said_by(tmp_path, port, [capability])
    able = {what for what, error in said.items() if not error}
    assert able - STAYS - {"signal the parent"} == opened


def test_the_user_adds_a_folder(tmp_path: Path, port: int) -> None:
    said = said_by(tmp_path, port, [], **{FOLDERS: str(tmp_path / "home")})
    assert (said["read in home"], said["write in home"]) == ("", "")
    assert said["write outside"] != ""


SEARCH = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import augplug
from augplug.data.sets import Labelled

data = Labelled(np.arange(90 * 16, dtype=np.uint8).reshape(90, 4, 4), np.arange(90) % 3, ("a", "b", "c"))
augplug.search("random", data, out=sys.argv[1], trials=2, workers=1, evaluator=sys.argv[2])
"""
EVALUATOR = """
import augplug

class Writes(augplug.Evaluator):
    def __init__(self, train, valid):
        pass

    def evaluate(self, policy, *, seed, budget=None, progress=None):
        open({path!r}, "w").write("x")
        return 0.5

@augplug.hookimpl
def augplug_evaluators():
    return {{"writes": Writes}}
"""


def test_an_evaluator_in_a_worker_cannot_write_outside_although_its_library_is_declared(tmp_path: Path) -> None:
    """The second line lets a declared library do everything, so that the kernel is what refuses here."""
    site = tmp_path / "site"
    install(site, "my-ops", "")
    (site / "my_ops.py").unlink()
    (site / "my_ops").mkdir()
    (site / "my_ops" / "__init__.py").write_text(EVALUATOR.format(path=str(tmp_path / "written")))
    (site / "my_ops" / "augplug-plugin.toml").write_text('augplug-plugin = 1\n[capabilities]\ntorch = "a test"\n')
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    command = [sys.executable, "-c", SEARCH, str(tmp_path / "run"), "writes"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert "PermissionError" in ended.stderr
    assert not (tmp_path / "written").exists()


def test_one_note_says_what_this_kernel_lacks() -> None:
    assert note(["Landlock"]) == "no Landlock in this kernel, so files of search workers are not confined"
    assert "sockets and processes" in note(["seccomp"])


UNABLE = """
import sys
from augplug import kernel
kernel.missing = lambda: ["Landlock", "seccomp"]
"""


def unable(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", UNABLE + script, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_kernel_that_confines_nothing_costs_a_note_and_the_work_goes_on(tmp_path: Path) -> None:
    script = """
from augplug.gate.confinement import Orders, confine
confine(Orders(sys.argv[1], capabilities=(), say=True))
confine(Orders(sys.argv[1], capabilities=()))
open(sys.argv[1] + "/../outside", "w").close()
"""
    (tmp_path / "private").mkdir()
    ended = unable(script, str(tmp_path / "private"))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (0, 1), ended.stderr
    assert "files of search workers are not confined" in ended.stderr
    assert (tmp_path / "outside").exists()


def test_doctor_says_what_is_confined() -> None:
    script = "from augplug.cli import main; sys.argv[1:] = ['doctor']; main()"
    (line,) = (line for line in unable(script).stdout.splitlines() if line.startswith("confinement: "))
    assert "no Landlock in this kernel" in line


@pytest.mark.parametrize(
    "damaged",
    [b"[", b"[1]", b"[" * 100_000, b'{"dir_info": 1}', b"\xff", b'{"url": 1, "dir_info": {"editable": true}}'],
    ids=["cut off", "a list", "deep", "a number", "no text", "a number as url"],
)
def test_a_damaged_address_of_another_distribution_confines_no_less(
    damaged: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any installed distribution may have one, and each worker reads them all."""
    for name, content in (("a", damaged), ("b", b'{"url": "file:///my%20plugin", "dir_info": {"editable": true}}')):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n", "utf-8")
        (info / "direct_url.json").write_bytes(content)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    assert list(confinement._editable()) == ["/my plugin"]


def test_a_plugin_that_cannot_be_loaded_keeps_no_worker_from_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry of the worker passes over it."""
    install(tmp_path, "good", "")
    install(tmp_path, "bad", "", requires="damaged")
    info = tmp_path / "damaged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: damaged\nVersion: 1.0\n", "utf-8")
    (info / "RECORD").write_bytes(b"\xff")
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    assert [owner.name for owner in confinement._owners()] == ["good"]
