"""What happens to an image after it was taken: contrast, elastic distortion, pixels, JPEG."""

from __future__ import annotations

import numpy as np

import augplug
from augplug import Canvas, Effect, Points, Values
from augplug_corruptions import severities
from augplug_corruptions.pixels import PAPER, Sample, fractions, require_color, stationary, with_values


@augplug.operation(source=PAPER)
class CorruptionContrast(augplug.Operation):
    """Move every value towards the mean of its channel."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(lower_contrast, 0, severities.CONTRAST[self.severity - 1])]


def lower_contrast(sample: Sample, _key: int, factor: float) -> Sample:
    """Return mean + factor (v - mean) of each channel."""
    values = fractions(sample["image"])
    mean = values.mean(axis=(0, 1))
    return with_values(sample, mean + factor * (values - mean))


@augplug.operation(source=PAPER)
class CorruptionElasticTransform(augplug.Operation):
    """Tilt the image and move every pixel by a random field, which folds: masks, boxes and keypoints are refused.

    No level sets `severity`, because 3 moves the image less than 1 and 2 do, as published.
    """

    severity: int = augplug.parameter(low=1, high=5, unit="severity")
    key: int = augplug.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels, which moves no target."""
        unit = min(canvas.height, canvas.width) * severities.ELASTIC_SIDE / severities.PUBLISHED_SIDE
        strength, sigma, shift = severities.ELASTIC_TRANSFORM[self.severity - 1]
        return [augplug.Opaque(function=elastic, key=self.key, arguments=(strength * unit, sigma * unit, shift * unit))]


def elastic(sample: Sample, key: int, strength: float, sigma: float, shift: float) -> Sample:
    """Show at each place the input at (place + displacement), taken back through an affine map; linear in between.

    All in pixels. Displacements are uniform noise in -1..1, smoothed by a Gaussian, times `strength`. The affine map
    takes three points to where chance moves them, by at most `shift` on each axis. The image is mirrored at its border.
    """
    from scipy import ndimage  # scipy is imported where it is used

    values = fractions(sample["image"])
    height, width = values.shape[:2]
    chance = augplug.generator(key)
    middle, third = np.array([height / 2, width / 2]), min(height, width) / 3
    points = middle + third * np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    back = affine(points + chance.uniform(-shift, shift, (3, 2)), points)
    moved = np.indices((height, width)) + strength * smoothed(chance.uniform(-1.0, 1.0, (2, height, width)), sigma)
    places = np.tensordot(back[:, :2], moved, 1) + back[:, 2, None, None]
    planes = [ndimage.map_coordinates(plane, places, order=1, mode="mirror") for plane in np.moveaxis(values, -1, 0)]
    return with_values(sample, np.stack(planes, axis=-1))


def affine(given: Points, wanted: Points) -> Values:
    """Return the affine map `(2, 3)` that takes three given points `(3, 2)` to the wanted ones."""
    return np.asarray(np.linalg.solve(np.column_stack([given, np.ones(3)]), wanted).T, dtype=np.float64)


def smoothed(noise: Values, sigma: float) -> Values:
    """Return noise `(N, H, W)` smoothed by a Gaussian of `sigma` pixels, mirrored at its border.

    Mirrored noise repeats itself, so that the Gaussian, however wide, is one product of spectra.
    """
    from scipy import ndimage  # as above

    height, width = noise.shape[1:]
    mirrored = np.pad(noise, ((0, 0), (0, height), (0, width)), mode="symmetric")
    spectrum = ndimage.fourier_gaussian(np.fft.fft2(mirrored), (0.0, sigma, sigma))
    return np.asarray(np.fft.ifft2(spectrum).real[:, :height, :width], dtype=np.float64)


@augplug.operation(source=PAPER)
class CorruptionPixelate(augplug.Operation):
    """Show the image in large pixels: shrunk by a box filter, and enlarged again."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels."""
        return [stationary(pixelate, 0, severities.PIXELATE[self.severity - 1])]


def pixelate(sample: Sample, _key: int, share: float) -> Sample:
    """Give every pixel the mean of its cell; the cells are the pixels of the small image, int(`share` side) a side.

    A pixel belongs to the cell that its centre lies in. Where that is the edge between two, it counts in the first and
    shows the second, as in Pillow.
    """
    values = fractions(sample["image"])
    for axis in (0, 1):
        side = values.shape[axis]
        cells = max(1, int(side * share))
        centres = (2 * np.arange(side) + 1) * cells  # in units of 1 / (2 side) of a cell, so that edges are exact
        sizes = np.bincount((centres - 1) // (2 * side))
        sums = np.add.reduceat(values, np.cumsum(sizes) - sizes, axis=axis)
        means = sums / sizes.reshape((-1, 1, 1) if axis == 0 else (-1, 1))
        values = np.take(means, centres // (2 * side), axis=axis)
    return with_values(sample, values)


@augplug.operation(source=PAPER)
class CorruptionJpegCompression(augplug.Operation):
    """Save the image as JPEG of low quality, and read it again: 8 bits a value, whatever the image holds."""

    severity: int = augplug.parameter(low=1, high=5, unit="severity", level=(1, 5))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One function of the pixels. Raises ImageError where JPEG has no form: not grey, not RGB, a side too long."""
        require_color("CorruptionJpegCompression", canvas)
        if max(canvas.height, canvas.width) > LONGEST:
            raise augplug.ImageError(
                f"CorruptionJpegCompression takes sides up to {LONGEST} pixels, which is JPEG's own limit, not "
                f"{canvas.height}x{canvas.width}; make the image smaller first, or leave it out of the policy"
            )
        return [stationary(compress, 0, severities.JPEG_COMPRESSION[self.severity - 1])]


LONGEST = 65500
"""Pixels of the longest side that libjpeg writes."""


def compress(sample: Sample, _key: int, quality: int) -> Sample:
    """Encode and decode; colour at half the resolution, as JPEG does unless told otherwise."""
    import cv2  # costs 0.1 s, and is not needed to list or draw operations

    eight_bits = np.rint(fractions(sample["image"]) * 255).astype(np.uint8)
    # OpenCV takes and gives colours as blue, green, red.
    _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(eight_bits[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)).reshape(eight_bits.shape)
    return with_values(sample, decoded[..., ::-1] / 255)
