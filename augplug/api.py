"""What `augplug` hands out: the names that need the registry. Besides the command line, the only user of it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

from augplug._backends.base import Backend
from augplug._pipeline.plan import Plan
from augplug._pipeline.planning import replay_sample
from augplug._sample.alpha import channels_of
from augplug._sample.image import check_image, digest_of
from augplug._sample.keywords import Beside
from augplug._sample.kinds import to_array
from augplug.display import Catalogue
from augplug.errors import PlanError, PluginError, SettingsError, suggest
from augplug.gate.artifact import GROUP
from augplug.naming import (
    as_policy,
    backend,
    backends,
    blend,
    load_policy,
    one_of,
    operations,
    policies,
    policy,
    registry,
    resolve_policy,
    sequence,
    some_of,
    step,
    user_policy_files,
    user_policy_folder,
)
from augplug.registry import Plugin
from augplug.types import Image

__all__ = [
    "backends",
    "blend",
    "load_policy",
    "one_of",
    "operations",
    "policies",
    "policy",
    "registry",
    "resolve_policy",
    "sequence",
    "some_of",
    "step",
    "user_policy_files",
    "user_policy_folder",
]

if TYPE_CHECKING:
    from augplug._exporters.base import DType, Exporter
    from augplug._policies.grammar import Node, Policy
    from augplug._search.observers import Observer
    from augplug._search.settings import Registries
    from augplug._search.study import StudyResult
    from augplug.data.sets import Labelled


def load_images(path: str | Path, *, size: int | None = None, resize: int | None = None) -> Labelled:
    """Return the labelled images at `path`: a folder with one folder a class, or an `.npz` file with `x` and `y`.

    `size` and `resize`, in pixels, are for folders: images are shrunk to a longer side of `size` in their aspect, by
    default as a search does, or made squares of `resize`. Raises DataError, or SettingsError for an option that does
    not fit the path.
    """
    from augplug.data.loading import load  # whoever only augments does not pay for it

    return load(path, size=size, resize=resize, note=partial(_note, level=5))


def load_plan(text: str) -> Plan:
    """Read a plan from the text that `plan.to_json()` gave. Raises PlanError."""
    return Plan.from_json(text, operations())


@overload
def replay(plan: Plan, image: Image, partner: Any = ...) -> Image: ...


@overload
def replay(plan: Plan, image: Any, partner: Any = ...) -> Any: ...


@overload
def replay(plan: Plan, image: Any = ..., partner: Any = ..., **sample: Unpack[Beside]) -> dict[str, Any]: ...


def replay(plan: Plan, image: Any = None, partner: Any = None, **sample: Any) -> Any:
    """Return bit for bit what the plan's draw gave on this image, and on the `partner` that was mixed in.

    PIL images and torch tensors come back as such. With targets or further images (`mask`, `boxes`, `images`, `video`,
    all keywords of a call) the result is a dict of what was given. Raises PlanError where that cannot be had here,
    TargetError for a draw that mixes and has no partner.
    """
    if not isinstance(plan, Plan):
        raise PlanError(f"replay takes a Plan, not a {type(plan).__name__}; augplug.load_plan(text) reads a saved one")
    if sample or isinstance(partner, dict):
        given = sample if image is None else {"image": image, **sample}
        return replay_sample(plan, given, partner, partial(_backend_of, plan))
    array, back = to_array(image)
    if channels_of(image, plan.channels) != plan.channels:
        raise PlanError(
            f"the plan's image has {plan.channels or 'no alpha'}, and this PIL image is {image.mode}; give the image "
            "that the plan was made for, or numpy.asarray(image) if that was an array"
        )
    other = None if partner is None else check_image(to_array(partner)[0])
    if plan.partners and plan.partners.get("partner") != (None if other is None else digest_of(other)):
        raise PlanError("the plan was made with another partner image; give that one as partner= (--partner FILE)")
    return back(plan.render(check_image(array), other, partial(_backend_of, plan)))


def _backend_of(plan: Plan) -> Backend:
    """Return the backend that a plan was rendered by. Raises PlanError if its pixels cannot be had here."""
    try:
        found = backend(plan.backend)
    except SettingsError as error:
        raise PlanError(f"the plan was rendered by a backend that is not here: {error}") from error
    rendered_by = plan.versions.get("backend")
    if rendered_by != found.version():
        raise PlanError(
            f"the plan was rendered by {rendered_by}, here is {found.version()}, whose pixels may differ; install the "
            "former"
        )
    return found


def plugins() -> list[Plugin]:
    """Return a row for every installed plugin: what it provides, or why it does not."""
    return registry().rows()


def _named(kind: str) -> Mapping[str, Any]:
    return Catalogue(kind, {name: entry.value for name, entry in registry().provided(kind).items()})


def searches() -> Mapping[str, Callable[..., Any]]:
    """Return the search algorithms by name: `searches()["randaugment"](seed=0, **settings)`."""
    known = {name: partial(algorithm, operations()) for name, algorithm in _named("searches").items()}
    return Catalogue("searches", known)


def evaluators() -> Mapping[str, Any]:
    """Return the child models by name: `evaluators()["kernel-ridge"](train, valid, **settings)`."""
    return _named("evaluators")


def executors() -> Mapping[str, Any]:
    """Return the executors by name."""
    return _named("executors")


def exporters() -> Mapping[str, type[Exporter]]:
    """Return the exporters by name; built with their settings, each writes one format."""
    return _named("exporters")


def export(
    exporter: str,
    policy_or_plan: Plan | Policy | Node | str | Path,
    path: str | Path,
    *,
    size: tuple[int, int] = (224, 224),
    channels: int = 3,
    dtype: DType = "uint8",
    settings: Mapping[str, Any] | None = None,
) -> Path:
    """Write a policy or a plan in a format of another system; return the path of the manifest beside it.

    `size` (height and width), `channels` and `dtype` are those of the images that the export takes. One file is written
    to `path`; of several, `path` is the folder. `settings` are the exporter's own. The manifest holds the policy or the
    plan, the input and the SHA-256 of every file. Raises SettingsError, or ExportError that names what the format
    cannot hold.
    """
    from augplug._exporters.base import InputSpec  # whoever only augments does not pay for exports
    from augplug._exporters.writing import made_by, manifest_of, write_export

    known = exporters()
    if exporter not in known:
        hint = suggest(str(exporter), known) or "; none is installed: plugins bring them"
        raise SettingsError(f"there is no exporter {exporter!r}{hint}")
    spec = InputSpec(*size, channels, dtype)
    source = policy_or_plan if isinstance(policy_or_plan, Plan) else as_policy(policy_or_plan)
    made = known[exporter](**(settings or {}))
    files = made_by(made, source, spec)
    named_files = {Path(path).name: content for content in files.values()} if len(files) == 1 else files
    versions = {GROUP: version(GROUP), **registry().versions("exporters", exporter)}
    manifest = manifest_of(exporter, versions, source, spec, named_files, made.bound)
    return write_export(Path(path), files, manifest)


def observers() -> Mapping[str, Any]:
    """Return the observers by name, as functions that make them."""
    return _named("observers")


def study_parts() -> Registries:
    """Return what names mean to a study."""
    from augplug._search.settings import Registries  # whoever only augments does not pay for searches

    return Registries(searches(), evaluators(), executors(), operations(), registry().versions)


def search(  # pylint: disable=too-many-arguments,too-many-locals  # keywords, each an option of the command
    algorithm: str,
    data: str | Path | Labelled,
    *,
    out: str | Path,
    seed: int = 0,
    seeds: int | None = None,
    workers: int = 2,
    executor: str = "processes",
    evaluator: str = "kernel-ridge",
    observe: Sequence[str | Observer] = (),
    settings: Mapping[str, Any] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    size: int | None = None,
    resize: int | None = None,
    skip_bad: bool = False,
    resume: bool = False,
    accept_versions: bool = False,
    source: Mapping[str, Any] | None = None,
    finish: Callable[[Path], object] | None = None,
    began: float | None = None,
) -> StudyResult:
    """Search a policy for images, and return it with what it gained.

    `data` is a folder with one folder a class, an `.npz` file with x and y, or `Labelled` arrays; `size`, `resize`
    (pixels) and `skip_bad` are for folders. `out` is the run's folder: new, or that of a run which `resume=True` goes
    on with, with other versions too if `accept_versions`, and to more `trials`. A trial is one policy in `seeds` cells
    (by default as the algorithm says: 3 for a grid, else 1); there are at most `trials`, and the whole ends within
    `minutes`. `observe` holds names of observers, or functions that are called with each journal record, in a thread of
    their own. `settings` are those of `--set`. `source` says where `Labelled` arrays came from (data, size, resize,
    skip_bad), for `augplug search --resume RUN`. `finish` is called with the run's folder once `result.json` is written
    and before observers are told of the end. `began` is the `time.monotonic()` from which `minutes` counts, by default
    now. Raises SettingsError, DataError or RunError.
    """
    from augplug._search.resuming import recorded_trials, request_of
    from augplug._search.settings import study_settings  # as above
    from augplug._search.study import run_study

    began = time.monotonic() if began is None else began
    named = dict[str, Any](algorithm=algorithm, evaluator=evaluator, seed=seed, seeds=seeds, minutes=minutes)
    how = dict[str, Any](out=out, executor=executor, workers=workers, resume=resume, finish=finish, began=began)
    most = recorded_trials(Path(out)) if resume and trials is None else trials
    parts = study_parts()
    chosen = study_settings(settings or {}, parts, trials=most, **named)
    images, source = _images(data, source, {"size": size, "resize": resize, "skip_bad": skip_bad})
    how["request"] = request_of(**named, settings=dict(settings or {}), source=source)
    how |= {"observers": [_observer(watcher) for watcher in observe], "accept_versions": accept_versions}
    return run_study(chosen, images, parts=parts, **how)


def _images(
    data: str | Path | Labelled, source: Mapping[str, Any] | None, reading: Mapping[str, Any]
) -> tuple[Labelled, Mapping[str, Any] | None]:
    """The images, and where they came from."""
    from augplug.data.loading import load
    from augplug.data.sets import Labelled

    if isinstance(data, Labelled):
        return data, source
    if not isinstance(data, str | Path):
        raise SettingsError(f"data is a folder, an .npz file or augplug.Labelled, not {type(data).__name__}")
    return load(data, **reading, note=_note), {"data": str(Path(data).absolute()), **reading}


def _note(text: str, level: int = 6) -> None:
    warnings.warn(f"augplug: {text}", stacklevel=level)  # where search, or load_images, was called


def _observer(given: str | Observer) -> Observer:
    if not isinstance(given, str):
        return given
    known = observers()
    if given not in known:
        raise SettingsError(f"there is no observer {given!r}{suggest(given, known)}")
    try:
        made: Observer = known[given]()
    except Exception as error:
        raise PluginError(f"the observer {given} cannot be made: {type(error).__name__}: {error}") from error
    return made
