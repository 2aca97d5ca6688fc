"""Another library's function on a whole sample: the image and the targets that it names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._pipeline.mix import Partners
from augplug._sample.targets import Targets, clip, corners_of, edges_of
from augplug.effects import Opaque
from augplug.errors import ImageError, OperationError, TargetError
from augplug.shapes import shape_after
from augplug.types import Image


def render_opaque(effect: Opaque, image: Image, targets: Targets | None, _partners: Partners | None) -> Image:
    """Return what the function of an Opaque makes of an image; move the targets in place.

    Raises TargetError for targets that it does not take, OperationError for results that its effect does not announce.
    """
    sample: dict[str, Any] = {"image": image.copy()}
    along = False
    if targets is not None:
        if targets.alpha is not None and takes_alpha(effect, image.shape):
            along, targets.masks = True, [*targets.masks, targets.alpha]
        _give(sample, targets, effect)
    given = tuple(sample)
    result = _returned(effect.function(sample, effect.key, *effect.arguments), given, effect)
    if targets is not None:
        _take(result, targets, effect)
        if along:
            *targets.masks, targets.alpha = targets.masks
    rendered = _checked(result["image"], image, effect)
    if targets is not None:
        clip(targets, (rendered.shape[0], rendered.shape[1]))
    return rendered


def takes_alpha(effect: Opaque, shape: tuple[int, ...]) -> bool:
    """Return True if an opaque function moves alpha, as one more mask; False if it leaves alpha alone.

    Raises ImageError for a function that takes no masks and makes an image of another size.
    """
    if "masks" in effect.targets:
        return True
    if effect.size is None or effect.size == shape[:2]:
        return False
    raise ImageError(
        f"{effect.function.__qualname__} takes no masks and changes the size of an image {shape[:2]} to {effect.size}, "
        "so alpha cannot follow; leave this step out, or give images without alpha"
    )


def _give(sample: dict[str, Any], targets: Targets, effect: Opaque) -> None:
    refused = [name for name in targets.names() if name not in effect.targets]
    if refused:
        raise TargetError(
            f"{effect.function.__qualname__} moves no {' and no '.join(refused)}; leave these targets out, or this step"
        )
    if targets.masks:
        sample["masks"] = [mask.copy() for mask in targets.masks]
    if len(targets.tags):
        sample |= {"boxes": edges_of(targets.corners), "labels": list(targets.tags)}
    if len(targets.visible):
        sample["keypoints"] = targets.points.copy()


def _checked(result: Any, image: Image, effect: Opaque) -> Image:
    """Return the resulting image, or refuse another shape than the effect announces, or another dtype."""
    shape = shape_after(effect, image.shape)
    if not isinstance(result, np.ndarray) or (result.shape, result.dtype) != (shape, image.dtype):
        given = f"{getattr(result, 'shape', type(result).__name__)} {getattr(result, 'dtype', '')}"
        raise OperationError(
            f"{effect.function.__qualname__} made {given} of an image of {image.shape} {image.dtype}; an opaque "
            f"function keeps the dtype, and makes the shape that its effect says: {shape}"
        )
    return np.ascontiguousarray(result)


def _returned(result: Any, given: Collection[str], effect: Opaque) -> Mapping[str, Any]:
    """Return the sample that a function returns, or refuse one that lacks what it was given."""
    returned = type(result).__name__
    if isinstance(result, Mapping):
        missing = [key for key in given if key not in result]
        if not missing:
            return result
        returned = f"no {' and no '.join(missing)}"
    raise OperationError(
        f"{effect.function.__qualname__} returned {returned}; an opaque function returns a dict of what it was given: "
        f"{', '.join(given)}"
    )


def _take(result: Mapping[str, Any], targets: Targets, effect: Opaque) -> None:
    """Take the function's targets. Raises OperationError for other numbers, shapes or dtypes than were given."""
    name = effect.function.__qualname__
    if targets.masks:
        masks = [np.ascontiguousarray(mask) for mask in _listed(result["masks"])]
        expected = [(shape_after(effect, mask.shape), mask.dtype) for mask in targets.masks]
        if [(mask.shape, mask.dtype) for mask in masks] != expected:
            raise OperationError(f"{name} made masks of another number, shape or dtype than {expected}")
        targets.masks = masks
    if len(targets.tags):
        edges, labels = _rows(result["boxes"], 4, f"{name} made boxes"), _listed(result["labels"])
        if len(edges) != len(labels):
            raise OperationError(f"{name} made {len(edges)} boxes and {len(labels)} labels")
        if len(edges) != len(targets.tags):
            targets.shown = np.ones(len(edges))  # which of the boxes are left, only the function knows
        targets.corners, targets.tags = corners_of(edges), np.array([*labels, None], dtype=object)[:-1]
    if len(targets.visible):
        points = _rows(result["keypoints"], 2, f"{name} made keypoints")
        if points.shape != targets.points.shape:
            raise OperationError(
                f"{name} made {len(points)} keypoints of {len(targets.points)}; as many must come back"
            )
        targets.points = points


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, Iterable) else []


def _rows(given: Any, width: int, what: str) -> npt.NDArray[np.float64]:
    """Return what was given as rows `(N, width)`; none for an empty list. Raises OperationError."""
    try:
        rows = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise OperationError(f"{what} that are not rows of {width} finite numbers: {error}") from error
    if (rows.size and rows.shape[1:] != (width,)) or not np.isfinite(rows).all():
        raise OperationError(f"{what} that are not rows of {width} finite numbers, but an array of {rows.shape}")
    return rows.reshape(-1, width)
