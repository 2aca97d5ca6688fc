"""Commands with a bug each."""

import click

import augplug

PLANTED = {
    "a-function": ("is-a-command",),
    "search": ("is-a-command",),
    "no-words": ("explains-itself",),
    "silent-option": ("explains-itself",),
    "takes-all": ("wrong-options-are-refused",),
}


@click.command()
def right() -> None:
    """Do nothing, which is right."""


@click.command()
def no_words() -> None:
    pass


@click.command()
@click.option("--amount")
def silent_option(amount: str) -> None:
    """Take an option that nobody explains."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("rest", nargs=-1)
def takes_all(rest: tuple[str, ...]) -> None:
    """Take whatever comes."""


@augplug.hookimpl
def augplug_commands():
    return {
        "a-function": len,
        "search": right,
        "no-words": no_words,
        "silent-option": silent_option,
        "takes-all": takes_all,
    }
