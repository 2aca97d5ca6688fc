"""What `--set` takes for `onnx-features`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import augplug


@dataclass(frozen=True)
class OnnxSettings:  # pylint: disable=too-many-instance-attributes  # so much decides how an image becomes an input
    """The network, how images become its input, and the ridge. Empty and 0 mean: as the network says."""

    model: str = augplug.setting("", doc="The path of the network, an .onnx file; must be given.")
    sha256: str = augplug.setting("", doc="SHA-256 of the file, which must be that; by default the file's own.")
    input: str = augplug.setting("", doc="Name of the input; by default the only one.")
    output: str = augplug.setting("", doc="Name of the output that is the features; by default the first.")
    size: int = augplug.setting(
        0, low=0, high=4096, doc="Side of the square that images are resized to; 0: as the network says, else 224."
    )
    layout: str = augplug.setting(
        "auto", choices=("auto", "nchw", "nhwc"), doc="Order of the input's axes; auto: by its shape."
    )
    mean: tuple[float, ...] = augplug.setting(
        (), low=-1000, high=1000, doc="Of the channels, of values in 0..1; by default ImageNet's, unless the file says."
    )
    std: tuple[float, ...] = augplug.setting(
        (), low=1e-6, high=1000, doc="What is divided by after the mean was taken off; by default as for mean."
    )
    features: str = augplug.setting(
        "unit", choices=("unit", "standard"), doc="Features scaled to length 1, or each to mean 0 and variance 1."
    )
    copies: int = augplug.setting(
        4, low=1, high=1000, doc="Augmented copies of each training image, beside the original."
    )
    ridge: float = augplug.setting(0.01, low=1e-8, high=1e4, doc="What is added to the kernel's diagonal.")
    gamma: float = augplug.setting(
        0.1, low=1e-4, high=1e3, doc="The kernel's exponent at the mean distance between training images."
    )
    batch: int = augplug.setting(
        32, low=1, high=4096, doc="Images that the network takes at a time, if it lets choose."
    )

    def __post_init__(self) -> None:
        """Refuse values out of range, a file that is not there, and another one than is meant."""
        augplug.check_ranges("onnx-features", self)
        if not self.model:
            raise augplug.SettingsError("onnx-features needs a network: give its file, such as --set model=net.onnx")
        digest = _sha256(Path(self.model))
        if self.sha256 not in ("", digest):
            raise augplug.SettingsError(
                f"onnx-features: the SHA-256 of {self.model} is {digest}, not {self.sha256}; give the file that is "
                "meant"
            )
        # A journal holds it, so that a search is not resumed with another network of the same name.
        object.__setattr__(self, "sha256", digest)


def _sha256(path: Path) -> str:
    running = hashlib.sha256()
    try:
        path.stat()  # an error if it cannot be looked at, where is_file() is False from Python 3.14 on
        if not path.is_file():
            raise FileNotFoundError(path)
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                running.update(piece)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise augplug.SettingsError(
            f"onnx-features: there is no file {path}; give the path of an .onnx file as --set model=..."
        ) from error
    except OSError as error:
        raise augplug.SettingsError(f"onnx-features: {path} cannot be read: {error.strerror}") from error
    return running.hexdigest()
