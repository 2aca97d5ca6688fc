"""The command line: one command a file, loaded when it is called.

Exit status: 0 done; 1 it failed while running; 2 the request was wrong; 3 the gate refused. Results go to stdout,
everything else to stderr. A user's mistake is one line; a bug keeps its traceback.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

import click

import augplug
from augplug.cli.group import MainGroup
from augplug.errors import AugplugError, RunError
from augplug.project import MODES
from augplug.shown import shown
from augplug.streams import StreamError, steady_streams, stopping_signals, tell
from augplug.summaries import SUMMARIES

NO_MEMORY = ("failed to map segment", "annot allocate memory")
"""What the system's loader says of a library if memory is what it lacks."""


@click.group(cls=MainGroup, package="augplug.cli", summaries=SUMMARIES)
@click.version_option(augplug.__version__, prog_name="augplug", message="%(prog)s %(version)s")
@click.option(
    "--plugins",
    "mode",
    type=click.Choice(MODES),
    help="Which plugins may be loaded: all, those whose bytes the gate approved, none. The strictest of this, "
    "AUGPLUG_PLUGINS, the user's configuration and every [tool.augplug] from here up holds.",
)
def cli(mode: str | None) -> None:
    """Find image augmentation policies for your own images, look at them, and apply them."""
    if mode is not None:
        from augplug.gate.modes import strictest  # only where it is asked for

        strictest(mode)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; `arguments` are those of the process when not given."""
    with steady_streams(), stopping_signals(), warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.showwarning = _one_line
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:  # pylint: disable=too-many-return-statements  # one for each kind of end
    try:
        typed = list(sys.argv[1:] if arguments is None else arguments)
        returned = cli.main(typed, prog_name="augplug", standalone_mode=False, obj=typed)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        return _help(error.format_message())
    except click.ClickException as error:
        ctx = getattr(error, "ctx", None)
        return _fail(f"{error.format_message()} See: {ctx.command_path if ctx else 'augplug'} --help", 2)
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped", 1)
    except BrokenPipeError:  # the reader of standard output has read enough
        return 1
    except (MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and not any(words in str(error) for words in NO_MEMORY):
            raise
        return _fail(
            f"memory ran out: {str(error) or 'nothing more is known'}; give more (ulimit -v), or ask for less", 1
        )
    except AugplugError as error:
        return _fail(str(error), 1 if isinstance(error, RunError) else 2)
    return returned if isinstance(returned, int) else 0


def _help(text: str) -> int:
    try:
        click.echo(text)
    except BrokenPipeError:
        return 1
    except StreamError as error:
        return _fail(str(error), 1)
    return 0


def _fail(message: str, status: int) -> int:
    tell(f"augplug: {shown(' '.join(message.split()))}")
    return status


def _one_line(message: Warning | str, *_rest: object, **_named: object) -> None:
    """A warning as a line of its own: the place in the source means nothing to whoever types a command."""
    text = " ".join(str(message).split()).removeprefix("augplug: ")
    tell(f"augplug: {shown(text)}")
