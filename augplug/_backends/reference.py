"""The reference backend: numpy, one plain function an effect. At fuse mode `none` it is the specification."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from augplug import coords
from augplug._backends import fields, finishing, kernels, noise, sampling
from augplug._backends.base import Backend, Finish, ImageFunction
from augplug._backends.chains import Prepare, prepare_chains, run_chain
from augplug._backends.slices import sliced
from augplug._backends.tables import (
    GREY,
    Table,
    blend8,
    fill_values,
    from_units,
    levels,
    run_table,
    to_units,
    tone_result,
    tone_table,
    tone_values,
)
from augplug._backends.weighing import weighted_sum
from augplug._sample.output import Layout, Output
from augplug.effects import AdaptiveTone, Blend, ColorMix, DisplacementField, Effect, Filter, Noise, Paint, Tone, Warp
from augplug.errors import OperationError
from augplug.shapes import shape_after
from augplug.tone_runs import split_tones
from augplug.types import Histograms, Image, Values


class Reference(Backend):
    """numpy alone. Slow and plain; every other backend is judged against it."""

    name = "reference"

    def version(self) -> str:
        """Return numpy's version."""
        return f"numpy {np.__version__}"

    def prepare(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
        """Return the function that renders this effect."""
        if isinstance(effect, Blend):
            return blend(effect, shape, dtype, self.prepare)
        render = _RENDER.get(type(effect))
        if render is None:
            raise OperationError(f"{type(effect).__name__} is not rendered on a single image by a backend")
        return partial(render, effect=effect)

    def finish(
        self, output: Output, last: Tone | AdaptiveTone | None, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Finish:
        """Return the last step: by table on integers, by formula on floats."""
        return finishing.finish(output, last, shape, dtype, self, finished)

    def weighted_sum(self, image: Image, partner: Image, weight: float, out: Image | None = None) -> Image:
        """Return the weighted sum by numpy."""
        return weighted_sum(image, partner, weight, out)


def tone(image: Image, effect: Tone) -> Image:
    """Render by table on integers, by formula on floats."""
    if image.dtype.kind == "u":
        # A table of 65,536 values takes longer than a few values by themselves, and is seldom asked for again.
        few = image.size < levels(image.dtype)
        return (
            tone_values(effect, image) if few and image.dtype == np.uint16 else tone_table(effect, image.dtype)[image]
        )
    for single in split_tones(effect):
        image = from_units(tone_result(single, to_units(image, image.dtype)), image.dtype)
    return image


def adaptive_tone(image: Image, effect: AdaptiveTone) -> Image:
    """Render by one table a channel on integers; on floats one after the other."""
    run = split_tones(effect)
    if effect.statistic == "gray_mean":
        image = _from_gray_mean(image, effect)
        run = run[1:]
    if image.dtype.kind == "u":
        return look_up(image, run_table(run, histograms(image), image.dtype)) if run else image
    for single in run:
        image = tone(image, single) if isinstance(single, Tone) else _float_from(image, single)
    return image


def _from_gray_mean(image: Image, effect: AdaptiveTone) -> Image:
    values = grey(image) if image.ndim == 3 and image.shape[2] == 3 else to_units(image, image.dtype)
    mean = float(values.mean())
    mean = float(int(mean + 0.5)) if image.dtype == np.uint8 else mean
    return tone(image, Tone(effect.function, mean, *effect.arguments))


def _float_from(image: Image, effect: AdaptiveTone) -> Image:
    values = np.moveaxis(np.atleast_3d(to_units(image, image.dtype)), 2, 0)
    flat = values.reshape(len(values), -1)
    if effect.statistic == "extremes":
        made = effect.function(flat, *(pick(axis=1, keepdims=True) for pick in (flat.min, flat.max)), *effect.arguments)
    else:
        bins = np.minimum((flat * (256 / 255)).astype(np.int64), 255)
        counts = np.stack([np.bincount(row, minlength=256) for row in bins])
        centres = (np.arange(256) + 0.5) / 256 * 255
        tables = effect.function(counts, *effect.arguments)
        made = np.stack([np.interp(row, centres, table) for row, table in zip(flat, tables, strict=True)])
    rows = np.ascontiguousarray(np.moveaxis(made.reshape(values.shape), 0, 2))
    return from_units(rows.reshape(image.shape), image.dtype)


def look_up(image: Image, table: Table) -> Image:
    """Return an image through its tables `(C, L)`."""
    if image.ndim == 2:
        return cast(Image, table[0][image])
    return np.stack([table[c][image[..., c]] for c in range(image.shape[2])], axis=2)


def finished(image: Image, table: Table, layout: Layout, out: Image | None) -> Image:
    return finishing.to_layout(look_up(image, table), layout, out)


def histograms(image: Image) -> Histograms:
    """Return the exact histograms `(C, L)` of an integer image."""
    channels = np.moveaxis(np.atleast_3d(image), 2, 0)
    return np.stack([np.bincount(channel.ravel(), minlength=levels(image.dtype)) for channel in channels])


def grey(image: Image) -> Values:
    """Return the grey `(H, W)` of an RGB image in 8-bit units: rounded to the integer on uint8, as Pillow's L."""
    if image.dtype == np.uint8:
        total: Histograms = image.astype(np.int64) @ np.array(GREY) + 32768
        return (total >> 16).astype(np.float64)
    return _weighted(to_units(image, image.dtype), np.array(GREY)[:, None] / 65536)[..., 0]


def color_mix(image: Image, effect: ColorMix) -> Image:
    """Render a blend with grey or a matrix on the channels."""
    if effect.gray_blend is not None:
        base = np.repeat(grey(image)[..., None], image.shape[2], axis=2)
        if image.dtype == np.uint8:
            return blend8(base.astype(np.uint8), image, effect.gray_blend)
        return from_units(base + effect.gray_blend * (to_units(image, image.dtype) - base), image.dtype)
    channels = image.reshape(*image.shape[:2], -1)  # a grey image has one
    mixed = _weighted(to_units(channels, image.dtype), np.array(effect.matrix).T)
    mixed = mixed.reshape(shape_after(effect, image.shape))
    return from_units(np.floor(mixed + 0.5) if image.dtype == np.uint8 else mixed, image.dtype)


def _weighted(values: Values, weights: Values) -> Values:
    """Return the sums `(H, W, K)` of the channels of `(H, W, C)`, weighted by `(C, K)`.

    In the order of the channels, every product and sum rounded by itself: a matrix product would round as the
    processor's linear algebra does.
    """
    total: Values = values[..., :1] * weights[0]
    for channel in range(1, len(weights)):
        total += values[..., channel, None] * weights[channel]
    return total


def warp(image: Image, effect: Warp) -> Image:
    """Render by pulling: each output pixel from the input point it shows."""
    fill = fill_values(effect.fill, image.shape, image.dtype)
    if isinstance(effect.transform, DisplacementField):
        return _sampled(image, *fields.pull_points(effect.transform, effect.size), effect, fill)
    exact = sliced(effect.transform, effect.size, image.shape, fill, effect.border)
    if exact is not None:
        return exact(image)
    pull = coords.inverse(effect.transform)
    if effect.interpolation == "area":
        return sampling.area(image, pull, effect.size, fill, effect.border)
    if effect.interpolation == "nearest":
        xi, yi = sampling.nearest_points(pull, effect.size)
        return sampling.gather(image, xi, yi, fill, effect.border)
    return _sampled(image, *sampling.matrix_points(pull, effect.size), effect, fill)


def _sampled(image: Image, xs: Values, ys: Values, effect: Warp, fill: Image) -> Image:
    made = sampling.sample(image, xs, ys, effect.interpolation, fill, effect.border)
    # A cubic overshoots at edges, and what it makes must be an image too.
    return np.clip(made, 0, 1, out=made) if effect.interpolation == "cubic" and made.dtype.kind == "f" else made


def filter_(image: Image, effect: Filter) -> Image:
    """Render a smoothing kernel, and blend."""
    if effect.kernel == "smooth3":
        return _smooth3(image, effect)
    from scipy import ndimage  # scipy costs 50 ms; only blurs need it

    units = to_units(image, image.dtype)
    spatial = units if image.ndim == 3 else units[..., None]
    if effect.kernel == "gaussian":
        weights = kernels.gaussian(*effect.arguments)
        for axis in (0, 1):
            spatial = ndimage.correlate1d(spatial, weights, axis=axis, mode="mirror")
    else:
        weights = kernels.line(*effect.arguments)
        spatial = ndimage.correlate(spatial, weights[..., None], mode="mirror")
    smooth = spatial.reshape(image.shape)
    if image.dtype == np.uint8:
        smooth = np.floor(smooth + 0.5)
        return blend8(smooth.astype(np.uint8), image, effect.factor)
    return from_units(smooth + effect.factor * (units - smooth), image.dtype)


def _smooth3(image: Image, effect: Filter) -> Image:
    """Render Pillow's SMOOTH kernel, its border kept."""
    if min(image.shape[:2]) < 3:
        return image.copy()
    wide = image.astype(np.int64 if image.dtype.kind == "u" else np.float64)
    total = 4 * wide[1:-1, 1:-1] + sum(
        wide[i : i + image.shape[0] - 2, j : j + image.shape[1] - 2] for i in range(3) for j in range(3)
    )
    smooth = image.copy()
    if image.dtype == np.uint8:
        smooth[1:-1, 1:-1] = (2 * total + 13) // 26  # equals Pillow's float32 sum, started at 1/2, truncated
        return blend8(smooth, image, effect.factor)
    base = to_units(wide, image.dtype)
    base[1:-1, 1:-1] = to_units(total, image.dtype) / 13
    return from_units(base + effect.factor * (to_units(image, image.dtype) - base), image.dtype)


def paint(image: Image, effect: Paint) -> Image:
    """Fill each region with the value."""
    painted = image.copy()
    value = fill_values(effect.value, image.shape, image.dtype)
    drawn = None
    if effect.key is not None:
        drawn = from_units(noise.uniform_bytes(effect.key, image.shape).astype(np.float64), image.dtype)
    for region in effect.regions:
        place = np.s_[region.top : region.bottom, region.left : region.right]
        painted[place] = drawn[place] if drawn is not None else value if image.ndim == 3 else value[0]
    return painted


def add_noise(image: Image, effect: Noise) -> Image:
    """Add normal numbers, in 8-bit units; integers round to nearest."""
    added = to_units(image, image.dtype) + effect.std * noise.normal(effect.key, image.shape)
    return from_units(np.floor(added + 0.5) if image.dtype == np.uint8 else added, image.dtype)


def blend(effect: Blend, shape: tuple[int, ...], dtype: np.dtype[Any], prepare: Prepare) -> ImageFunction:
    """Return the kernel that renders each chain from the same image and adds them by weight."""
    chains, result = prepare_chains(effect, shape, dtype, prepare)
    return partial(_blended, chains=chains, weights=effect.weights, shape=result)


def _blended(
    image: Image, chains: Sequence[Sequence[ImageFunction]], weights: Sequence[float], shape: tuple[int, ...]
) -> Image:
    total = np.zeros(shape)
    for weight, chain in zip(weights, chains, strict=True):
        total += weight * to_units(run_chain(image, chain), image.dtype).reshape(shape)
    return from_units(np.floor(total + 0.5) if image.dtype == np.uint8 else total, image.dtype)


_RENDER: dict[type, Any] = {
    Tone: tone,
    AdaptiveTone: adaptive_tone,
    ColorMix: color_mix,
    Warp: warp,
    Filter: filter_,
    Paint: paint,
    Noise: add_noise,
}
