"""The settings of a study, and `key=value` settings handed to whom they belong to."""

from __future__ import annotations

import ast
import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from augplug._evaluators.base import Evaluator
from augplug._executors.base import Executor
from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import SearchAlgorithm
from augplug.annotated import signature_of
from augplug.errors import SettingsError, suggest
from augplug.ranges import Setting, check_ranges, setting, setting_of

OF_STUDY = (
    *("train", "batch", "finalists", "race_cells", "trial_budget", "significance", "early_stop", "subsets"),
    *("trial_minutes", "trial_memory", "balanced", "ahead"),
)
"""The settings of a study that `--set` takes; the others have options of their own."""


@dataclass(frozen=True)
class StudySettings:  # pylint: disable=too-many-instance-attributes  # what decides a result, in one place
    """Everything that decides the result of a search, besides the images.

    `algorithm` and `evaluator` are names. A cell is a training subset and an augmentation seed; a trial is one policy
    in `seeds` cells. Trials are asked for and told in batches. `algorithm_settings` and `evaluator_settings` go to the
    algorithm and the evaluator.
    """

    algorithm: str
    evaluator: str = "kernel-ridge"
    seed: int = setting(0, low=0, high=2**48 - 1, doc="Decides the split and every draw.")
    seeds: int = setting(3, low=1, high=1000, doc="Cells of a trial: training subsets, each with an augmentation seed.")
    trials: int | None = setting(None, low=1, high=10**6, doc="Policies at most; none: until the algorithm ends.")
    minutes: float | None = setting(None, low=0.001, high=10**6, doc="The whole search takes no longer.")
    train: int = setting(100, low=2, high=10**6, doc="Training images of a child model.")
    batch: int = setting(
        20, low=1, high=10_000, doc="Trials that are proposed together, before their results are told."
    )
    finalists: int = setting(8, low=1, high=1000, doc="Best trials that race against the fixed baselines.")
    race_cells: int = setting(12, low=2, high=1000, doc="Cells in which the last two of the race are compared.")
    trial_budget: float = setting(0.5, low=0.01, high=1, doc="Part of the full training that a trial has.")
    significance: float = setting(
        0.01, low=0, high=1, doc="The search ends where the baselines do not differ at this level; 1: it goes on."
    )
    early_stop: float = setting(
        0.25,
        low=0,
        high=0.95,
        doc="An evaluation that reports progress ends if its report is below this quantile of earlier ones; 0: never.",
    )
    subsets: int = setting(5, low=0, high=100, doc="Other training subsets on which policies are compared at the end.")
    balanced: bool = setting(default=False, doc="Average scores by class.")
    trial_minutes: float | None = setting(
        None, low=0.001, high=10**6, doc="An evaluation that takes longer is ended and fails; none: no limit."
    )
    trial_memory: float | None = setting(
        None, low=1, high=10**9, doc="MB that the process of an evaluation may take, else it is ended and fails."
    )
    ahead: int | None = setting(
        None,
        low=1,
        high=10_000,
        doc="Batches that are under way at a time; none: 1, and above 8 workers as many as keep them busy.",
    )
    algorithm_settings: Mapping[str, Any] = field(default_factory=dict)
    evaluator_settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        check_ranges("a search", self)


@dataclass(frozen=True)
class Registries:
    """What names mean. `algorithms` are made with `(seed=..., **settings)`: the operations are bound already.

    `versions` gives name and version of the plugin that provides a name of a kind ("searches", ...); nothing for
    augplug's own. `published` are the published policies that a search is raced against, those of
    `baselines.published_ones` without.
    """

    algorithms: Mapping[str, Callable[..., SearchAlgorithm]]
    evaluators: Mapping[str, Callable[..., Evaluator]]
    executors: Mapping[str, type[Executor]]
    operations: Operations
    versions: Callable[[str, str], Mapping[str, str]] = lambda _kind, _name: {}
    published: Mapping[str, Policy] | None = None


NOT_DECLARED = Setting()
"""What is known of a setting that is a keyword of a constructor."""


@dataclass(frozen=True)
class Declared:
    """A setting that something takes: its `type`, its `default`, and what else it declares."""

    type: Any
    default: Any
    setting: Setting = NOT_DECLARED


