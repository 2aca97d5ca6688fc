"""Every operation against Pillow 13, uint8, grey and RGB, nearest neighbour: thousands of comparisons, none by eye.

What is promised to be bit-identical is compared bit for bit. Warps on OpenCV keep the tolerance below, which
docs/design/backends.md quotes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image as PillowImage
from PIL import ImageEnhance, ImageOps

import augplug
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.cache import Programs
from augplug._pipeline.items import Drawn
from augplug._pipeline.render import Renderer
from augplug.effects import Warp
from augplug.ops.base import Operation
from augplug.ops.color import Color
from augplug.ops.filters import Sharpness
from augplug.ops.geometry import HorizontalFlip, Rotate, ShearX, ShearY, TranslateX, TranslateY, VerticalFlip
from augplug.ops.regions import Cutout
from augplug.ops.tone import (
    AutoContrast,
    Brightness,
    Contrast,
    Equalize,
    Identity,
    Invert,
    Posterize,
    Solarize,
    SolarizeAdd,
)
from augplug.types import Canvas, Image

POINT_SHIFT = 1 / 512
"""OpenCV, nearest: each pixel shows the input point within this many pixels (in x and in y) of the exact one."""
SHARE = 0.02
"""OpenCV, nearest: at most this share of pixels differs, where input points do not fall half-way between pixels."""

COMPARISONS = {
    "Identity": 86,
    "Invert": 86,
    "AutoContrast": 86,
    "Equalize": 86,
    "Solarize": 812,
    "SolarizeAdd": 812,
    "Posterize": 652,
    "Brightness": 1458,
    "Color": 1458,
    "Contrast": 1458,
    "Sharpness": 1458,
    "ShearX": 1458,
    "ShearY": 1458,
    "TranslateX": 1458,
    "TranslateY": 1458,
    "Rotate": 5346,
    "HorizontalFlip": 86,
    "VerticalFlip": 86,
    "Cutout": 1058,
}
"""How many comparisons each operation sees, on each backend."""

EXACT_ON_OPENCV = [
    name for name in COMPARISONS if name not in {"ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"}
]

Pillow = PillowImage.Image
Reals = npt.NDArray[np.float64]
BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}

FACTORS = (
    0,
    1,
    1e-6,
    0.1,
    1 / 3,
    0.37,
    0.5,
    0.55,
    0.999,
    0.999999,
    1 - 1e-9,
    1.000001,
    1.001,
    1.45,
    1.9,
    2.75,
    6.5,
    10,
)
SHEARS = (0, 1e-9, -1e-9, 1e-4, 0.03, -0.1, 0.2, 0.25, -0.3, 1 / 3, 0.5, -0.5, 0.77, -0.99, 1, -1, 2, -2)
MOVES = (0, 1, -1, 2, -3, 0.5, -0.5, 0.25, -0.3, 1e-9, 7.75, -13.4, 32, -33, 47, -64, 1e5, -1e5)
ANGLES = (
    *range(-360, 361, 15),
    *(1e-14, 1e-9, -1e-9, 1e-6, 1e-3, -0.1, 0.5, 1, -1, 3, -7, 29.99, 44.9999999, 89.999999, 90.000001, 179.999, 271.3),
)
FILLS: tuple[float, ...] = (0, 77, 255)


@dataclass(frozen=True)
class Case:
    """An operation, what Pillow calls it, and (for warps) the exact input points of the output pixels."""

    operation: Operation
    pillow: Callable[[Pillow], Pillow]
    pull: Callable[[int, int], Reals] | None = None


def shear(factor: float, fill: float, *, across: bool) -> Case:
    """A shear: Pillow's matrix counts from the corner, ours from the centre of the first pixel."""
    matrix = (1, factor, 0, 0, 1, 0) if across else (1, 0, 0, factor, 1, 0)
    made = np.array([[1, factor, factor / 2], [0, 1, 0]] if across else [[1, 0, 0], [factor, 1, factor / 2]])
    operation = (ShearX if across else ShearY)(factor=factor, fill=fill)
    return Case(operation, lambda image: affine(image, matrix, fill), lambda _height, _width: made)


def translation(pixels: float, fill: float, *, across: bool) -> Case:
    """A shift; Pillow's numbers move content the other way."""
    dx, dy = (pixels, 0.0) if across else (0.0, pixels)
    operation = (TranslateX if across else TranslateY)(pixels=pixels, fill=fill)
    made = np.array([[1, 0, -dx], [0, 1, -dy]])
    return Case(operation, lambda image: affine(image, (1, 0, -dx, 0, 1, -dy), fill), lambda _height, _width: made)


