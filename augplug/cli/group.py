"""A group of commands, each loaded from a module of its own when it is called."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from augplug.registry import Provided


def unknown(kind: str, given: str, known: list[str], ctx: click.Context) -> click.UsageError:
    """Return the error for a name that is not there, with the closest that is."""
    close = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."
    return click.UsageError(f"There is no {kind} {given!r}; {hint}", ctx)


class Group(click.Group):
    """A click group that suggests the closest command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; UsageError with a suggestion where there is none."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            raise unknown("command", name, self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """The group of all commands. `--help` prints the summaries that it was given and imports no command."""

    def __init__(self, *args: Any, package: str, summaries: Mapping[str, str], **kwargs: Any) -> None:
        """Take the package in which `<name>.command` is found, and a line for each name."""
        super().__init__(*args, **kwargs)
        self.package = package
        self.summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they are to be read."""
        del ctx
        return list(self.summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in self.summaries:
            return None
        command: click.Command = import_module(f"{self.package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))


class MainGroup(LazyGroup):
    """The commands of augplug, and those of plugins. Plugins are loaded for a name that is not augplug's own alone."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, augplug's own or a plugin's. Raises UsageError or PluginError."""
        name = args[0]
        if name.startswith("-") or name in self.summaries:
            return super().resolve_command(ctx, args)
        known = _of_plugins()
        if name not in known:
            raise unknown("command", name, [*self.summaries, *known], ctx)
        command = known[name].value
        if not isinstance(command, click.Command):
            from augplug.errors import PluginError  # as below

            kind = type(command).__name__
            raise PluginError(f"the command {name} of {known[name].distribution} is a {kind}, no click.Command")
        return name, command, args[1:]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where the commands of plugins are listed: naming them here would load every plugin."""
        super().format_epilog(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text("Plugins may add commands: see augplug plugins list.")


def _of_plugins() -> Mapping[str, Provided]:
    from augplug import naming  # loads the plugins

    return naming.registry().provided("commands")
