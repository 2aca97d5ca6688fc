"""Warps by matrices, one for each image of a batch."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

import augplug
from augplug import Warp

Tensor: TypeAlias = Any
Reals: TypeAlias = npt.NDArray[np.float64]
_BYTE = np.dtype(np.uint8)
_MODES = {"linear": "bilinear", "cubic": "bicubic"}
"""torch's bicubic has the coefficient -0.75, as augplug's cubic."""
_PADDING = {"constant": "zeros", "edge": "border", "reflect": "reflection"}
_LAST = (0.0, 0.0, 1.0)


def kind_of(effect: Warp, shape: tuple[int, ...]) -> Hashable | None:
    """Return what warps of images `(C, H, W)` are rendered together by; None if there is no kernel.

    There is none for displacement fields, for `area`, and for linear and cubic warps of images that wrap around or have
    a side of 1 pixel.
    """
    if isinstance(effect.transform, augplug.DisplacementField):
        return None
    if effect.interpolation == "nearest":
        pull = inverse(effect.transform)
        turned = bool(pull[0, 1] or pull[1, 0])
        return ("nearest", effect.size, effect.border, tuple(pull[2].tolist()) != _LAST, turned)
    if effect.interpolation not in _MODES or effect.border not in _PADDING or min(shape[1:]) < 2:
        return None
    return (effect.interpolation, effect.size, effect.border)


def warped(images: Tensor, effects: Sequence[Warp]) -> Tensor:
    """Return images warped, all by one kind."""
    pulls = np.stack([inverse(effect.transform) for effect in effects])
    channels, height, width = images.shape[1:]
    fills = np.stack([augplug.fill_values(effect.fill, (height, width, channels), _BYTE) for effect in effects])
    fill = torch.from_numpy(fills).to(images.device)[:, :, None, None]
    first = effects[0]
    if first.interpolation == "nearest":
        return _gathered(images, *_nearest_points(pulls, first.size, images.device), fill, first.border)
    return _sampled(images, _points(pulls, first.size, images.device, torch.float32), fill, first)


def inverse(matrix: Any) -> Reals:
    """Return the inverse of a matrix by cofactors, as augplug: shears, shifts and quarter turns stay exact."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    first, second, third = e * i - f * h, f * g - d * i, d * h - e * g
    z = np.float64(a * first + b * second + c * third)  # which divides by 0, to infinities
    rows = [
        [first, c * h - b * i, b * f - c * e],
        [second, a * i - c * g, c * d - a * f],
        [third, b * g - a * h, a * e - b * d],
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array(rows, dtype=np.float64) / z + 0.0


def _points(pulls: Reals, size: tuple[int, int], device: Any, dtype: Any) -> tuple[Tensor, Tensor]:
    """Return the input point of every output pixel, x and y `(N, H, W)`."""
    rows = torch.from_numpy(pulls).to(device=device, dtype=dtype)[..., None, None]
    ys = torch.arange(size[0], device=device, dtype=dtype)[:, None]
    xs = torch.arange(size[1], device=device, dtype=dtype)[None, :]
    across, down, depth = (rows[:, row, 0] * xs + rows[:, row, 1] * ys + rows[:, row, 2] for row in range(3))
    if (pulls[:, 2] == _LAST).all():
        return across, down
    return across / depth, down / depth


def _nearest_points(pulls: Reals, size: tuple[int, int], device: Any) -> tuple[Tensor, Tensor]:
    """Return the input pixel of every output pixel: 16.16 fixed point for matrices that turn or shear, as Pillow."""
    affine = bool((pulls[:, 2] == _LAST).all())
    if not affine or not (pulls[:, 0, 1].any() or pulls[:, 1, 0].any()):
        xs, ys = _points(pulls, size, device, torch.float64)
        return torch.floor(xs + 0.5).long(), torch.floor(ys + 0.5).long()
    numbers = pulls[:, :2].copy()
    # The half pixel: fixed point counts from the corner of a pixel, not from its centre.
    numbers[:, :, 2] += 0.5
    whole = torch.from_numpy(np.floor(65536.0 * numbers + 0.5).astype(np.int64)).to(device)[..., None, None]
    rows = torch.arange(size[0], device=device)[:, None]
    columns = torch.arange(size[1], device=device)[None, :]
    xs, ys = ((whole[:, row, 2] + whole[:, row, 0] * columns + whole[:, row, 1] * rows) >> 16 for row in range(2))
    return xs, ys


def _gathered(images: Tensor, xs: Tensor, ys: Tensor, fill: Tensor, border: str) -> Tensor:
    """Return the pixels at whole points; outside `fill`, or what the border repeats."""
    count, channels, height, width = images.shape
    places = (_inside(border, ys, height) * width + _inside(border, xs, width)).reshape(count, 1, -1)
    flat = images.reshape(count, channels, height * width)
    taken = flat.gather(2, places.expand(-1, channels, -1)).reshape(count, channels, *xs.shape[1:])
    if border != "constant":
        return taken
    inside = (xs >= 0) & (xs < width) & (ys >= 0) & (ys < height)
    return torch.where(inside[:, None], taken, fill)


def _inside(border: str, places: Tensor, side: int) -> Tensor:
    """Return which pixels of an axis lie at whole places, as numpy.pad's modes have it."""
    if border == "wrap":
        return places % side
    if border == "reflect" and side > 1:
        folded = places % (2 * side - 2)
        return torch.minimum(folded, 2 * side - 2 - folded)
    return places.clamp(0, side - 1)


def _sampled(images: Tensor, points: tuple[Tensor, Tensor], fill: Tensor, effect: Warp) -> Tensor:
    """Return the images at real points. torch samples zeros outside: so the fill is taken off, and put back."""
    height, width = images.shape[2:]
    reflected = effect.border == "reflect"  # about the outermost pixels, which torch calls aligned corners
    sides = [(width - 1, 0), (height - 1, 0)] if reflected else [(width, 1), (height, 1)]
    grid = torch.stack(
        [(2 * axis + shift) / side - 1 for axis, (side, shift) in zip(points, sides, strict=True)], dim=-1
    )
    base = fill.float()
    made = torch.nn.functional.grid_sample(
        images.float() - base,
        grid,
        mode=_MODES[effect.interpolation],
        padding_mode=_PADDING[effect.border],
        align_corners=reflected,
    )
    return (made + base + 0.5).floor().clamp(0, 255).to(torch.uint8)
