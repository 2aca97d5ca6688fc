"""Checks of a command: `augplug NAME ...`."""

from __future__ import annotations

import click
from click.testing import CliRunner

from augplug.summaries import SUMMARIES
from augplug.testing.base import Check, Subject, require


def is_a_command(subject: Subject) -> None:
    """Is it a click command, by a name that augplug itself does not use?

    When it fails: make it with `click.command` or `click.group`, and give it another name.
    """
    require(isinstance(subject.value, click.Command), f"it is a {type(subject.value).__name__}, no click.Command")
    require(subject.name not in SUMMARIES, f"augplug has a command {subject.name} of its own")


def explains_itself(subject: Subject) -> None:
    """Does `--help` say in a sentence what it does, and every option what it is for?

    When it fails: write a docstring, and `help=` of each `click.option`.
    """
    is_a_command(subject)
    require((subject.value.help or "").strip(), "it has no docstring that says what it does")
    silent = [one.name for one in subject.value.params if isinstance(one, click.Option) and not one.help]
    require(not silent, f"the option {', '.join(map(str, silent))} has no help=")
    done = CliRunner().invoke(subject.value, ["--help"], prog_name=f"augplug {subject.name}")
    require(done.exit_code == 0, f"--help ends with {done.exit_code}: {done.output.strip()}")


def wrong_options_are_refused(subject: Subject) -> None:
    """Does an option that it does not have end with status 2 and no traceback?

    When it fails: leave options to click, and do not set `ignore_unknown_options`.
    """
    is_a_command(subject)
    done = CliRunner().invoke(subject.value, ["--no-such-option"], prog_name=f"augplug {subject.name}")
    require(done.exit_code == 2, f"--no-such-option ends with {done.exit_code}, not 2")


CHECKS: tuple[Check, ...] = (is_a_command, explains_itself, wrong_options_are_refused)
