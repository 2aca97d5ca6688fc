"""Run sources with no rule before them, each as a plugin that the second line watches; say what became of them.

    python -m tests.gate.guarded breaks FILE      the ways of `breaks.toml`
    python -m tests.gate.guarded fair FILE        the fair plugins, and those of this repository

Writes JSON to FILE: `stopped: ...`, `acted`, `nothing`, or the error that a source ended with; behind `acted` the
events of its effect, as a recorder that knows them by the beginnings of their names saw them.
"""

import importlib
import json
import sys
import tempfile
import tomllib
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from augplug.errors import AugplugError, CapabilityError, OperationError
from augplug.gate.runtime import Owner, watch
from augplug.gate.runtime.events import KNOWN, permitted
from augplug.testing.provided import things_of
from augplug.testing.samples import augmenter, call, examples
from tests.gate.breaks import BREAKS, Break, apart
from tests.gate.fair_plugins import FAIR_PLUGINS

ROOT = Path(__file__).parents[2]
EFFECTS = (
    *("open", "os.", "shutil.", "glob.", "tempfile.", "subprocess.", "socket.", "ctypes.", "mmap.", "sqlite3."),
    *("webbrowser.", "ftplib.", "imaplib.", "urllib.", "compile", "exec", "pty.", "fcntl.", "signal.", "pickle."),
)
"""How the names of events begin that effects raise, by Python's own table of audit events."""


class Recorder:
    """Notes the events of effects while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        del arguments
        if self.on and event.startswith(EFFECTS):
            self.seen.append(event)

    def during(self, work: Callable[[], object]) -> object:
        self.seen.clear()
        self.on = True
        try:
            return work()
        finally:
            self.on = False


def run(way: Break, file: Path, path: Path, recorder: Recorder) -> str:
    """Twice: what the first time imports is there the second time, and raises no events."""
    code = compile(way.source, str(file), "exec")
    said = ""
    for turn in range(2):
        module = types.ModuleType(f"{file.parent.name}x{turn}")
        sys.modules[module.__name__] = module
        try:
            exec(code, module.__dict__)  # pylint: disable=exec-used  # a member acts when it is run
            held = recorder.during(lambda module=module: module.act(str(path)))  # type: ignore[misc]  # a default
        except CapabilityError as error:
            return f"stopped: {error.capability}, {error.event}"
        except Exception as error:  # noqa: BLE001  # the error is the outcome
            said = f"{type(error).__name__}: {error}"
        else:
            acted = held is True or any(Path(f"{path}{end}").exists() for end in ("", ".png"))
            said = " ".join(["acted", *recorder.seen]) if acted else "nothing"
    return said


def breaks(folder: Path) -> dict[str, str]:
    recorder, said = Recorder(), {}
    for number, way in enumerate(BREAKS):
        if way.acts:
            file = folder / f"way{number}" / "my_ops.py"
            watch(Owner("my-ops", permitted(way.capabilities), frozenset({str(file)}), (), KNOWN))
            path = folder / str(number)
            said[f"{way.letter}: {way.name}"] = apart(partial(run, way, file, path, recorder), folder / "said")
    return said


def used(module: types.ModuleType) -> str:
    """Use everything that a plugin provides, as far as that needs no data and no other process."""
    image = np.zeros((224, 224, 3), np.uint8)
    for thing in things_of(module) if vars(module).keys() & {f"augplug_{kind}" for kind in KINDS} else ():
        if thing.kind == "operations":
            for example in examples(thing):
                with suppress(OperationError):  # that an operation refuses its settings is the examination's business
                    refuse_stopped(partial(call, augmenter(thing, example), image))
        elif thing.kind in ("backends", "observers"):
            thing.value()
    function = vars(module).get("f")
    if function is not None and not function.__code__.co_argcount:
        function()
    return "fair"


KINDS = (
    *("operations", "policies", "searches", "evaluators", "executors", "backends", "observers", "exporters"),
    "commands",
)


def refuse_stopped(work: Callable[[], object]) -> None:
    """Raise the CapabilityError behind whatever error it was made into."""
    try:
        work()
    except AugplugError as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, CapabilityError):
                raise cause from error
            cause = cause.__cause__ or cause.__context__
        raise


def outcome(work: Callable[[], str]) -> str:
    try:
        return work()
    except CapabilityError as error:
        return f"stopped: {error}"
    except Exception as error:  # noqa: BLE001  # whatever it is, it is not fair
        return f"{type(error).__name__}: {error}"


def fair(folder: Path) -> dict[str, str]:
    """Sources of authors are imported, plugins are used."""
    said = {}
    authors = tomllib.loads(Path(__file__).with_name("fair_authors.toml").read_text("utf-8"))["passes"]
    sources = [(given["name"], {"my_ops.py": given["source"]}) for given in authors]
    for number, (name, files) in enumerate([*FAIR_PLUGINS.items(), *sources]):
        place = folder / f"fair{number}"
        for path, source in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(source, "utf-8")
        roots = KNOWN | {"my_ops"}
        watch(Owner("my-ops", permitted(()), frozenset(), (f"{place}/",), roots))
        sys.path.insert(0, str(place))
        said[name] = outcome(lambda: used(importlib.import_module("my_ops")))
        sys.path.remove(str(place))
        for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == "my_ops"]:
            del sys.modules[loaded]
    for package in sorted(ROOT.glob("plugins/*/*/augplug-plugin.toml")):
        name, place = package.parent.name, package.parent
        if find_spec(name.removeprefix("augplug_")) is None and name != "augplug_corruptions":
            continue  # its library is not installed here
        capabilities = tomllib.loads(package.read_text("utf-8")).get("capabilities", {})
        watch(Owner(name, permitted(capabilities), frozenset(), (f"{place}/",), KNOWN | {name}))
        sys.path.insert(0, str(place.parent))
        said[name] = outcome(lambda name=name: used(importlib.import_module(name)))  # type: ignore[misc]  # a default
    return said


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        said = {"breaks": breaks, "fair": fair}[sys.argv[1]](Path(folder))
        Path(sys.argv[2]).write_text(json.dumps(said), "utf-8")


if __name__ == "__main__":
    main()
