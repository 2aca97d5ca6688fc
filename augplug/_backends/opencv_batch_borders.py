"""Many warps of uint8 images that repeat outside: what each shows of the outside is laid around its image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from augplug import coords_stack
from augplug._backends import opencv_area
from augplug._backends.base import PreparedRows
from augplug._backends.opencv_borders import seen
from augplug._backends.opencv_packing import is_packed
from augplug._backends.opencv_warps import INTERPOLATIONS, LONGEST_SIDE
from augplug.effects import Warp
from augplug.types import Image, Values

Shape: TypeAlias = tuple[int, ...]
_BORDERS = {"edge": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT_101, "wrap": cv2.BORDER_WRAP}


def bordered_warps(
    transforms: Values, effect: Warp, shape: Shape, single: npt.NDArray[np.bool_]
) -> PreparedRows | None:
    """Return the kernel of warps by the matrices `(N, 3, 3)`, the same bits as `opencv_borders.bordered` of each.

    `single` rows, which have a way of their own, are left to that, and so are those of which it makes the reference's.
    """
    if effect.interpolation == "area" or is_packed(effect.interpolation, effect.size, shape, np.dtype(np.uint8)):
        return None
    edges, able = seen(transforms, effect.size, shape)
    left, top, right, bottom = edges.T
    shifts = coords_stack.translations(-left.astype(np.float64), -top.astype(np.float64))
    moved = coords_stack.products(transforms, shifts)
    largest = (int(shape[0] + (top + bottom).max()), int(shape[1] + (left + right).max()))
    if max(*largest, *effect.size) > LONGEST_SIDE:
        return None
    if effect.interpolation == "linear":  # a part of the larger image, made smaller, would be resized
        single = single | opencv_area.cuts_of_rows(moved, effect.size, largest)[2]
    warp, pulls, size = *warp_of(moved), effect.size[::-1]
    flags, border = INTERPOLATIONS[effect.interpolation] | cv2.WARP_INVERSE_MAP, _BORDERS[effect.border]
    margins = edges.tolist()

    def render(images: list[Image], rows: Any, outs: Sequence[Image | None]) -> list[Image]:
        made = []
        for image, row, out in zip(images, rows.tolist(), outs, strict=True):
            before, above, behind, below = margins[row]
            wide = cv2.copyMakeBorder(image, above, below, before, behind, border)
            made.append(warp(wide, pulls[row], size, out, flags))
        return made

    return PreparedRows(render, single | ~able)


def are_perspectives(transforms: Values) -> npt.NDArray[np.bool_]:
    """Return which of the matrices `(N, 3, 3)` are not affine."""
    return np.asarray((transforms[:, 2] != (0, 0, 1)).any(axis=1))


def warp_of(transforms: Values) -> tuple[Callable[..., Image], Values]:
    """Return OpenCV's warp of matrices `(N, 3, 3)`, and what it takes of each: if one is a perspective, all are."""
    pulls = coords_stack.inverses(transforms)
    return (cv2.warpPerspective, pulls) if are_perspectives(transforms).any() else (cv2.warpAffine, pulls[:, :2])