def declared(maker: Callable[..., Any]) -> dict[str, Declared]:
    """Return the settings of an algorithm or evaluator by name.

    They are the fields of its `Settings` dataclass where it has one, else the keyword arguments with a default of its
    constructor, without `seed`. `maker` is the class, or a `functools.partial` of it.
    """
    cls = class_of(maker)
    settings = getattr(cls, "Settings", None)
    if settings is not None and dataclasses.is_dataclass(settings):
        cls = settings if isinstance(settings, type) else type(settings)
    told = {one.name: setting_of(one) for one in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else {}
    return {
        name: Declared(type_of(parameter.annotation), parameter.default, told.get(name) or NOT_DECLARED)
        for name, parameter in signature_of(cls).parameters.items()
        if parameter.default is not parameter.empty and name != "seed"
    }


def class_of(maker: Callable[..., Any]) -> Any:
    """Return the class that `maker` is, or is a `functools.partial` of."""
    return maker.func if isinstance(maker, partial) else maker


def study_settings(
    given: Mapping[str, Any], parts: Registries, *, algorithm: str, evaluator: str = "kernel-ridge", **options: Any
) -> StudySettings:
    """Return study settings from a flat mapping, such as `--set copies=10 --set m=5,9` gives.

    Each key goes to the study, the algorithm or the evaluator, whoever declares it; `evaluator.copies` says which where
    two declare it. Text is parsed by the declared type ("1,2,3" is a tuple). `options` are the other fields of
    StudySettings; one that is None is the algorithm's to say (its `defaults`), but a budget of time replaces its number
    of trials. Raises SettingsError for an unknown or ambiguous key and for a value of another type.
    """
    usual = dict(class_of(named("search algorithm", algorithm, parts.algorithms)).defaults)
    if options.get("minutes") is not None:
        usual.pop("trials", None)
    options = {**usual, **{name: value for name, value in options.items() if value is not None}}
    owners = {
        "study": {name: entry for name, entry in declared(StudySettings).items() if name in OF_STUDY},
        "algorithm": declared(named("search algorithm", algorithm, parts.algorithms)),
        "evaluator": declared(named("evaluator", evaluator, parts.evaluators)),
    }
    found: dict[str, dict[str, Any]] = {owner: {} for owner in owners}
    for key, value in given.items():
        owner, name = _owner(key, owners, f"augplug settings search {algorithm} {evaluator}")
        found[owner][name] = parsed(value, owners[owner][name].type, key)
    return StudySettings(
        algorithm,
        evaluator,
        **{**options, **found["study"]},
        algorithm_settings=found["algorithm"],
        evaluator_settings=found["evaluator"],
    )


def named(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    """Return what `name` means, or raise SettingsError with what it could have been."""
    if name not in known:
        raise SettingsError(f"there is no {kind} {name!r}{suggest(name, known)}")
    return known[name]


def _owner(key: str, owners: Mapping[str, Mapping[str, Declared]], listing: str) -> tuple[str, str]:
    section, _, name = key.rpartition(".")
    takers = [owner for owner, taken in owners.items() if name in taken and section in ("", owner)]
    if len(takers) == 1:
        return takers[0], name
    if takers:
        raise SettingsError(
            f"the setting {key!r} is one of {' and one of '.join(takers)}; write {takers[0]}.{name} or "
            f"{takers[1]}.{name}"
        )
    hint = suggest(name, {n for taken in owners.values() for n in taken})
    raise SettingsError(f"there is no setting {key!r}{hint}; all of them: {listing}")


def parsed(value: Any, kind: Any, key: str) -> Any:
    """Return `value` as `kind`: int, float, bool, str, a tuple of one of these, or `X | None`. Raises SettingsError."""
    options = typing.get_args(kind)
    if isinstance(kind, types.UnionType):
        if value is None or value == "none":
            return None
        kind = next(option for option in options if option is not types.NoneType)
        return parsed(value, kind, key)
    if typing.get_origin(kind) is tuple:
        parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
        return tuple(parsed(part, options[0], key) for part in parts)
    try:
        return _SCALARS[kind](value) if kind in _SCALARS else value
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{key} takes {_WORDS[kind]}, not {value!r}") from error


def type_of(annotation: Any) -> Any:
    """Return the type that an annotation's text names, of those that `parsed` knows, else Any.

    It is read, never evaluated: the text may be a plugin's, and what it names may be anything.
    """
    if not isinstance(annotation, str):
        return annotation
    try:
        return _read(ast.parse(annotation, mode="eval").body)
    except (SyntaxError, ValueError, KeyError):
        return Any


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Name(name):
            return {kind.__name__: kind for kind in _SCALARS}[name]
        case ast.Constant(None):
            return None
        case ast.BinOp(left, ast.BitOr(), right):
            return _read(left) | _read(right)
        case ast.Subscript(ast.Name("tuple"), ast.Tuple([ast.expr() as part, *_]) | (ast.expr() as part)):
            return types.GenericAlias(tuple, (_read(part), ...))
    raise ValueError(ast.dump(node))


def _whole(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError(value)
    return int(value)


def _real(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _truth(value: Any) -> bool:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[str(value).lower()]


_SCALARS: Mapping[Any, Callable[[Any], Any]] = {int: _whole, float: _real, bool: _truth, str: str}
_WORDS: Mapping[Any, str] = {int: "whole numbers", float: "numbers", bool: "true or false", str: "text"}
