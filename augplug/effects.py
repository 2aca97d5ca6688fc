"""The effects: what an operation says happens to an image. A closed vocabulary of frozen data.

`describe` returns a list of effects; the empty list is the identity. Backends render them, targets follow them, `fuse`
shortens them. Effects compare and hash by value, so that plans can be cached. Functions in effects are module-level
functions with their arguments beside them; lambdas and closures are refused, because they neither compare nor pickle.
docs/design/effects.md says why the vocabulary is what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from augplug import tones
from augplug.coords import check_matrix
from augplug.errors import OperationError
from augplug.renamed import answers_old_names, refuse_old_names
from augplug.types import Border, Fill, Interpolation, Matrix

Statistic: TypeAlias = Literal["histogram", "extremes", "gray_mean"]
STATISTICS: tuple[Statistic, ...] = ("histogram", "extremes", "gray_mean")
FIELD_LIMIT = 0.2
"""Largest amplitude of a displacement field as a fraction of its spacing: below it the field is a contraction."""


def _check_function(function: Callable[..., Any]) -> None:
    name = getattr(function, "__qualname__", "<unnamed>")
    if "<" in name:
        raise OperationError(
            f"{name} in {getattr(function, '__module__', '?')} is a lambda or a closure; an effect takes a function "
            "defined at the top of a module, with its arguments beside it: Tone(function, argument, ...)"
        )


@dataclass(frozen=True, init=False)
class Tone:
    """Every value on its own: `function(values, *arguments) -> values`, in 8-bit units (float64, 0..255).

    The result is clipped to 0..255; uint8 then truncates to the integer (as Pillow does), uint16 rounds to nearest,
    floats stay as they are. `after` holds the tones that fusing put behind this one, quantised one by one.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    after: tuple[Tone, ...]

    def __init__(self, function: Callable[..., Any], *arguments: Any, after: tuple[Tone, ...] = ()) -> None:
        """Take a module-level function and its hashable arguments."""
        _check_function(function)
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "arguments", arguments)
        object.__setattr__(self, "after", after)


@dataclass(frozen=True, init=False)
class AdaptiveTone:
    """A tone that first looks at the image.

    `statistic` says what `function` is given before `arguments`:

    - `histogram`: `function(counts) -> levels`; counts is `(C, L)` int64, a row a channel, with L = 256 (uint8; floats:
      equal bins on [0, 1]) or 65,536 (uint16); levels is `(C, L)`, reals in 0..L-1 (integer
      images truncate them);
    - `extremes`: `function(values, lowest, highest) -> values`, in 8-bit units; lowest and highest are `(C, 1)` and
      values broadcasts with them;
    - `gray_mean`, of the whole image: `function(values, mean) -> values`, in 8-bit units, mean rounded to an integer.

    `before` and `after` hold the tones that fusing put around it (`before` is empty for `gray_mean`).
    """

    statistic: Statistic
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    before: tuple[Tone, ...]
    after: tuple[Tone | AdaptiveTone, ...]

    def __init__(
        self,
        statistic: Statistic,
        function: Callable[..., Any],
        *arguments: Any,
        before: tuple[Tone, ...] = (),
        after: tuple[Tone | AdaptiveTone, ...] = (),
    ) -> None:
        """Take the statistic, a module-level function and its hashable arguments."""
        if statistic not in STATISTICS:
            refuse_old_names("augplug.AdaptiveTone({})", (str(statistic),))
            raise OperationError(f"unknown statistic {statistic!r}; it is one of {', '.join(STATISTICS)}")
        _check_function(function)
        for name, value in zip(
            ("statistic", "function", "arguments", "before", "after"),
            (statistic, function, arguments, before, after),
            strict=True,
        ):
            object.__setattr__(self, name, value)


EQUALIZE = AdaptiveTone("histogram", tones.equalize)
"""Equalize's tone; a backend may recognise it (`tone == EQUALIZE`) and compute it by other means, to the same bits."""
AUTOCONTRAST = AdaptiveTone("extremes", tones.stretch)
"""AutoContrast's tone; a backend may recognise it (`tone == AUTOCONTRAST`), as it may EQUALIZE."""


def contrast(factor: float) -> AdaptiveTone:
    """Return Contrast's tone; a backend may recognise it by `contrast_factor`, and compute it by other means."""
    return AdaptiveTone("gray_mean", tones.adjust_contrast, factor)


def contrast_factor(tone: Tone | AdaptiveTone) -> float | None:
    """Return the factor of a tone that `contrast` made, of whatever tones are fused with it; None for any other."""
    if not isinstance(tone, AdaptiveTone) or (tone.statistic, tone.function) != ("gray_mean", tones.adjust_contrast):
        return None
    factor: float = tone.arguments[0]
    return factor


@answers_old_names
@dataclass(frozen=True, kw_only=True)
class ColorMix:
    """Every pixel's channels mixed: `matrix` (C x C, rows are outputs), or `gray_blend`.

    `gray_blend` = f is grey + f (v - grey) on RGB: 0 is grey, 1 the image, above 1 stronger colour. Exactly one of the
    two is given.
    """

    matrix: tuple[tuple[float, ...], ...] | None = None
    gray_blend: float | None = None


