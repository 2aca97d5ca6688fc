"""Effects on batches of uint8 tensors `(N, C, H, W)`, each image with parameters of its own, on any device.

Tables are made by numpy, from counts and extremes that the device computed, and looked up on the device: so tones are
the reference's to the bit on every device. The same holds for nearest neighbours (whole numbers), Sharpness and Color
(float32, one operation at a time, as Pillow computes). Linear and cubic warps, and matrices of colours, are float32
where the reference has float64: a value in a thousand is off by 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch

import augplug
from augplug import AdaptiveTone, ColorMix, Effect, Filter, Paint, Tone, Warp
from augplug_torch import warping

Tensor: TypeAlias = Any
_BYTE = np.dtype(np.uint8)
_EVERY = np.arange(256, dtype=np.float64)
_GREY = (19595, 38470, 7471)
"""Pillow's weights of red, green and blue, in 1/65536."""


def chain_of(effects: Sequence[Effect]) -> list[Effect]:
    """Return effects with runs of tones that look at the image taken apart: each looks at it as it then is."""
    chain: list[Effect] = []
    for effect in effects:
        if not isinstance(effect, AdaptiveTone):
            chain.append(effect)
            continue
        for tone in augplug.split_tones(effect):
            last = chain[-1] if chain else None
            if isinstance(tone, Tone) and isinstance(last, Tone):
                chain[-1] = augplug.join_tones([*augplug.split_tones(last), tone])
            else:
                chain.append(tone)
    return chain


def kind_of(effect: Effect, shape: tuple[int, ...]) -> Hashable | None:
    """Return what images `(C, H, W)` are rendered together by: effects of one kind. None if there is no kernel."""
    if isinstance(effect, Tone):
        return "tone"
    if isinstance(effect, AdaptiveTone):
        return (effect.statistic, effect.function, effect.arguments if effect.statistic == "histogram" else None)
    if isinstance(effect, ColorMix):
        return ("matrix", len(effect.matrix)) if effect.matrix is not None else "blend"
    if isinstance(effect, Warp):
        return warping.kind_of(effect, shape)
    if isinstance(effect, Filter) and (effect.kernel, effect.border) == ("smooth3", "keep"):
        return "sharpen"
    return "paint" if isinstance(effect, Paint) and effect.key is None else None


def render(images: Tensor, effects: Sequence[Any]) -> Tensor:
    """Return images after one effect each, all of one kind that `kind_of` returned."""
    first = effects[0]
    if isinstance(first, Tone):
        return _look_up(images, np.stack([augplug.tone_table(tone, _BYTE) for tone in effects])[:, None])
    if isinstance(first, AdaptiveTone):
        return _look_up(images, _ADAPTIVE[first.statistic](images, effects))
    if isinstance(first, ColorMix):
        return _mixed(images, effects) if first.matrix is not None else _blended(images, effects)
    if isinstance(first, Warp):
        return warping.warped(images, effects)
    return _sharpened(images, effects) if isinstance(first, Filter) else _painted(images, effects)


def _look_up(images: Tensor, tables: Any) -> Tensor:
    """Return images through tables `(N, 1 or C, 256)`."""
    count, channels, height, width = images.shape
    every = torch.from_numpy(np.array(np.broadcast_to(tables, (count, channels, 256)))).to(images.device)
    rows = images.reshape(count, channels, height * width).long()
    return every.gather(2, rows).reshape(images.shape)


def _histogram(images: Tensor, effects: Sequence[AdaptiveTone]) -> Any:
    """Return the tables of tones that ask for histograms, all of one function and its arguments."""
    count, channels = images.shape[:2]
    places = 256 * torch.arange(count * channels, device=images.device)
    values = images.reshape(count * channels, -1).long() + places[:, None]
    counts = torch.bincount(values.reshape(-1), minlength=256 * count * channels).reshape(-1, 256).cpu().numpy()
    levels = effects[0].function(counts, *effects[0].arguments)
    return levels.astype(np.uint8).reshape(count, channels, 256)


