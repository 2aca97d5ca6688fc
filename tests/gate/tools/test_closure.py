"""The copy of the tools: what is in it, and that it is made again when it is not as it was made."""

import base64
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

import augplug
from augplug.errors import GateError
from augplug.gate.tools import closure as closures
from augplug.gate.tools.closure import Closure, Ingredients, ingredients, is_intact, open_closure

Make = Callable[..., Distribution]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Install a distribution of these files, with a RECORD."""

    def made(name: str, files: dict[str, str], *, record: dict[str, str] | None = None) -> Distribution:
        site = tmp_path / "lib" / name
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n")
        rows = []
        for path, text in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
            rows.append(f"{path},sha256={_digest((record or files).get(path, text))},{len(text)}\n")
        (info / "RECORD").write_text("".join(rows) + f"{name}/__pycache__/a.pyc,,\n")
        return PathDistribution(info)

    return made


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _open(tmp_path: Path, tools: tuple[Distribution, ...], libraries: tuple[Distribution, ...] = ()) -> Closure:
    package = tmp_path / "package"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    found = Ingredients(tools, libraries, package)
    found.__dict__["versions"] = {}  # these are not tools
    return open_closure(found, lambda made: made.mypy_cache.mkdir(), tmp_path / "root")


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_what_record_names_is_copied(make: Make, tmp_path: Path) -> None:
    files = {"tool/__init__.py": "", "tool/data.txt": "a", "evil.pth": "import os", "../../bin/ruff": "r", "../x": "x"}
    dist = make("tool", files)
    (tmp_path / "lib" / "tool" / "tool" / "unlisted.py").write_text("")
    made = _open(tmp_path, (dist,))
    compiled = {name for name in _files(made.tools) if name.endswith(".pyc")}

    assert _files(made.tools) - compiled == {"tool/__init__.py", "tool/data.txt"}
    assert len(compiled) == 1
    assert _files(made.folder / "bin") == {"ruff"}


def test_of_a_library_only_sources_and_stubs_are_copied(make: Make, tmp_path: Path) -> None:
    names = ("a.py", "a.pyi", "py.typed", "a.so", "a.txt")
    made = _open(tmp_path, (), (make("lib", {f"lib/{name}": "" for name in names}),))

    assert _files(made.libraries) == {"lib/a.py", "lib/a.pyi", "lib/py.typed", "augplug/__init__.py"}


@pytest.mark.parametrize("change", ["differs", "is missing"])
def test_a_damaged_distribution_is_refused_by_name(make: Make, tmp_path: Path, change: str) -> None:
    dist = make("tool", {"tool/a.py": "x = 1\n"}, record={"tool/a.py": "x = 2\n"})
    if change == "is missing":
        (tmp_path / "lib" / "tool" / "tool" / "a.py").unlink()

    with pytest.raises(GateError, match=r"tool.*pip install --force-reinstall tool"):
        _open(tmp_path, (dist,))


def test_two_installations_of_one_tool_are_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [make("one", {}), make("two", {})]
    monkeypatch.setattr(closures, "distributions", lambda name: both)

    with pytest.raises(GateError, match="installed twice"):
        ingredients()


def _edit(folder: Path) -> None:
    (folder / "tools/tool/a.py").write_text("x = 3\n")


def _add(folder: Path) -> None:
    (folder / "tools/yaml.py").write_text("x = 3\n")


def _remove(folder: Path) -> None:
    (folder / "tools/tool/a.py").unlink()


def _tear(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def _compile(folder: Path) -> None:
    next(folder.rglob("*.pyc")).write_bytes(b"forged")


@pytest.mark.parametrize("damage", [_edit, _add, _remove, _tear, _compile])
def test_a_closure_that_is_not_as_it_was_made_is_made_again(
    make: Make, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    dist = make("tool", {"tool/a.py": "x = 1\n"})
    made = _open(tmp_path, (dist,))
    before = _files(made.folder)
    damage(made.folder)

    assert not is_intact(made.folder)
    assert _open(tmp_path, (dist,)) == made
    assert is_intact(made.folder)
    assert _files(made.folder) == before
    assert (made.tools / "tool/a.py").read_text() == "x = 1\n"


def test_a_closure_whose_making_was_cut_short_is_made_again(make: Make, tmp_path: Path) -> None:
    dist = make("tool", {"tool/a.py": "x = 1\n"})
    found = Ingredients((dist,), (), tmp_path)

    def cut(made: Closure) -> None:
        raise KeyboardInterrupt(made)

    found.__dict__["versions"] = {}
    with pytest.raises(KeyboardInterrupt):
        open_closure(found, cut, tmp_path / "root")
    made: list[Closure] = []
    again = open_closure(found, made.append, tmp_path / "root")

    assert made == [again]
    assert is_intact(again.folder)


def test_an_intact_closure_is_made_once_also_by_many_at_once(make: Make, tmp_path: Path) -> None:
    found = Ingredients((make("tool", {"tool/a.py": "x = 1\n"}),), (), tmp_path / "lib")
    found.__dict__["versions"] = {}
    made: list[Closure] = []
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_closure(found, made.append, tmp_path / "root"), range(8)))

    assert len(made) == 1
    assert opened == made * 8


def test_of_closures_that_may_be_in_use_the_last_are_kept(make: Make, tmp_path: Path) -> None:
    made = [_open(tmp_path, (make(f"tool{number}", {"a.py": ""}),)) for number in range(closures.KEPT + 2)]

    assert [closure.folder.exists() for closure in made] == [False] * 2 + [True] * closures.KEPT


def test_of_one_version_one_closure_is_kept(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one used last, and of so many versions."""
    made = []
    for number in range(2 * closures.KEPT + 2):
        monkeypatch.setattr(augplug, "__version__", f"{number // 2}.0")
        made.append(_open(tmp_path, (make(f"tool{number}", {"a.py": ""}),)))
        used = 1_000_000 + number
        os.utime(made[-1].folder / "manifest.json", (used, used))
    _open(tmp_path, (make("another", {"a.py": ""}),))  # of the last version

    assert [closure.folder.exists() for closure in made] == [*[False] * 3, True, False, True, False, False]


def test_a_change_of_anything_that_goes_in_is_another_closure(make: Make, tmp_path: Path) -> None:
    one, two = make("one", {"a.py": "1"}), make("two", {"a.py": "1"})
    keys = {
        Ingredients(tools, libraries, tmp_path / "lib").key for tools, libraries in [((one,), ()), ((one, two), ())]
    }
    (tmp_path / "lib" / "one" / "a.py").write_text("2")
    keys.add(Ingredients((one,), (), tmp_path / "lib").key)

    assert len(keys) == 3


def test_a_cache_that_cannot_be_written_is_an_error_that_says_where(make: Make, tmp_path: Path) -> None:
    (tmp_path / "root").write_text("a file")

    with pytest.raises(GateError, match="XDG_CACHE_HOME"):
        _open(tmp_path, (make("tool", {"a.py": ""}),))


def test_the_tools_are_those_of_the_extra(closure: Closure) -> None:
    assert closure.program("ruff").is_file()
    assert (closure.libraries / "augplug/__init__.pyi").is_file()
    assert set(closures.TOOLS) <= set(closure.versions)