@dataclass(frozen=True)
class DisplacementField:
    """A displacement field as a recipe, never an array.

    A point of the output shows the input at itself plus its displacement. `elastic`: control points `spacing` pixels
    apart, each displaced by at most `amplitude` pixels, between them a cubic spline. `grid`: the same for each column
    and each row as a whole. `radial`: away from the centre (negative: towards it), `amplitude` pixels at the distance
    `spacing`, growing with the cube of the distance. The amplitude is at most 0.2 of the spacing: then the field is a
    contraction, does not fold, and points can always follow.
    """

    kind: Literal["elastic", "grid", "radial"]
    key: int
    spacing: float
    amplitude: float

    def __post_init__(self) -> None:
        """Refuse a field that could fold."""
        if not abs(self.amplitude) <= FIELD_LIMIT * self.spacing:
            raise OperationError(
                f"a field of amplitude {self.amplitude} on a grid of spacing {self.spacing} could fold; "
                f"the amplitude may be at most {FIELD_LIMIT * self.spacing:g} pixels"
            )


@answers_old_names
@dataclass(frozen=True, kw_only=True)
class Warp:
    """Space: the image resampled on a canvas of `size` (height, width).

    `transform` is a matrix that maps input points to output points, or a `DisplacementField` (an output point plus its
    displacement is the input point it shows). Outside the image lies `fill`, outside masks `mask_fill`. With another
    `border` than `constant` the pixels of the image, and of masks, repeat outside (numpy.pad's modes `edge`, `reflect`,
    `wrap`); boxes and keypoints follow the image itself, never its copies.
    """

    transform: Matrix | DisplacementField
    size: tuple[int, int]
    interpolation: Interpolation = "nearest"
    fill: Fill = 0.0
    mask_fill: float = 0.0
    border: Border = "constant"

    def __post_init__(self) -> None:
        """Refuse a matrix that is not three rows of three numbers."""
        if self.transform.__class__ is not DisplacementField:
            check_matrix("Warp", self.transform)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Neighbourhoods: a smoothing kernel, then a blend: smooth + `factor` (v - smooth).

    `kernel` is `smooth3` (no arguments; Pillow's [1 1 1; 1 5 1; 1 1 1] / 13), `gaussian` (sigma in pixels) or `line`
    (length in pixels, angle in degrees). `border` is `keep` (the outermost pixels stay) or `reflect`.
    """

    kernel: Literal["smooth3", "gaussian", "line"]
    arguments: tuple[float, ...] = ()
    border: Literal["keep", "reflect"] = "reflect"
    factor: float = 0.0


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels: rows `top` to `bottom` and columns `left` to `right`, the ends excluded."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, kw_only=True)
class Paint:
    """Regions filled with `value` (8-bit units), or with noise from `key`. Masks stay unless `mask_value` is given."""

    regions: tuple[Region, ...]
    value: Fill = 0.0
    key: int | None = None
    mask_value: float | None = None


@answers_old_names
@dataclass(frozen=True, kw_only=True)
class Noise:
    """Gaussian noise of standard deviation `std` (8-bit units) added to every value; its numbers come from `key`."""

    key: int
    std: float


@dataclass(frozen=True)
class MixPart:
    """What a partner gives to a Mix: all of it at `weight` in 0..1, or the pixels of `region`.

    `partner` is a drawn number that says which image of the batch it is; the operation's field of it is named `partner`
    too. A `raw` partner is taken as it was before any augmentation and resized; the labels and targets stay.
    """

    partner: int
    weight: float | None = None
    region: Region | None = None
    raw: bool = False


@answers_old_names
@dataclass(frozen=True)
class Mix:
    """Images of a batch mixed: each part in turn. Unless all parts are raw, it is the last effect."""

    parts: tuple[MixPart, ...]


@dataclass(frozen=True)
class Blend:
    """A weighted sum of chains of effects that all start from the same image. The empty chain is the image itself.

    All chains end in images of one shape; a grey image `(H, W)` and one of a single channel `(H, W, 1)` count as equal.
    """

    weights: tuple[float, ...]
    chains: tuple[tuple[Effect, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a blend without chains, and weights of another number."""
        if not len(self.weights) == len(self.chains) > 0:
            raise OperationError(
                f"a blend has at least one chain and as many weights as chains, not {len(self.weights)} weights and "
                f"{len(self.chains)} chains"
            )


@dataclass(frozen=True, kw_only=True)
class Opaque:
    """Something only `function(sample, key, *arguments) -> sample` knows: another library's transform.

    A sample is a dict with `image` and those of `masks` (a list), `boxes` (`(N, 4)` left, top, right, bottom in pixels)
    with their `labels` (a list), and `keypoints` (`(K, 2)`, as many come back) that were given; a target that `targets`
    does not name is refused. The image keeps its dtype and channels; image and masks come out with the height and width
    `size`, or with their own if it is None. A barrier to fusing. The function must be re-entrant: threads call it at
    once.
    """

    function: Callable[..., Any]
    key: int
    arguments: tuple[Any, ...] = ()
    targets: frozenset[str] = frozenset()
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse lambdas and closures."""
        _check_function(self.function)


Effect: TypeAlias = Tone | AdaptiveTone | ColorMix | Warp | Filter | Paint | Noise | Mix | Blend | Opaque
"""Anything that `describe` may return."""
