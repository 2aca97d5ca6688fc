"""The kinds of arrays that users hold (numpy, torch, torchvision's tv_tensors, PIL): as numpy arrays, and back.

None of these libraries is imported: whoever holds an object of one has it loaded.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug.errors import ImageError, TargetError
from augplug.types import Image

Back: TypeAlias = Callable[[Image], Any]
"""Turns a result into the kind that was given."""
_IMAGE_MODES = ("L", "RGB", "RGBA", "LA", "I;16")
_FLOAT64 = np.dtype(np.float64)
_same = np.asarray
"""Returns an array as it is; a function of C, since every call asks for it."""


def to_array(given: Any, channels: int = 3) -> tuple[Any, Back]:
    """Return a PIL image or torch tensor as an array, and the function that turns a result into the same kind.

    Torch tensors are `(C, H, W)` or `(H, W)`, and come back so; with `channels` dimensions, an array has channels.
    Anything else comes back as it is.
    """
    if given.__class__ is np.ndarray:
        return given, _same
    if is_picture(given):
        return _from_picture(given)
    if is_tensor(given):
        return _from_tensor(given, channels)
    return given, _same


def to_mask(given: Any) -> tuple[Any, Back]:
    """Return what `to_array` does of a mask: of a picture with a palette, the numbers of its colours."""
    if is_picture(given) and given.mode not in _IMAGE_MODES:
        return _from_mask(given)
    return to_array(given)


def is_tensor(given: Any) -> bool:
    """Return True for a tensor of torch, or one of torchvision's tv_tensors."""
    return hasattr(given, "permute") and type(given).__module__.split(".")[0] in ("torch", "torchvision")


def is_picture(given: Any) -> bool:
    """Return True for an image of PIL."""
    return hasattr(given, "getbands") and type(given).__module__.split(".")[0] == "PIL"


def _is_tv_tensor(given: Any) -> bool:
    return type(given).__module__.split(".")[0] == "torchvision"


def _from_picture(picture: Any) -> tuple[Image, Back]:
    from PIL import Image as Pictures  # whoever holds a picture has it loaded

    if picture.mode not in _IMAGE_MODES:
        raise ImageError(f"a PIL image of mode {picture.mode} is not taken; convert it first: image.convert('RGB')")
    return np.asarray(picture), Pictures.fromarray


def _from_mask(picture: Any) -> tuple[Image, Back]:
    from PIL import Image as Pictures  # as above

    if picture.mode not in ("1", "P", "I", "F"):
        raise TargetError(f"a mask is a PIL image of mode 1, L, P, I, I;16 or F, not {picture.mode}")

    def back(mask: Image) -> Any:
        made = Pictures.fromarray(mask)
        if picture.mode == "P":
            mode = picture.palette.mode
            made.putpalette(picture.getpalette(mode), mode)
        return made

    return np.asarray(picture), back


def _from_tensor(tensor: Any, channels: int) -> tuple[Image, Back]:
    array = plain(tensor)
    axes = array.ndim == channels
    if axes:
        array = np.moveaxis(array, -3, -1)

    def back(image: Image) -> Any:
        made = np.moveaxis(image, -1, -3) if axes and image.ndim == channels else image
        torch = sys.modules["torch"]
        return _wrapped(tensor, torch.from_numpy(np.ascontiguousarray(made)).to(tensor.device))

    return array, back


def _wrapped(given: Any, tensor: Any, **more: Any) -> Any:
    """Return a tensor as the class of tv_tensors that was given; `more` is the size that boxes and points hold."""
    if not _is_tv_tensor(given):
        return tensor
    kinds = sys.modules["torchvision.tv_tensors"]
    return kinds.wrap(tensor, like=given, **(more if hasattr(given, "canvas_size") else {}))


def plain(given: Any) -> Any:
    """Return a tensor as an array; anything else as it is. Raises TargetError for a dtype that numpy does not have."""
    if not is_tensor(given):
        return given
    tensor = given.detach().cpu()
    try:
        return tensor.numpy()
    except TypeError as error:
        raise TargetError(f"a tensor of {given.dtype} has no dtype in numpy; give it as tensor.float()") from error


