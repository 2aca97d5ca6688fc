"""From drawn operations to pixels: describe, fuse, prepare, run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from augplug import fuse as fusing
from augplug._backends.base import Backend, Finish, Kernel
from augplug._policies.draw import Drawn, Item
from augplug.effects import Blend, ColorMix, Effect, Mix, Opaque, Tone, ToneFrom, Warp
from augplug.errors import ImageError, OperationError, TargetError
from augplug.fuse import FuseLevel
from augplug.outputs import Output
from augplug.types import Canvas, Image

MAX_PIXELS = 1 << 28
"""The largest image, height times width, unless an Augmenter is told otherwise."""
DTYPES = ("uint8", "uint16", "float32", "float64")
_UINT8 = np.dtype(np.uint8)
_RESIZING = (Warp, Opaque)
_SLACK = 1e-3
"""How far floats may leave 0..1: what other libraries' resampling overshoots. Whatever changes values clips it."""


def check_image(image: Any, max_pixels: int | None = None) -> Image:
    """Return the image as a C-contiguous array of native byte order.

    Raises ImageError that says what was given and what is taken: other kinds, dtypes and shapes, no pixels or more than
    `max_pixels` (MAX_PIXELS), floats that are NaN or outside 0..1.
    """
    # pylint: disable-next=unidiomatic-typecheck  # a subclass may mean something else by indexing
    ready = type(image) is np.ndarray and image.dtype is _UINT8 and image.flags.c_contiguous
    checked: Image = image if ready else _as_array(image)
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    shape = checked.shape
    if len(shape) not in (2, 3) or 0 in shape or shape[0] * shape[1] > limit:
        raise ImageError(
            f"image of shape {shape}: an image is (H, W) or (H, W, C), from 1x1 to {limit} pixels (max_pixels=)"
        )
    if ready:
        return checked
    if checked.dtype.kind == "f":
        _check_floats(checked)
    return np.ascontiguousarray(checked)


def _as_array(image: Any) -> Image:
    if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
        raise ImageError(f"an image is a numpy array, not {type(image).__name__}; use numpy.asarray(image)")
    if image.dtype.name not in DTYPES:
        raise ImageError(
            f"an image is uint8, uint16, or float32 or float64 in 0..1, not {image.dtype}; {_remedy(image.dtype)}"
        )
    return np.asarray(image, dtype=image.dtype.newbyteorder("="))


def _remedy(dtype: np.dtype[Any]) -> str:
    if dtype == np.bool_:
        return "a mask goes in as mask=, an image as image.astype(numpy.uint8) * 255"
    if dtype.kind in "iu":
        return "image.astype(numpy.uint8) if its values are 0..255"
    return "image.astype(numpy.float32) if its values are reals in 0..1"


def _check_floats(image: Image) -> None:
    lowest, highest = float(image.min()), float(image.max())
    if not (lowest >= -_SLACK and highest <= 1 + _SLACK):  # NaN is in no range
        raise ImageError(
            f"a float image has values in 0..1, this one has {lowest:g} to {highest:g}; divide it by its largest "
            "possible value (255 for 8 bits), and replace NaN and Inf with numpy.nan_to_num"
        )


def canvas_of(image: Image) -> Canvas:
    """Return the canvas of an image; a grey image `(H, W)` has one channel."""
    return _canvas(image.shape)


@lru_cache(maxsize=1024)
def _canvas(shape: tuple[int, ...]) -> Canvas:
    return Canvas(shape[0], shape[1], shape[2] if len(shape) == 3 else 1)


def describe(items: Sequence[Item], canvas: Canvas) -> tuple[Effect, ...]:
    """Return the effects of drawn operations, each described on the canvas that those before it leave."""
    effects: list[Effect] = []
    new: Sequence[Effect] = ()
    for item in items:
        canvas = canvas_after(new, canvas) if new else canvas
        if isinstance(item, Drawn):
            new = item.operation.describe(canvas)
        else:
            new = (Blend(item.weights, tuple(_chain(chain, canvas) for chain in item.chains)),)
        effects += new
    return tuple(effects)


