"""Checks of an operation that look at no pixel: what it declares and what it describes."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import pickle  # nosec B403  # round trips of what was made here; nothing else is loaded
import random
import typing
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._policies.grammar import DEFAULTS
from augplug.effect_batch import EffectBatch
from augplug.effects import AdaptiveTone, Effect, Tone
from augplug.errors import AugplugError, OperationError
from augplug.ops.base import Operation
from augplug.ops.levels import SCALES
from augplug.ops.parameters import Parameter
from augplug.testing.base import Check, Failed, Skipped, Subject, refuses, require
from augplug.testing.samples import MIDDLE, SIZES, effects_of, examples, tried_range
from augplug.types import Canvas

_CANVASES = [Canvas(*size, channels) for size in (*SIZES, (64, 48)) for channels in (1, 3, 4)]


def is_documented(subject: Subject) -> None:
    """Does the operation say what it does, where its numbers come from, and the unit of each?

    When it fails: write a docstring, `source=` of `augplug.operation`, and `unit=` of each `augplug.parameter`.
    """
    about = subject.value.about
    made_up = (inspect.getdoc(Operation) or "").startswith(about.summary) or about.summary.startswith(
        f"{subject.value.__name__}("  # what dataclass() writes where there is none
    )
    require(not made_up, "its class has no docstring")
    require(about.source.strip(), "source= is empty")
    bare = [name for name, declared in about.parameters.items() if declared.is_number and not declared.unit.strip()]
    require(not bare, f"there is no unit= on {', '.join(bare)}")


def levels_are_legal(subject: Subject) -> None:
    """Do the ends of `level=`, of `draw=` and the default lie in the parameter's range?

    When it fails: correct `level=(weakest, strongest)`, `draw=` or `default=`, or widen `low=` and `high=`.
    """
    for name, declared in subject.value.about.parameters.items():
        for what, value in _declared_values(declared):
            require(
                declared.low <= value <= declared.high,
                f"{what} of {name} is {value:g}, outside {declared.low:g}..{declared.high:g}",
            )


def _declared_values(declared: Parameter) -> Iterator[tuple[str, float]]:
    yield from [("the level", value) for value in declared.level or ()]
    if declared.draw is not None:
        yield from [("the draw", value) for value in declared.draw.bounds]
    if isinstance(declared.default, int | float) and not isinstance(declared.default, bool):
        yield "the default", declared.default


def every_level_is_taken(subject: Subject) -> None:
    """Can every level of every scale be had, on either side, and described?

    When it fails: take every value between `level=(weakest, strongest)`, and beyond it as far as `low=` and `high=` go:
    scales extrapolate.
    """
    field = subject.value.about.level_field
    if field is None:
        raise Skipped("no parameter carries level=")
    base = examples(subject)[0]
    given = {name: getattr(base, name) for name in subject.value.about.parameters}
    del given[field]
    for scale, row in [(scale, scale.row(subject.address, subject.value)) for scale in SCALES.values()]:
        if row is None:
            continue
        levels = [scale.highest * part / 10 for part in range(11)]
        for level, sign in itertools.product(levels, (1, -1) if row.signed else (1,)):
            value = row.value(level / scale.divisor, sign)
            try:
                effects_of(subject.value(**{**given, row.field: value}))
            except AugplugError as error:
                raise Failed(f"level {level:g} of {scale.name}, {row.field}={value:g}, is refused: {error}") from error


def bad_values_are_refused(subject: Subject) -> None:
    """Is a value out of range, of another type or not a number an OperationError, as is an unknown field?

    When it fails: leave the checks to `low=`, `high=` and `choices=`; a `__post_init__` of your own calls that of
    `augplug.Operation` first and raises `augplug.OperationError`.
    """
    base = examples(subject)[0]
    given = {name: getattr(base, name) for name in subject.value.about.parameters}
    with contextlib.suppress(TypeError, OperationError):  # Python itself refuses unknown arguments
        subject.value(**{**given, "no_such_field": 1})
        raise Failed("an unknown field is taken without a word")
    for name, declared in subject.value.about.parameters.items():
        for value in _bad_values(declared):
            refuses(f"{name}={value!r}", partial(subject.value, **{**given, name: value}), OperationError)
        _take_ends(subject, given, name, declared)


def _bad_values(declared: Parameter) -> list[Any]:
    bad: list[Any] = [object(), "no such choice", *([] if declared.optional else [None])]
    if not declared.is_number:
        return [*bad, 2, math.nan]
    if declared.length:
        bad.append((declared.low,) * (declared.length + 1))
    bad += [math.nan, math.inf, -math.inf]
    bad += [declared.low - _beyond(declared.low)] if math.isfinite(declared.low) else []
    bad += [declared.high + _beyond(declared.high)] if math.isfinite(declared.high) else []
    return bad


def _beyond(end: float) -> float:
    """Return how far outside a range a number is that no rounding to float64 brings back."""
    return max(1.0, abs(end) * 1e-6)


def _take_ends(subject: Subject, given: dict[str, Any], name: str, declared: Parameter) -> None:
    """Try a field's ends: they are taken, or refused by an OperationError for the sake of another field."""
    for value in _ends(declared):
        if isinstance(value, float | int | tuple) and not np.isfinite(value).all():
            continue
        try:
            subject.value(**{**given, name: value})
        except OperationError:
            continue
        except Exception as error:
            told = f"{name}={value!r} raises {type(error).__name__} ({error}), not OperationError"
            raise Failed(told) from error