def _extremes(images: Tensor, effects: Sequence[AdaptiveTone]) -> Any:
    flat = images.reshape(*images.shape[:2], -1)
    ends = torch.stack([flat.amin(dim=2), flat.amax(dim=2)]).cpu().numpy().astype(np.float64)[..., None]
    tables = [
        effect.function(_EVERY, lowest, highest, *effect.arguments)
        for effect, lowest, highest in zip(effects, *ends, strict=True)
    ]
    return np.clip(np.stack(tables), 0, 255).astype(np.uint8)


def _gray_mean(images: Tensor, effects: Sequence[AdaptiveTone]) -> Any:
    values = _grey(images) if images.shape[1] == 3 else images
    flat = values.reshape(len(images), -1)
    means = flat.sum(dim=1, dtype=torch.int64).cpu().numpy() / flat.shape[1]
    tones = [
        Tone(effect.function, float(int(mean + 0.5)), *effect.arguments)
        for effect, mean in zip(effects, means.tolist(), strict=True)
    ]
    return np.stack([augplug.tone_table(tone, _BYTE) for tone in tones])[:, None]


_ADAPTIVE = {"histogram": _histogram, "extremes": _extremes, "gray_mean": _gray_mean}


def _grey(images: Tensor) -> Tensor:
    """Return Pillow's L of RGB images, `(N, 1, H, W)`, whole numbers."""
    red, green, blue = images.int().split(1, dim=1)
    return (_GREY[0] * red + _GREY[1] * green + _GREY[2] * blue + 32768) >> 16


def _column(images: Tensor, numbers: Sequence[float]) -> Tensor:
    """Return a number for each image, float32, that broadcasts with it."""
    return torch.tensor(numbers, dtype=torch.float32, device=images.device)[:, None, None, None]


def _between(base: Tensor, images: Tensor, factors: Tensor) -> Tensor:
    """Return base + factor (image - base), in float32 and truncated, as Pillow's Blend.c."""
    return (base + factors * (images - base)).clamp(0, 255).to(torch.uint8)


def _blended(images: Tensor, effects: Sequence[ColorMix]) -> Tensor:
    factors = _column(images, [effect.gray_blend or 0.0 for effect in effects])
    return _between(_grey(images).float(), images.float(), factors)


def _mixed(images: Tensor, effects: Sequence[ColorMix]) -> Tensor:
    matrices = torch.tensor([effect.matrix for effect in effects], dtype=torch.float32, device=images.device)
    mixed = torch.einsum("noc,nchw->nohw", matrices, images.float())
    return (mixed + 0.5).floor().clamp(0, 255).to(torch.uint8)


def _sharpened(images: Tensor, effects: Sequence[Filter]) -> Tensor:
    """Return the blend with Pillow's SMOOTH; the outermost pixels stay."""
    height, width = images.shape[2:]
    if min(height, width) < 3:
        return images.clone()
    wide = images.int()
    inner = wide[:, :, 1:-1, 1:-1]
    total = 4 * inner
    for down in range(3):
        for across in range(3):
            total = total + wide[:, :, down : down + height - 2, across : across + width - 2]
    smooth = torch.div(2 * total + 13, 26, rounding_mode="floor").float()
    factors = _column(images, [effect.factor for effect in effects])
    made = images.clone()
    made[:, :, 1:-1, 1:-1] = _between(smooth, inner.float(), factors)
    return made


def _painted(images: Tensor, effects: Sequence[Paint]) -> Tensor:
    made = images.clone()
    channels, height, width = images.shape[1:]
    for image, effect in zip(made, effects, strict=True):
        fill = augplug.fill_values(effect.value, (height, width, channels), _BYTE)
        value = torch.tensor(fill.tolist(), dtype=torch.uint8, device=images.device)[:, None, None]
        for region in effect.regions:
            image[:, region.top : region.bottom, region.left : region.right] = value
    return made
