"""What `report`, `search` and `demo` share: the page of a finished run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from augplug import api
from augplug._pipeline.augmenter import Augmenter
from augplug._policies.reader import loads_json
from augplug.cli.output import write
from augplug.data.digits import load_digits
from augplug.data.folder import SIDES
from augplug.data.images import photograph
from augplug.data.loading import load
from augplug.data.sets import Labelled, digest
from augplug.disk import kind_or
from augplug.errors import DataError, SettingsError
from augplug.report.draws import draws
from augplug.report.learning import Shown
from augplug.report.page import page
from augplug.report.proposed import best_trials, space_of, sub_policies
from augplug.report.run import Run, read_run
from augplug.report.sheet import contact_sheet, png
from augplug.types import Image

COLUMNS = 8
ROWS = 3
TILE = 108
BEST = 5
"""How many of the best policies are shown."""


def write_report(folder: Path, out: Path | None = None, data: Labelled | None = None) -> tuple[Path, Path]:
    """Write the page and the contact sheet of the run in `folder`; return their paths.

    The sheet shows images of `data`; without it, of the packaged digits if those were searched on, else a photograph.
    """
    target = out or folder / "report.html"
    if target.suffix.lower() not in {".html", ".htm"}:
        raise SettingsError(
            f"{target} is a page, and the contact sheet stands beside it as .png; end the name in .html"
        )
    run = read_run(folder)
    images, names, text = _examples(run, data)
    augment = Augmenter(folder / "policy.json")
    drawn, captions = draws(augment, images * ROWS)
    sheet = png(contact_sheet([*images, *drawn], [*names, *captions], COLUMNS, tile=TILE))
    told = f"{text} Above as it is, below as the policy drew it, with the numbers that were drawn."
    write(target, page(run, sheet, told, _best(run, images), augment.policy))
    write(target.with_suffix(".png"), sheet)
    return target, target.with_suffix(".png")


def _best(run: Run, images: Sequence[Image]) -> list[Shown]:
    """The best policies of a search that proposes them from a space, drawn on the images."""
    made = []
    for trial in best_trials(run.trials, BEST) if space_of(run) else ():
        policy = loads_json(json.dumps(trial.policy), api.operations())
        drawn, captions = draws(Augmenter(policy), [*images, *images])
        sheet = png(contact_sheet(drawn, captions, COLUMNS, tile=TILE))
        made.append(Shown(trial, sheet, tuple(sub_policies(policy))))
    return made


def searched_data(folder: Path, path: Path) -> Labelled:
    """Return the images at `path`, read as the search in `folder` read them. Raises DataError where they are others."""
    result = read_run(folder).result
    height, width, *_ = result["data"]["shape"]
    # What the shape says about the options of the search: the longer side, or a square.
    ways: list[dict[str, Any]] = [{}]
    if kind_or(DataError, path) == "folder":
        ways = [{"size": min(max(SIDES[0], height, width), SIDES[1]), "skip_bad": True}]
        ways += [{"resize": height, "skip_bad": True}] if height == width and SIDES[0] <= height <= SIDES[1] else []
    for way in ways:
        data = load(path, **way)
        if digest(data) == result["data_digest"]:
            return data
    raise DataError(f"{path} holds other images than were searched on for {folder}; give those, or leave --data out")


def _examples(run: Run, data: Labelled | None) -> tuple[list[Image], list[str], str]:
    """Images to draw on, a name for each, and what they are."""
    if data is None:
        digits = load_digits()
        data = digits if digest(digits) == run.result["data_digest"] else None
    if data is None:
        picture = photograph()
        grey = len(run.result["data"].get("shape", ())) == 2
        return (
            [picture[:, :, 1] if grey else picture] * COLUMNS,
            ["photograph"] * COLUMNS,
            "A photograph, for want of the searched images.",
        )
    classes = [np.flatnonzero(data.y == number) for number in range(len(data.classes))]
    chosen = [int(members[turn]) for turn in range(COLUMNS) for members in classes if turn < len(members)][:COLUMNS]
    text = "Images of the data that was searched on."
    return [data.x[index] for index in chosen], [data.classes[data.y[index]] for index in chosen], text
