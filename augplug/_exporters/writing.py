"""An export on disk: the files, and the manifest beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from augplug._exporters.base import Exporter, InputSpec
from augplug._pipeline.plan import Plan
from augplug._policies.grammar import Policy
from augplug.disk import replace_file
from augplug.errors import ExportError

FORMAT = 1
MANIFEST = "manifest.json"


def made_by(exporter: Exporter, source: Policy | Plan, spec: InputSpec) -> dict[str, bytes]:
    """Return what an exporter makes, checked. Raises ExportError."""
    files: Any = exporter.export(source, spec)
    owner = type(exporter).__name__
    if not isinstance(files, Mapping) or not files:
        raise ExportError(f"{owner} returns {type(files).__name__} and no files; tell its author")
    for name, content in files.items():
        if not is_plain(name) or not isinstance(content, bytes):
            raise ExportError(
                f"{owner} returns the file {name!r}, which is not a relative path with bytes; tell its author"
            )
    return dict(files)


def is_plain(name: object) -> bool:
    """Return True for the name of a file inside the export's folder, written with slashes; not that of the manifest."""
    if not isinstance(name, str) or not name or "\\" in name or ":" in name or "\0" in name:
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and str(path) == name and name != MANIFEST


def manifest_of(
    name: str,
    versions: Mapping[str, str],
    source: Policy | Plan,
    spec: InputSpec,
    files: Mapping[str, bytes],
    bound: float | None,
) -> dict[str, Any]:
    """Return what is written beside an export: what it was made of, what it takes, and the hash of every file.

    There is no clock and no path of this machine in it: the same export is the same bytes.
    """
    plan = isinstance(source, Plan)
    return {
        "augplug_export": FORMAT,
        "format": name,
        "made_by": dict(versions),
        "source": "plan" if plan else "policy",
        "name": source.policy if isinstance(source, Plan) else source.name,
        "digest": source.digest if isinstance(source, Plan) else source.digest.hex(),
        "input": {"shape": list(spec.shape), "layout": "HWC", "dtype": spec.dtype, "range": _range(spec)},
        "bound": bound,
        "files": {
            place: {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
            for place, content in sorted(files.items())
        },
        "document": json.loads(source.to_json()) if isinstance(source, Plan) else source.to_json(),
    }


def _range(spec: InputSpec) -> list[float]:
    return [0, {"uint8": 255, "uint16": 65535}.get(spec.dtype, 1)]


def write_export(path: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Path:
    """Write one file to `path`, several into the folder `path`, and the manifest beside them; return its path.

    The manifest of one file is `<path>.manifest.json`, and names the file as it is called there. Raises ExportError.
    """
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    single = len(files) == 1
    try:
        if single:
            (content,) = files.values()
            replace_file(path, content, durable=False)
        for name, content in () if single else files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            replace_file(path / name, content, durable=False)
        place = path.with_name(f"{path.name}.{MANIFEST}") if single else path / MANIFEST
        replace_file(place, f"{text}\n".encode(), durable=False)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written ({error.strerror}); give a path in a folder that exists"
        ) from error
    return place
