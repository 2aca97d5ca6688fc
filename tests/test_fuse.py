"""Fusing changes no pixel: `exact` equals `none` to the bit on random plans, and joins what it says it joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augplug
from augplug import coords
from augplug._backends import opencv_tones
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.cache import Programs
from augplug._pipeline.describe import describe
from augplug._pipeline.fuse import fuse
from augplug._pipeline.items import Drawn, DrawnBlend, Item
from augplug._pipeline.render import Renderer
from augplug._sample.image import canvas_of
from augplug.effects import AdaptiveTone, Blend, ColorMix, Effect, Filter, Paint, Tone, Warp
from augplug.ops.base import Operation
from augplug.ops.parameters import Parameter
from augplug.types import Canvas, Image
from tests.strategies import BUILT_IN

BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
NAMES = sorted(name for name in BUILT_IN if ":" not in name)
TONES = ["Invert", "AutoContrast", "Equalize", "Solarize", "SolarizeAdd", "Posterize", "Brightness", "Contrast"]
TURNS = ["HorizontalFlip", "VerticalFlip", "Rotate", "Transpose", "Rotate90"]
SIZED = {"Transpose", "Rotate90"}
"""What changes the size of the image may not stand in a chain of a blend."""
CHUNKS, CHUNK = 20, 450
"""Seeded plans, in chunks so that they can run side by side; Hypothesis makes the other thousand."""
SIZES = [(1, 1), (1, 9), (2, 2), (3, 3), (6, 6), (8, 13), (12, 5), (17, 17)]
SPECIAL: dict[str, Sequence[float]] = {
    "degrees": (0, 90, -90, 180, 270, 360, 45),
    "factor": (0, 1, 0.5),
    "pixels": (0, 1, -2, 3, 0.5),
    "fraction": (0, 0.25, -0.5),
    "threshold": (0, 128, 256),
}


class Chance:
    """Where a random plan gets its numbers: numpy, or Hypothesis, which then shrinks it."""

    def __init__(self, whole: Callable[[int, int], int], real: Callable[[float, float], float]) -> None:
        self.whole = whole
        self.real = real

    def one(self, things: Sequence[Any]) -> Any:
        """One of the things."""
        return things[self.whole(0, len(things) - 1)]


def seeded(seed: int) -> Chance:
    """Numbers from a seed."""
    rng = np.random.default_rng(seed)
    return Chance(lambda low, high: int(rng.integers(low, high + 1)), lambda low, high: float(rng.uniform(low, high)))


def field(name: str, declared: Parameter, channels: int, chance: Chance) -> Any:
    """A random value of a field: half the time one at which something special happens."""
    if declared.choices:
        return chance.one(declared.choices)
    if declared.flag:
        return chance.whole(0, 1) == 1
    if declared.many and channels > 1 and chance.whole(0, 1):
        return tuple(float(chance.whole(0, 255)) for _ in range(channels))
    if name in SPECIAL and chance.whole(0, 1):
        special = [value for value in SPECIAL[name] if declared.low <= value <= declared.high]
        return float(chance.one(special))
    low, high = max(declared.low, -25.0), min(declared.high, 256.0)
    return chance.whole(int(low), int(high)) if declared.integer else chance.real(low, high)


def drawn(names: Sequence[str], channels: int, chance: Chance) -> Drawn:
    """A random operation."""
    operation = BUILT_IN[chance.one(names)]
    fields = {name: field(name, declared, channels, chance) for name, declared in operation.about.parameters.items()}
    return Drawn(f"augplug:{operation.about.name}", operation(**fields))


def sized(item: Drawn) -> Drawn:
    """The operation on a canvas that keeps its size."""
    expands: Any = item.operation
    return Drawn(item.address, replace(expands, expand=False)) if "expand" in expands.about.parameters else item


def plan(channels: int, chance: Chance) -> tuple[Item, ...]:
    """One to five random operations: of all kinds, of tones, of turns; now and then a blend of chains."""
    names = chance.one([NAMES, NAMES, TONES, TURNS, [*TONES, "HorizontalFlip", "Sharpness"]])
    items: list[Item] = [drawn(names, channels, chance) for _ in range(chance.whole(1, 5))]
    if chance.whole(0, 9) == 9:
        inner = [name for name in names if name not in SIZED]
        chains = tuple(
            tuple(sized(drawn(inner, channels, chance)) for _ in range(chance.whole(0, 3)))
            for _ in range(chance.whole(1, 3))
        )
        share = 1 / len(chains)
        items.insert(chance.whole(0, len(items)), DrawnBlend((share,) * len(chains), chains))
    return tuple(items)


def picture(size: tuple[int, int], channels: int, chance: Chance) -> Image:
    """Noise over all values, or over a few, or one value."""
    low = chance.whole(0, 255)
    high = chance.one([255, low, min(low + 9, 255)])
    rng = np.random.default_rng(chance.whole(0, 1 << 30))
    depth = () if channels == 1 else (channels,)
    return rng.integers(min(low, high), max(low, high) + 1, (*size, *depth), dtype=np.uint8)


def rendered(items: Sequence[Item], image: Image, level: Any, backend: Backend) -> Image:
    """Render a plan at a fuse mode."""
    return Programs(Renderer(level, backend, None)).of(tuple(items), image).run(image)


def check(chance: Chance, sizes: Sequence[tuple[int, int]], backends: Sequence[Backend], note: Any) -> None:
    """A random plan on a random image: `exact` equals `none`."""
    channels = chance.one([1, 3])
    items = plan(channels, chance)
    image = picture(chance.one(sizes), channels, chance)
    for backend in backends:
        alone, fused = (rendered(items, image, level, backend) for level in ("none", "exact"))
        shown = [item.operation if isinstance(item, Drawn) else item for item in items]
        assert np.array_equal(alone, fused), (note, backend.name, image.shape, shown)


def as_if_large(patch: pytest.MonkeyPatch) -> None:
    """Let OpenCV do with small images what it does with large ones."""
    for border in ("_PUSH_FROM", "_PLANES_FROM", "_MIXED_FROM"):
        patch.setattr(opencv_tones, border, 0)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_exact_equals_none_on_seeded_plans(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """9,000 plans on both backends; every other chunk lets OpenCV push histograms on small images too."""
    if chunk % 2:
        as_if_large(monkeypatch)
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        check(seeded(seed), SIZES, list(BACKENDS.values()), seed)
    assert CHUNKS * CHUNK + 1000 == 10_000


@settings(max_examples=1000)
@given(data=st.data(), large=st.booleans())
def test_exact_equals_none_on_plans_that_hypothesis_makes(data: st.DataObject, *, large: bool) -> None:
    """The other 1,000 of 10,000; these shrink."""
    chance = Chance(
        lambda low, high: data.draw(st.integers(low, high)), lambda low, high: data.draw(st.floats(low, high))
    )
    with pytest.MonkeyPatch.context() as patch:
        if large:
            as_if_large(patch)
        check(chance, SIZES, list(BACKENDS.values()), large)


def test_exact_equals_none_on_images_large_enough_for_pushed_histograms() -> None:
    """From 8,192 pixels on OpenCV reads one histogram a run; both sides of the border are tried."""
    assert opencv_tones._PUSH_FROM == 8192
    for seed in range(300):
        check(seeded(1_000_000 + seed), [(64, 127), (64, 128), (91, 91), (96, 96)], [BACKENDS["opencv"]], seed)


def test_the_pushed_histogram_equals_a_second_look_for_runs_of_statistics() -> None:
    """solarize -> equalize -> autocontrast -> equalize on a large image, both backends, against effect by effect."""
    for seed, channels in ((1, 1), (2, 3), (3, 3)):
        chance = seeded(seed)
        image = picture((96, 90), channels, chance)
        names = ("Solarize", "Equalize", "AutoContrast", "Posterize", "Equalize")
        items = [drawn([name], channels, chance) for name in names]
        exact = [rendered(items, image, "exact", backend) for backend in BACKENDS.values()]
        assert len(effects_of(items, image)) == 1
        assert all(np.array_equal(made, rendered(items, image, "none", BACKENDS["reference"])) for made in exact)


def effects_of(items: Sequence[Item], image: Image) -> tuple[Effect, ...]:
    """The effects of a plan, fused."""
    return fuse(describe(items, canvas_of(image)), "exact", canvas_of(image))


def items_of(*names: str, **fields: Any) -> list[Drawn]:
    """Operations by name, with these fields where they have them."""
    made = []
    for name in names:
        operation: type[Operation] = BUILT_IN[name]
        mine = {key: value for key, value in fields.items() if key in operation.about.parameters}
        made.append(Drawn(f"augplug:{name}", operation(**mine)))
    return made


IMAGE = np.zeros((6, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["Invert", "Posterize", "Solarize"], [Tone]),
        (["Solarize", "Equalize", "AutoContrast"], [AdaptiveTone]),
        (["Equalize", "Invert"], [AdaptiveTone]),
        (["Contrast", "Invert", "Equalize"], [AdaptiveTone]),
        (["Invert", "Contrast"], [Tone, AdaptiveTone]),
        (["Invert", "Contrast", "Invert", "Contrast", "Equalize"], [Tone, AdaptiveTone, AdaptiveTone]),
        (["Invert", "HorizontalFlip", "Invert"], [Tone, Warp, Tone]),
        (["Invert", "Sharpness", "Invert"], [Tone, Filter, Tone]),
        (["Color", "Color"], [ColorMix, ColorMix]),
        (["Cutout", "Cutout"], [Paint, Paint]),
        (["Invert", "Identity", "Invert"], [Tone]),
        (["HorizontalFlip", "VerticalFlip"], [Warp]),
        (["HorizontalFlip", "HorizontalFlip"], []),
        (["HorizontalFlip", "VerticalFlip", "HorizontalFlip", "VerticalFlip"], []),
        (["HorizontalFlip", "ShearX", "HorizontalFlip"], [Warp, Warp, Warp]),
        (["ShearX", "ShearX"], [Warp, Warp]),
    ],
)
def test_what_joins_and_what_does_not(names: list[str], kinds: list[type]) -> None:
    """Runs of tones are one effect; a grey mean starts a new run; turns join or vanish; nothing else does."""
    items = items_of(*names, factor=0.3, threshold=50, bits=3, add=4, size=0.5, x=0.5, y=0.5)
    assert [type(effect) for effect in effects_of(items, IMAGE)] == kinds


def test_quarter_turns_of_a_square_join_and_four_of_them_vanish() -> None:
    """On an oblong canvas a quarter turn is not a turn: it cuts."""
    square = np.zeros((8, 8), dtype=np.uint8)
    quarter = items_of("Rotate", degrees=90.0)
    assert len(effects_of(quarter * 2, square)) == 1
    assert len(effects_of(quarter * 3 + items_of("HorizontalFlip"), square)) == 1
    assert not effects_of(quarter * 4, square)
    assert len(effects_of(quarter * 2, IMAGE)) == 2
    assert not effects_of(items_of("Rotate", degrees=180.0) * 2, IMAGE)


def test_warps_that_move_nothing_vanish_whatever_their_interpolation() -> None:
    """A turn by 0 or 360 degrees, a shift by 0."""
    still = [
        *items_of("Rotate", degrees=0, interpolation="cubic", fill=9),
        *items_of("Rotate", degrees=360, interpolation="linear"),
        *items_of("TranslateX", "TranslateY", pixels=0),
        *items_of("ShearX", factor=0),
    ]
    assert not effects_of(still, IMAGE)


def test_the_level_none_leaves_everything_as_described() -> None:
    """Not one effect fewer."""
    described = describe(items_of("Invert", "Invert", "HorizontalFlip", "HorizontalFlip"), canvas_of(IMAGE))
    assert fuse(described, "none", canvas_of(IMAGE)) == described


def test_plans_tell_what_they_describe_and_what_they_fuse() -> None:
    """`plan.effects` gives both lists of the very same draw."""
    node = augplug.sequence(augplug.step("Invert"), augplug.step("Equalize"), augplug.step("HorizontalFlip"))
    plan_ = augplug.Augmenter(node, backend="reference").plan(IMAGE, index=0)
    described, fused = plan_.effects(IMAGE)
    assert described == describe(plan_.items, canvas_of(IMAGE))
    assert [type(effect) for effect in fused] == [AdaptiveTone, Warp]


def singles(effects: Sequence[Effect]) -> list[Effect]:
    """The effects that a fused list stands for, in order, turns of the canvas left out."""
    found: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Tone):
            found += [Tone(effect.function, *effect.arguments), *effect.after]
        elif isinstance(effect, AdaptiveTone):
            alone = AdaptiveTone(effect.statistic, effect.function, *effect.arguments)
            found += [*effect.before, alone, *effect.after]
        elif isinstance(effect, Blend):
            found.append(Blend(effect.weights, tuple(tuple(singles(chain)) for chain in effect.chains)))
        elif not (isinstance(effect, Warp) and isinstance(effect.transform, tuple) and is_turn(effect)):
            found.append(effect)
    return found


def is_turn(effect: Warp) -> bool:
    """Whether a warp puts every pixel of a square on a pixel."""
    assert isinstance(effect.transform, tuple)
    return coords.is_turn(effect.transform, *effect.size) is not None


@given(seed=st.integers(0, 1 << 40), side=st.integers(1, 9))
def test_nothing_is_reordered_lost_or_made_up(seed: int, side: int) -> None:
    """What a fused list stands for is what was described, in its order; it is never longer, and fusing is done once."""
    items = plan(3, seeded(seed))
    canvas = Canvas(side, side, 3)
    described = describe(items, canvas)
    fused = fuse(described, "exact", canvas)
    assert singles(fused) == singles(described)
    assert len(fused) <= len(described)
    assert fuse(fused, "exact", canvas) == fused


@given(turns=st.lists(st.sampled_from([0, 90, 180, 270, "h", "v"]), max_size=8), side=st.integers(1, 9))
def test_runs_of_turns_are_one_warp_that_moves_points_as_all_of_them(turns: list[int | str], side: int) -> None:
    """The group of the square: whatever the run, one warp or none."""
    items: list[Drawn] = []
    for turn in turns:
        name = {"h": "HorizontalFlip", "v": "VerticalFlip"}.get(str(turn), "Rotate")
        items += items_of(name, degrees=0 if isinstance(turn, str) else turn)
    canvas = Canvas(side, side, 1)
    described, points = describe(items, canvas), np.array([[0.0, 0.0], [1.0, 3.0], [-2.0, 0.5]])
    fused = fuse(described, "exact", canvas)
    assert len(fused) <= 1
    assert np.array_equal(moved(points, fused), moved(points, described))


def moved(points: Any, effects: Sequence[Effect]) -> Any:
    """Points pushed through warps."""
    for effect in effects:
        assert isinstance(effect, Warp)
        assert isinstance(effect.transform, tuple)
        points = coords.apply(effect.transform, points)
    return points


def test_a_turn_between_canvases_of_other_sizes_joins_with_its_neighbours() -> None:
    """A quarter turn of an oblong image onto the turned canvas is a turn: with its way back it comes to nothing."""
    canvas = Canvas(4, 6, 1)
    there = Warp(transform=((0.0, 1.0, 0.0), (-1.0, 0.0, 5.0), (0.0, 0.0, 1.0)), size=(6, 4))
    back = Warp(transform=((0.0, -1.0, 5.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)), size=(4, 6))
    image = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert not fuse([there, back], "exact", canvas)
    assert len(fuse([there, back, there], "exact", canvas)) == 1
    for backend in BACKENDS.values():
        turned = backend.prepare(there, image.shape, image.dtype)(image)
        assert np.array_equal(turned, np.rot90(image))
        assert np.array_equal(backend.prepare(back, turned.shape, image.dtype)(turned), image)


def test_histograms_are_exact_above_the_integers_of_float32() -> None:
    """An odd count above 2**24 is no float32, in which OpenCV counts: augplug counts in blocks."""
    image = np.full((4100, 4100), 7, dtype=np.uint8)
    image[0, :31] = 9
    counts = opencv_tones.histograms(image)
    assert counts.dtype == np.int64
    assert counts.sum() == 4100 * 4100
    assert counts[0, 7] == 4100 * 4100 - 31
    assert int(np.float32(4100 * 4100 - 31)) != 4100 * 4100 - 31
    assert counts[0, 9] == 31