def _ends(declared: Parameter) -> tuple[Any, ...]:
    if declared.flag:
        return False, True
    if declared.choices:
        return declared.choices
    ends: tuple[Any, ...] = (declared.low, declared.high)
    if declared.length and not declared.many:
        ends = tuple((end,) * declared.length for end in ends)
    return (*ends, None) if declared.optional else ends


def describe_is_pure(subject: Subject) -> None:
    """Do the same fields on the same canvas give the same effects, in any order, whatever was described before?

    When it fails: let `describe` use its fields and the canvas alone: no globals, no counters, no clock, no random
    numbers; chance is a field with `draw=`.
    """
    made = examples(subject)
    rows = [(number, canvas) for number in range(len(made)) for canvas in _CANVASES]
    first = {row: _described(made[row[0]], row[1]) for row in rows}
    random.Random(7).shuffle(rows)  # nosec B311  # an order, not a secret
    again = examples(subject)
    for number, canvas in rows:
        require(
            _described(again[number], canvas) == first[number, canvas],
            f"{again[number]} on {canvas} describes other effects the second time",
        )


def _described(operation: Operation, canvas: Canvas) -> list[Effect] | str:
    try:
        return list(operation.describe(canvas))
    except AugplugError as error:
        return str(error)


def a_batch_says_the_same(subject: Subject) -> None:
    """Does `describe_batch`, if the operation has it, say what `describe` says, to the last bit?

    When it fails: compute as `describe` does and in its order; take sines, cosines and powers from Python's `math`, not
    from numpy; and name as `ordinary` the rows that are no such effect.
    """
    if "describe_batch" not in vars(subject.value):
        raise Skipped("it describes no batches")
    told = False
    for base, canvas in itertools.product(examples(subject), _CANVASES):
        columns = _columns(subject, canvas.width)
        try:
            batch = subject.value.describe_batch(SimpleNamespace(**{**vars(base), **columns}), canvas)
            drawn = zip(*(column.tolist() for column in columns.values()), strict=True)
            rows = [subject.value(**{**vars(base), **dict(zip(columns, row, strict=True))}) for row in drawn]
            described = [row.describe(canvas) for row in rows]
        except AugplugError:  # fields may depend on each other and on the canvas
            continue
        if batch is None:
            continue
        told = True
        for row in np.flatnonzero(~batch.ordinary).tolist():
            require(
                list(described[row]) == [batch.at(row)],
                f"{rows[row]} on {canvas} describes {described[row]}, and in a batch {batch.at(row)}",
            )
        _tables_agree(batch)
    if not told:
        raise Skipped("it describes none of the batches tried")