def like(given: Any, array: npt.NDArray[np.float64], size: tuple[int, ...] | None = None) -> Any:
    """Return numbers as an array or a tensor of the dtype that was given.

    Integers come back as the library's own floats: rounding would move what they say. `size` is the image's.
    """
    if isinstance(given, np.ndarray):
        return array if given.dtype == _FLOAT64 or given.dtype.kind != "f" else array.astype(given.dtype)
    if not is_tensor(given):
        return array
    torch = sys.modules["torch"]
    dtype = given.dtype if given.dtype.is_floating_point else torch.get_default_dtype()
    made = torch.from_numpy(np.ascontiguousarray(array)).to(device=given.device, dtype=dtype)
    return _wrapped(given, made, **({} if size is None else {"canvas_size": tuple(size)}))


def rows_like(given: Any, array: npt.NDArray[np.float64], size: tuple[int, ...]) -> Any:
    """Return rows of numbers as the kind that was given: a list or a tuple of tuples, an array, a tensor."""
    if isinstance(given, list | tuple):
        return type(given)(map(tuple, array.tolist()))
    return like(given, array, size)


def format_of(given: Any) -> Any:
    """Return the format of boxes in rows: that of tv_tensors' BoundingBoxes, else xyxy."""
    return given.format.name.lower() if _is_tv_tensor(given) and hasattr(given, "format") else "xyxy"


def labels_like(given: Any, tags: Sequence[Any]) -> Any:
    """Return labels as what was given: an array or a tensor of its dtype and further axes, a tuple or a list."""
    array = plain(given)
    if not isinstance(array, np.ndarray):
        arrays = np.ndarray in set(map(type, tags))
        copied = [*map(own, tags)] if arrays else [*tags]
        return tuple(copied) if isinstance(given, tuple) else copied
    made = np.empty((len(tags), *array.shape[1:]), dtype=array.dtype)
    for place, tag in enumerate(tags):
        made[place] = tag
    return made if array is given else sys.modules["torch"].from_numpy(made).to(given.device)


def own(value: Any) -> Any:
    """Return a value that shares nothing with the one that was given: arrays, tensors and containers are copied."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if is_tensor(value):
        return value.detach().clone()
    return copy.deepcopy(value) if isinstance(value, list | dict | set) else value


def weights_like(given: Any, row: npt.NDArray[np.float64]) -> Any:
    """Return a row of class weights as the label that was given: a list, an array or a tensor of its dtype.

    The number of a class becomes a row of float64, of a tensor one of torch's own floats.
    """
    if isinstance(given, list | tuple):
        return type(given)(row.tolist())
    return like(given, row)


def column_like(given: Any, made: Sequence[Any]) -> Any:
    """Return the results of a batch for one keyword in the container that was given; unequal shapes are a list."""
    if isinstance(given, tuple):
        return tuple(made)
    if len({np.shape(one) for one in made}) == 1:
        if is_tensor(given):
            return sys.modules["torch"].stack(list(made))
        if isinstance(given, np.ndarray) and given.dtype != object:
            return np.stack(made)
    return list(made)


def split_masks(masks: Any) -> tuple[Sequence[Any], Callable[[Sequence[Any], tuple[int, ...]], Any]]:
    """Return masks one by one, and the function that puts results (and the size of the image) in their container.

    Masks are a list, or one array `(N, H, W)` or `(N, H, W, C)`, or one tensor `(N, H, W)` or `(N, C, H, W)`.
    """
    if isinstance(masks, np.ndarray) or is_tensor(masks):
        if masks.ndim not in (3, 4):
            raise TargetError(f"masks in one array are (N, H, W) or (N, H, W, C), not {tuple(masks.shape)}")
        return list(masks), partial(_joined, masks)
    return masks, lambda made, _: tuple(made) if isinstance(masks, tuple) else made


def _joined(masks: Any, made: Sequence[Any], size: tuple[int, ...]) -> Any:
    if isinstance(masks, np.ndarray):
        return np.stack(made) if made else np.zeros((0, *size, *masks.shape[3:]), masks.dtype)
    torch = sys.modules["torch"]
    stacked = torch.stack(list(made)) if made else masks.new_zeros((*masks.shape[:-2], *size))
    return _wrapped(masks, stacked)
