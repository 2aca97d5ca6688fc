"""`augplug playground`: a local page to try a policy on one's own images."""

from __future__ import annotations

import os
from pathlib import Path

import click

import augplug


@click.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@click.option("--policy", default="hand-made", show_default=True, metavar="P", help="A name, or the path of a file.")
@click.option("--masks", type=click.Path(path_type=Path), metavar="FOLDER", help="Masks: cat.jpg has FOLDER/cat.png.")
@click.option(
    "--boxes", type=click.Path(path_type=Path), metavar="FILE",
    help='JSON: {"cat.jpg": [[left, top, right, bottom], ...], ...}, in pixels.',
)  # fmt: skip
@click.option(
    "--size", type=click.IntRange(16, 4096), default=768, metavar="PX", show_default=True,
    help="Images with a longer side are shrunk to it, once.",
)  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="[default: one that is free]")
def command(
    *, images: tuple[Path, ...], policy: str, masks: Path | None, boxes: Path | None, size: int, port: int
) -> None:
    """Show IMAGEs before and after a policy, with a slider for every parameter, in the browser.

    Only this machine reaches the page, and only with the address that is printed: it carries a token. Masks and boxes
    move along; an image that has none shows samples. Ctrl-C ends it.
    """
    from augplug_serve.application import Application, Limits  # the server's libraries cost time
    from augplug_serve.metrics import Metrics
    from augplug_serve.pictures import load, read_boxes
    from augplug_serve.playground import Playground
    from augplug_serve.server import listening, run

    rows = read_boxes(boxes)
    pictures = [load(path, size, masks, rows) for path in images]
    chosen = augplug.Augmenter(policy).policy
    token = os.urandom(24).hex()
    listener = listening("127.0.0.1", port)
    skins = {"playground": Playground(pictures, chosen, token)}
    application = Application(skins, Limits(body=2**20), token, Metrics(), in_address=True)
    place = f"http://127.0.0.1:{listener.getsockname()[1]}/?token={token}"
    run(application, listener, ready=lambda: click.echo(f"open {place}"))
