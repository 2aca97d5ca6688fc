"""Exporters: a policy or a plan as a Python file with `apply(bytes) -> bytes`, alone or behind LitServe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import augplug
from augplug import Exporter, ExportError, InputSpec, Plan, Policy
from augplug_serve.handler import LARGEST, MAX_PIXELS

AUGMENT = """
AUGMENT = augplug.Augmenter(SOURCE, seed=$seed, max_pixels=MAX_PIXELS)
"""
POLICY_FUNCTION = '''def apply(image: bytes, index: int | None = None, epoch: int = 0) -> bytes:
    """Return the image file augmented, as `augplug apply` writes it: in the same format, or PNG.

    The same `index` (of the image) and `epoch` (the pass over the data) give the same bytes; without an index no two
    calls draw alike. Raises augplug.AugplugError for what is not an image, or too large.
    """
    loaded = augplug.decode_image(image, max_pixels=MAX_PIXELS)
    return augplug.encode_image(AUGMENT(loaded.image, index=index, epoch=epoch), loaded)[0]'''
PLAN_FUNCTION = '''def apply(image: bytes) -> bytes:
    """Return the image file after this one draw, as `augplug replay` renders it, in the same format or PNG.

    Raises augplug.AugplugError for what is not an image, or too large.
    """
    loaded = augplug.decode_image(image, max_pixels=MAX_PIXELS)
    return augplug.encode_image(augplug.replay(SOURCE, loaded.image), loaded)[0]'''


class HandlerFile(Exporter):
    """One Python file; `seed` is that of the draws, `max_pixels` the largest image."""

    suffix = ".py"

    def __init__(self, *, seed: int = 0, max_pixels: int = MAX_PIXELS, **unknown: object) -> None:
        """Take the settings. Raises SettingsError."""
        super().__init__(**unknown)
        given: tuple[tuple[str, object, int, int], ...] = (
            ("seed", seed, 0, LARGEST),
            ("max_pixels", max_pixels, 1, 2**28),
        )
        for name, value, low, high in given:
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise augplug.SettingsError(f"{name} is a whole number in {low}..{high}, not {value!r}")
        self.seed, self.max_pixels = seed, max_pixels

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the file. It takes images of every size and kind, so that `spec` says nothing to it.

        Raises ExportError for a policy that mixes images.
        """
        del spec
        return {"handler.py": self.text(source).encode()}

    def text(self, source: Policy | Plan) -> str:
        """Return the file's text."""
        plan = isinstance(source, Plan)
        if mixes(source):
            raise ExportError(
                "a handler has one image, and this mixes images: CutMix, MixUp and SamplePairing need more"
            )
        written = (
            f"augplug.load_plan({_quoted(source.to_json())})"
            if isinstance(source, Plan)
            else augplug.policy_code(source)
        )
        name = _word(source.policy if isinstance(source, Plan) else source.name)
        state = "" if plan else _filled(AUGMENT, seed=self.seed)
        function = PLAN_FUNCTION if plan else POLICY_FUNCTION
        return _filled(
            _template("handler"),
            name=f"One draw of {name}" if plan else f"The policy {name}",
            source=written,
            state=state,
            max_pixels=self.max_pixels,
            function=function,
        )


class LitServe(HandlerFile):
    """A folder: the handler, a server by LitServe that calls it, and what to install."""

    suffix = ""

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the files. Raises ExportError as for the handler alone."""
        plan = isinstance(source, Plan)
        server = _filled(
            _template("litserve"),
            name=_word(source.policy if isinstance(source, Plan) else source.name),
            parameters="" if plan else ', "index": 3, "epoch": 0',
            names="" if plan else ', "index", "epoch"',
        )
        needed = f"augplug[opencv]=={version('augplug')}\nlitserve>=0.2.19\n"
        return {**super().export(source, spec), "server.py": server.encode(), "requirements.txt": needed.encode()}


def mixes(source: Policy | Plan) -> bool:
    """Return True if a partner image is needed."""
    if isinstance(source, Plan):
        return any(isinstance(effect, augplug.Mix) for effect in source.effects(InputSpec().blank())[0])
    return augplug.Augmenter(source).mixes


def _quoted(text: str) -> str:
    """Return a JSON text as a literal of Python that is not one line."""
    return "\n".join(["(", *(f"    {line!r}" for line in text.splitlines()), ")"])


def _word(name: str) -> str:
    """Return a name that cannot end a docstring: in a plan it may be anything."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_:=,.") else "?" for char in name)[:80]


def _template(name: str) -> str:
    return Path(__file__).with_name(f"{name}.py.txt").read_text("utf-8")


def _filled(template: str, **values: object) -> str:
    """Return a template with its `$name`s replaced, in one pass: what is put in may hold others."""
    return re.sub(r"\$([a-z_]+)", lambda found: str(values[found[1]]), template)
