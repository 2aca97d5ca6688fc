"""Fewer effects with the same meaning, by named level. Neighbours only: nothing is reordered.

`none` leaves everything as described. `exact` does only what is bit-identical: runs of tones become one table, runs of
flips and quarter turns become one.
"""

from __future__ import annotations

from collections.abc import Sequence

from augplug import coords
from augplug.effects import AdaptiveTone, Blend, Effect, Tone, Warp
from augplug.shapes import shape_after
from augplug.tone_runs import join_tones, split_tones
from augplug.types import Canvas, FuseMode

_TONES = (Tone, AdaptiveTone)
_CHANGES_ALONE = (Warp, Blend)


def fuse(effects: Sequence[Effect], level: FuseMode, canvas: Canvas) -> tuple[Effect, ...]:
    """Return the effects at that level; `canvas` is what the first of them is rendered on."""
    if level == "none" or (len(effects) == 1 and not isinstance(effects[0], _CHANGES_ALONE)):
        return tuple(effects)
    fused: list[Effect] = []
    shape: tuple[int, ...] = (canvas.height, canvas.width, canvas.channels)
    before: Effect | None = None
    for effect in effects:
        last = fused[-1] if fused else None
        shape = shape if before is None else shape_after(before, shape)
        before = effect
        if isinstance(effect, Blend):
            inner = Canvas(*shape)
            effect = Blend(effect.weights, tuple(fuse(chain, level, inner) for chain in effect.chains))
        if isinstance(effect, _TONES) and isinstance(last, _TONES) and _joins(effect):
            fused[-1] = join_tones((*split_tones(last), *split_tones(effect)))
        elif isinstance(effect, Warp) and isinstance(effect.transform, tuple):
            _add_warp(fused, effect, (shape[0], shape[1]))
        else:
            fused.append(effect)
    return tuple(fused)


def _joins(effect: Tone | AdaptiveTone) -> bool:
    # A grey mean needs the pixels themselves: grey of three channels cannot be had from three histograms.
    return not (isinstance(effect, AdaptiveTone) and effect.statistic == "gray_mean")


def _add_warp(fused: list[Effect], effect: Warp, size: tuple[int, int]) -> None:
    """Append a warp, joined with the turn before it if it is a turn itself; turns that come to nothing vanish."""
    if not isinstance(effect.transform, tuple) or coords.is_turn(effect.transform, *size) != effect.size:
        fused.append(effect)
        return
    last = fused[-1] if fused else None
    transform = effect.transform
    if isinstance(last, Warp) and isinstance(last.transform, tuple):
        before = _input_size(last)
        if before is not None and coords.is_turn(last.transform, *before) == last.size:
            transform = coords.multiply(effect.transform, last.transform)
            size = before
            fused.pop()
    if transform != coords.IDENTITY or size != effect.size:
        fused.append(Warp(transform=transform, size=effect.size))


def _input_size(warp: Warp) -> tuple[int, int] | None:
    """Return the canvas size on which a matrix would be a turn onto `warp.size`, if there is one."""
    for size in (warp.size, warp.size[::-1]):
        if isinstance(warp.transform, tuple) and coords.is_turn(warp.transform, *size) == warp.size:
            return size
    return None
