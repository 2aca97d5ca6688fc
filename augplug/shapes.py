"""The shape of an image after an effect: the one function that computes it."""

from __future__ import annotations

from collections.abc import Sequence

from augplug.effects import Blend, ColorMix, Effect, Opaque, Warp
from augplug.errors import ImageError

CHANGING = frozenset({Warp, Opaque, ColorMix, Blend})
"""The effects that may change the shape."""
_RESIZING = (Warp, Opaque)  # a tuple, since a union would be made anew at each call


def shape_after(effect: Effect, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the image that an effect makes of an image `(H, W)` or `(H, W, C)` of this shape.

    Raises ImageError if the chains of a blend end in images of unequal shapes.
    """
    if type(effect) not in CHANGING:  # most often, and every draw asks for each of its effects
        return shape
    if isinstance(effect, _RESIZING):
        return shape if effect.size is None else (*effect.size, *shape[2:])
    if isinstance(effect, ColorMix) and effect.matrix is not None:
        channels = len(effect.matrix)
        return shape if len(shape) == 2 and channels == 1 else (*shape[:2], channels)
    return _shape_of_blend(effect, shape) if isinstance(effect, Blend) else shape


def check_canvases(effects: Sequence[Effect], size: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Return height and width after effects on an image of `size`.

    Raises ImageError before memory is taken if an image of more than `most` pixels is made on the way.
    """
    for effect in effects:
        if isinstance(effect, Blend):
            size = [check_canvases(chain, size, most) for chain in effect.chains][-1]
        elif isinstance(effect, _RESIZING) and effect.size is not None:
            size = effect.size
        if size[0] * size[1] > most:
            raise ImageError(
                f"the policy asks for an image of {size[0]}x{size[1]} pixels, and max_pixels is {most}; ask for a "
                "smaller one, or give Augmenter(..., max_pixels=...) a larger number"
            )
    return size


def _shape_of_blend(effect: Blend, shape: tuple[int, ...]) -> tuple[int, ...]:
    ends = []
    for chain in effect.chains:
        end = shape
        for inner in chain:
            end = shape_after(inner, end)
        # An operation cannot tell a grey image from one with a single channel, so the blend takes both.
        ends.append(end[:2] if len(shape) == 2 and end[2:] == (1,) else end)
    if len(set(ends)) > 1:
        shapes = " and ".join("x".join(map(str, end)) for end in dict.fromkeys(ends))
        raise ImageError(
            f"the chains of a blend end in images of unequal shapes, {shapes}, which cannot be added; change the size "
            "or the channels of every chain alike, or before or after the blend"
        )
    return ends[0]
