"""What `augplug plugins new` can write: a plugin of operations, of an exporter or of a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of plugin: the template of its module, and what is said of it in the other files.

    `what` is its description, `use` how it is tried, `dependencies` follow that on augplug, and `capabilities` are
    lines of `augplug-plugin.toml`.
    """

    template: str
    what: str
    use: str
    dependencies: str = ""
    capabilities: str = ""


KINDS: Mapping[str, Kind] = {
    "operations": Kind(
        "init.py",
        "Operations and policies",
        "holds one operation, `$operation`, and one policy, `$name`; put yours in their place:\n\n"
        "    augplug ops show $operation -o sheet.png\n    augplug apply $name images/ augmented/",
    ),
    "exporter": Kind(
        "init-exporter.py",
        "An exporter",
        "holds one exporter, `$exporter`, by the name `$name`; put yours in its place:\n\n"
        "    augplug export $name POLICY --index 0 -o draw.json",
        dependencies=', "numpy>=2.2"',
    ),
    "command": Kind(
        "init-command.py",
        "A command",
        "holds one command, `$name`; put yours in its place:\n\n    augplug $name POLICY",
        dependencies=', "click>=8.1", "numpy>=2.2"',
        capabilities='click = "the command is made with it"\nfiles = "POLICY may be the path of a policy file"\n',
    ),
}