def affine(image: Pillow, matrix: tuple[float, ...], fill: float) -> Pillow:
    """Pillow's affine transform."""
    return image.transform(
        image.size, PillowImage.Transform.AFFINE, matrix, PillowImage.Resampling.NEAREST, fillcolor=colour(image, fill)
    )


def colour(image: Pillow, value: float) -> int | tuple[int, ...]:
    """A grey value as Pillow's modes write it."""
    return int(value) if image.mode == "L" else (int(value),) * 3


def rotation(degrees: float, fill: float) -> Case:
    """A turn counter-clockwise about the centre."""

    def pull(height: int, width: int) -> Reals:
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        return np.column_stack([turn, centre - turn @ centre])

    return Case(
        Rotate(degrees=degrees, fill=fill), lambda image: image.rotate(degrees, fillcolor=colour(image, fill)), pull
    )


def cutout(size: float, x: float, y: float) -> Case:
    """A square pasted about a pixel, clipped."""

    def paste(image: Pillow) -> Pillow:
        side = int(size * min(image.size))
        left, top = (
            min(int(at * length), length - 1) - side // 2 for at, length in zip((x, y), image.size, strict=True)
        )
        made = image.copy()
        if side:
            made.paste(colour(image, 99), (max(left, 0), max(top, 0), left + side, top + side))
        return made

    return Case(Cutout(size=size, x=x, y=y, value=99), paste)


def solarize_add(add: float, threshold: float) -> Case:
    """Pillow has no such operation: its point() with the table of timm's."""
    table = [int(min(max(v + add, 0), 255)) if v < threshold else v for v in range(256)]
    return Case(SolarizeAdd(add=add, threshold=threshold), lambda image: image.point(table * len(image.getbands())))


Enhancer = Callable[[Pillow], ImageEnhance._Enhance]
ENHANCERS: dict[str, tuple[Callable[..., Operation], Enhancer]] = {
    "Brightness": (Brightness, ImageEnhance.Brightness),
    "Color": (Color, ImageEnhance.Color),
    "Contrast": (Contrast, ImageEnhance.Contrast),
    "Sharpness": (Sharpness, ImageEnhance.Sharpness),
}


def enhanced(name: str) -> list[Case]:
    """A factor around 1."""
    made, enhancer = ENHANCERS[name]
    return [Case(made(factor=factor), partial(enhance, enhancer=enhancer, factor=factor)) for factor in FACTORS]


def enhance(image: Pillow, *, enhancer: Enhancer, factor: float) -> Pillow:
    """Pillow's enhancers are objects."""
    return enhancer(image).enhance(factor)


def solarize(image: Pillow, *, threshold: float) -> Pillow:
    """Pillow says int and takes any number."""
    table = ImageOps.solarize(image, threshold)  # type: ignore[arg-type]  # as above
    assert isinstance(table, PillowImage.Image)
    return table


@cache
def cases(name: str) -> list[Case]:
    """Every case of an operation."""
    fills = (FILLS * 30)[:90]
    made: dict[str, Callable[[], list[Case]]] = {
        "Identity": lambda: [Case(Identity(), lambda image: image)],
        "Invert": lambda: [Case(Invert(), ImageOps.invert)],
        "AutoContrast": lambda: [Case(AutoContrast(), ImageOps.autocontrast)],
        "Equalize": lambda: [Case(Equalize(), ImageOps.equalize)],
        "Solarize": lambda: [
            Case(Solarize(threshold=t), partial(solarize, threshold=t))
            for t in (0, 0.5, 1, 100, 127.5, 128, 128.999, 254.2, 255, 256)
        ],
        "SolarizeAdd": lambda: [solarize_add(a, t) for a, t in product((-255, -3, 0.5, 37, 110), (128, 256))],
        "Posterize": lambda: [
            Case(Posterize(bits=bits), partial(ImageOps.posterize, bits=bits)) for bits in range(1, 9)
        ],
        "Brightness": lambda: enhanced("Brightness"),
        "Color": lambda: enhanced("Color"),
        "Contrast": lambda: enhanced("Contrast"),
        "Sharpness": lambda: enhanced("Sharpness"),
        "ShearX": lambda: [shear(f, fill, across=True) for f, fill in zip(SHEARS, fills, strict=False)],
        "ShearY": lambda: [shear(f, fill, across=False) for f, fill in zip(SHEARS, fills, strict=False)],
        "TranslateX": lambda: [translation(m, fill, across=True) for m, fill in zip(MOVES, fills, strict=False)],
        "TranslateY": lambda: [translation(m, fill, across=False) for m, fill in zip(MOVES, fills, strict=False)],
        "Rotate": lambda: [rotation(d, fill) for d, fill in zip(ANGLES, fills, strict=False)],
        "HorizontalFlip": lambda: [Case(HorizontalFlip(), ImageOps.mirror)],
        "VerticalFlip": lambda: [Case(VerticalFlip(), ImageOps.flip)],
        "Cutout": lambda: [
            cutout(size, x, y)
            for size, (x, y) in product((0, 0.4, 1), ((0, 0), (1, 1), (0.5, 0.5), (0.13, 0.87), (1, 0.3)))
        ][:13],
    }
    return made[name]()


