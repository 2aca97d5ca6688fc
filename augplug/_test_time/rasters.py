"""Masks of views brought back and merged: class maps by vote, scores by their mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends.base import Backend
from augplug._pipeline.masks import mask_kernel
from augplug._test_time.geometry import Geometry
from augplug.effects import Warp
from augplug.types import Image, Matrix

Reals = npt.NDArray[np.float64]
_FIRST = 0.5
"""What the first view's vote counts more: of equal numbers of votes its value is taken."""


def merge_masks(masks: Sequence[Image], views: Sequence[Geometry], backend: Backend) -> Image:
    """Return one mask of the image's size. A view has a say where it shows the image.

    Of integers and booleans the value with most votes is taken, of equal ones the first view's; floats are averaged.
    """
    if masks[0].dtype.kind == "f":
        return _mean(masks, views, backend)
    return _elected(masks, views, backend)


def _back(mask: Image, view: Geometry, backend: Backend, *, linear: bool) -> Image:
    return _pulled(mask, view.back, view.shown, backend, linear=linear)


def _pulled(mask: Image, back: Reals, shown: tuple[int, int], backend: Backend, *, linear: bool) -> Image:
    warp = Warp(transform=coords.to_matrix(back), size=shown)
    kernel = mask_kernel(warp, mask.shape, mask.dtype, backend, "linear" if linear else "nearest")
    return kernel(np.ascontiguousarray(mask))


def _weight(
    view: Geometry, frames: Sequence[tuple[Matrix, tuple[int, int]]], axes: int, backend: Backend, *, linear: bool
) -> Reals:
    """Return how much of each pixel of the image these canvases show, 0 to 1, with as many axes as a mask has."""
    weight = np.ones(view.shown)
    for matrix, size in frames:
        weight = weight * _pulled(np.ones(size), coords.inverse(matrix), view.shown, backend, linear=linear)
    return weight.reshape(weight.shape + (1,) * (axes - 2))


def _mean(masks: Sequence[Image], views: Sequence[Geometry], backend: Backend) -> Image:
    total = np.zeros((*views[0].shown, *masks[0].shape[2:]))
    weights = np.zeros((*views[0].shown, *[1] * (masks[0].ndim - 2)))
    for mask, view in zip(masks, views, strict=True):
        before = _weight(view, view.frames[:-1], mask.ndim, backend, linear=True)
        # The mask fades at the border of its own, last canvas when it is moved back: only the others weigh it.
        made = _back(mask.astype(np.float64), view, backend, linear=True)
        total += np.where(before > 0, before * made, 0)
        weights += before * _weight(view, view.frames[-1:], mask.ndim, backend, linear=True)
    return (total / weights).astype(masks[0].dtype)


def _elected(masks: Sequence[Image], views: Sequence[Geometry], backend: Backend) -> Image:
    moved = [_back(mask, view, backend, linear=False) for mask, view in zip(masks, views, strict=True)]
    weights = [_weight(view, view.frames, masks[0].ndim, backend, linear=False) for view in views]
    made = moved[0].copy()
    best = np.zeros(made.shape)
    for value in np.unique(np.concatenate([np.unique(mask) for mask in moved])):
        votes = _FIRST * (moved[0] == value)
        for mask, weight in zip(moved, weights, strict=True):
            votes += weight * (mask == value)
        won = votes > best
        made[won], best[won] = value, votes[won]
    return made
