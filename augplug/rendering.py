"""From drawn operations to pixels: describe, fuse, prepare, run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augplug import fuse as fusing
from augplug._backends.base import Backend, Kernel
from augplug._policies.draw import Drawn, Item
from augplug.effects import Blend, ColorMix, Effect, Tone, ToneFrom, Warp
from augplug.errors import ImageError
from augplug.fuse import FuseLevel
from augplug.outputs import Output
from augplug.types import Canvas, Image

MAX_PIXELS = 1 << 28
"""The largest image: height times width."""
_UINT8 = np.dtype(np.uint8)


def check_image(image: Any) -> Image:
    """Return the image as a C-contiguous array, or raise ImageError saying what was given and what is taken."""
    # pylint: disable-next=unidiomatic-typecheck  # a subclass may mean something else by indexing
    if type(image) is np.ndarray and image.dtype is _UINT8 and image.flags.c_contiguous:
        checked = image
    else:
        checked = _as_array(image)
    if checked.ndim not in (2, 3) or checked.size == 0 or checked.shape[0] * checked.shape[1] > MAX_PIXELS:
        raise ImageError(
            f"image of shape {checked.shape}: an image is (H, W) or (H, W, C), from 1x1 to {MAX_PIXELS} pixels"
        )
    return checked


def _as_array(image: Any) -> Image:
    if not isinstance(image, np.ndarray):
        raise ImageError(f"an image is a numpy array, not {type(image).__name__}; use numpy.asarray(image)")
    if image.dtype != _UINT8:
        raise ImageError(
            f"this version of augplug takes uint8 images, not {image.dtype}; convert the image to uint8 first"
        )
    return np.ascontiguousarray(image)


def canvas_of(image: Image) -> Canvas:
    """Return the canvas of an image; a grey image `(H, W)` has one channel."""
    return Canvas(image.shape[0], image.shape[1], image.shape[2] if image.ndim == 3 else 1)


def describe(items: Sequence[Item], canvas: Canvas) -> tuple[Effect, ...]:
    """Return the effects of drawn operations, each described on the canvas that those before it leave."""
    effects: list[Effect] = []
    for item in items:
        if isinstance(item, Drawn):
            new: Sequence[Effect] = item.operation.describe(canvas)
        else:
            new = (Blend(item.weights, tuple(_chain(chain, canvas) for chain in item.chains)),)
        effects.extend(new)
        canvas = _canvas_after(new, canvas)
    return tuple(effects)


def _chain(items: Sequence[Item], canvas: Canvas) -> tuple[Effect, ...]:
    effects = describe(items, canvas)
    after = _canvas_after(effects, canvas)
    if after != canvas:
        raise ImageError(
            f"a chain of a blend makes {after.height}x{after.width} pixels of {canvas.height}x{canvas.width}, and "
            "images of unequal sizes cannot be blended; put what changes the size before or behind the blend"
        )
    return effects


def _canvas_after(effects: Sequence[Effect], canvas: Canvas) -> Canvas:
    for effect in effects:
        if isinstance(effect, Warp):
            canvas = Canvas(*effect.size, canvas.channels)
        elif isinstance(effect, ColorMix) and effect.matrix is not None:
            canvas = Canvas(canvas.height, canvas.width, len(effect.matrix))
    return canvas


def prepare(
    items: Sequence[Item], image: Image, fuse: FuseLevel, backend: Backend, output: Output | None = None
) -> tuple[Kernel, ...]:
    """Return the kernels that render drawn operations on images of this shape and dtype, and end with `output`."""
    canvas = canvas_of(image)
    effects = fusing.fuse(describe(items, canvas), fuse, canvas)
    last: Tone | ToneFrom | None = None
    if output is not None and fuse != "none" and effects and isinstance(tone := effects[-1], Tone | ToneFrom):
        effects, last = effects[:-1], tone
    kernels = []
    for effect in effects:
        shape = (canvas.height, canvas.width, canvas.channels)[: image.ndim]
        kernels.append(backend.prepare(effect, shape, image.dtype))
        canvas = _canvas_after((effect,), canvas)
    if output is not None:
        shape = (canvas.height, canvas.width, canvas.channels)[: image.ndim]
        kernels.append(backend.finish(output, last, shape, image.dtype))
    return tuple(kernels)


def run(program: Sequence[Kernel], image: Image) -> Image:
    """Return a new image: the kernels one after the other, or a copy where there is none."""
    if not program:
        return image.copy()
    for kernel in program:
        image = kernel(image)
    return image
