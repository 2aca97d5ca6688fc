"""Blurs: out of focus, through frosted glass, in motion, and zooming."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import augplug
from augplug import Canvas, Effect
from augplug_corruptions import severities
from augplug_corruptions.pixels import PAPER, Sample, fractions, stationary, trail, with_values, zoomed


@augplug.operation(source=PAPER)
class CorruptionDefocusBlur(augplug.Operation):
    """Spread every pixel over a disk, as a lens does that is out of focus."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(defocus_blur, 0, *severities.DEFOCUS_BLUR[self.severity - 1])]


def defocus_blur(sample: Sample, _key: int, radius: int, edge: float) -> Sample:
    """Convolve with a disk; the image is mirrored at its border, without repeating the outermost pixels."""
    import cv2  # as below

    values = fractions(sample["image"])
    weights = disk(radius, edge)
    border = cv2.BORDER_REFLECT_101
    blurred = [cv2.filter2D(plane, -1, weights, borderType=border) for plane in np.moveaxis(values, -1, 0)]
    return with_values(sample, np.stack(blurred, axis=-1))


def disk(radius: int, edge: float) -> augplug.Values:
    """Return weights that sum to 1: the pixels within `radius`, smoothed by a Gaussian of deviation `edge` (pixels).

    As published, the Gaussian has 3 taps up to a radius of 8, and 5 above.
    """
    import cv2  # costs 0.1 s, and is not needed to list or draw operations

    taps = 3 if radius <= 8 else 5
    side = np.arange(-radius - taps // 2, radius + taps // 2 + 1)
    inside = (side[:, None] ** 2 + side**2 <= radius**2).astype(np.float64)
    smooth = cv2.GaussianBlur(inside / inside.sum(), (taps, taps), edge)
    return np.asarray(smooth, dtype=np.float64)


@augplug.operation(source=PAPER)
class CorruptionGlassBlur(augplug.Operation):
    """Look through frosted glass: blur, swap pixels with close ones, blur again."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """The swaps, between two Gaussian filters."""
        sigma, reach, rounds = severities.GLASS_BLUR[self.severity - 1]
        smooth = augplug.Filter(kernel="gaussian", arguments=(sigma,))
        return [smooth, stationary(swap_pixels, self.key, reach, rounds), smooth]


def swap_pixels(sample: Sample, key: int, reach: int, rounds: int) -> Sample:
    """Swap every pixel that is `reach` away from the border with one up to `reach` pixels away, `rounds` times."""
    image: augplug.Image = sample["image"]
    order = shuffled(image.shape[0], image.shape[1], key, reach, rounds)
    return {**sample, "image": image.reshape(order.size, -1)[order].reshape(image.shape)}


def shuffled(height: int, width: int, key: int, reach: int, rounds: int) -> npt.NDArray[np.intp]:
    """Return which pixel, counted along the rows, stands at each place after all swaps.

    The other pixel is -reach..reach - 1 away on both axes, as published. Pixels 2 `reach` apart cannot meet in one
    swap, so each of the (2 `reach`)**2 lattices of such pixels is swapped at once.
    """
    chance = augplug.generator(key)
    order = np.arange(height * width)
    rows, columns = np.arange(reach, height - reach), np.arange(reach, width - reach)
    for _ in range(rounds):
        moves = chance.integers(-reach, reach, (2, height, width))
        for lattice in range(4 * reach**2):
            y = rows[lattice // (2 * reach) :: 2 * reach, None]
            x = columns[None, lattice % (2 * reach) :: 2 * reach]
            here = y * width + x
            there = here + moves[0, y, x] * width + moves[1, y, x]
            order[here], order[there] = order[there], order[here]
    return order


@augplug.operation(source=PAPER)
class CorruptionMotionBlur(augplug.Operation):
    """Leave a fading trail behind every pixel, as a camera does that is moved."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))
    degrees: float = augplug.parameter(low=-360, high=360, unit="degrees", draw=augplug.Uniform(-45.0, 45.0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(motion_blur, 0, *severities.MOTION_BLUR[self.severity - 1], self.degrees)]


def motion_blur(sample: Sample, _key: int, radius: int, sigma: float, degrees: float) -> Sample:
    """Smear every pixel along a line."""
    return with_values(sample, trail(fractions(sample["image"]), radius, sigma, degrees))


@augplug.operation(source=PAPER)
class CorruptionZoomBlur(augplug.Operation):
    """Average the image with enlargements of itself, as a camera does that approaches fast."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(zoom_blur, 0, *severities.ZOOM_BLUR[self.severity - 1])]


def zoom_blur(sample: Sample, _key: int, count: int, step: float) -> Sample:
    """Average the image and `count` zooms of it; the first zoom is by 1, so that the image counts twice."""
    values = fractions(sample["image"])
    total = values + sum(zoomed(values, 1 + step * zoom) for zoom in range(count))
    return with_values(sample, total / (count + 1))
