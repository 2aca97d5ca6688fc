"""What a run is: its folder and its first record, the configuration, which a resume must match."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from augplug._backends import OPENCV
from augplug._evaluators.base import Evaluator
from augplug._search.base import SearchAlgorithm
from augplug._search.bench import EvaluationRunner
from augplug._search.journal import Record, writing
from augplug._search.pinned import Pinned
from augplug._search.sessions import changes, limits, versions_of
from augplug._search.settings import Registries, StudySettings, class_of, declared, named
from augplug.data.sets import Labelled, digest
from augplug.data.split import Split
from augplug.disk import kind_of
from augplug.errors import SettingsError, suggest
from augplug.formats import format_problem

FORMAT = 3
ENDLESS = 512
"""An algorithm that gives this many proposals without ending needs to be told a number of trials."""
FILES = ".files-"
OURS = (".lock", FILES)
"""What a run that was killed before its first record may have left in its folder."""
VERSIONED = ("numpy", "scipy", *OPENCV, "stringzilla", "Pillow")
"""Distributions whose version can change a pixel or a score, besides augplug itself and who provides a used name."""
UNUSED = ("scikit-image",)
"""Distributions that older runs recorded, and on which nothing depends any more."""


def configure(
    settings: StudySettings, data: Labelled, places: Split, parts: Registries
) -> tuple[dict[str, Any], SearchAlgorithm]:
    """The first record's content, and the algorithm. Wrong names and settings are found before anything is written."""
    make = named("search algorithm", settings.algorithm, parts.algorithms)
    if "channels" in declared(make):
        seen = data.x.shape[3] if data.x.ndim == 4 else 1
        settings = replace(settings, algorithm_settings={"channels": seen, **settings.algorithm_settings})
    evaluator = named("evaluator", settings.evaluator, parts.evaluators)
    child = _evaluator_settings(evaluator, settings.evaluator_settings)
    algorithm = make(seed=settings.seed, **settings.algorithm_settings)
    size = _size(make, settings)
    used = asdict(settings)
    if used["ahead"] is None:
        del used["ahead"]  # as in runs of versions that did not have it
    used["algorithm_settings"] = _used(algorithm, make, settings.algorithm_settings)
    used["evaluator_settings"] = child
    configuration = {
        "format": FORMAT,
        "settings": used,
        "size": size,
        "data": {"images": len(data), "shape": data.x.shape[1:], "classes": data.classes, **_counts(places)},
        "data_digest": digest(data),
        "versions": {**versions(), **_providers(settings, used, parts)},
        "warnings": places.warnings,
    }
    plain: dict[str, Any] = json.loads(json.dumps(configuration))
    return plain, Pinned(algorithm)


def _size(make: Callable[..., SearchAlgorithm], settings: StudySettings) -> int | None:
    """How many proposals there are before the algorithm ends by itself; None when it does not."""
    if "trials" in class_of(make).defaults:
        return None
    proposed = len(make(seed=settings.seed, **settings.algorithm_settings).ask(ENDLESS))
    if proposed == ENDLESS and settings.trials is None and settings.minutes is None:
        raise SettingsError(f"{settings.algorithm} does not end by itself; say how long with --trials N or --minutes M")
    return proposed if proposed < ENDLESS else None


def _used(algorithm: SearchAlgorithm, make: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """An algorithm's settings as it uses them: what a preset means, and the content of a file, not its path."""
    settings = getattr(algorithm, "settings", None)
    if settings is not None and is_dataclass(settings) and not isinstance(settings, type):
        return asdict(settings)
    return _with_defaults(make, given)


def _evaluator_settings(evaluator: Callable[..., Evaluator], given: Mapping[str, Any]) -> dict[str, Any]:
    """An evaluator's settings as it uses them. They refuse values here, where the user still waits."""
    known = declared(evaluator)
    for name in given:
        if name not in known:
            raise SettingsError(f"the evaluator has no setting {name!r}{suggest(name, known)}")
    kind = getattr(evaluator, "Settings", None)
    if kind is None:
        return _with_defaults(evaluator, given)
    settings = kind(**given)
    return (
        asdict(settings)
        if is_dataclass(settings) and not isinstance(settings, type)
        else _with_defaults(evaluator, given)
    )


def _with_defaults(maker: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: entry.default for name, entry in declared(maker).items()}, **given}


def _counts(places: Split) -> dict[str, int]:
    return {"train": len(places.subsets[0]), "valid": len(places.valid[0]), "test": len(places.test)}


