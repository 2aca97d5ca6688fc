"""Functions of tones that backends may compute by other means, with the same bits. Formulas: Pillow 13.

`augplug.effects` names the tones made of them: EQUALIZE, AUTOCONTRAST, and those of `adjust_contrast`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from augplug.types import Histograms, Values

_AFFINE: set[Callable[..., Values]] = set()
_FRACTIONS: dict[Callable[..., Values], Callable[..., Values]] = {}
Function = TypeVar("Function", bound=Callable[..., Values])


def affine(function: Function) -> Function:
    """Say that a tone's function is a v + b, where a and b depend on its arguments alone; a decorator.

    Then a backend may compute it in float32 on float images: within 1e-6 of the result in float64.
    """
    _AFFINE.add(function)
    return function


def smooth(fractions: Callable[..., Values]) -> Callable[[Function], Function]:
    """Say that a tone's function has no jump; `fractions` is the same function of 0..1 instead of 0..255; a decorator.

    It takes an array that it may overwrite, in float32 too, with nothing below 0, and returns one of its dtype, with
    nothing below 0. A backend may use it on float32 images if it finds the results within 1e-6 of those in float64.
    """

    def remember(function: Function) -> Function:
        _FRACTIONS[function] = fractions
        return function

    return remember


def fractions_of(function: Callable[..., Values]) -> Callable[..., Values] | None:
    """Return the function of 0..1 of a tone that was said to have no jump; None of any other."""
    return _FRACTIONS.get(function)


def is_affine(function: Callable[..., Values]) -> bool:
    """Return True if a function was said to be a v + b."""
    return function in _AFFINE


def solarize(values: Values, threshold: float) -> Values:
    """Return v below the threshold, 255 - v at and above it."""
    return np.where(values < threshold, values, 255.0 - values)


def solarize_add(values: Values, add: float, threshold: float) -> Values:
    """Return v + add below the threshold, v at and above it."""
    return np.where(values < threshold, values + add, values)


def posterize(values: Values, bits: int) -> Values:
    """Keep the `bits` highest of 8 bits: round down to a multiple of 2**(8 - bits)."""
    step = 2.0 ** (8 - bits)
    return np.floor(values / step) * step


@affine
def blend(values: Values, factor: float, base: float) -> Values:
    """Return base + factor (v - base), in float32 as Pillow's Blend.c computes it; base itself at factor 0."""
    if factor in (0, 1):
        return np.full_like(values, base) if factor == 0 else values
    low = np.float32(base)
    return (low + np.float32(factor) * (values.astype(np.float32) - low)).astype(np.float64)


@affine
def adjust_contrast(values: Values, mean: float, factor: float) -> Values:
    """Return values moved away from the mean grey of the image: 0 is grey, 1 the image."""
    return blend(values, factor, mean)


def blend_rows(values: Values, factors: Values, bases: Values) -> Values:
    """Return the rows of `blend` for columns of factors and bases. Factors 0 and 1 need no case: v - base is exact."""
    low = bases.astype(np.float32)
    return (low + factors.astype(np.float32) * (values.astype(np.float32) - low)).astype(np.float64)


def adjust_contrast_rows(values: Values, means: Values, factors: Values) -> Values:
    """Return the rows of `adjust_contrast` for columns of means and factors."""
    return blend_rows(values, factors, means)


@affine
def stretch(values: Values, lowest: Values, highest: Values) -> Values:
    """Map lowest..highest onto 0..255; nothing happens where they are equal."""
    flat = highest <= lowest
    scale = 255.0 / np.where(flat, 255.0, highest - lowest)
    return values * scale + np.where(flat, 0.0, -lowest * scale)


def equalize(counts: Histograms) -> Values:
    """Return the level that each level becomes: the running count, in steps that use all levels.

    256 levels step by whole numbers of pixels, as Pillow's; with 65,536 that would leave any image of fewer pixels as
    it is, so there the step is real.
    """
    top = counts.shape[1] - 1
    below = counts.cumsum(axis=1)
    below -= counts
    # Below the highest level in use lie all pixels but its own.
    spread = np.maximum.reduce(below * (counts > 0), axis=1, keepdims=True)
    step = spread // top if top == 255 else spread / top
    if 0 in step.ravel().tolist():
        return np.where(step, in_steps(below, np.where(step, step, 1), top), np.arange(top + 1))
    return in_steps(below, step, top)


def in_steps(below: Histograms, step: Histograms | Values, top: int) -> Values:
    """Return the levels 0..`top` of values of which this many lie below, a level every `step` values."""
    half = step // 2 if top == 255 else step / 2
    return np.minimum((below + half) / step, top)