@cache
def images() -> list[Image]:
    """Noise, low contrast, one value, two values and photographs, grey and RGB, of sizes from 1x1 to 512x512."""
    rng = np.random.default_rng(20)
    photos = [getattr(skimage.data, name)() for name in ("astronaut", "coffee", "camera")]
    made: list[Image] = []
    sizes = [(1, 1), (1, 64), (64, 1), (2, 2), (3, 3), (2, 9), (32, 32), (33, 47)]
    for number, (size, depth) in enumerate(product(sizes, [(), (3,)])):
        shape = size + depth
        photo = photos[number // 2 % 2] if depth else photos[2]
        made += [
            rng.integers(0, 256, shape),
            rng.integers(100, 110, shape),
            np.broadcast_to(rng.integers(0, 256, depth or (1,)), shape if depth else size),
            rng.choice(rng.integers(0, 256, 2), shape),
            photo[90 : 90 + size[0], 140 : 140 + size[1]],
        ]
    for shape in ((224, 200), (224, 200, 3)):
        made += [rng.integers(0, 256, shape), photos[1 if shape[2:] else 2][:224, :200]]
    made += [photos[0], rng.integers(0, 256, (512, 512))]
    return [np.ascontiguousarray(image, dtype=np.uint8) for image in made]


def pairs(name: str) -> Iterator[tuple[Case, Image]]:
    """Every comparison of an operation: all cases on small images, every sixth on large ones."""
    for image in images():
        yield from product(cases(name)[:: 1 if image.size < 5000 else 6], [image])


def render(operation: Operation, image: Image, backend: str) -> Image:
    """Render an operation as it is described."""
    return Programs(Renderer("none", BACKENDS[backend], None)).of((Drawn("augplug:X", operation),), image).run(image)


def expected(case: Case, image: Image) -> Image:
    """What Pillow makes of the image."""
    return np.asarray(case.pillow(PillowImage.fromarray(image)))


@pytest.mark.parametrize("name", COMPARISONS)
def test_the_reference_equals_pillow_to_the_bit(name: str) -> None:
    """Every operation, at every number, on every image."""
    compared = 0
    for case, image in pairs(name):
        made = render(case.operation, image, "reference")
        assert np.array_equal(made, expected(case, image)), (case.operation, image.shape)
        compared += 1
    assert compared == COMPARISONS[name]


@pytest.mark.parametrize("name", EXACT_ON_OPENCV)
def test_tones_colour_sharpness_flips_and_paint_on_opencv_equal_pillow_to_the_bit(name: str) -> None:
    """What does not resample is the same on both backends."""
    compared = 0
    for case, image in pairs(name):
        made = render(case.operation, image, "opencv")
        assert np.array_equal(made, expected(case, image)), (case.operation, image.shape)
        compared += 1
    assert compared == COMPARISONS[name]


@pytest.mark.parametrize("name", [name for name in COMPARISONS if name not in EXACT_ON_OPENCV])
def test_warps_on_opencv_show_the_exact_input_point_within_the_tolerance(name: str) -> None:
    """Where OpenCV's pixel is another than Pillow's, its input point lies on the edge between the two pixels."""
    compared = 0
    for case, image in pairs(name):
        made = render(case.operation, image, "opencv")
        fill = getattr(case.operation, "fill", 0.0)
        compared += 1
        if not np.array_equal(made, expected(case, image)):
            assert case.pull is not None
            assert shows(made, image, case.pull(*image.shape[:2]), fill), (case.operation, image.shape)
    assert compared == COMPARISONS[name]


def shows(made: Image, image: Image, pull: Reals, fill: float) -> bool:
    """Whether every pixel shows an input point at most POINT_SHIFT from the exact one."""
    height, width = image.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    points = pull @ np.stack([xs.ravel(), ys.ravel(), np.ones(xs.size)])
    pixels = image.reshape(height * width, -1)
    good = np.zeros(height * width, dtype=bool)
    for sx, sy in product((-POINT_SHIFT, 0, POINT_SHIFT), repeat=2):
        x, y = (np.floor(part + shift + 0.5).astype(int) for part, shift in zip(points, (sx, sy), strict=True))
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        seen = np.where(inside[:, None], pixels[np.where(inside, y * width + x, 0)], np.uint8(fill))
        good |= (seen == made.reshape(seen.shape)).all(axis=1)
    return bool(good.all())


def test_quarter_turns_and_whole_shifts_on_opencv_equal_pillow_to_the_bit() -> None:
    """Warps that put pixels on pixels do not resample, whatever the interpolation is called."""
    compared = 0
    whole = [rotation(d, 9) for d in range(-360, 361, 90)]
    whole += [translation(m, 9, across=across) for m in (0, 1, -2, 33, -64, 1e5) for across in (True, False)]
    for case, image in product(whole, images()):
        square = image.shape[0] == image.shape[1]
        if isinstance(case.operation, Rotate) and not square and case.operation.degrees % 180:
            continue
        assert np.array_equal(render(case.operation, image, "opencv"), expected(case, image)), case.operation
        compared += 1
    assert compared > 1000


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["Brightness", "Color", "Contrast", "Sharpness"])
def test_hundreds_of_factors_on_nearly_all_pairs_of_values_equal_pillow_to_the_bit(name: str, backend: str) -> None:
    """Blends in float32, truncated: at tenths, hundredths, thirteenths, random factors and their neighbours."""
    rng = np.random.default_rng(11)
    image = rng.integers(0, 256, (120, 120, 3), dtype=np.uint8)
    whole = [k / 10 for k in range(31)] + [k / 100 for k in range(0, 200, 7)] + [k / 13 for k in range(26)]
    near = [float(np.nextafter(np.float32(k / 20), np.float32(side))) for k in range(0, 41, 3) for side in (-9, 9)]
    for factor in [*whole, *(f for f in near if f >= 0), *rng.uniform(0, 2, 100).tolist(), *rng.uniform(0, 10, 20)]:
        operation = ENHANCERS[name][0](factor=factor)
        right = enhance(PillowImage.fromarray(image), enhancer=ENHANCERS[name][1], factor=factor)
        assert np.array_equal(render(operation, image, backend), np.asarray(right)), factor


