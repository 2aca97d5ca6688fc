"""Operations that are instances, and a mapping that is none."""

import augplug
from augplug.ops.tone import Invert

PLANTED = {"tests.planted.no_class": ("hooks-return-data",)}


@augplug.hookimpl
def augplug_operations():
    return [Invert()]


@augplug.hookimpl
def augplug_policies():
    return ["mine"]
