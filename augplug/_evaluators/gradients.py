"""Features of an image: oriented-gradient cells, and mean colours on colour images. A simple relative of HOG.

Source: Dalal and Triggs, "Histograms of oriented gradients for human detection", CVPR 2005, with 8 signed directions
and half-rectified projections in place of angles.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from augplug.types import Image

Floats = npt.NDArray[np.float32]

DIRECTIONS = 8
FINEST = 32
"""Images with both sides at least twice this are first reduced by a whole factor, so that large images stay cheap."""
CONTRAST = 0.1
"""Added to the local contrast that cells are divided by, so that flat regions do not become noise."""
CHUNK = 256
"""Images treated at a time: few enough to stay in the cache."""


def features(images: Image, cells: int) -> Floats:
    """Return `(N, F)` float32 features of uint8 images `(N, H, W)` or `(N, H, W, 3)`.

    F = 8 cells^2, on colour images 11 cells^2: for each of `cells` x `cells` cells the gradient of the grey image along
    8 directions, negative parts cut off, summed, divided by the contrast of the 3 x 3 cells around; then the cell's
    mean red, green and blue. An image with a side smaller than `cells` has as many cells as pixels along it.
    """
    return np.concatenate([_of_chunk(images[start : start + CHUNK], cells) for start in range(0, len(images), CHUNK)])


def _of_chunk(images: Image, cells: int) -> Floats:
    pixels = _reduced(images).astype(np.float32) / np.float32(255)
    rows, columns = (_sums(side, min(cells, side)) for side in pixels.shape[1:3])
    if pixels.ndim == 3:
        return _gradient_cells(pixels, rows, columns).reshape(len(images), -1)
    grey = pixels.mean(axis=3, dtype=np.float32)
    area = rows.sum(axis=1)[:, None] * columns.sum(axis=1)
    colours = np.stack([_summed(pixels[..., c], rows, columns) / area for c in range(3)], axis=-1)
    parts = (_gradient_cells(grey, rows, columns), colours)
    return np.concatenate([part.reshape(len(images), -1) for part in parts], axis=1)


def _reduced(images: Image) -> Image:
    """Means over whole blocks; what is left over at the right and the bottom is cut off."""
    factor = min(images.shape[1:3]) // FINEST
    if factor < 2:
        return images
    count, height, width = len(images), images.shape[1] // factor, images.shape[2] // factor
    blocks = images[:, : height * factor, : width * factor].reshape(
        count, height, factor, width, factor, *images.shape[3:]
    )
    reduced: Image = blocks.mean(axis=(2, 4), dtype=np.float32)
    return reduced


def _gradient_cells(grey: Floats, rows: Floats, columns: Floats) -> Floats:
    """`(N, R, C, 8)`: the rectified gradients of `(N, H, W)` in 0..1, summed over cells and normalised."""
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) * np.float32(0.5)
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) * np.float32(0.5)
    made = np.empty((len(grey), len(rows), len(columns), DIRECTIONS), np.float32)
    for k in range(DIRECTIONS // 2):
        angle = 2 * math.pi * k / DIRECTIONS
        along: Floats = np.float32(math.cos(angle)) * across + np.float32(math.sin(angle)) * down
        forward = _summed(np.maximum(along, 0), rows, columns)
        made[..., k] = forward
        # The opposite direction has the negative projection: max(-a, 0) = max(a, 0) - a, for the price of a sum.
        made[..., k + DIRECTIONS // 2] = np.maximum(forward - _summed(along, rows, columns), 0)
    energy = np.pad(np.square(made).sum(axis=3), ((0, 0), (1, 1), (1, 1)))
    high, wide = made.shape[1:3]
    around = sum(energy[:, y : y + high, x : x + wide] for y in range(3) for x in range(3))
    return made / (np.sqrt(around) + np.float32(CONTRAST))[..., None]


def _sums(side: int, cells: int) -> Floats:
    """`(cells, side)`: a matrix that sums a side's pixels into cells of nearly equal size."""
    edges = [round(side * i / cells) for i in range(cells + 1)]
    matrix = np.zeros((cells, side), np.float32)
    for i in range(cells):
        matrix[i, edges[i] : edges[i + 1]] = 1
    return matrix


def _summed(values: Floats, rows: Floats, columns: Floats) -> Floats:
    """`(N, H, W)` -> `(N, R, C)`."""
    return rows @ (values @ columns.T)