def test_few_pixels_of_a_warp_on_opencv_differ_from_pillow() -> None:
    """The share at random numbers, where few input points fall half-way between pixels. `pytest -s` prints it."""
    rng = np.random.default_rng(4)
    shares = []
    for image in [image for image in images() if image.size > 3000]:
        for _ in range(6):
            drawn = [
                rotation(float(rng.uniform(-360, 360)), 0),
                shear(float(rng.uniform(-2, 2)), 0, across=True),
                shear(float(rng.uniform(-2, 2)), 0, across=False),
                translation(float(rng.uniform(-40, 40)), 0, across=True),
            ]
            for case in drawn:
                different = render(case.operation, image, "opencv") != expected(case, image)
                shares.append(float(different.any(axis=2).mean() if image.ndim == 3 else different.mean()))
    most, mean = max(shares), float(np.mean(shares))
    sys.stdout.write(f"\n{BACKENDS['opencv'].version()}, nearest: {most:.2%} of pixels differ, {mean:.2%} on average\n")
    assert len(shares) > 250
    assert most <= SHARE
    assert mean <= SHARE / 10


def test_thousands_of_comparisons_are_made() -> None:
    """The table above counts them; each test holds its row to what it really compared."""
    assert sum(COMPARISONS.values()) > 10_000
    assert sum(COMPARISONS[name] for name in EXACT_ON_OPENCV) > 3_000
    assert {image.shape[:2] for image in images()} >= {
        (1, 1),
        (1, 64),
        (2, 2),
        (3, 3),
        (33, 47),
        (224, 200),
        (512, 512),
    }


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fill_of_three_numbers_fills_each_channel_with_its_own(backend: str) -> None:
    """A tuple is one number a channel, as Pillow's fillcolor."""
    image = images()[-2]
    made = render(TranslateX(pixels=500, fill=(10, 20, 250)), image, backend)
    turned = render(Rotate(degrees=45, fill=(10, 20, 250)), image, backend)
    assert np.array_equal(made[:, :500], np.broadcast_to(np.array([10, 20, 250]), (512, 500, 3)))
    assert turned[0, 0].tolist() == [10, 20, 250]


