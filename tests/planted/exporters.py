"""Exporters: one that is right, and others with a bug each."""

import json
import os

import numpy as np

import augplug
from augplug import Exporter, ExportError, InputSpec, Plan, SettingsError, tone_table

PLANTED = {
    "a-function": ("equals-the-reference", "refuses-by-name", "exports-the-same-bytes", "returns-files"),
    "one-off": ("equals-the-reference",),
    "nothing": ("equals-the-reference", "exports-the-same-bytes"),
    "silent": ("refuses-by-name",),
    "other-error": ("refuses-by-name",),
    "salted": ("exports-the-same-bytes",),
    "texts": ("returns-files",),
    "outside": ("returns-files",),
    "anything": ("unknown-settings-are-refused",),
}


class Tables(Exporter):
    """Value operations of a plan as tables of 256 numbers, one for all channels."""

    suffix = ".json"
    bound = 0.0

    def export(self, source: Plan | augplug.Policy, spec: InputSpec) -> dict[str, bytes]:
        if not isinstance(source, Plan):
            raise ExportError("tables hold a plan, and no policy")
        table = np.arange(256)
        for effect in source.effects(spec.blank())[0]:
            if not isinstance(effect, augplug.Tone):
                raise self.refusal(source)
            table = tone_table(effect, np.dtype(np.uint8))[table]
        return {"tables.json": json.dumps(table.tolist()).encode()}

    def refusal(self, source: Plan) -> Exception:
        names = ", ".join(item.operation.about.name for item in source.items)
        return ExportError(f"a table holds value operations, not {names}")

    def run(self, files, image, plan):
        (content,) = files.values()
        return np.array(json.loads(content), np.uint8)[image]


class OneOff(Tables):
    def run(self, files, image, plan):
        return super().run(files, image, plan) ^ 1


class Nothing(Tables):
    def export(self, source, spec):
        raise ExportError("nothing is taken, whatever it is: " + str(source))


class Silent(Tables):
    def refusal(self, source):
        return ExportError("this cannot be exported")


class OtherError(Tables):
    def refusal(self, source):
        return SettingsError("a table holds value operations, no " + str(source))


class Salted(Tables):
    def export(self, source, spec):
        return {**super().export(source, spec), "salt": os.urandom(8)}

    def run(self, files, image, plan):
        return super().run({"tables.json": files["tables.json"]}, image, plan)


class Texts(Tables):
    bound = None

    def export(self, source, spec):
        return {name: content.decode() for name, content in super().export(source, spec).items()}


class Outside(Tables):
    bound = None

    def export(self, source, spec):
        return {f"../{name}": content for name, content in super().export(source, spec).items()}


class Anything(Tables):
    def __init__(self, **settings):
        self.settings = settings


@augplug.hookimpl
def augplug_exporters():
    return {
        "a-function": lambda: "no exporter",
        "one-off": OneOff,
        "nothing": Nothing,
        "silent": Silent,
        "other-error": OtherError,
        "salted": Salted,
        "texts": Texts,
        "outside": Outside,
        "anything": Anything,
    }