_ROWS = 40


def _columns(subject: Subject, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return numbers for each field that may be drawn: the ends of its range, some round ones, and chance."""
    chance, columns = np.random.default_rng(seed), {}
    for name, declared in subject.value.about.parameters.items():
        if name in DEFAULTS or not declared.is_number or declared.many or declared.length:
            continue
        if declared.integer and declared.draw is None:
            continue
        low, high = tried_range(declared)
        column = chance.uniform(low, high, _ROWS)
        column[:8] = np.clip(chance.permutation([low, high, 0.0, 1.0, 0.5, 2.0, 90.0, 0.25]), low, high)
        columns[name] = np.rint(column) if declared.integer else column
    return columns


def _tables_agree(batch: EffectBatch) -> None:
    """Require that the function of all rows gives what the tone's function gives of each."""
    effect = batch.effect
    if batch.function is None or not isinstance(effect, Tone | AdaptiveTone):
        return
    values, means = np.arange(256.0), [] if isinstance(effect, Tone) else [100.0]
    every = np.insert(batch.numbers, [0] * len(means), means, axis=1)
    together = batch.function(values.copy(), *every.T[..., None])
    for row in np.flatnonzero(~batch.ordinary).tolist():
        alone = effect.function(values.copy(), *every[row].tolist())
        require(np.array_equal(together[row], alone), f"the function of the batch differs on {batch.at(row)}")


def effects_are_values(subject: Subject) -> None:
    """Is what `describe` returns a list of effects that compare, hash and pickle?

    When it fails: build effects of numbers, texts, tuples and module-level functions; no arrays, lists, lambdas,
    objects made on the spot, and nothing that is not an effect of augplug's.
    """
    for operation in examples(subject):
        described = operation.describe(Canvas(*MIDDLE, 3))
        require(isinstance(described, list), f"describe returns {type(described).__name__}, not a list")
        for effect in described:
            require(isinstance(effect, typing.get_args(Effect)), f"{effect!r} is not an effect")
            again = pickle.loads(pickle.dumps(effect))  # nosec B301  # pickled one word before
            require(again == effect and hash(again) == hash(effect), f"{effect!r} comes back from pickle as {again!r}")


def tones_look_at_one_value(subject: Subject) -> None:
    """Does a Tone's function treat each value by itself, and give a finite number for each?

    When it fails: use arithmetic on the whole array, without mean, minimum, shape, order or chance. What needs to see
    the image is an `AdaptiveTone`.
    """
    values = np.linspace(0, 255, 511)
    order = np.random.default_rng(3).permutation(len(values))
    tones = [effect for operation in examples(subject) for effect in effects_of(operation) if isinstance(effect, Tone)]
    if not tones:
        raise Skipped("it describes no Tone")
    for tone in tones:
        made = np.asarray(tone.function(values.copy(), *tone.arguments))
        require(made.shape == values.shape and made.dtype.kind in "fiu", f"{tone} makes {made.shape} {made.dtype}")
        require(np.isfinite(made).all(), f"{tone} makes NaN or Inf of {values[~np.isfinite(made)][:1]}")
        mixed = np.asarray(tone.function(values[order].copy(), *tone.arguments))
        require(np.array_equal(mixed, made[order]), f"{tone} gives a value another result in another order")
        part = np.asarray(tone.function(values[100:220].reshape(4, 5, 6).copy(), *tone.arguments))
        require(
            np.array_equal(part.reshape(-1), made[100:220]), f"{tone} gives a value another result in other company"
        )


CHECKS: tuple[Check, ...] = (
    is_documented,
    levels_are_legal,
    every_level_is_taken,
    bad_values_are_refused,
    describe_is_pure,
    a_batch_says_the_same,
    effects_are_values,
    tones_look_at_one_value,
)
