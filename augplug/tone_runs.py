"""A run of tones: the single tones that one fused effect stands for, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from augplug.effects import AdaptiveTone, Tone
from augplug.errors import OperationError


@overload
def join_tones(run: Sequence[Tone]) -> Tone: ...


@overload
def join_tones(run: Sequence[Tone | AdaptiveTone]) -> Tone | AdaptiveTone: ...


def join_tones(run: Sequence[Tone | AdaptiveTone]) -> Tone | AdaptiveTone:
    """Return single tones that follow each other as one effect, as fusing does: the inverse of `split_tones`.

    Raises OperationError for an empty run, and for a `gray_mean` that is not its first tone: the mean grey of three
    channels cannot be computed from three histograms.
    """
    at = next((place for place, tone in enumerate(run) if isinstance(tone, AdaptiveTone)), 0)
    if not run or any(isinstance(tone, AdaptiveTone) and tone.statistic == "gray_mean" for tone in run[1:]):
        raise OperationError("a run of tones has at least one, and one that needs the mean grey is the first; cut it")
    first, after = run[at], tuple(run[at + 1 :])
    if isinstance(first, AdaptiveTone):
        before = tuple(tone for tone in run[:at] if isinstance(tone, Tone))  # all of them
        return AdaptiveTone(first.statistic, first.function, *first.arguments, before=before, after=after)
    return Tone(first.function, *first.arguments, after=tuple(tone for tone in after if isinstance(tone, Tone)))


def split_tones(effect: Tone | AdaptiveTone) -> tuple[Tone | AdaptiveTone, ...]:
    """Return a tone, and those that fusing put before and after it, as single tones in the order they are applied."""
    before = effect.before if isinstance(effect, AdaptiveTone) else ()
    if not before and not effect.after:
        return (effect,)
    alone = (
        AdaptiveTone(effect.statistic, effect.function, *effect.arguments)
        if isinstance(effect, AdaptiveTone)
        else Tone(effect.function, *effect.arguments)
    )
    parts = [*map(split_tones, before), (alone,), *map(split_tones, effect.after)]
    return tuple(tone for part in parts for tone in part)
