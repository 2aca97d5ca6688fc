"""The files by which SageMaker and a training container talk to each other: the tree `/opt/ml`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import augplug

PARTS = ("train", "valid", "val", "test")
"""Channels that stand for the parts of a data set."""
MODES = ("File", "FastFile")
LONGEST = 1024
"""Characters of a failure's reason that SageMaker shows."""


@dataclass(frozen=True)
class Tree:
    """The tree of one job. `root` is `/opt/ml` in SageMaker."""

    root: Path

    @property
    def run(self) -> Path:
        """The folder of the search, among the checkpoints, which SageMaker keeps when it interrupts a spot job."""
        return self.root / "checkpoints" / "augplug-run"

    @property
    def model(self) -> Path:
        """The folder whose content becomes the model."""
        return self.root / "model"

    @property
    def failure(self) -> Path:
        """The file that says why a job failed."""
        return self.root / "output" / "failure"

    def hyper_parameters(self) -> dict[str, str]:
        """Return the hyper-parameters, which are all texts; none if there is no file. Raises SettingsError."""
        given = self._read("hyperparameters.json")
        for name, value in given.items():
            if not isinstance(value, str):
                raise augplug.SettingsError(
                    f"SageMaker passes hyper-parameters as texts, and {name} is {json.dumps(value)[:80]}; write it "
                    "in quotes"
                )
        return given

    def check_one_machine(self) -> None:
        """Raise SettingsError if the job runs on several machines: each would do the whole search."""
        hosts = self._read("resourceconfig.json").get("hosts", [])
        if len(hosts) > 1:
            raise augplug.SettingsError(
                f"a search uses one machine, and this job has {len(hosts)}; set InstanceCount to 1 and choose an "
                "instance with more cores"
            )

    def data(self) -> Path:
        """Return the folder or the `.npz` file of the images. Raises SettingsError.

        One channel holds a folder for each class, or a single `.npz` file. Several are the parts of the data: `train`,
        `valid` (or `val`) and `test`.
        """
        folder = self.root / "input" / "data"
        channels = self._channels(folder)
        if len(channels) == 1:
            return _content(folder / channels[0])
        if channels and set(channels) <= set(PARTS):
            return folder
        told = f"the channels {', '.join(channels)}" if channels else "none"
        raise augplug.SettingsError(
            f"the job has {told}; give it one channel that holds a folder for each class or an .npz file, or "
            "channels named train, valid and test"
        )

    def fail(self, reason: str) -> None:
        """Write why the job fails, in one line."""
        self.failure.parent.mkdir(parents=True, exist_ok=True)
        self.failure.write_text(" ".join(reason.split())[:LONGEST], "utf-8")

    def _channels(self, folder: Path) -> list[str]:
        described = self._read("inputdataconfig.json")
        for name, about in described.items():
            mode = about.get("TrainingInputMode", MODES[0]) if isinstance(about, dict) else MODES[0]
            if mode not in MODES:
                raise augplug.SettingsError(
                    f"the channel {name} comes in {mode} mode; augplug reads files, so set TrainingInputMode to "
                    f"{' or '.join(MODES)}"
                )
            if not (folder / name).is_dir():
                raise augplug.SettingsError(f"the job has a channel {name}, and there is no folder {folder / name}")
        if described or not folder.is_dir():
            return sorted(described)
        return sorted(entry.name for entry in folder.iterdir() if entry.is_dir())

    def _read(self, name: str) -> dict[str, Any]:
        """Return an object of the job's configuration; an empty one if the file is not there. Raises SettingsError."""
        path = self.root / "input" / "config" / name
        if not path.exists():
            return {}
        try:
            read = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise augplug.SettingsError(f"{path} is not JSON that can be read: {error}") from error
        if not isinstance(read, dict):
            raise augplug.SettingsError(f"{path} holds {type(read).__name__}, and SageMaker writes an object there")
        return read


def _content(channel: Path) -> Path:
    entries = sorted(entry for entry in channel.iterdir() if not entry.name.startswith("."))
    single = len(entries) == 1 and entries[0].is_file() and entries[0].suffix.lower() == ".npz"
    return entries[0] if single else channel
