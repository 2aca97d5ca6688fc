"""The size that a transform leaves: (height, width), known before it runs, as those of augplug's own operations are.

What is not given here comes out at the size it had: if Albumentations makes another, it is resized back.
"""

from __future__ import annotations

from augplug import Canvas, OperationError

Size = tuple[int, int]
Numbers = float | tuple[float, ...]


def pair(name: str, given: Numbers) -> Size:
    """Return a (height, width) that is given as a pair, or as one number for both. Raises OperationError."""
    numbers = given if isinstance(given, tuple) else (given, given)
    if len(numbers) != 2:
        raise OperationError(f"{name} is a height and a width, or one number for both, not {given}")
    return int(numbers[0]), int(numbers[1])


def transposed(canvas: Canvas) -> Size:
    """Return the canvas on its side."""
    return canvas.width, canvas.height


def padded(canvas: Canvas, padding: Numbers) -> Size:
    """Return the canvas with `padding` pixels: one number, (x, y), or (left, top, right, bottom)."""
    numbers = padding if isinstance(padding, tuple) else (padding,)
    if len(numbers) not in (1, 2, 4):
        raise OperationError(f"padding is one number, two or four, not {padding}")
    left, top, right, bottom = (int(number) for number in numbers * (4 // len(numbers)))
    return canvas.height + top + bottom, canvas.width + left + right


def at_least(canvas: Canvas, height: int, width: int) -> Size:
    """Return the canvas made as high and as wide as it must be."""
    return max(canvas.height, height), max(canvas.width, width)


def part(canvas: Canvas, height: int, width: int, *, pad: bool) -> Size:
    """Return the size of a crop. Raises OperationError where it is larger than the canvas, and nothing is padded."""
    if not pad and (height > canvas.height or width > canvas.width):
        raise OperationError(
            f"a crop of {width} by {height} is larger than the canvas of {canvas.width} by {canvas.height}; "
            "crop less, or say pad_if_needed=True"
        )
    return height, width


def cropped(canvas: Canvas, x_min: int, y_min: int, x_max: int, y_max: int) -> Size:
    """Return the size of a rectangle of the canvas. Raises OperationError where it lies outside."""
    if not (0 <= x_min < x_max <= canvas.width and 0 <= y_min < y_max <= canvas.height):
        raise OperationError(
            f"x {x_min}..{x_max}, y {y_min}..{y_max} is not a part of a canvas of {canvas.width} by {canvas.height}"
        )
    return y_max - y_min, x_max - x_min


def scaled(canvas: Canvas, side: int, reference: int) -> Size:
    """Return the canvas scaled so that its side of `reference` pixels has `side`."""
    factor = side / reference
    return max(1, round(canvas.height * factor)), max(1, round(canvas.width * factor))
