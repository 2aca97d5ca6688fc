"""The published numbers: what severity 1, 2, 3, 4 and 5 of each corruption mean.

Source of all of them: D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", ICLR 2019 (arXiv 1903.12261), in the settings that its authors published for ImageNet-C: repository
hendrycks/robustness, ImageNet-C/imagenet_c/imagenet_c/corruptions.py. They hold for photographs of 224x224 pixels.
Values are fractions of white, lengths are pixels, and stay pixels at any other size, unless the line says otherwise.
"""

from __future__ import annotations

PUBLISHED_SIDE = 224
"""Pixels of a side of the images that the numbers were chosen on."""

GAUSSIAN_NOISE = (0.08, 0.12, 0.18, 0.26, 0.38)
"""Standard deviation."""

SHOT_NOISE = (60.0, 25.0, 12.0, 5.0, 3.0)
"""Photons that make white."""

IMPULSE_NOISE = (0.03, 0.06, 0.09, 0.17, 0.27)
"""Share of the values that are replaced."""

DEFOCUS_BLUR = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))
"""Radius of the disk; standard deviation of the Gaussian that smooths its edge."""

GLASS_BLUR = ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2))
"""Standard deviation of the Gaussian; how far a pixel may move along each axis; rounds of moving."""

MOTION_BLUR = ((10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0))
"""Radius (a trail has 2 radius + 1 points); standard deviation of the half Gaussian by which the trail fades."""

ZOOM_BLUR = ((12, 0.01), (16, 0.01), (11, 0.02), (13, 0.02), (11, 0.03))
"""How many zooms, beginning with 1; the step from one to the next. Factors, so they hold at any size.

The numbers of zooms are those of the published ranges as numpy rounds them: 1.11 still belongs to the first.
"""

SNOW = (
    (0.1, 0.3, 3.0, 0.5, 10, 4.0, 0.8),
    (0.2, 0.3, 2.0, 0.5, 12, 4.0, 0.7),
    (0.55, 0.3, 4.0, 0.9, 12, 8.0, 0.7),
    (0.55, 0.3, 4.5, 0.85, 12, 8.0, 0.65),
    (0.55, 0.3, 2.5, 0.85, 12, 12.0, 0.55),
)
"""Flakes: mean and standard deviation of the noise they are cut from, its zoom, the value below which there is none,
radius and standard deviation of their trail as in MOTION_BLUR. Scene: share of the image that is not whitened."""

FOG = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))
"""Weight of the fog where it is thickest, the image being 1; the roughness falls by the square of the second number
each time the detail halves. The fog grows with the image, so this holds at any size."""

BRIGHTNESS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""What is added to the value of HSV."""

CONTRAST = (0.4, 0.3, 0.2, 0.1, 0.05)
"""Factor of the distance from the mean."""

ELASTIC_TRANSFORM = ((2.0, 0.7, 0.1), (2.0, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))
"""Factor of the smoothed displacements, standard deviation of the Gaussian that smooths them, and how far the three
points of the affine map move: each times ELASTIC_SIDE at 224x224, and in proportion to the shorter side elsewhere."""

ELASTIC_SIDE = 244
"""Pixels. Published as 244, where 224 was meant, as its authors say; the published images are made with 244."""

PIXELATE = (0.6, 0.5, 0.4, 0.3, 0.25)
"""Side of the small image, of the image's. A share, so it holds at any size."""

JPEG_COMPRESSION = (25, 18, 15, 10, 7)
"""Quality, 1 to 100."""
