"""Distributions made from a mapping of files: as wheels, and as the artifact that a stage of the gate reads."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from augplug.gate.artifact import Artifact, EntryPoint

SENTINEL = "AUGPLUG_SENTINEL"
"""The variable that names the file which hostile code writes, so that it is seen to have run."""

WRITE_SENTINEL = f'import os; os.path.exists(os.environ["{SENTINEL}"]) or os.mknod(os.environ["{SENTINEL}"])\n'
"""`os.mknod` raises no audit event, so that the second line cannot hide that the first one failed."""

FAIR = '''"""One operation."""

import augplug
from augplug import Canvas, Effect, Values


def round_down(values: Values, step: int) -> Values:
    """Multiples of `step`, in 8-bit units."""
    return values - values % step


@augplug.operation(source="a test")
class Posterish(augplug.Operation):
    """Round every value down to a multiple of `step` (8-bit units)."""

    step: int = augplug.parameter(low=1, high=64, unit="8-bit values", level=(1, 40))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [augplug.Tone(round_down, self.step)]


@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    """What this plugin provides."""
    return [Posterish]
'''

Files = Mapping[str, str | bytes]


def wheel(
    folder: Path,
    files: Files,
    *,
    name: str = "my-ops",
    version: str = "1.0",
    points: str | None = None,
    requires: tuple[str, ...] = ("augplug>=1,<2",),
) -> Path:
    """A wheel of these files; `points` is the text of entry_points.txt, else one point in the group augplug."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {needed}\n" for needed in requires)
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{needs}".encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{info}/entry_points.txt"] = (points or f"[augplug]\n{name} = {module}\n").encode()
    rows = "".join(f"{path},{digest(data)},{len(data)}\n" for path, data in content.items())
    content[f"{info}/RECORD"] = f"{rows}{info}/RECORD,,\n".encode()
    made = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return made


def digest(data: bytes) -> str:
    """A digest as RECORD writes it."""
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')}"


def artifact(files: Files, *, name: str = "my-ops", version: str = "1.0") -> Artifact:
    """What the gate reads of a distribution of these files."""
    module = name.replace("-", "_")
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    point = EntryPoint("augplug", name, module)
    return Artifact(name, version, "wheel", content, {}, (point,), ("augplug>=1,<2",))