BITS = {
    "autoaugment": "8877665544",
    "randaugment": "8877666554443322211" + "1" * 12,
    "torchvision-31": "8" * 4 + "7" * 8 + "6" * 7 + "5" * 8 + "4" * 4,
    "trivialaugment-wide": "888" + "77777" + "66666" + "55555" + "44444" + "33333" + "222",
}
"""Posterize at each whole level: facts from the papers' code, written out."""
DIVISORS = {"autoaugment": 9, "randaugment": 10, "torchvision-31": 30, "trivialaugment-wide": 30}
SCALES_AND_LEVELS = [(scale, level) for scale, bits in BITS.items() for level in range(len(bits))]


def strongest(scale: str, op: str) -> Fraction:
    """How far t = 1 is from no effect, as the papers print it."""
    wide = scale == "trivialaugment-wide"
    table = {
        "Shear": Fraction(99, 100) if wide else Fraction(3, 10),
        "Rotate": Fraction(135) if wide else Fraction(30),
        "Factor": Fraction(99, 100) if wide else Fraction(9, 10),
        "Solarize": Fraction(256) if scale in {"autoaugment", "randaugment"} else Fraction(255),
    }
    return table[op]


def drawn_at(scale: str, op: str, level: float) -> list[Operation]:
    """What a step at a level draws, over enough indices to see both sides."""
    made = augplug.Augmenter(augplug.Policy(augplug.step(op, level=level), scale=scale), backend="reference")
    image = np.zeros((1, 1, 3), dtype=np.uint8)
    items = [made.plan(image, index=index).items[0] for index in range(24)]
    return [item.operation for item in items if isinstance(item, Drawn)]


def values_at(scale: str, op: str, level: float, field: str) -> list[float]:
    """The numbers that a field takes at a level, in order."""
    return sorted({float(getattr(operation, field)) for operation in drawn_at(scale, op, level)})


@pytest.mark.parametrize(("scale", "level"), SCALES_AND_LEVELS)
def test_a_level_means_what_the_papers_say(scale: str, level: int) -> None:
    """Both sides where chance chooses, clamped to what the field can be: numbers written from design.md section 3."""
    t = Fraction(level, DIVISORS[scale])
    for op in ("ShearX", "ShearY"):
        move = float(strongest(scale, "Shear") * t)
        assert values_at(scale, op, level, "factor") == pytest.approx(sorted({-move, move}), rel=1e-12), op
    turn = float(strongest(scale, "Rotate") * t)
    assert values_at(scale, "Rotate", level, "degrees") == pytest.approx(sorted({-turn, turn}), rel=1e-12)
    step = float(strongest(scale, "Factor") * t)
    for op in ("Brightness", "Color", "Contrast", "Sharpness"):
        assert values_at(scale, op, level, "factor") == pytest.approx(
            sorted({max(0, 1 - step), 1 + step}), abs=1e-12
        ), op
    top = strongest(scale, "Solarize")
    assert values_at(scale, "Solarize", level, "threshold") == pytest.approx([max(0, float(top * (1 - t)))], abs=1e-10)
    assert values_at(scale, "Posterize", level, "bits") == [int(BITS[scale][level])]
    if scale != "trivialaugment-wide":
        assert values_at(scale, "SolarizeAdd", level, "add") == pytest.approx([min(255, float(110 * t))], rel=1e-12)
        assert values_at(scale, "Cutout", level, "size") == pytest.approx([min(1, float(60 * t / 331))], rel=1e-12)


@pytest.mark.parametrize(("scale", "level"), SCALES_AND_LEVELS)
def test_translations_are_whole_pixels_cut_from_exact_fractions(scale: str, level: int) -> None:
    """int(150/331 side t), or int(32 t) of TrivialAugment: checked in exact fractions for every side."""
    t = Fraction(level, DIVISORS[scale])
    for op, across in (("TranslateX", True), ("TranslateY", False)):
        for operation in set(drawn_at(scale, op, level)):
            for side in (1, 2, 3, 28, 32, 33, 224, 331, 512, 662, 993):
                exact = 32 * t if scale == "trivialaugment-wide" else min(Fraction(150, 331) * t, Fraction(1)) * side
                canvas = Canvas(7, side, 3) if across else Canvas(side, 7, 3)
                effect = operation.describe(canvas)[0]
                assert isinstance(effect, Warp)
                assert isinstance(effect.transform, tuple)
                assert abs(effect.transform[0 if across else 1][2]) == int(exact), (operation, side)