def _chain(items: Sequence[Item], canvas: Canvas) -> tuple[Effect, ...]:
    effects = describe(items, canvas)
    after = canvas_after(effects, canvas)
    if after != canvas:
        raise ImageError(
            f"a chain of a blend makes {after.height}x{after.width} pixels of {canvas.height}x{canvas.width}, and "
            "images of unequal sizes cannot be blended; put what changes the size before or behind the blend"
        )
    return effects


def canvas_after(effects: Sequence[Effect], canvas: Canvas) -> Canvas:
    """Return the canvas that effects leave."""
    shape: tuple[int, ...] = (canvas.height, canvas.width, canvas.channels)
    for effect in effects:
        shape = shape_after(effect, shape)
    return Canvas(*shape)


def shape_after(effect: Effect, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that an image or a mask has behind an effect."""
    if isinstance(effect, _RESIZING):
        return shape if effect.size is None else (*effect.size, *shape[2:])
    if isinstance(effect, ColorMix) and effect.matrix is not None and len(shape) == 3:
        return (*shape[:2], len(effect.matrix))
    return shape


def kernels_of(
    effects: Sequence[Effect], image: Image, fuse: FuseLevel, backend: Backend, output: Output | None = None
) -> tuple[Kernel, ...]:
    """Return the kernels that render effects on images of this shape and dtype, and end with `output`."""
    effects = fusing.fuse(effects, fuse, canvas_of(image))
    last: Tone | ToneFrom | None = None
    if output is not None and fuse != "none" and effects and isinstance(tone := effects[-1], Tone | ToneFrom):
        effects, last = effects[:-1], tone
    kernels: list[Kernel] = []
    shape = image.shape
    for effect in effects:
        if isinstance(effect, Mix):
            raise TargetError(
                "this policy mixes images, and one image alone has no partner; use augment.batch(images, ...) or "
                "augment(image=..., partner=...)"
            )
        if isinstance(effect, Opaque):
            kernels.append(partial(_opaque, effect=effect))
        else:
            kernels.append(backend.prepare(effect, shape, image.dtype))
        shape = shape_after(effect, shape)
    if output is not None:
        kernels.append(backend.finish(output, last, shape, image.dtype))
    return tuple(kernels)


def effect_recurs(effect: Effect) -> bool:
    """Whether an effect has few forms, of whatever reals it was made: whole pixels moved, channels in another order."""
    if isinstance(effect, Warp) and isinstance(effect.motion, tuple):
        (_, _, right), (_, _, down), _ = effect.motion
        return right % 1 == 0 == down % 1
    return isinstance(effect, ColorMix) and effect.matrix is not None and 1 in effect.matrix[0]


def _opaque(image: Image, effect: Opaque) -> Image:
    made = effect.function({"image": image.copy()}, effect.key, *effect.arguments)
    return check_opaque(made["image"], image, effect)


def check_opaque(made: Any, image: Image, effect: Opaque) -> Image:
    """Return what an opaque function made of an image, or refuse another shape than it said, or another dtype."""
    shape = shape_after(effect, image.shape)
    if not isinstance(made, np.ndarray) or (made.shape, made.dtype) != (shape, image.dtype):
        given = f"{getattr(made, 'shape', type(made).__name__)} {getattr(made, 'dtype', '')}"
        raise OperationError(
            f"{effect.function.__qualname__} made {given} of an image of {image.shape} {image.dtype}; an opaque "
            f"function keeps the dtype, and makes the shape that its effect says: {shape}"
        )
    return np.ascontiguousarray(made)


def run(program: Sequence[Kernel], image: Image) -> Image:
    """Return a new image: the kernels one after the other, or a copy where there is none."""
    if not program:
        return image.copy()
    for kernel in program:
        image = kernel(image)
    return image


def run_into(program: Sequence[Kernel], image: Image, into: Image) -> Image:
    """Return what `run` does of a program that ends with an output; `into` where that has the shape of the result."""
    last: Finish = program[-1]
    return last(run(program[:-1], image) if program[:-1] else image, into)
