"""One event file of a search, in the folder `tensorboard` of the run.

A resume writes the file anew from the journal: what a killed search had not written yet is in it, and nothing twice.
The observer's own thread writes every event, so that a full disk is an error here, and not in a thread of tensorboardX.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.summary import scalar, text


class TensorBoard:
    """The observer. Steps of `trials/` are the numbers of trials, those of `evaluations/` the numbers of records."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._writer: Any = None  # its library carries no types
        self._folder, self._trials, self._best = Path(), 0, 0.0

    def begin(self, folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
        """Write anew what the journal holds."""
        place = folder / "tensorboard"
        place.mkdir(exist_ok=True)
        for former in place.glob("events.out.tfevents.*"):
            former.unlink()
        self._writer, self._folder = EventsWriter(str(place / "events")), folder
        for record in records:
            self._take(record)
        self._writer.flush()

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Write a new record; to the disk at once, unless more of its kind are about to come."""
        self._take(record)
        if record["kind"] != "evaluation":
            self._writer.flush()

    def end(self, *, finished: bool) -> None:
        """Add the contact sheet, if the search has made its report, and close the file."""
        sheet = self._folder / "report.png"
        if finished and sheet.is_file():
            png = sheet.read_bytes()
            width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # of PNG's header
            image = Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=png)
            self._write(Summary(value=[Summary.Value(tag="contact-sheet", image=image)]), self._trials)
        self._writer.close()

    def _take(self, record: Mapping[str, Any]) -> None:
        number, reward = record.get("number", 0), record.get("reward")
        match record["kind"]:
            case "configuration":
                self._text("settings", record["settings"], 0)
            case "evaluation":
                self._scalars("evaluations", record["n"], {"reward": reward, "seconds": record["seconds"]})
            case "baseline":
                self._scalars("baselines", 0, {record.get("name", number): reward})
            case "trial" if reward is None:
                self._trials += 1
                self._text("errors", record["error"], number)
            case "trial":
                self._trials, self._best = self._trials + 1, max(self._best, record["reward"])
                self._scalars("trials", number, {"reward": reward, "best": self._best})
            case "race":
                means = {entrant["name"]: fmean(entrant["rewards"]) for entrant in record["entrants"]}
                self._scalars("race", self._trials, means)
            case "found":
                self._text("policy", record["policy"], self._trials)
            case "comparison":
                self._scalars("test-score", self._trials, {record["policy"]: record["accuracy"]})

    def _scalars(self, group: str, step: int, values: Mapping[str, float | None]) -> None:
        for name, value in values.items():
            if value is not None:
                self._write(scalar(f"{group}/{name}", value), step)

    def _text(self, tag: str, content: Any, step: int) -> None:
        self._write(text(tag, f"```\n{json.dumps(content, indent=1)}\n```"), step)

    def _write(self, summary: Summary, step: int) -> None:
        written = (self._folder / "journal.jsonl").stat().st_mtime  # when its last record came
        self._writer.write_event(Event(summary=summary, step=step, wall_time=written))
