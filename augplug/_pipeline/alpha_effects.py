"""Effects on an image with alpha: what they do to its colour channels, and to its alpha as an image of its own.

A warp moves alpha like the image, with 0 outside; a blend adds the alpha of its chains by the same weights; all other
effects leave alpha alone. A fill with one number more than the image has colour channels ends with that of alpha.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from augplug._backends.base import ImageFunction
from augplug._sample.targets import Targets
from augplug.effects import Blend, Effect, Paint, Warp
from augplug.shapes import shape_after
from augplug.types import Fill

Effects = tuple[Effect, ...]


def split_effects(effects: Sequence[Effect], shape: tuple[int, ...]) -> tuple[Effects, Effects]:
    """Return the effects on colour channels of that shape `(H, W, C)`, and the effects on alpha `(H, W)`."""
    colour: list[Effect] = []
    alpha: list[Effect] = []
    for effect in effects:
        one, other = _split(effect, shape)
        colour.append(one)
        alpha += other
        shape = shape_after(one, shape)
    return tuple(colour), tuple(alpha)


def _split(effect: Effect, shape: tuple[int, ...]) -> tuple[Effect, Effects]:
    if isinstance(effect, Warp):
        fill, outside = _split_fill(effect.fill, shape[2])
        one = effect if fill is effect.fill else replace(effect, fill=fill)
        return one, (replace(effect, fill=outside),)
    if isinstance(effect, Paint):
        value, _ = _split_fill(effect.value, shape[2])
        return effect if value is effect.value else replace(effect, value=value), ()
    if isinstance(effect, Blend):
        chains = [split_effects(chain, shape) for chain in effect.chains]
        moved = tuple(alpha for _, alpha in chains)
        alpha = (Blend(effect.weights, moved),) if any(moved) else ()
        return Blend(effect.weights, tuple(colour for colour, _ in chains)), alpha
    return effect, ()


def _split_fill(fill: Fill, channels: int) -> tuple[Fill, float]:
    if isinstance(fill, tuple) and len(fill) == channels + 1:
        return fill[:-1], fill[-1]
    return fill, 0.0


def follow_with_alpha(targets: Targets, follow: Callable[[Targets], None], kernels: Sequence[ImageFunction]) -> None:
    """Move targets in place, and alpha by kernels of its own."""
    for kernel in kernels:
        assert targets.alpha is not None  # noqa: S101  # a program for images with alpha runs with it
        targets.alpha = kernel(targets.alpha)
    follow(targets)