def _providers(settings: StudySettings, used: Mapping[str, Any], parts: Registries) -> dict[str, str]:
    """The version of each plugin that provides a name in use: algorithm, evaluator, and operations of the space."""
    found = {**parts.versions("searches", settings.algorithm), **parts.versions("evaluators", settings.evaluator)}
    for text in _texts(used["algorithm_settings"]):
        if text in parts.operations:
            found |= parts.versions("operations", text)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def versions() -> dict[str, str]:
    """Return the versions of Python, augplug and what can change a pixel or a score here."""
    found = {"python": platform.python_version()}
    for name in ("augplug", *VERSIONED):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def make_folder(out: Path, *, resume: bool) -> Path:
    """Make the run's folder. An existing one must be empty, or be resumed."""
    try:
        if kind_of(out) in ("file", "other"):
            raise SettingsError(f"{out} is a file; give a folder that does not exist yet as --out")
        out.mkdir(parents=True, exist_ok=True)
        held = {entry.name for entry in out.iterdir() if not entry.name.startswith(OURS)}
    except OSError as error:
        raise SettingsError(f"{out} cannot be made or read: {error}; give another --out") from error
    if held and "journal.jsonl" not in held:
        raise SettingsError(f"{out} holds other files and no run; give another --out")
    if held and not resume:
        raise _exists(out)
    return out


@contextmanager
def worker_files(folder: Path) -> Iterator[Path]:
    """A temporary folder in the run's, for what workers read. What a killed run left of it is removed first."""
    for left in folder.glob(f"{FILES}*"):
        shutil.rmtree(left, ignore_errors=True)
    with writing(folder):
        files = tempfile.mkdtemp(prefix=FILES, dir=folder)
    try:
        yield Path(files)
    finally:  # not TemporaryDirectory, whose cleaning recurses without end where nothing may be removed
        shutil.rmtree(files, ignore_errors=True)


def _exists(out: Path) -> SettingsError:
    return SettingsError(f"{out} holds a run already; go on with --resume, or give another --out")


def begin(
    bench: EvaluationRunner,
    configuration: Mapping[str, Any],
    folder: Path,
    *,
    resume: bool,
    request: Mapping[str, Any] | None = None,
    accept_versions: bool = False,
) -> None:
    """Write the configuration, or check that the journal's is the same, and write what is new: versions, more trials.

    `request` holds the arguments that began the run, for who resumes it by its folder alone.
    """
    records = bench.journal.records
    if not records:
        bench.append("configuration", **configuration, request=request)
        return
    if not resume:
        raise _exists(folder)
    first = records[0]
    number = first["format"] if first["kind"] == "configuration" else None
    if problem := format_problem(number, FORMAT, oldest=FORMAT):
        raise SettingsError(f"{folder} cannot be resumed: {problem}")
    _check_data(configuration, first, folder)
    more = _more_trials(configuration["settings"], records, folder)
    _check_settings(configuration["settings"], first["settings"], folder)
    now = configuration["versions"]
    before = {name: version for name, version in versions_of(records).items() if name not in UNUSED}
    if before != now:
        if not accept_versions:
            raise SettingsError(
                f"{folder} was run with other versions: here is {changes(before, now)}; install those, or go on with "
                "--accept-versions, of which the report will tell"
            )
        bench.append("versions", versions=now)
    if more is not None:
        bench.go_on_to(more)


def _check_data(now: Mapping[str, Any], first: Mapping[str, Any], folder: Path) -> None:
    if any(now[name] != first[name] for name in ("data_digest", "data")):
        raise SettingsError(
            f"the images differ from those of this run ({folder}); resume with the same ones, or start again with "
            "another --out"
        )


def _more_trials(settings: Mapping[str, Any], records: Sequence[Record], folder: Path) -> int | None:
    """The number of trials to go on to, if it is larger than before. Raises SettingsError for another one."""
    before, now = limits(records)[-1], settings["trials"]
    if before == now:
        return None
    if before is None or now is None or now < before:
        goes = "to its end" if before is None else f"to {before} trials"
        raise SettingsError(
            f"{folder} goes {goes}, not to {now}; resume without --trials, or with a larger number to continue it"
        )
    return int(now)


def _check_settings(now: Mapping[str, Any], then: Mapping[str, Any], folder: Path) -> None:
    here, there = flat({"settings": now}), flat({"settings": then})
    for name in sorted(here.keys() | there.keys()):
        if name != "settings.trials" and here.get(name) != there.get(name):
            raise SettingsError(
                f"{folder} was started with {name} = {there.get(name)!r}, not {here.get(name)!r}; resume with the same "
                "settings, or start again with another --out"
            )


def flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings as one level: {"a": {"b": 1}} is {"a.b": 1}."""
    made: dict[str, Any] = {}
    for key, value in document.items():
        made |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return made
