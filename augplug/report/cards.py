"""What a notebook shows of policies, plans, augmenters, results and tables of names: pictures, and tables that fold."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from augplug._backends import default_backend
from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.plan import Plan
from augplug._policies.grammar import Node, Policy, Step, steps_of
from augplug._sample.alpha import Channels, channels_of
from augplug._sample.image import check_image
from augplug._sample.kinds import to_array
from augplug.display import Catalogue, Shown
from augplug.errors import AugplugError, SettingsError
from augplug.ops.base import Operation
from augplug.ranges import natural
from augplug.report.draws import caption, draws
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import table
from augplug.report.sheet import TILES, contact_sheet, to_picture
from augplug.report.short import bounded, node_line, policy_line, step_line
from augplug.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SIDE = 128
"""The longest side of a picture, in pixels."""
DRAWS = 11
MOST_ROWS = 200
"""Most rows of a table."""
STRONG = 7
"""The level at which operations are shown, of 10."""
STYLE = Safe(
    "<style>.augplug{font:14px/1.4 system-ui,sans-serif;color:inherit}"
    ".augplug .row{display:flex;flex-wrap:wrap;gap:10px;margin:.5em 0}"
    ".augplug figure{margin:0;width:128px}.augplug img{width:auto;max-width:128px;max-height:128px;border-radius:3px}"
    ".augplug figcaption{font-size:11px;opacity:.8;overflow-wrap:anywhere}"
    ".augplug summary{cursor:pointer;opacity:.8}.augplug code{background:none;color:inherit;overflow-wrap:anywhere}"
    ".augplug table{border-collapse:collapse;color:inherit;background:none}"
    ".augplug th,.augplug td{text-align:left;padding:2px 14px 2px 0;border-bottom:1px solid rgba(128,128,128,.4);"
    "vertical-align:top;background:none;color:inherit}</style>"
)
"""Colours are those of the page around it, so that it is readable on light and on dark ground."""


def text_of(shown: Shown) -> str:
    """Return one line of at most 200 characters."""
    if isinstance(shown, Policy):
        return policy_line(shown)
    if isinstance(shown, Node):
        return node_line(shown)
    if isinstance(shown, Plan):
        key = ", ".join(f"{name} {value!r}" for name, value in shown.key.items())
        return bounded([f"<Plan of {shown.policy!r}, {key}: {caption(shown.items)}"], ">")
    if isinstance(shown, Catalogue):
        names = _main_names(shown)
        return bounded([f"<{len(names)} {shown.kind}: {', '.join(names)}"], ">")
    result: Any = shown  # a StudyResult, which whoever only augments does not import
    told = result.result
    average = " (average over classes)" if told.get("settings", {}).get("balanced") else ""
    scores = _scores(f"test score{average}", told["test_score"], told["baseline_test_score"])
    return bounded(
        [f"<StudyResult of {told['algorithm']!r}: {told['trials']} trials, {scores}, in {result.folder}"], ">"
    )


def _scores(name: str, found: float | None, without: float | None) -> str:
    """What a run's test scores were, as far as the policies were compared."""
    if found is None:
        return "not compared on test images"
    return f"{name} {found:.4f}" + ("" if without is None else f" ({without:.4f} without augmentation)")


def html_of(shown: Shown) -> str:
    """Return HTML that needs nothing else."""
    if isinstance(shown, Augmenter):
        parts = [*_drawn(shown), _steps(shown.policy.node)]
    elif isinstance(shown, Policy):
        parts = [*_drawn(Augmenter(shown)), _steps(shown.node)]
    elif isinstance(shown, Node):
        parts = [*_drawn(Augmenter(Policy(shown))), _steps(shown)]
    elif isinstance(shown, Plan):
        parts = _of_plan(shown)
    elif isinstance(shown, Catalogue):
        parts = _of_catalogue(shown)
    else:
        parts = _of_result(shown)
    return joined(STYLE, tag("div", tag("code", repr(shown)), *parts, class_="augplug"))


def sheet_of(augment: Augmenter, image: Any, rows: int, columns: int) -> Picture:
    """Return a contact sheet: an image, a photograph if it is None, and draws. Raises SettingsError or ImageError."""
    if natural("rows", rows, lowest=1) * natural("columns", columns, lowest=1) > TILES:
        raise SettingsError(f"a sheet has at most {TILES} pictures, not {rows} rows of {columns}")
    pixels = sample_image() if image is None else check_image(to_array(image)[0], augment.max_pixels)
    given = pixels if channels_of(image, None) is None else image
    made, captions = draws(
        _without_output(augment, None if image is None else augment.channels), [given] * (rows * columns - 1)
    )
    return contact_sheet([_bytes(one) for one in (pixels, *made)], ["the image", *captions], columns)


