"""One reader for every kind of search space: by name, as a file, or as the file's content."""

from __future__ import annotations

from augplug._search.space import SearchSpace
from augplug._search.space_base import Space, content_of, naming
from augplug._search.strengths_space import StrengthSpace


def read_space(given: object, *, channels: int | None = None) -> Space:
    """Return the space that is meant: a space, the name of one, the path of a JSON file, or the file's content.

    A document that has `augplug_strengths`, `entries` or `also` is a space of strengths. With `channels` it is the
    space for images of this many channels (0: not known). Raises SettingsError.
    """
    if isinstance(given, Space):
        space = given
    else:
        with naming(given):
            place, name = content_of(given)
            strengths = {"augplug_strengths", "entries", "also"} & place.table().keys()
            space = StrengthSpace.of(place, name) if strengths else SearchSpace.of(place, name)
    return space if channels is None else space.for_channels(channels)
