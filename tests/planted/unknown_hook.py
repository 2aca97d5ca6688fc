"""A hook whose name augplug never calls."""

import augplug

PLANTED = {"tests.planted.unknown_hook": ("hooks-are-known",)}


@augplug.hookimpl
def augplug_operation():
    return []