@cache
def sample_image() -> Image:
    """Return the middle of a photograph, 128x128 pixels."""
    from PIL import ImageOps  # as in all of augplug, loaded where a picture is

    from augplug.data.images import photograph

    made: Image = np.asarray(ImageOps.fit(to_picture(photograph()), (SIDE, SIDE)))
    made.setflags(write=False)
    return made


def _without_output(augment: Augmenter, channels: Channels | None = None) -> Augmenter:
    """Return an Augmenter of the same draws that leaves images as they came; those of arrays have `channels`."""
    return Augmenter(augment.policy, seed=augment.seed, backend=augment.backend, fuse=augment.fuse, channels=channels)


def _bytes(image: Image) -> Image:
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8) if image.dtype.kind == "f" else image


def _thumb(image: Image, text: str) -> Safe:
    picture, out = to_picture(_bytes(image)), io.BytesIO()
    picture.thumbnail((SIDE, SIDE))
    picture.save(out, "JPEG", quality=85)
    source = f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
    return tag("figure", tag("img", src=source, alt=text), tag("figcaption", text))


def _pictures(make: Callable[[], Iterable[tuple[Image, str]]]) -> Safe:
    """Return pictures in a row; or why there are none, since what cannot be drawn must not hide the rest."""
    try:
        return tag("div", *(_thumb(image, text) for image, text in make()), class_="row")
    except AugplugError as error:
        return tag("p", f"No pictures: {error}")


def _drawn(augment: Augmenter) -> list[Safe]:
    def make() -> list[tuple[Image, str]]:
        made, captions = draws(_without_output(augment), [sample_image()] * DRAWS)
        return [(sample_image(), "a photograph"), *zip(made, captions, strict=True)]

    return [_pictures(make)]


def _folded(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Safe:
    more = [tag("p", f"... and {len(rows) - MOST_ROWS} more")] if len(rows) > MOST_ROWS else []
    return tag("details", tag("summary", title), table(head, rows[:MOST_ROWS]), *more)


def _steps(node: Node) -> Safe:
    steps = list(steps_of(node))
    rows = [(place, tag("code", step_line(step)), step.operation.about.summary) for place, step in enumerate(steps, 1)]
    return _folded(_counted(len(steps)), ("", "step", "what it does"), rows)


def _counted(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _of_plan(plan: Plan) -> list[Safe]:
    def make() -> list[tuple[Image, str]]:
        # A copy, because a plan keeps what it rendered with, and this may be another backend.
        after = dataclasses.replace(plan, channels=None).render(sample_image(), None, default_backend)
        return [(sample_image(), "a photograph"), (after, caption(plan.items))]

    lines = str(plan).splitlines()[1:]
    return [_pictures(make), _folded(_counted(len(plan.items)), ("drawn",), [(tag("code", line),) for line in lines])]


def _of_result(result: Any) -> list[Safe]:
    told: Mapping[str, Any] = result.result
    rows = [(name, value) for name, value in told.items() if isinstance(value, str | int | float)]
    return [
        tag("p", told["verdict"]),
        *_drawn(Augmenter(result.policy)),
        _steps(result.policy.node),
        _folded("the result", ("", ""), rows),
    ]


def _main_names(catalogue: Catalogue[Any]) -> list[str]:
    """Return the names without those that stand for the same with their distribution before a colon."""
    return [name for name in catalogue if ":" not in name]


def _of_catalogue(catalogue: Catalogue[Any]) -> list[Safe]:
    names = _main_names(catalogue)
    if catalogue.kind != "operations":
        providers = [(name, getattr(catalogue[name], "provider", "")) for name in names]
        return [_folded(f"{len(names)} {catalogue.kind}", ("name", "from"), providers)]
    abouts = [catalogue[name].about for name in names[:MOST_ROWS]]
    rows = [(about.name, about.summary, ", ".join(about.parameters), about.source) for about in abouts]
    thumbs = [_of_operation(name, catalogue[name]) for name in names[:MOST_ROWS]]
    pictures = tag("details", tag("summary", f"pictures at level {STRONG}"), tag("div", *thumbs, class_="row"))
    return [pictures, _folded(f"{len(names)} operations", ("name", "what it does", "fields", "source"), rows)]


def _of_operation(name: str, operation: type[Operation]) -> Safe:
    level = None if operation.about.level_field is None else STRONG
    try:
        step = Step(name, f"augplug:{name}", operation, 1.0, level)
        return _thumb(draws(Augmenter(Policy(step)), [sample_image()])[0][0], name)
    except AugplugError:  # some have fields without a default
        return tag("figure", tag("figcaption", name))
