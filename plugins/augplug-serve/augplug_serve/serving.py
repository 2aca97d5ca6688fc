"""`augplug serve`: a policy behind HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

import augplug

if TYPE_CHECKING:
    from augplug_serve.application import Limits, Skin
    from augplug_serve.handler import Handler

TOKEN = "AUGPLUG_SERVE_TOKEN"  # nosec B105  # the name of a variable
SHORTEST = 16
PROTOCOLS = ("v2", "sagemaker", "plain")


@click.command()
@click.option("--policy", default="hand-made", show_default=True, metavar="P", help="A name, or the path of a file.")
@click.option(
    "--protocol", "protocols", type=click.Choice(PROTOCOLS), multiple=True,
    help="Open Inference Protocol V2, SageMaker's, or plain HTTP; repeatable.  [default: all]",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: one that is free.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help="Of the draws.")
@click.option(
    "--token-file", type=click.Path(path_type=Path), metavar="FILE",
    help=f"Holds the token that requests must carry.  [default: {TOKEN}]",
)  # fmt: skip
@click.option("--no-token", is_flag=True, help="Ask for none on other addresses than the loopback.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="K", help="Requests at a time.  [default: one a core]")
@click.option("--queue", type=click.IntRange(0, 10_000), default=64, show_default=True, help="Requests that may wait.")
@click.option("--max-body", type=click.IntRange(1, 1024), default=32, show_default=True, help="Of a request, in MiB.")
@click.option(
    "--max-pixels", type=click.IntRange(1), metavar="N", help="Of an image, height x width.  [default: 2**25]"
)
@click.option(
    "--timeout", type=click.FloatRange(0.1, 3600), default=30.0, show_default=True, help="Of a request, in s."
)
def command(
    *,
    policy: str,
    protocols: tuple[str, ...],
    host: str,
    port: int,
    seed: int,
    token_file: Path | None,
    no_token: bool,
    workers: int | None,
    queue: int,
    max_body: int,
    max_pixels: int | None,
    timeout: float,
) -> None:
    """Serve a policy over HTTP: images in, augmented images and their plans out.

    On the loopback, unless --host says otherwise; then a token is asked for. SIGTERM and Ctrl-C end it: what runs is
    finished. `/health` says that it lives, `/metrics` holds Prometheus's metrics.
    """
    from augplug_serve.application import Limits  # the server's libraries cost time, and listing commands needs none

    token = token_of(token_file, host, none=no_token)
    limits = Limits(max_body * 2**20, timeout, workers or cores(), queue)
    serve(_handler(policy, seed, max_pixels), protocols or PROTOCOLS, (host, port), limits, token)


def serve(
    handler: Handler, protocols: tuple[str, ...], address: tuple[str, int], limits: Limits, token: str | None
) -> None:
    """Serve until a signal says to stop. Raises SettingsError if the address cannot be listened at."""
    from augplug_serve.application import Application
    from augplug_serve.metrics import Metrics
    from augplug_serve.server import listening, run

    listener = listening(*address)
    host, port = address[0], listener.getsockname()[1]
    place = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    metrics = Metrics()
    application = Application({**skins_of(handler, protocols), "metrics": metrics}, limits, token, metrics)
    run(application, listener, ready=lambda: click.echo(f"serving {handler.name} at {place}"))


def _handler(policy: str, seed: int, max_pixels: int | None) -> Handler:
    from augplug_serve.handler import MAX_PIXELS, Handler

    return Handler(policy, seed=seed, max_pixels=max_pixels or MAX_PIXELS)


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def skins_of(handler: Handler, protocols: tuple[str, ...]) -> dict[str, Skin]:
    """Return the protocols by name."""
    from augplug_serve.plain import Plain
    from augplug_serve.sagemaker import SageMaker
    from augplug_serve.v2 import OpenInference

    known: Mapping[str, Skin] = {
        "v2": OpenInference(handler, version("augplug-serve")),
        "sagemaker": SageMaker(handler),
        "plain": Plain(handler),
    }
    return {name: known[name] for name in protocols}


def token_of(file: Path | None, host: str, *, none: bool) -> str | None:
    """Return the token of a file, or of the environment. Raises SettingsError if other machines reach us without."""
    from augplug_serve.server import is_loopback

    try:
        token = os.environ.get(TOKEN) if file is None else file.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        raise augplug.SettingsError(f"the token in {file} cannot be read: {error}") from error
    if token is None and not none and not is_loopback(host):
        raise augplug.SettingsError(
            f"other machines reach {host}: give --token-file FILE or {TOKEN}, or --no-token if something in front of "
            "the server decides who may use it"
        )
    if token is not None and not (
        len(token) >= SHORTEST and token.isascii() and token.isprintable() and " " not in token
    ):
        raise augplug.SettingsError(
            f"a token is {SHORTEST} visible ASCII characters or more; make one with: openssl rand -hex 32"
        )
    return token
